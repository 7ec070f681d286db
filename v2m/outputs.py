"""Renderings of a cue plan: the finished video, and what goes with it."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from v2m.errors import ConfigError, InputError, MediaError, printable
from v2m.files import text_to_path
from v2m.soundtrack.credit_forms import (
    write_credits_json,
    write_credits_markdown,
)
from v2m.soundtrack.credits import write_credits
from v2m.soundtrack.exports.cuesheet import write_cue_sheet
from v2m.soundtrack.exports.cuesheet_pdf import write_cue_sheet_pdf
from v2m.soundtrack.exports.edl import write_edl
from v2m.soundtrack.exports.fcpxml import write_fcpxml
from v2m.soundtrack.exports.otio import write_otio
from v2m.soundtrack.plan import CuePlan, read_plan, write_plan
from v2m.usage import breaches

if TYPE_CHECKING:
    from v2m.audio.measure import Measured
    from v2m.soundtrack.render import RenderReport
    from v2m.video.filmstrip import Filmstrip


def render(
    plan: CuePlan, out: Path, *, video: Path | None = None, shown: bool = False
) -> "RenderReport":
    """Write the finished video of a plan; the picture is copied, not encoded again.

    Args:
        plan: the cue plan; it alone decides the sound, no catalogue is needed.
        out: the file to write; its ending decides the container.
        video: where the video lies now, by default where the plan found it.
        shown: show progress on standard error.

    Raises:
        InputError: the video or a track is missing, the container cannot hold the picture, or a
            licence forbids what the plan is for.
    """
    from v2m.soundtrack.render import render_plan

    forbidden = breaches(plan, plan.usage)
    if forbidden:
        raise InputError(f"not for {plan.usage} use: {'; '.join(forbidden)}")
    return render_plan(plan, video or text_to_path(plan.video.path), out, shown=shown)


def write_companions(
    plan: CuePlan,
    video: Path,
    *,
    plan_path: Path | None = None,
    picture: Path | None = None,
    credits_path: Path | None = None,
    finished: Path | None = None,
    filmstrip: "Filmstrip | None" = None,
) -> None:
    """Write what goes with a finished video: plan, picture and credits, each where asked.

    Args:
        plan: the cue plan.
        video: the original video, for the filmstrip.
        plan_path: for the plan, JSON.
        picture: for the drawing of the plan, PNG or, where its name ends so, SVG.
        credits_path: for the credits, text.
        finished: the finished video, whose loudness is drawn; without it the sound is mixed anew.
        filmstrip: what was kept while the plan was made; without it the frames are sought.
    """
    if plan_path:
        write_plan(plan, plan_path)
    if credits_path:
        write_credits(plan, credits_path)
    if picture:
        from v2m.soundtrack.picture import draw_plan

        sound = _sound(plan, video, finished)
        draw_plan(plan, picture, video_path=video, sound=sound, filmstrip=filmstrip)


WRITERS: Mapping[str, Callable[[CuePlan, Path], None]] = {
    "credits": write_credits,
    "credits-json": write_credits_json,
    "credits-md": write_credits_markdown,
    "cuesheet": write_cue_sheet,
    "cuesheet-pdf": write_cue_sheet_pdf,
    "edl": write_edl,
    "fcpxml": write_fcpxml,
    "otio": write_otio,
}
FORMATS = (*WRITERS, "end-card", "picture", "stems")
"""What a plan can be exported as; stems go into a folder."""


def export_plan(plan_path: Path, kind: str, out: Path) -> str:
    """Write another rendering of a plan file, and say in a line what was written.

    Raises:
        InputError: the plan or a track cannot be read.
        ConfigError: the format does not exist.
    """
    plan = read_plan(plan_path)
    if kind in WRITERS:
        WRITERS[kind](plan, out)
    elif kind == "end-card":
        from v2m.soundtrack.credit_forms import draw_end_card

        n_cards = draw_end_card(plan, out)
        return f"wrote {n_cards} card{'s' * (n_cards > 1)}: {printable(out)}"
    elif kind == "picture":
        write_companions(plan, text_to_path(plan.video.path), picture=out)
    elif kind == "stems":
        from v2m.soundtrack.exports.stems import write_stems
        from v2m.soundtrack.render import open_track

        stems = write_stems(plan, out, open_track)
        lower = f", all {-stems.gain_db:.1f} dB lower to fit" if stems.gain_db < 0 else ""
        return f"wrote {len(stems.paths)} stems to {printable(out)}{lower}"
    else:
        raise ConfigError("format", kind, FORMATS)
    return f"wrote {printable(out)}"


def _sound(plan: CuePlan, video: Path, finished: Path | None) -> "Measured | None":
    """Measure the finished sound, or what it will be; None where a file of it is missing."""
    from v2m.audio.decode import audio_blocks
    from v2m.audio.measure import measure
    from v2m.soundtrack.limiter import find_mastering
    from v2m.soundtrack.mix import RATE
    from v2m.soundtrack.render import mixed_sound
    from v2m.video.probe import probe_video

    if finished:
        return measure(audio_blocks(finished, sample_rate=RATE), RATE)
    try:
        blocks, _ = mixed_sound(plan, probe_video(video))
        mixed = measure(blocks, RATE)
    except MediaError:
        return None
    made = find_mastering(mixed, plan.mix.target_lufs, plan.mix.true_peak_dbtp)
    return mixed.scaled(10 ** (made.gain_db / 20) * made.gains[:])
