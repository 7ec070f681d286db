"""Gives any stretch of a file's sound on demand, in memory that does not grow with the file."""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import numpy as np

from v2m.audio.decode import audio_blocks
from v2m.types import Samples

READ_ON_SECONDS = 10.0
"""A gap up to this long is decoded and dropped; behind a longer one the file is opened again."""


class Reader(Protocol):
    """Sound that can be read in stretches."""

    def read(self, first: int, n: int) -> Samples:
        """Return samples [first, first + n): float32, shape (2, n), a fresh array.

        Where there is no sound, ahead of the start or behind the end, there is silence.
        """
        ...


class SoundReader:
    """Reads a sound file at a rate; reading on from where the last read ended is cheapest."""

    def __init__(self, path: Path, sample_rate: int) -> None:
        self._path, self._rate = path, sample_rate
        self._blocks: Iterator[Samples] | None = None
        self._at = 0
        self._held: Samples = np.empty((2, 0), np.float32)  # begins at sample _at

    def read(self, first: int, n: int) -> Samples:
        """Return samples [first, first + n), as ``Reader`` promises.

        Raises:
            MediaError: the file cannot be read.
        """
        out = np.zeros((2, n), np.float32)
        place = max(0, first)
        while place < first + n and self._reach(place):
            skipped = place - self._at
            piece = self._held[:, skipped : skipped + first + n - place]
            out[:, place - first : place - first + piece.shape[1]] = piece
            place += piece.shape[1]
        return out

    def _reach(self, place: int) -> bool:
        """Decode until the held block covers a sample; False behind the end."""
        on = self._at <= place <= self._at + self._held.shape[1] + READ_ON_SECONDS * self._rate
        if self._blocks is None or not on:
            self._at, self._held = place, np.empty((2, 0), np.float32)
            start = place / self._rate
            self._blocks = audio_blocks(self._path, sample_rate=self._rate, start_seconds=start)
        while place >= self._at + self._held.shape[1]:
            block = next(self._blocks, None)
            if block is None:
                return False
            self._at += self._held.shape[1]
            self._held = block
        return True
