"""Measures how far the cuts of a video lie from the beats of its music."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from v2m.structure import Structure

Floats = npt.NDArray[np.float64]


class Played(Protocol):
    """A stretch of a track, and how fast it is played."""

    @property
    def in_seconds(self) -> float:
        """Where in the track it begins."""
        ...

    @property
    def out_seconds(self) -> float:
        """Where in the track it ends."""
        ...

    @property
    def speed(self) -> float:
        """Above 1 is faster."""
        ...


@dataclass(frozen=True, slots=True)
class CutDistance:
    """How far cuts lie from the nearest beat.

    Attributes:
        n_cuts: cuts that were measured.
        mean_seconds: their mean distance.
        relative: the same in quarters of a beat: 1 is what beats reach that know nothing of the
            cuts, 0 is every cut on a beat.
    """

    n_cuts: int
    mean_seconds: float
    relative: float


def beats_under(parts: Sequence[Played], structure: Structure) -> Floats:
    """Return when beats are heard, in seconds from the start of a cue made of these parts."""
    beats = structure.beats_seconds
    heard, late = [np.zeros(0)], 0.0
    for part in parts:
        inside = beats[(beats >= part.in_seconds - 1e-3) & (beats < part.out_seconds - 1e-3)]
        heard.append(late + (inside - part.in_seconds) / part.speed)
        late += (part.out_seconds - part.in_seconds) / part.speed
    return np.concatenate(heard)


def plain_beats(structure: Structure, track_seconds: float, duration_seconds: float) -> Floats:
    """Return when beats are heard if the track is played from its beginning, over and over."""
    repeats = int(duration_seconds / max(track_seconds, 1.0)) + 1
    beats = np.concatenate([structure.beats_seconds + n * track_seconds for n in range(repeats)])
    return np.asarray(beats[beats <= duration_seconds + 1.0], np.float64)


def cut_distance(beats: Floats, cuts_seconds: Sequence[float]) -> CutDistance | None:
    """Measure cuts against beats, both in order and on one clock; None where either is missing."""
    if len(beats) < 2 or not cuts_seconds:
        return None
    cuts = np.asarray(cuts_seconds, np.float64)
    after = np.clip(np.searchsorted(beats, cuts), 1, len(beats) - 1)
    far = np.minimum(np.abs(cuts - beats[after - 1]), np.abs(beats[after] - cuts))
    beat = float(np.median(np.diff(beats)))
    mean = float(far.mean())
    return CutDistance(len(cuts), mean, mean / (beat / 4))
