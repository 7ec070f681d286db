"""Plays a track a little faster or slower and keeps its pitch, in memory that does not grow.

Signalsmith Stretch does the work, chunk by chunk at fixed places, each from a fresh start and
crossfaded with the next: any stretch of the result is the same however it is asked for.
"""

import numpy as np

from v2m.audio.reader import Reader
from v2m.soundtrack.fades import rise
from v2m.types import Samples

CHUNK_SECONDS = 60.0
"""Longer than most stretches between two seams: few need a second chunk."""

MARGIN_SECONDS = 0.15
"""The stretcher needs this much on both sides of a chunk to be in full swing."""

OVERLAP_SECONDS = 0.04
"""Of the crossfade between chunks; their phases differ, so it is at equal power."""

SEED = 1


class Paced:
    """A stretch of a track at another tempo.

    Args:
        track: where the sound comes from.
        entry: sample of the track that becomes sample 0.
        speed: above 1 is faster.
        sample_rate: Hz.
        reach: the first sample that will be asked for, 0 or less, and the last one, exclusive;
            outside there is silence.
    """

    def __init__(
        self, track: Reader, entry: int, speed: float, sample_rate: int, *, reach: tuple[int, int]
    ) -> None:
        self._track, self._entry, self._speed, self._rate = track, entry, speed, sample_rate
        self._first, self._stop = reach
        self._size = round(CHUNK_SECONDS * sample_rate)
        self._half = round(OVERLAP_SECONDS * sample_rate / 2)
        self._chunks: dict[int, Samples] = {}

    def read(self, first: int, n: int) -> Samples:
        """Return samples [first, first + n): float32, shape (2, n)."""
        out = np.zeros((2, n), np.float32)
        lead = first - self._first
        for number in range(
            max(0, (lead - self._half) // self._size), (lead + n + self._half) // self._size + 1
        ):
            begin, end = self._bounds(number)
            a, b = max(first, begin), min(first + n, end)
            if a < b:
                out[:, a - first : b - first] += self._faded(number, a, b)
        return out

    def _bounds(self, number: int) -> tuple[int, int]:
        """Return where a chunk begins and ends, fades included."""
        begin = self._first + number * self._size
        end = min(begin + self._size + self._half, self._stop)
        return begin - (self._half if number else 0), end

    def _faded(self, number: int, first: int, stop: int) -> Samples:
        """Return a stretch of a chunk with its share of the crossfades."""
        begin, end = self._bounds(number)
        sound = self._chunk(number)[:, first - begin : stop - begin].copy()
        if number:
            sound *= rise(first - begin, stop - begin, 2 * self._half)
        if end < self._stop:
            sound *= rise(end - stop, end - first, 2 * self._half)[::-1]
        return sound

    def _chunk(self, number: int) -> Samples:
        """Return a chunk; it and the one before it are kept."""
        if number not in self._chunks:
            self._chunks = {k: v for k, v in self._chunks.items() if k == number - 1}
            self._chunks[number] = self._stretched(*self._bounds(number))
        return self._chunks[number]

    def _stretched(self, begin: int, end: int) -> Samples:
        from python_stretch import Signalsmith

        margin = round(MARGIN_SECONDS * self._rate)
        length = end - begin + 2 * margin
        first = self._entry + round((begin - margin) * self._speed)
        sound = self._track.read(first, round(length * self._speed))
        stretcher = Signalsmith.Stretch(SEED)
        stretcher.preset(2, float(self._rate))
        stretcher.setTimeFactor(self._speed)
        made = np.asarray(stretcher.process(np.ascontiguousarray(sound)), np.float32)
        made = np.pad(made, ((0, 0), (0, max(0, length - made.shape[1]))))
        return np.ascontiguousarray(made[:, margin : margin + end - begin])
