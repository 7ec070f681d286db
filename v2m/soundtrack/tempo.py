"""Plays a track a little faster or slower and keeps its pitch, in memory that does not grow.

Signalsmith Stretch does the work. It remembers what it has heard, so it is fed chunks of fixed
places, each from a fresh start and crossfaded with the next: any stretch of the result can be had
alone, and is the same however it is asked for.
"""

import numpy as np

from v2m.audio.reader import Reader
from v2m.soundtrack.fades import rise
from v2m.types import Samples

CHUNK_SECONDS = 10.0
MARGIN_SECONDS = 0.15
"""The stretcher needs this much on both sides of a chunk to be in full swing."""

OVERLAP_SECONDS = 0.04
"""Of the crossfade between chunks, which differ by tiny shifts only."""

SEED = 1


class Paced:
    """A stretch of a track at another tempo.

    Args:
        track: where the sound comes from.
        entry: sample of the track that becomes sample 0.
        speed: above 1 is faster.
        sample_rate: Hz.
    """

    def __init__(self, track: Reader, entry: int, speed: float, sample_rate: int) -> None:
        self._track, self._entry, self._speed, self._rate = track, entry, speed, sample_rate
        self._size = round(CHUNK_SECONDS * sample_rate)
        self._overlap = 2 * round(OVERLAP_SECONDS * sample_rate / 2)
        self._chunks: dict[int, Samples] = {}

    def read(self, first: int, n: int) -> Samples:
        """Return samples [first, first + n): float32, shape (2, n), silence where there is none."""
        out = np.zeros((2, n), np.float32)
        half = self._overlap // 2
        for number in range((first - half) // self._size, (first + n + half) // self._size + 1):
            begin, end = number * self._size - half, (number + 1) * self._size + half
            a, b = max(first, begin), min(first + n, end)
            if a >= b:
                continue
            sound = self._chunk(number)[:, a - begin : b - begin].copy()
            # neighbours are in phase: their amplitudes add up, so the fades' squares are used
            sound *= rise(a - begin, b - begin, self._overlap) ** 2
            sound *= rise(end - b, end - a, self._overlap)[::-1] ** 2
            out[:, a - first : b - first] += sound
        return out

    def _chunk(self, number: int) -> Samples:
        """Return a chunk with half an overlap on both sides; the last two are kept."""
        if number not in self._chunks:
            self._chunks = {k: v for k, v in self._chunks.items() if abs(k - number) == 1}
            self._chunks[number] = self._stretched(number)
        return self._chunks[number]

    def _stretched(self, number: int) -> Samples:
        from python_stretch import Signalsmith

        margin = round(MARGIN_SECONDS * self._rate) + self._overlap // 2
        begin = number * self._size - margin
        length = self._size + 2 * margin
        first = self._entry + round(begin * self._speed)
        sound = self._track.read(first, round(length * self._speed))
        stretcher = Signalsmith.Stretch(SEED)
        stretcher.preset(2, float(self._rate))
        stretcher.setTimeFactor(self._speed)
        made = np.asarray(stretcher.process(np.ascontiguousarray(sound)), np.float32)
        made = np.pad(made, ((0, 0), (0, max(0, length - made.shape[1]))))
        skip = margin - self._overlap // 2
        return np.ascontiguousarray(made[:, skip : skip + self._size + self._overlap])
