"""Writes a plan as an edit decision list (CMX 3600), which nearly every editing program reads."""

from pathlib import Path

from v2m.files import path_to_text, replacing, text_to_path
from v2m.soundtrack.exports.markers import plan_marks
from v2m.soundtrack.exports.pieces import CuePieces, plan_pieces
from v2m.soundtrack.plan import CuePlan
from v2m.soundtrack.timecode import FrameRate, frame_rate

RECORD_START = "01:00:00:00"
"""Timecode of the video's first frame: hour one, as is the custom."""

REEL = "AX"
"""The reel of everything that never was on a tape; programs then look at the clip's name."""

CHANNELS = "AA"
"""Audio tracks 1 and 2, a stereo pair."""

TITLE_LENGTH = 70

MARK_COLOURS = ("RED", "CYAN")
"""Of cuts, and of scenes, which have a note."""


def edl_text(
    plan: CuePlan, *, rate: FrameRate | None = None, record_start: str = RECORD_START
) -> str:
    """Return the edit decision list: an event per cue, or per stretch between its seams.

    Events meet at the borders of the cues, by cuts; crossfades, fades and gains stand in comments,
    because programs disagree about sound dissolves in these lists. Source timecode counts from the
    start of each file. Scenes and cuts are locators under the event they fall into.

    Args:
        plan: the cue plan.
        rate: of the timecode; None takes the video's, 29.97 and 59.94 as drop-frame.
        record_start: timecode of the video's first frame.

    Raises:
        InputError: ``record_start`` is no timecode at this rate.
    """
    rate = rate or frame_rate(plan.video.fps)
    zero = rate.frame(record_start)
    title = _line(text_to_path(plan.video.path).stem)[:TITLE_LENGTH]
    lines = [f"TITLE: {title}", f"FCM: {'' if rate.drop_frame else 'NON-'}DROP FRAME"]
    event = 0
    marks = plan_marks(plan, rate)
    n_events = sum(len(part.pieces) for part in plan_pieces(plan, rate))
    for part in plan_pieces(plan, rate):
        for repeat, piece in enumerate(part.pieces, start=1):
            event += 1
            times = (
                rate.timecode(piece.source_in),
                rate.timecode(piece.source_out),
                rate.timecode(zero + piece.record_in),
                rate.timecode(zero + piece.record_out),
            )
            lines.append("")
            lines.append(f"{event:03d}  {REEL:<8} {CHANNELS:<5} {'C':<8} {' '.join(times)}")
            if piece.speed != 1:
                fps = float(rate.fps) * piece.speed
                lines.append(f"M2   {REEL:<8} {fps:05.1f}{'':16}{rate.timecode(piece.source_in)}")
            lines += [f"* {_line(comment)}" for comment in _comments(part, repeat)]
            while marks and (marks[0].frame < piece.record_out or event == n_events):
                mark = marks.pop(0)
                words = f"{mark.name} {_line(mark.note)}".strip()
                colour = MARK_COLOURS[bool(mark.note)]
                lines.append(f"* LOC: {rate.timecode(zero + mark.frame)} {colour:<7} {words}")
            if piece.speed != 1:
                lines.append(f"* COMMENT: played at {piece.speed:.2%} of its tempo, pitch kept")
    return "\n".join(lines) + "\n"


def write_edl(
    plan: CuePlan, path: Path, *, rate: FrameRate | None = None, record_start: str = RECORD_START
) -> None:
    """Write the edit decision list as UTF-8; the file appears by rename.

    Raises:
        InputError: as ``edl_text``, or the folder cannot be written to.
    """
    text = edl_text(plan, rate=rate, record_start=record_start)
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def _comments(part: CuePieces, repeat: int) -> list[str]:
    cue = part.cue
    path = text_to_path(cue.track_path).absolute()
    by = f" by {cue.artist}" if cue.artist else ""
    times = f", part {repeat} of {len(part.pieces)}" if len(part.pieces) > 1 else ""
    comments = [
        f"FROM CLIP NAME: {path.name}",
        f"SOURCE FILE: {path_to_text(path)}",
        f'COMMENT: cue {part.number}{times}, "{cue.title}"{by}',
        f"COMMENT: gain {cue.gain_db:+.1f} dB",
    ]
    starts, ends = repeat == 1, repeat == len(part.pieces)
    left, right = part.fades_seconds
    if starts and left:
        comments.append(f"COMMENT: crossfade of {left:.3f} s centred on the start")
    elif starts and cue.fade_in_seconds:
        comments.append(f"COMMENT: fade in {cue.fade_in_seconds:.3f} s")
    if ends and right:
        comments.append(f"COMMENT: crossfade of {right:.3f} s centred on the end")
    elif ends and cue.fade_out_seconds:
        comments.append(f"COMMENT: fade out {cue.fade_out_seconds:.3f} s")
    return comments


def _line(text: str) -> str:
    """Replace what would break the line, and what UTF-8 cannot hold, by question marks."""
    return "".join(sign if sign.isprintable() else "?" for sign in text)
