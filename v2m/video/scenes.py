"""Finds the scenes of a video, and reads still pictures."""

import logging
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from v2m.audio.decode import check_readable
from v2m.errors import MediaError
from v2m.types import Frames, Scene, VideoFacts
from v2m.video.borders import Borders, Cut
from v2m.video.cuts import (
    BLACK,
    FADE_FRAMES,
    REACH,
    RETURNING_FRAMES,
    CutFinder,
    Points,
    change,
    fades,
)
from v2m.video.glimpses import Glimpse
from v2m.video.runs import each_glimpse

SHORTEST_SECONDS = 3.0
"""Shorter scenes are merged: no music makes sense there."""

THRESHOLD = 8.0
"""Least change of the picture that is a cut, 0 to 255, mean of luma and chroma."""

ADAPTIVE_LEAST = 15.0
"""The same for PySceneDetect's adaptive detector, which counts hue, saturation and brightness."""

JUDGED_AT_ONCE = 32
"""Frames whose points wait for each other: in between, decoding empties the processor's caches."""

MOST_PIXELS = 170_000_000
"""Pillow itself refuses about 179 million, in words that name no cause."""

log = logging.getLogger(__name__)


def find_scenes(
    path: Path,
    facts: VideoFacts,
    *,
    min_scene_seconds: float = SHORTEST_SECONDS,
    threshold: float = THRESHOLD,
) -> list[Scene]:
    """Return the scenes of a video: in order, without gaps, from its first frame to its last.

    A video without cuts is one scene. A scene shorter than ``min_scene_seconds`` is merged with
    the neighbour it differs least from; its cut is kept in the scene.

    Raises:
        MediaError: no frame can be decoded.
    """
    return list(each_scene(path, facts, min_scene_seconds=min_scene_seconds, threshold=threshold))


def each_scene(
    path: Path,
    facts: VideoFacts,
    *,
    min_scene_seconds: float = SHORTEST_SECONDS,
    threshold: float = THRESHOLD,
    watching: Callable[[Glimpse], None] | None = None,
) -> Iterator[Scene]:
    """Yield the scenes of ``find_scenes``, each as soon as no later frame can change it.

    Args:
        path: the video.
        facts: of the video.
        min_scene_seconds: as for ``find_scenes``.
        threshold: least change of a cut, 0 to 255.
        watching: is shown a glimpse of every frame, with the frame kept in it.

    Raises:
        MediaError: no frame can be decoded.
    """
    finder: _SceneFinder | None = None
    try:
        for glimpse in each_glimpse(path, facts, keeping=watching is not None):
            finder = finder or _SceneFinder(facts, glimpse, min_scene_seconds, threshold)
            if watching:
                watching(glimpse)
            yield from finder.add(glimpse)
    except MediaError as err:
        if finder:
            log.warning("%s; scenes after %.1f s cannot be told apart", err, finder.seconds)
    if finder is None:
        raise MediaError(path, "none of its frames can be decoded")
    yield from finder.finish()


class _SceneFinder:
    """Takes glimpses of the frames of a film and names its scenes, some seconds late."""

    def __init__(
        self, facts: VideoFacts, first: Glimpse, min_scene_seconds: float, threshold: float
    ) -> None:
        self._judge = _judge_for(first, threshold)
        self._borders = Borders(facts, min_scene_seconds)
        self._times: list[float] = []
        self._cuts: list[int] = []
        self._told = 0

    @property
    def seconds(self) -> float:
        """Time of the last frame."""
        return self._times[-1]

    def add(self, glimpse: Glimpse) -> list[Scene]:
        """Take the next frame; return the scenes that are settled."""
        known = len(self._judge.levels)
        self._times.append(glimpse.seconds)
        self._cuts += self._judge.add(glimpse)
        if len(self._judge.levels) == known:
            return []
        stop = self._settled()
        return self._borders.add(self._new(stop), self._times[stop]) if stop > self._told else []

    def finish(self) -> list[Scene]:
        """Return the scenes that are left."""
        self._cuts += self._judge.finish()
        return self._borders.finish(self._new(len(self._judge.levels)))

    def _settled(self) -> int:
        """Return the frame up to which no cut and no fade can come any more."""
        levels = self._judge.levels
        stop = len(levels) - FADE_FRAMES - RETURNING_FRAMES - REACH - 1
        while stop > self._told and levels[stop] <= BLACK and levels[stop - 1] <= BLACK:
            stop -= 1  # where a black's middle lies is known when it is over
        return stop

    def _new(self, stop: int) -> list[Cut]:
        """Return the cuts and fades before a frame that were not told yet; none lies across it."""
        first = max(0, self._told - FADE_FRAMES - 1)
        near = [cut - first for cut in self._cuts if cut >= first]
        soft = {first + n: depth for n, depth in fades(self._judge.levels[first:], near)}
        strengths = {n: self._judge.changes[n] for n in self._cuts} | soft
        found = sorted(n for n in strengths if self._told <= n < stop)
        self._told = stop
        self._cuts = [cut for cut in self._cuts if cut >= stop - FADE_FRAMES - 1]
        return [Cut(self._times[n], n, strengths[n]) for n in found]


