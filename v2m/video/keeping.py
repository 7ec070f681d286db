"""Keeps frames of a film while it is looked at, until it is known which of them a scene needs.

Where a scene's stills lie depends on its length, so every frame may turn out to be one. Frames are
kept small; when too many have to wait, because a scene is long, those that are some seconds old are
thinned out evenly.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

from v2m.types import Scene, SceneFrames
from v2m.video.frames import (
    STILL_SIDE,
    THUMBNAIL,
    Picture,
    Wanted,
    quarter_turns,
    reformatter,
    still_of,
)

MOST_BYTES = 200_000_000
"""Of the frames that wait; on a film of 16:9 and 25 frames a second 23 s have room."""

KEPT_FORMAT = "gbrp"
"""Scaled to this and then made RGB, a picture has the very bytes that scaling to RGB gives it."""

AS_IT_IS = 360
"""Pictures whose shorter side is no longer are not made smaller, which would gain nothing."""

MOST_THUMBNAILS = 4000
"""Thumbnails that wait beside them, of 7 kB each."""

MOST_PER_SECOND = 31.0
"""Frames kept in a second, on average: of a film of more, evenly some."""

BURST_SECONDS = 0.5
"""So much of them may come at once, as where a variable rate shows two frames and then none."""

SHORTEST_APART = 0.0125
"""Seconds; the unit in which frames are thinned out."""

LEAST_FRAMES = 96
"""Frames for which there is room however large they are."""

DENSE_SECONDS = 6.0
"""Younger frames are not thinned out: they may belong to the next scene, which may be short."""


@dataclass(slots=True)
class Kept:
    """A frame that waits: small, and turned by so many quarters; or only its thumbnail."""

    seconds: float
    turns: int
    frame: Any
    thumbnail: Picture | None = None


def made_small(frame: Any, scaler: Any) -> Any:
    """Return a frame of the size of a still, as it waits; one that is hardly larger as it is."""
    short = min(frame.width, frame.height)
    if short <= AS_IT_IS:
        return frame
    size = [max(2, round(side * STILL_SIDE / short)) for side in (frame.width, frame.height)]
    return scaler.reformat(frame, *size, KEPT_FORMAT)


def scalable(frame: Any, scaler: Any) -> Any:
    """Return a frame that waits as one that FFmpeg scales to RGB without a change of its light.

    Out of RGB it makes smaller RGB a level brighter than out of YUV.
    """
    return scaler.reformat(frame, format="yuv422p") if frame.format.name == KEPT_FORMAT else frame


class Shrinker:
    """Makes frames small enough to wait; of very many in a second some are left out.

    Not for several threads at once.
    """

    def __init__(self) -> None:
        self._scaler = reformatter()
        self._due: float | None = None

    def begin(self) -> None:
        """Say that the next frame does not follow the last one."""
        self._due = None

    def __call__(self, seconds: float, frame: Any) -> Kept | None:
        """Return the next frame made small, with its time; None where it is left out."""
        if self._due is None:
            self._due = seconds - 1 / MOST_PER_SECOND  # two may come at once
        if seconds < self._due:
            return None
        self._due = max(self._due, seconds - BURST_SECONDS) + 1 / MOST_PER_SECOND
        return Kept(seconds, quarter_turns(frame), made_small(frame, self._scaler))


class FrameKeeper:
    """Takes the frames of a film made small, and gives each scene its own, scene by scene."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        """Begin a film."""
        self._most_bytes = most_bytes
        self._kept: deque[Kept] = deque()
        self._n_frames = self._most = 0
        self._shown: Kept | None = None
        self._last_seconds = -inf
        self._still, self._halving, self._thumbnail = (reformatter() for _ in range(3))

    @property
    def n_waiting(self) -> int:
        """How many pictures wait for their scene, thumbnails among them."""
        return len(self._kept)

    @property
    def n_frames(self) -> int:
        """How many of those that wait are frames."""
        return self._n_frames

    def add(self, kept: Kept) -> None:
        """Take the next frame."""
        self._last_seconds = kept.seconds
        self._kept.append(kept)
        self._n_frames += 1
        if not self._most:
            size = sum(plane.buffer_size for plane in kept.frame.planes)
            self._most = max(LEAST_FRAMES, self._most_bytes // size)
        if self._n_frames > self._most or len(self._kept) > self._n_frames + MOST_THUMBNAILS:
            self._thin_out(self._most)

    def take(self, scene: Scene, *, last: bool) -> SceneFrames:
        """Return the frames of the next scene, and forget them; the last scene gets the rest."""
        wanted = Wanted.of(scene)
        end = inf if last else scene.span.end_seconds - 1e-6
        while self._kept and self._kept[0].seconds < end:
            kept = self._kept.popleft()
            if wanted.thumbnail_at(kept.seconds):
                wanted.thumbnails.append(self._thumbnail_of(kept))
            if kept.frame is None:
                continue
            self._n_frames -= 1
            self._shown = kept
            if wanted.still_at(kept.seconds):
                wanted.stills.append(still_of(kept.frame, self._still, kept.turns))
        if self._shown and not wanted.stills:
            wanted.stills.append(still_of(self._shown.frame, self._still, self._shown.turns))
        if self._shown and not wanted.thumbnails:
            wanted.thumbnails.append(self._thumbnail_of(self._shown))
        return wanted.taken()

    def _thumbnail_of(self, kept: Kept) -> Picture:
        if kept.thumbnail is not None:
            return kept.thumbnail
        frame = scalable(kept.frame, self._halving)
        thumbnail: Picture = self._thumbnail.reformat(frame, *THUMBNAIL, "rgb24").to_ndarray()
        kept.thumbnail = thumbnail
        return thumbnail

    def _thin_out(self, most: int) -> None:
        """Leave thumbnails alone of some older frames, and fewer of those where they are many."""
        young = self._last_seconds - DENSE_SECONDS
        n_old = sum(kept.seconds < young and kept.frame is not None for kept in self._kept)
        if n_old < most // 4:
            young, n_old = inf, self._n_frames
        room = most - (self._n_frames - n_old) - most // 8
        old = [kept for kept in self._kept if kept.seconds < young]
        staying = spread_out([kept.seconds for kept in old if kept.frame is not None], room)
        for kept in old:
            if kept.frame is not None and kept.seconds not in staying:
                self._thumbnail_of(kept)
                kept.frame = None
                self._n_frames -= 1
        if len(old) > MOST_THUMBNAILS:
            staying |= spread_out([kept.seconds for kept in old], MOST_THUMBNAILS * 3 // 4)
            self._kept = deque(k for k in self._kept if k.seconds >= young or k.seconds in staying)


def spread_out(times: Sequence[float], most: int) -> set[float]:
    """Choose at most so many of rising times, evenly: the first of each of some equal stretches.

    The stretches double in length until there are few enough, so that what is left of a choice
    once made is what would have been chosen at first.

    >>> sorted(spread_out([0.0, 0.1, 0.25, 0.3, 0.45, 0.5, 0.65], 4))
    [0.0, 0.25, 0.45, 0.65]
    """
    apart = SHORTEST_APART
    while True:
        first_of = {int(seconds / apart): seconds for seconds in reversed(times)}
        if len(first_of) <= most:
            return set(first_of.values())
        apart *= 2
