"""Breaks a plan into what an editing program knows: stretches of files at whole frames."""

from collections.abc import Iterator
from dataclasses import dataclass

from v2m.soundtrack.mix import border_fades
from v2m.soundtrack.plan import Cue, CuePlan
from v2m.soundtrack.timecode import FrameRate


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a track at its place under the video; all in frames of the video's rate.

    Attributes:
        record_in: first frame of the video it lies under.
        record_out: exclusive.
        source_in: first frame of the track, counted from the start of its file.
        speed: how much faster than its own tempo the track is played, pitch kept.
    """

    record_in: int
    record_out: int
    source_in: int
    speed: float = 1.0

    @property
    def n_frames(self) -> int:
        """Length."""
        return self.record_out - self.record_in

    @property
    def source_out(self) -> int:
        """Frame of the track where it ends, exclusive."""
        return self.source_in + max(1, round(self.n_frames * self.speed))


@dataclass(frozen=True, slots=True)
class CuePieces:
    """A cue and what it is made of.

    Attributes:
        number: of the cue, from 1; silence is not counted. 0 for silence.
        cue: the cue.
        record_in: first frame of the video it lies under.
        record_out: exclusive.
        pieces: without gap or overlap; one without seams, none for silence.
        fades_seconds: crossfades at its start and its end, centred on its borders; 0 for none.
    """

    number: int
    cue: Cue
    record_in: int
    record_out: int
    pieces: tuple[Piece, ...]
    fades_seconds: tuple[float, float]


def plan_pieces(plan: CuePlan, rate: FrameRate) -> list[CuePieces]:
    """Break every cue into pieces at whole frames; together they cover the video.

    Each border is the frame nearest to the plan's, so that nothing adds up. Every
    stretch between two seams is a piece.
    """
    fades = border_fades(plan.cues, plan.mix.crossfade_seconds)
    starts = [*(cue.start_seconds for cue in plan.cues[1:]), plan.video.duration_seconds]
    frames = [0, *(rate.frame_at(start) for start in starts)]
    found: list[CuePieces] = []
    number = 0
    for place, cue in enumerate(plan.cues):
        first, last = frames[place], frames[place + 1]
        sides = (fades[place], fades[place + 1])
        if cue.source == "silence":
            found.append(CuePieces(0, cue, first, last, (), sides))
            continue
        number += 1
        pieces = tuple(_pieces(cue, rate, first, last))
        found.append(CuePieces(number, cue, first, last, pieces, sides))
    return found


def _pieces(cue: Cue, rate: FrameRate, first: int, last: int) -> Iterator[Piece]:
    for start, end, source, speed in _stretches(cue):
        record_in = first if start <= cue.start_seconds else min(last, rate.frame_at(start))
        record_out = last if end >= cue.end_seconds else min(last, rate.frame_at(end))
        if record_in < record_out:
            # the track keeps step with the video, not with the frame that the start was moved to
            moved = (float(rate.seconds_at(record_in)) - start) * speed
            source_in = max(0, rate.frame_at(max(0.0, source + moved)))
            yield Piece(record_in, record_out, source_in, speed)


def _stretches(cue: Cue) -> Iterator[tuple[float, float, float, float]]:
    """Yield start and end under the video, start in the track, and speed, as the mix plays them."""
    start = cue.start_seconds
    for number, stretch in enumerate(cue.stretches):
        end = start + stretch.duration_seconds
        if number == len(cue.seams):
            end = cue.end_seconds
        if start < cue.end_seconds:
            yield start, min(end, cue.end_seconds), stretch.in_seconds, stretch.speed
        start = end
