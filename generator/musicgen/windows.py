"""Pieces longer than a model was trained for: windows that overlap, joined without a seam.

Each window after the first is given the tokens of the last seconds as its beginning, so it goes on
where the music was. The codec then plays every window on its own, what was given included: around a
join both sides play the same tokens, and a straight crossfade between them is not heard.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from v2m.types import Samples

FADE_SECONDS = 0.25
"""Length of the crossfade at a join."""


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch that is made in one go, in frames of the codec.

    Attributes:
        start: of the piece, where what is given begins.
        n_given: frames known from the window before.
        n_new: frames to be made.
    """

    start: int
    n_given: int
    n_new: int

    @property
    def n_frames(self) -> int:
        """Frames given and new."""
        return self.n_given + self.n_new


def plan_windows(n_frames: int, longest: int, given: int) -> list[Window]:
    """Divide a piece into windows.

    Args:
        n_frames: of the piece, at least 1.
        longest: frames of a window.
        given: frames each window after the first is given, fewer than ``longest``.

    >>> plan_windows(100, 60, 20)
    [Window(start=0, n_given=0, n_new=60), Window(start=40, n_given=20, n_new=40)]
    """
    windows = [Window(0, 0, min(n_frames, longest))]
    while (done := windows[-1].start + windows[-1].n_frames) < n_frames:
        windows.append(Window(done - given, given, min(n_frames - done, longest - given)))
    return windows


def join(
    parts: Sequence[Samples], windows: Sequence[Window], samples_per_frame: int, sample_rate: int
) -> Samples:
    """Join what the codec played of each window; in the middle of what was given it fades over.

    Args:
        parts: float32 (channels, n) each, at least as long as its window.
        windows: as planned.
        samples_per_frame: of the codec.
        sample_rate: Hz.

    Returns:
        float32, (channels, frames of the piece * samples_per_frame), at least.
    """
    whole = parts[0]
    for part, window in zip(parts[1:], windows[1:], strict=True):
        overlap = window.n_given * samples_per_frame
        half = min(round(FADE_SECONDS * sample_rate), overlap) // 2
        start = window.start * samples_per_frame
        first, last = start + overlap // 2 - half, start + overlap // 2 + half
        rise = np.linspace(0, 1, last - first, dtype=np.float32)
        mixed = whole[:, first:last] * (1 - rise) + part[:, first - start : last - start] * rise
        whole = np.concatenate([whole[:, :first], mixed, part[:, last - start :]], axis=1)
    return np.asarray(whole, np.float32)
