"""Takes a few points out of decoded frames, without a conversion of the whole picture."""

import re
from typing import Any

import numpy as np
import numpy.typing as npt

from v2m.video.cuts import Points

SHORT_SIDE = 32
"""Points along the shorter side of a picture."""

PLANAR = re.compile(r"(?:yuvj?4[24][024]p|gray)(9|10|12|14|16)?(le)?")
"""Pixel formats whose planes are read as they lie: luma, then chroma if any, 8 to 16 bits."""


class PointReader:
    """Reads the points of a film's frames, as many of chroma as of luma where it has them."""

    def __init__(self, first: Any) -> None:
        """Lay a grid over a film, given its first frame."""
        self._form = first.format.name, first.width, first.height
        step = max(1, min(first.width, first.height) // SHORT_SIDE)
        self._columns, self._rows = max(1, first.width // step), max(1, first.height // step)
        self._bits = _bits(first.format.name)
        self._scaler = _reformatter()

    @property
    def direct(self) -> bool:
        """Whether the planes of the film are read as they lie."""
        return self._bits is not None

    def __call__(self, frame: Any) -> Points:
        """Return the points of a frame; one of another form than the first is converted."""
        if self._bits is None:
            small = self._scaler.reformat(frame, 2 * self._columns, 2 * self._rows, "yuv420p")
            return self._points(small, 8)
        form = frame.format.name, frame.width, frame.height
        if form != self._form:
            frame = self._scaler.reformat(frame, self._form[1], self._form[2], self._form[0])
        return self._points(frame, self._bits)

    def _points(self, frame: Any, bits: int) -> Points:
        # half as many rows of each plane of chroma make as many points of both
        rows = self._rows, self._rows // 2, self._rows // 2
        parts = [
            _strided(plane, bits, max(1, n), self._columns)
            for plane, n in zip(frame.planes, rows, strict=False)
        ]
        return Points(parts[0], np.concatenate(parts[1:] or parts))


def _strided(plane: Any, bits: int, rows: int, columns: int) -> npt.NDArray[np.int16]:
    values: npt.NDArray[Any] = np.frombuffer(plane, np.uint8 if bits == 8 else "<u2")
    values = values.reshape(plane.height, -1)
    down, across = max(1, plane.height // rows), max(1, plane.width // columns)
    some = values[down // 2 :: down, across // 2 : plane.width : across]
    return (some >> (bits - 8) if bits > 8 else some).astype(np.int16).ravel()


def _bits(pixel_format: str) -> int | None:
    found = PLANAR.fullmatch(pixel_format)
    return int(found[1] or 8) if found else None


def _reformatter() -> Any:
    from av.video.reformatter import VideoReformatter

    return VideoReformatter()
