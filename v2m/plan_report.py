"""What the commands print of plans and renderings, as text for people and as JSON for scripts."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from v2m.errors import printable
from v2m.files import path_to_text
from v2m.report import Json, clock

if TYPE_CHECKING:
    from v2m.soundtrack.plan import Cue, CuePlan
    from v2m.soundtrack.render import RenderReport


def plan_text(plan: "CuePlan", path: Path | None) -> str:
    """Say which music goes where."""
    lines = []
    for cue in plan.cues:
        times = f"{clock(cue.start_seconds)} to {clock(cue.end_seconds)}"
        lines.append(f"{times}  {cue.source}: {_named(cue)}")
        if cue.why:
            lines.append(f"    {cue.why}")
        if cue.source != "silence":
            lines.append(f"    {fit_words(cue)}")
    lines += [f"note: {notice}" for notice in told_once(plan)]
    if path:
        lines.append(f"wrote {printable(path)}")
    return "\n".join(lines)


def told_once(plan: "CuePlan") -> list[str]:
    """Return a plan's notices, those that several scenes share said once with all of them.

    The plan itself keeps one for each scene and cue; here a cue goes by its scenes.
    """
    scenes: dict[str, set[int]] = {}
    for notice in plan.notices:
        text, told = _placed(notice, plan.cues)
        scenes.setdefault(text, set()).update(told)
    return [f"{_scenes(found)}{text}" for text, found in scenes.items()]


def _placed(notice: str, cues: "Sequence[Cue]") -> tuple[str, Sequence[int]]:
    """Return a notice without the scene or cue ahead of it, and the scenes it speaks of."""
    named = re.fullmatch(r"(scene|cue) (\d+): (.+)", notice, re.DOTALL)
    if named is None:
        return notice, ()
    kind, number, text = named[1], int(named[2]), named[3]
    if kind == "scene":
        return text, (number,)
    # an edited plan may have fewer cues
    return (text, cues[number].scenes) if number < len(cues) else (notice, ())


def _scenes(numbers: set[int]) -> str:
    """Name scenes as people do.

    >>> _scenes({4}), _scenes({0, 2}), _scenes({0, 1, 2, 5}), _scenes(set())
    ('scene 4: ', 'scenes 0 and 2: ', 'scenes 0-2 and 5: ', '')
    """
    if not numbers:
        return ""
    firsts = sorted(n for n in numbers if n - 1 not in numbers)
    lasts = sorted(n for n in numbers if n + 1 not in numbers)
    runs = []
    for first, last in zip(firsts, lasts, strict=True):
        long = last > first + 1
        runs += [f"{first}-{last}"] if long else [str(n) for n in range(first, last + 1)]
    named = " and ".join([", ".join(runs[:-1]), runs[-1]]) if len(runs) > 1 else runs[0]
    return f"scene{'s' * (len(numbers) > 1)} {named}: "


def fit_words(cue: "Cue") -> str:
    """Say how a track was fitted to its cue, and how far cuts lie from beats."""
    back = sum(seam.in_seconds < seam.out_seconds for seam in cue.seams)
    ahead = len(cue.seams) - back
    fastest = max((stretch.speed for stretch in cue.stretches), key=lambda speed: abs(speed - 1))
    words = [f"from {cue.in_seconds:.1f} s"]
    words += [f"goes back {'once' if back == 1 else f'{back} times'}"] if back else []
    words += [f"leaves {ahead} passage{'s' * (ahead > 1)} out"] if ahead else []
    words += [f"tempo {fastest - 1:+.1%}"] if fastest != 1 else []
    words += [f"climax asked for at {cue.hit_seconds:.1f} s"] if cue.hit_seconds is not None else []
    words += ["comes to its own end"] if cue.own_ending else []
    if cue.cut_to_beat_seconds is not None and cue.cut_to_beat_before_seconds is not None:
        far, plain = 1000 * cue.cut_to_beat_seconds, 1000 * cue.cut_to_beat_before_seconds
        words.append(
            f"{cue.n_cuts} cut{'s' * (cue.n_cuts > 1)} {far:.0f} ms from a beat "
            f"({plain:.0f} ms from the track's beginning)"
        )
    return ", ".join(words)


def _named(cue: "Cue") -> str:
    return cue.title or (Path(cue.track_path).stem if cue.track_path else "silence")


def render_json(plan: "CuePlan", report: "RenderReport") -> Json:
    """Return the outcome of a rendering with its plan."""
    return {
        "path": path_to_text(report.path),
        "duration_seconds": round(report.duration_seconds, 3),
        "loudness_lufs": round(report.lufs, 2),
        "true_peak_dbtp": round(report.true_peak_dbtp, 2),
        "notices": list(report.notices),
        "plan": plan.model_dump(mode="json"),
    }


def render_text(plan: "CuePlan", report: "RenderReport") -> str:
    """Say what was written and how loud it is."""
    lines = [plan_text(plan, None)]
    lines += [f"note: {notice}" for notice in report.notices]
    lines.append(
        f"wrote {printable(report.path)}: {clock(report.duration_seconds)}, "
        f"{report.lufs:.1f} LUFS, true peak {report.true_peak_dbtp:.1f} dBTP"
    )
    return "\n".join(lines)
