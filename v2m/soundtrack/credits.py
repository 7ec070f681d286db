"""Writes the credits of a plan: what to publish with the video, and what to check first."""

from pathlib import Path
from typing import TYPE_CHECKING

from v2m.files import replacing, text_to_path

if TYPE_CHECKING:
    from v2m.soundtrack.plan import Cue, CuePlan


def credits_text(plan: "CuePlan") -> str:
    """Return the credits: one block per track, in the order of first use."""
    blocks: dict[str, list[Cue]] = {}
    for cue in plan.cues:
        if cue.source != "silence":
            blocks.setdefault(cue.track_id or cue.track_path, []).append(cue)
    title = text_to_path(plan.video.path).name
    head = f"Music in {title.encode('utf-8', 'replace').decode()}"
    return "\n\n".join([head, *(_block(cues) for cues in blocks.values())]) + "\n"


def write_credits(plan: "CuePlan", path: Path) -> None:
    """Write the credits as text; the file appears by rename."""
    with replacing(path) as temporary:
        temporary.write_text(credits_text(plan), encoding="utf-8")


def _block(cues: "list[Cue]") -> str:
    cue = cues[0]
    if cue.source == "generated":
        lines = [
            f'Composed by computer: "{cue.prompt}"',
            f"by {cue.model}, seed {cue.seed} (algorithmically generated music)",
        ]
    else:
        by = f" by {cue.artist}" if cue.artist else ""
        lines = [f'"{cue.title}"{by}']
        if cue.attribution:
            lines.append(cue.attribution)
        if cue.source_url and cue.source_url not in cue.attribution:
            lines.append(f"Source: {cue.source_url}")
        lines.append(_licence(cue))
        lines.append(f"Changes: {changes_to(cues)}")
    lines.append("At " + ", ".join(f"{clock(c.start_seconds)}-{clock(c.end_seconds)}"
                                   for c in cues))  # fmt: skip
    return "\n".join(lines)


def _licence(cue: "Cue") -> str:
    if not (cue.licence or cue.licence_url):
        return "Licence unknown: ask its owner before you publish"
    words = cue.licence or "see link"
    link = f" ({cue.licence_url})" if cue.licence_url and cue.licence_url not in words else ""
    return f"Licence: {words}{link}"


def changes_to(cues: "list[Cue]") -> str:
    """Say what was done to a track, as Creative Commons licences ask for."""
    seams = [seam for cue in cues for seam in cue.seams]
    looped = ", repeated" if any(s.in_seconds < s.out_seconds for s in seams) else ""
    cut = ", shortened" if any(s.in_seconds > s.out_seconds for s in seams) else ""
    paced = any(s.speed != 1 for part in cues for s in part.stretches)
    tempo = ", tempo adjusted" if paced else ""
    return f"excerpt{looped}{cut}{tempo}, faded, loudness adjusted"


def clock(seconds: float) -> str:
    """Return a time as minutes and whole seconds."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
