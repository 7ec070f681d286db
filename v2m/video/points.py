"""Takes a few points out of decoded frames, without a conversion of the whole picture."""

import re
from copy import copy
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from v2m.video.cuts import Points

SHORT_SIDE = 24
"""Points along the shorter side of a picture."""

PLANAR = re.compile(r"(?:yuvj?4[24][024]p|gray)(9|10|12|14|16)?(le)?")
"""Pixel formats whose planes are read as they lie: luma, then chroma if any, 8 to 16 bits."""


class PointReader:
    """Reads the points of a film's frames, as many of chroma as of luma where it has them.

    Not for several threads at once.
    """

    def __init__(self, first: Any) -> None:
        """Lay a grid over a film, given its first frame."""
        self._form = first.format.name, first.width, first.height
        step = max(1, min(first.width, first.height) // SHORT_SIDE)
        self._columns, self._rows = max(1, first.width // step), max(1, first.height // step)
        self._bits = _bits(first.format.name)
        self._scaler = _reformatter()
        self._grids = self._grids_over(first) if self._bits else []

    @property
    def direct(self) -> bool:
        """Whether the planes of the film are read as they lie."""
        return self._bits is not None

    def another(self) -> "PointReader":
        """Return one that reads the same points, for another thread."""
        twin = copy(self)
        twin._scaler = _reformatter()
        return twin

    def __call__(self, frame: Any) -> Points:
        """Return the points of a frame; one of another form than the first is converted."""
        if self._bits is None:
            frame = self._scaler.reformat(frame, 2 * self._columns, 2 * self._rows, "yuv420p")
            self._grids = self._grids or self._grids_over(frame)
        elif (frame.format.name, frame.width, frame.height) != self._form:
            frame = self._scaler.reformat(frame, self._form[1], self._form[2], self._form[0])
        return self._points(frame, self._bits or 8)

    def _grids_over(self, frame: Any) -> list["_Grid"]:
        # half as many rows of each plane of chroma make as many points of both
        rows = self._rows, self._rows // 2, self._rows // 2
        return [
            _Grid.over(plane.width, plane.height, max(1, n), self._columns)
            for plane, n in zip(frame.planes, rows, strict=False)
        ]

    def _points(self, frame: Any, bits: int) -> Points:
        values = np.empty(sum(grid.n for grid in self._grids), np.uint8)
        place = 0
        for plane, grid in zip(frame.planes, self._grids, strict=False):
            grid.read(plane, bits, values[place : place + grid.n])
            place += grid.n
        n_luma = self._grids[0].n
        luma = values[:n_luma]
        return Points(luma, values[n_luma:] if place > n_luma else luma)


@dataclass(frozen=True, slots=True)
class _Grid:
    """Evenly spaced points of a plane."""

    rows: int
    columns: int
    down: int
    across: int

    @classmethod
    def over(cls, width: int, height: int, rows: int, columns: int) -> "_Grid":
        """Lay about so many rows and columns over a plane."""
        down, across = max(1, height // rows), max(1, width // columns)
        return cls(
            len(range(down // 2, height, down)),
            len(range(across // 2, width, across)),
            down,
            across,
        )

    @property
    def n(self) -> int:
        """How many points there are."""
        return self.rows * self.columns

    def read(self, plane: Any, bits: int, out: npt.NDArray[np.uint8]) -> None:
        """Copy the points of a plane, row by row."""
        line, size = plane.line_size, 1 if bits == 8 else 2
        some: npt.NDArray[Any] = np.ndarray(
            (self.rows, self.columns),
            np.uint8 if size == 1 else "<u2",
            plane,
            self.down // 2 * line + self.across // 2 * size,
            (self.down * line, self.across * size),
        )
        out.reshape(self.rows, self.columns)[:] = some >> (bits - 8) if bits > 8 else some


def _bits(pixel_format: str) -> int | None:
    found = PLANAR.fullmatch(pixel_format)
    return int(found[1] or 8) if found else None


def _reformatter() -> Any:
    from av.video.reformatter import VideoReformatter

    return VideoReformatter()
