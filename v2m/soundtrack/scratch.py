"""Keeps a long sound on disk between two passes over it."""

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np

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
            self._file.write(np.ascontiguousarray(block, np.float32).tobytes())
            self._lengths.append(block.shape[1])
            yield block

    def blocks(self) -> Iterator[Samples]:
        """Yield the sound that was kept, in the blocks it came in; they are read only."""
        self._file.seek(0)
        for length in self._lengths:
            values = np.frombuffer(self._file.read(2 * 4 * length), np.float32)
            yield values.reshape(2, length)


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
