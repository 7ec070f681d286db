"""Settles the borders between scenes while a film is still looked at."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from v2m.types import Scene, Span, VideoFacts


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
    cuts: Sequence[Cut],
    duration_seconds: float,
    min_scene_seconds: float,
    start_seconds: float = 0.0,
) -> list[Cut]:
    """Drop cuts until no scene is too short: the shortest scene first, there the weaker border.

    >>> merge_short([Cut(4.0, 100, 80.0), Cut(4.5, 112, 30.0)], 9.0, 1.5)
    [Cut(seconds=4.0, frame=100, strength=80.0)]
    """
    kept = list(cuts)
    while kept:
        edges = [start_seconds, *(cut.seconds for cut in kept), duration_seconds]
        lengths = [end - start for start, end in pairwise(edges)]
        short = lengths.index(min(lengths))
        if lengths[short] >= min_scene_seconds:
            break
        # scene n lies between cuts n - 1 and n; the video's own ends stay
        borders = [n for n in (short - 1, short) if 0 <= n < len(kept)]
        del kept[min(borders, key=lambda n: kept[n].strength)]
    return kept


class Borders:
    """Merges short scenes as ``merge_short`` would at the end, but says each scene early.

    What lies before a shot of full length does not depend on what comes after it: such a shot is
    never merged of its own accord, so that the borders on its two sides fall or stand apart.
    """

    def __init__(self, facts: VideoFacts, min_scene_seconds: float) -> None:
        """Begin a film."""
        self._duration = facts.duration_seconds
        self._n_frames = facts.n_frames or max(1, round(facts.duration_seconds * facts.fps))
        self._shortest = min_scene_seconds
        self._start, self._first, self._index = 0.0, 0, 0
        self._open: list[Cut] = []
        self._inside: list[Cut] = []

    def add(self, cuts: Sequence[Cut], until_seconds: float) -> list[Scene]:
        """Take the next cuts, all there are before a time; return the scenes that are settled."""
        self._take(cuts)
        until = min(until_seconds, self._duration)
        if not self._open or until - self._open[-1].seconds < self._shortest:
            return []
        return self._closed(until)

    def finish(self, cuts: Sequence[Cut]) -> list[Scene]:
        """Take the last cuts; return the scenes that are left, at least one."""
        self._take(cuts)
        return [*self._closed(self._duration), self._scene(self._duration, self._n_frames)]

    def _take(self, cuts: Sequence[Cut]) -> None:
        self._open += [cut for cut in cuts if 0 < cut.seconds < self._duration]

    def _closed(self, until: float) -> list[Scene]:
        kept = merge_short(self._open, until, self._shortest, self._start)
        self._inside += self._open
        self._open = []
        scenes = []
        for cut in kept:
            scenes.append(self._scene(cut.seconds, cut.frame))
            self._start, self._first = cut.seconds, cut.frame
            self._index += 1
        self._inside = [cut for cut in self._inside if cut.seconds > self._start]
        return scenes

    def _scene(self, end: float, end_frame: int) -> Scene:
        inside = tuple(cut.seconds for cut in self._inside if self._start < cut.seconds < end)
        return Scene(self._index, Span(self._start, end), self._first, end_frame, inside)
