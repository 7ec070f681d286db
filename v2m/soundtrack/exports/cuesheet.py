"""Writes the cue sheet of a plan: what a broadcaster or a rights society asks for, as CSV."""

import csv
import io
from pathlib import Path

from v2m.files import path_to_text, replacing, text_to_path
from v2m.soundtrack.exports.pieces import CuePieces, plan_pieces
from v2m.soundtrack.plan import CuePlan
from v2m.soundtrack.timecode import FrameRate, frame_rate

USAGE = "background"
"""Nobody on the screen plays or hears the music (BI or BV on paper cue sheets)."""

COLUMNS: tuple[str, ...] = (
    "cue",
    "title",
    "artist",
    "in",
    "out",
    "duration",
    "source",
    "usage",
    "licence",
    "licence_url",
    "attribution",
    "file",
)


def cue_sheet(plan: CuePlan, *, rate: FrameRate | None = None) -> list[dict[str, str]]:
    """Return the rows of the cue sheet, one per cue that sounds, by column.

    "in" and "out" are timecode from the video's first frame, "duration" is minutes and seconds,
    rounded, at least one second.

    Args:
        plan: the cue plan.
        rate: of the timecode; None takes the video's, 29.97 and 59.94 as drop-frame.
    """
    rate = rate or frame_rate(plan.video.fps)
    return [_row(part, rate) for part in plan_pieces(plan, rate) if part.number]


def write_cue_sheet(plan: CuePlan, path: Path, *, rate: FrameRate | None = None) -> None:
    """Write the cue sheet as CSV in UTF-8; the file appears by rename.

    Raises:
        InputError: the folder cannot be written to.
    """
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    writer.writerows(cue_sheet(plan, rate=rate))
    with replacing(path) as temporary:
        temporary.write_bytes(text.getvalue().encode("utf-8", "replace"))


def _row(part: CuePieces, rate: FrameRate) -> dict[str, str]:
    cue = part.cue
    composed = cue.source == "generated"
    seconds = max(1, round(cue.end_seconds - cue.start_seconds))
    return {
        "cue": str(part.number),
        "title": cue.title or (cue.prompt if composed else text_to_path(cue.track_path).stem),
        "artist": cue.artist or (f"composed by computer ({cue.model})" if composed else ""),
        "in": rate.timecode(part.record_in),
        "out": rate.timecode(part.record_out),
        "duration": f"{seconds // 60}:{seconds % 60:02d}",
        "source": "composed" if composed else "library",
        "usage": USAGE,
        "licence": cue.licence,
        "licence_url": cue.licence_url,
        "attribution": cue.attribution,
        "file": path_to_text(text_to_path(cue.track_path)),
    }
