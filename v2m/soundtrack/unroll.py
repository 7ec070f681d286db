"""Lays a cue's track out over the cue: from its entry on, from seam to seam."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from v2m.audio.reader import Reader
from v2m.soundtrack.fades import likeness, rise
from v2m.soundtrack.plan import Cue
from v2m.soundtrack.tempo import Paced
from v2m.types import Samples

SEAM_SECONDS = 0.06
"""Length of the crossfade at a seam."""


BORDER_SECONDS = 5.0
"""Half of the longest crossfade between cues."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the track as it is heard in the cue; all in samples, fades included.

    Attributes:
        number: of the stretch in the cue, from 0.
        start: where it begins without its fade, counted from the start of the cue.
        first: where it begins.
        stop: where it ends, exclusive.
        entry_seconds: the moment of the track that is heard at ``start``.
        speed: how fast it is played.
        fade_in: length of the equal-power fade at its beginning.
        fade_out: length of the one at its end.
    """

    number: int
    start: int
    first: int
    stop: int
    entry_seconds: float
    speed: float = 1.0
    fade_in: int = 0
    fade_out: int = 0


class Unrolled:
    """The sound of one cue, out of its track."""

    def __init__(self, cue: Cue, track: Reader, sample_rate: int) -> None:
        self._cue, self._track, self._rate = cue, track, sample_rate
        self._paced: dict[int, Paced] = {}
        self._alike: dict[int, float] = {}  # what both sounds of a seam share, by where it begins

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
            sound = self._stretch(piece, a - piece.start, b - a)
            if piece.fade_in and a < piece.first + piece.fade_in:
                alike = self._alike_in(piece.first, piece.fade_in)
                sound *= rise(a - piece.first, b - piece.first, piece.fade_in, alike)
            if piece.fade_out and b > piece.stop - piece.fade_out:
                alike = self._alike_in(piece.stop - piece.fade_out, piece.fade_out)
                sound *= rise(piece.stop - b, piece.stop - a, piece.fade_out, alike)[::-1]
            out[:, a - first : b - first] += sound
        return out

    def _alike_in(self, first: int, n: int) -> float:
        """Return how alike the two stretches are that cross in samples [first, first + n)."""
        if first not in self._alike:
            before, after = (
                self._stretch(piece, first - piece.start, n)
                for piece in pieces(self._cue, first, first + n, self._rate)
            )
            self._alike[first] = likeness(before, after)
        return self._alike[first]

    def _stretch(self, piece: Piece, first: int, n: int) -> Samples:
        """Return samples of a stretch, 0 being its start, at its speed."""
        entry = round(piece.entry_seconds * self._rate)
        if piece.speed == 1:
            return self._track.read(entry + first, n)
        for number in [k for k in self._paced if k < piece.number - 1]:
            del self._paced[number]  # long past
        if piece.number not in self._paced:
            self._paced[piece.number] = Paced(
                self._track, entry, piece.speed, self._rate, reach=self._reach(piece)
            )
        return self._paced[piece.number].read(first, n)

    def _reach(self, piece: Piece) -> tuple[int, int]:
        """Return the first sample of a stretch that may be asked for, and the last, exclusive."""
        stretch = self._cue.stretches[piece.number]
        aside = round(BORDER_SECONDS * self._rate)
        inside = round(SEAM_SECONDS * self._rate)
        first, last = not piece.number, piece.number == len(self._cue.seams)
        length = round(stretch.duration_seconds * self._rate)
        return -(aside if first else inside), length + (aside if last else inside)


def pieces(cue: Cue, first: int, stop: int, sample_rate: int) -> Iterator[Piece]:
    """Yield the pieces of a cue that are heard in its samples [first, stop), in order.

    Seams are crossfaded at constant power, centred on the jump. What is heard ahead of the cue and
    behind its end is what the track holds there.
    """
    stretches = cue.stretches
    late, start, half_in = 0.0, 0, 0
    for number, stretch in enumerate(stretches):
        last = number == len(stretches) - 1
        late += stretch.duration_seconds
        end = round(late * sample_rate)
        half_out = 0
        if not last:
            shorter = min(stretch.duration_seconds, _whole(cue, number + 1))
            half_out = round(min(SEAM_SECONDS, shorter / 4) / 2 * sample_rate)
        begins = start - half_in if number else min(first, -sample_rate)
        ends = max(stop, end) if last else end + half_out
        if begins < stop and ends > first:
            yield Piece(
                number, start, begins, ends, stretch.in_seconds, stretch.speed,
                2 * half_in, 2 * half_out,
            )  # fmt: skip
        start, half_in = end, half_out


def _whole(cue: Cue, number: int) -> float:
    """Return how long a stretch would last if the cue did not end; the last is long enough."""
    if number == len(cue.seams):
        return 4 * SEAM_SECONDS
    seam, entry = cue.seams[number], cue.seams[number - 1]
    return (seam.out_seconds - entry.in_seconds) / entry.speed
