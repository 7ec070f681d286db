"""Lays a cue's track out over the cue: from its entry on, a loop repeating as often as needed."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from v2m.audio.reader import Reader
from v2m.soundtrack.fades import rise
from v2m.soundtrack.plan import Cue
from v2m.types import Samples

SEAM_SECONDS = 0.06
"""Length of the crossfade where a loop starts over."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the track as it is heard in the cue; all in samples, fades included.

    Attributes:
        first: where it begins, counted from the start of the cue.
        stop: where it ends, exclusive.
        track_first: the sample of the track that is heard at ``first``.
        fade_in: length of the equal-power fade at its beginning.
        fade_out: length of the one at its end.
    """

    first: int
    stop: int
    track_first: int
    fade_in: int = 0
    fade_out: int = 0


class Unrolled:
    """The sound of one cue, out of its track."""

    def __init__(self, cue: Cue, track: Reader, sample_rate: int) -> None:
        self._cue, self._track, self._rate = cue, track, sample_rate

    def read(self, first: int, n: int) -> Samples:
        """Return samples [first, first + n) of the cue, 0 being its start: float32, shape (2, n).

        Samples ahead of the start, for a crossfade, are what the track holds there. Where the track
        has nothing, there is silence.
        """
        out = np.zeros((2, n), np.float32)
        for piece in pieces(self._cue, first, first + n, self._rate):
            a, b = max(first, piece.first), min(first + n, piece.stop)
            if a >= b:
                continue
            sound = self._track.read(piece.track_first + a - piece.first, b - a)
            if piece.fade_in and a < piece.first + piece.fade_in:
                sound *= rise(a - piece.first, b - piece.first, piece.fade_in)
            if piece.fade_out and b > piece.stop - piece.fade_out:
                sound *= rise(piece.stop - b, piece.stop - a, piece.fade_out)[::-1]
            out[:, a - first : b - first] += sound
        return out


def pieces(cue: Cue, first: int, stop: int, sample_rate: int) -> Iterator[Piece]:
    """Yield the pieces of a cue that are heard in its samples [first, stop), in order.

    A loop's seams are crossfaded at equal power, centred on the moment it starts over.
    """
    entry = round(cue.in_seconds * sample_rate)
    if cue.loop is None:
        yield Piece(-entry, max(stop, -entry), 0)
        return
    start = round(cue.loop.start_seconds * sample_rate)
    end = round(cue.loop.end_seconds * sample_rate)
    length = end - start
    half = round(min(SEAM_SECONDS * sample_rate, length / 4) / 2)
    lead = end - entry if entry < end else length  # an entry behind the loop would never reach it
    if first < lead + half:
        yield Piece(lead - end, lead + half, 0, fade_out=2 * half)
    n = max(0, (first - half - lead) // length)
    while (begin := lead + n * length - half) < stop:
        yield Piece(begin, begin + length + 2 * half, start - half, 2 * half, 2 * half)
        n += 1
