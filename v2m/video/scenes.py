"""Finds the scenes of a video, and reads still pictures."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from v2m.audio.decode import check_readable
from v2m.errors import MediaError
from v2m.types import Frames, Scene, Span, VideoFacts
from v2m.video.cuts import CutFinder, Points, change, fades
from v2m.video.frames import Scaler, decoded_frames
from v2m.video.points import PointReader

SHORTEST_SECONDS = 3.0
"""Shorter scenes are merged: no music makes sense there."""

THRESHOLD = 8.0
"""Least change of the picture that is a cut, 0 to 255, mean of luma and chroma."""

ADAPTIVE_LEAST = 15.0
"""The same for PySceneDetect's adaptive detector, which counts hue, saturation and brightness."""

JUDGED_AT_ONCE = 32
"""Frames whose points wait for each other: in between, decoding empties the processor's caches."""

DETECTOR_HEIGHT = 144
"""PySceneDetect looks at pictures about 256 pixels wide too."""

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
    every = _cuts(path, facts, threshold)
    cuts = merge_short(every, facts.duration_seconds, min_scene_seconds)
    n_frames = facts.n_frames or max(1, round(facts.duration_seconds * facts.fps))
    edges = [(0.0, 0), *((c.seconds, c.frame) for c in cuts), (facts.duration_seconds, n_frames)]
    return [
        Scene(
            n,
            Span(start, end),
            first,
            last,
            tuple(cut.seconds for cut in every if start < cut.seconds < end),
        )
        for n, ((start, first), (end, last)) in enumerate(pairwise(edges))
    ]


@dataclass(frozen=True, slots=True)
class Cut:
    """A border between two scenes.

    Attributes:
        seconds: from the first frame.
        frame: first frame of the new scene.
        strength: change of the picture, 0 to 255.
    """

    seconds: float
    frame: int
    strength: float


def merge_short(
    cuts: Sequence[Cut], duration_seconds: float, min_scene_seconds: float
) -> list[Cut]:
    """Drop cuts until no scene is too short: the shortest scene first, there the weaker border.

    >>> merge_short([Cut(4.0, 100, 80.0), Cut(4.5, 112, 30.0)], 9.0, 1.5)
    [Cut(seconds=4.0, frame=100, strength=80.0)]
    """
    kept = list(cuts)
    while kept:
        edges = [0.0, *(cut.seconds for cut in kept), duration_seconds]
        lengths = [end - start for start, end in pairwise(edges)]
        short = lengths.index(min(lengths))
        if lengths[short] >= min_scene_seconds:
            break
        # scene n lies between cuts n - 1 and n; the video's own ends stay
        borders = [n for n in (short - 1, short) if 0 <= n < len(kept)]
        del kept[min(borders, key=lambda n: kept[n].strength)]
    return kept


def _cuts(path: Path, facts: VideoFacts, threshold: float) -> list[Cut]:
    """Return every cut inside the video; times and frame numbers are those of its own frames."""
    points: PointReader | None = None
    judge: _Judge | None = None
    times: list[float] = []
    try:
        for seconds, frame in decoded_frames(path, facts):
            points = points or PointReader(frame)
            judge = judge or _judge_for(points, threshold)
            judge.add(points(frame), frame)
            times.append(seconds)
    except MediaError as err:
        if times:
            log.warning("%s; scenes after %.1f s cannot be told apart", err, times[-1])
    if judge is None:
        raise MediaError(path, "none of its frames can be decoded")
    cuts = judge.finish()
    strengths = {n: judge.changes[n] for n in cuts} | dict(fades(judge.levels, cuts))
    return [
        Cut(times[n], n, strength)
        for n, strength in sorted(strengths.items())
        if 0 < times[n] < facts.duration_seconds
    ]


class _Judge(Protocol):
    """Takes the frames of a film one after another and tells the cuts in the end."""

    @property
    def changes(self) -> Sequence[float]: ...

    @property
    def levels(self) -> Sequence[float]: ...

    def add(self, points: Points, frame: Any) -> None: ...

    def finish(self) -> list[int]: ...


def _judge_for(reader: PointReader, threshold: float) -> _Judge:
    return _ByPoints(threshold) if reader.direct else _ByPySceneDetect(threshold)


class _ByPoints:
    """Judges by points that lie in the frames ready to be read."""

    def __init__(self, threshold: float) -> None:
        self._finder = CutFinder(threshold)
        self._found: list[int] = []
        self._waiting: list[Points] = []
        self.changes, self.levels = self._finder.changes, self._finder.levels

    def add(self, points: Points, frame: Any) -> None:
        del frame
        self._waiting.append(points)
        if len(self._waiting) == JUDGED_AT_ONCE:
            self._judge()

    def finish(self) -> list[int]:
        self._judge()
        return self._found + self._finder.finish()

    def _judge(self) -> None:
        if self._waiting:
            self._found += self._finder.add(self._waiting)
            self._waiting.clear()


class _ByPySceneDetect:
    """Judges films whose pixels have to be converted anyway: RGB, palettes and the like."""

    def __init__(self, threshold: float) -> None:
        from scenedetect import AdaptiveDetector

        least = ADAPTIVE_LEAST * threshold / THRESHOLD
        self._detector = AdaptiveDetector(min_scene_len=2, min_content_val=least)
        self._scaled = Scaler(DETECTOR_HEIGHT)
        self._before: Points | None = None
        self._found: list[int] = []
        self.changes: list[float] = []
        self.levels: list[float] = []

    def add(self, points: Points, frame: Any) -> None:
        from scenedetect import FrameTimecode

        # a frame's number is all the detector needs; the rate is never used
        number = FrameTimecode(len(self.changes), 25.0)
        self.changes.append(float(change(self._before, points)) if self._before else 0.0)
        picture = np.ascontiguousarray(self._scaled(frame)[..., ::-1])
        self._found += [cut.frame_num for cut in self._detector.process_frame(number, picture)]
        self.levels.append(float(points.luma.mean()))
        self._before = points

    def finish(self) -> list[int]:
        return self._found


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