class _Judge(Protocol):
    """Takes the frames of a film one after another and tells the cuts in the end."""

    @property
    def changes(self) -> Sequence[float]: ...

    @property
    def levels(self) -> Sequence[float]: ...

    def add(self, glimpse: Glimpse) -> list[int]: ...

    def finish(self) -> list[int]: ...


def _judge_for(first: Glimpse, threshold: float) -> _Judge:
    return _ByPoints(threshold) if first.picture is None else _ByPySceneDetect(threshold)


class _ByPoints:
    """Judges by points that lie in the frames ready to be read."""

    def __init__(self, threshold: float) -> None:
        self._finder = CutFinder(threshold)
        self._waiting: list[Points] = []
        self.changes, self.levels = self._finder.changes, self._finder.levels

    def add(self, glimpse: Glimpse) -> list[int]:
        self._waiting.append(glimpse.points)
        return self._judged() if len(self._waiting) == JUDGED_AT_ONCE else []

    def finish(self) -> list[int]:
        return self._judged() + self._finder.finish()

    def _judged(self) -> list[int]:
        waiting, self._waiting = self._waiting, []
        return self._finder.add(waiting) if waiting else []


class _ByPySceneDetect:
    """Judges films whose pixels have to be converted anyway: RGB, palettes and the like."""

    def __init__(self, threshold: float) -> None:
        from scenedetect import AdaptiveDetector

        least = ADAPTIVE_LEAST * threshold / THRESHOLD
        self._detector = AdaptiveDetector(min_scene_len=2, min_content_val=least)
        self._before: Points | None = None
        self.changes: list[float] = []
        self.levels: list[float] = []

    def add(self, glimpse: Glimpse) -> list[int]:
        from scenedetect import FrameTimecode

        assert glimpse.picture is not None
        points = glimpse.points
        # a frame's number is all the detector needs; the rate is never used
        number = FrameTimecode(len(self.changes), 25.0)
        self.changes.append(float(change(self._before, points)) if self._before else 0.0)
        picture = np.ascontiguousarray(glimpse.picture[..., ::-1])
        self.levels.append(float(points.luma.mean()))
        self._before = points
        return [cut.frame_num for cut in self._detector.process_frame(number, picture)]

    def finish(self) -> list[int]:
        return []


def read_image(path: Path) -> Frames:
    """Read a still picture, turned as its camera says.

    Returns:
        uint8, shape (1, height, width, 3), RGB.

    Raises:
        MediaError: it is missing, unreadable, too large or no picture.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    check_readable(path)
    try:
        with Image.open(path) as image:
            if image.width * image.height > MOST_PIXELS:
                raise MediaError(path, f"too large: {image.width} x {image.height} pixels")
            upright = ImageOps.exif_transpose(image).convert("RGB")
            upright.thumbnail((1024, 1024))
            return np.asarray(upright, np.uint8)[None]
    except UnidentifiedImageError as err:
        raise MediaError(path, "not a picture") from err
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as err:
        raise MediaError(path, f"damaged picture ({err})") from err
