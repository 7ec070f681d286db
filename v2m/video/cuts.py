"""Tells cuts from motion, flashes and repeated pictures by a few points of every frame.

The rule is that of PySceneDetect's AdaptiveDetector: a cut changes the picture by much, and by much
more than the frames around it do. Three things are added. Pictures that come again unchanged do not
count as "around": a film of 15 pictures a second in a container of 60 would otherwise be all cuts.
Before and after a cut the pictures have to differ, so that a flash is none. And a fade through
black is a cut too, in the middle of the black.
"""

from collections.abc import Sequence
from itertools import product
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

REACH = 8
"""Frames on either side that are looked at; a cut is known this many frames later."""

NEIGHBOURS = 2
"""Changes on either side that a cut has to stand out from."""

TIMES_AROUND = 2.5
"""A cut changes the picture this many times as much as its neighbours do on average."""

STILL = 0.25
"""A frame that changes less is the one before once more."""

RETURNING_SHARE = 0.3
"""Of the change of a cut, what has to remain between any picture shortly before and after."""

RETURNING_FRAMES = 2
"""A flash lasts no longer, and no shot is shorter."""

BLACK = 24
"""Mean luma up to which a picture counts as black; black itself is 16, or 0."""

BLACKEST = 20
"""Mean luma that a fade through black reaches."""

FADE_FRAMES = 25
"""How far before and after the black the picture is looked for that fades."""

FADE_DEPTH = 20
"""By how much brighter it has to be."""


class Points(NamedTuple):
    """Points of a picture: uint8, shape (n,) and (m,); of several: shape (k, n) and (k, m)."""

    luma: npt.NDArray[np.uint8]
    chroma: npt.NDArray[np.uint8]


class CutFinder:
    """Takes the points of a film's frames, some at a time, and names the cuts a few frames late."""

    def __init__(self, threshold: float) -> None:
        """Begin a film; ``threshold`` is the least change of a cut, 0 to 255."""
        self._threshold = threshold
        self._changes: list[float] = []
        self._levels: list[float] = []
        self._last = -RETURNING_FRAMES
        self._held: list[Points] = []

    @property
    def changes(self) -> Sequence[float]:
        """By how much every frame so far differs from the one before it, 0 to 255."""
        return self._changes

    @property
    def levels(self) -> Sequence[float]:
        """The mean luma of every frame so far, 0 to 255."""
        return self._levels

    def add(self, pictures: Sequence[Points]) -> list[int]:
        """Take the next frames; return the first frame of every new shot that is settled."""
        settled = len(self._changes) - REACH
        known = [*self._held[-1:], *pictures]
        luma, chroma = np.stack([p.luma for p in known]), np.stack([p.chroma for p in known])
        if not self._held:  # nothing comes before the first frame
            self._changes.append(0.0)
        self._changes += change(
            Points(luma[:-1], chroma[:-1]), Points(luma[1:], chroma[1:])
        ).tolist()
        self._levels += luma[-len(pictures) :].mean(axis=1).tolist()
        self._held += pictures
        found = self._settled(settled, len(self._changes) - REACH)
        del self._held[: -(REACH + RETURNING_FRAMES + 2)]
        return found

    def finish(self) -> list[int]:
        """Return the cuts among the last frames, of which nothing more will be known."""
        return self._settled(len(self._changes) - REACH, len(self._changes))

    def _settled(self, first: int, stop: int) -> list[int]:
        found = []
        for frame in range(max(1, first), stop):
            if frame - self._last >= RETURNING_FRAMES and self._is_cut(frame):
                self._last = frame
                found.append(frame)
        return found

    def _is_cut(self, frame: int) -> bool:
        if self._changes[frame] < self._threshold:
            return False
        before = self._changes[max(0, frame - REACH) : frame][::-1]
        after = self._changes[frame + 1 : frame + 1 + REACH]
        around = sum(sum([c for c in side if c > STILL][:NEIGHBOURS]) for side in (before, after))
        stands_out = self._changes[frame] >= TIMES_AROUND * around / (2 * NEIGHBOURS)
        return stands_out and self._stays(frame)

    def _stays(self, frame: int) -> bool:
        """Tell whether the picture does not come back at once, as it does after a flash."""
        oldest = len(self._changes) - len(self._held)
        place = frame - oldest
        before = self._held[max(0, place - RETURNING_FRAMES - 1) : place]
        after = self._held[place : place + RETURNING_FRAMES + 1]
        least = min(float(change(one, other)) for one, other in product(before, after))
        return least >= RETURNING_SHARE * self._changes[frame]


def change(before: Points, after: Points) -> npt.NDArray[np.float64]:
    """Return by how much pictures differ: mean change of luma and of chroma, 0 to 255.

    Returns:
        shape () for a picture, (k,) for several.
    """
    return 0.5 * (_mean_change(before.luma, after.luma) + _mean_change(before.chroma, after.chroma))


def _mean_change(
    before: npt.NDArray[np.uint8], after: npt.NDArray[np.uint8]
) -> npt.NDArray[np.float64]:
    higher, lower = np.maximum(before, after), np.minimum(before, after)
    return np.asarray((higher - lower).mean(axis=-1), np.float64)


def fades(levels: Sequence[float], cuts: Sequence[int]) -> list[tuple[int, float]]:
    """Find the fades through black of a film.

    Args:
        levels: mean luma of every frame, 0 to 255.
        cuts: the film's cuts; where one leads into black or out of it there is no fade.

    Returns:
        The frame in the middle of each black, and by how much brighter it is on either side; a
        film that begins or ends in black does not fade there.
    """
    dark = np.concatenate([[False], np.asarray(levels) <= BLACK, [False]]).astype(np.int8)
    edges = np.flatnonzero(np.diff(dark))
    found = []
    for first, stop in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        outside = levels[max(0, first - FADE_FRAMES) : first], levels[stop : stop + FADE_FRAMES]
        blackest = min(levels[first:stop])
        depth = min(max(side, default=0.0) for side in outside) - blackest
        by_cut = any(first - RETURNING_FRAMES <= cut <= stop + RETURNING_FRAMES for cut in cuts)
        if blackest <= BLACKEST and depth >= FADE_DEPTH and not by_cut:
            found.append(((first + stop) // 2, depth))
    return found
