"""Takes out of every frame of a film what is looked at, so that the frame can go."""

from collections.abc import Iterable, Iterator
from copy import copy
from dataclasses import dataclass
from typing import Any

from v2m.video.cuts import Points
from v2m.video.frames import Picture, Scaler
from v2m.video.keeping import Kept, Shrinker
from v2m.video.points import PointReader

AT_ONCE = 4
"""Frames that wait for each other: looked at in a row they cost less, for Python's code is at hand
and not driven out of the processor's caches by decoding."""

HELD_PIXELS = AT_ONCE * 1920 * 1080
"""Of larger pictures fewer wait, for they wait as they are."""

DETECTOR_HEIGHT = 144
"""PySceneDetect looks at pictures about 256 pixels wide."""


@dataclass(frozen=True, slots=True)
class Glimpse:
    """What is left of a frame.

    Attributes:
        seconds: from the first frame.
        points: by which cuts are told.
        picture: RGB, 144 high, of a film whose pixels have to be converted anyway; else None.
        kept: the frame made small, where frames are kept; None of some where they are too many.
    """

    seconds: float
    points: Points
    picture: Picture | None
    kept: Kept | None


class GlimpseReader:
    """Takes glimpses of a film's frames.

    Not for several threads at once.

    Args:
        first: first frame of the film.
        keeping: whether frames are kept.
    """

    def __init__(self, first: Any, *, keeping: bool) -> None:
        self._points = PointReader(first)
        self._shrinker = Shrinker() if keeping else None
        self._scaled = None if self._points.direct else Scaler(DETECTOR_HEIGHT)

    def another(self) -> "GlimpseReader":
        """Return one that takes the same glimpses, for another thread."""
        twin = copy(self)
        twin._points = self._points.another()
        twin._shrinker = self._shrinker and Shrinker()
        twin._scaled = self._scaled and Scaler(DETECTOR_HEIGHT)
        return twin

    def begin(self) -> None:
        """Say that the next frame does not follow the last one."""
        if self._shrinker:
            self._shrinker.begin()

    def read(self, frames: Iterable[tuple[float, Any]]) -> Iterator[Glimpse]:
        """Yield the glimpses of frames that follow each other, each with its time."""
        for some in _some_at_a_time(frames):
            if self._shrinker:
                kept = [self._shrinker(seconds, frame) for seconds, frame in some]
            else:
                kept = [None] * len(some)
            for (seconds, frame), small in zip(some, kept, strict=True):
                picture = self._scaled(frame) if self._scaled else None
                yield Glimpse(seconds, self._points(frame), picture, small)


def _some_at_a_time(frames: Iterable[tuple[float, Any]]) -> Iterator[list[tuple[float, Any]]]:
    """Gather a few frames; what is there when they break off comes first."""
    some: list[tuple[float, Any]] = []
    try:
        for seconds, frame in frames:
            some.append((seconds, frame))
            if len(some) == AT_ONCE or len(some) * frame.width * frame.height >= HELD_PIXELS:
                yield some
                some = []
    except Exception:
        if some:
            yield some
        raise
    if some:
        yield some
