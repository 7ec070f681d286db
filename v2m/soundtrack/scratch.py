"""Keeps a long sound on disk between two passes over it."""

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt

from v2m.types import Samples


class Scratch:
    """A sound of two channels in a file: written once, read as often as needed."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._lengths: list[int] = []

    def keep(self, blocks: Iterable[Samples]) -> Iterator[Samples]:
        """Write a sound while passing it on; float32, shape (2, n) each block.

        Raises:
            OSError: the disk is full or fails.
        """
        for block in blocks:
            self._file.write(np.ascontiguousarray(block, np.float32).data)
            self._lengths.append(block.shape[1])
            yield block
        self._file.flush()

    def __len__(self) -> int:
        """Return the samples that were kept."""
        return sum(self._lengths)

    def blocks(self, first: int = 0) -> Iterator[Samples]:
        """Yield the sound that was kept, in the blocks it came in; they are read only.

        Several may read at once.

        Args:
            first: sample to begin with, in the midst of a block or not.
        """
        begin = 0
        for length in self._lengths:
            skipped = min(length, max(0, first - begin))
            if skipped < length or not length:
                values = _read(self._file, 2 * begin, 2 * length).reshape(2, length)
                yield values[:, skipped:]
            begin += length


class ScratchFloats:
    """float32 values in a file: appended to, read in stretches, so that memory does not grow.

    Several may read at once.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, part: slice, /) -> npt.NDArray[np.float32]:
        """Return a stretch without steps."""
        first, stop, _ = part.indices(self._length)
        return _read(self._file, first, max(0, stop - first))

    def append(self, values: npt.NDArray[np.float32]) -> None:
        """Write the next values.

        Raises:
            OSError: the disk is full or fails.
        """
        self._file.seek(4 * self._length)
        self._file.write(np.ascontiguousarray(values, np.float32).data)
        self._file.flush()
        self._length += len(values)

    def clear(self) -> None:
        """Forget all values."""
        self._length = 0


def _read(file: IO[bytes], first: int, n: int) -> npt.NDArray[np.float32]:
    """Return values of a file, wherever others read in it."""
    return np.frombuffer(os.pread(file.fileno(), 4 * n, 4 * first), np.float32)


@contextmanager
def scratch_in(folder: Path) -> Iterator[Scratch]:
    """Yield a scratch file without a name, 1.4 GB for an hour at 48 kHz; gone with the block.

    It lies in the folder of the finished video: where that fits, there is most likely room, and the
    system's own temporary folder may lie in memory.

    Raises:
        OSError: the folder cannot be written to.
    """
    with tempfile.TemporaryFile(dir=folder) as file:
        yield Scratch(file)


@contextmanager
def scratch_floats_in(folder: Path) -> Iterator[ScratchFloats]:
    """Yield a nameless file of values, 7 MB for an hour at 500 a second; gone with the block.

    Raises:
        OSError: the folder cannot be written to.
    """
    with tempfile.TemporaryFile(dir=folder) as file:
        yield ScratchFloats(file)
