"""Counts beats to bars by all that is known of a track, and names the metre.

Beats that fall into three parts are compound: two of them to a bar, 6/8. The network hears such
music otherwise as well: slow pieces in quavers, six to a bar, and some in three beats that run
across the two. Onsets tell what it is.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from v2m.audio.beats import SLOWEST_BPM, count_bars
from v2m.structure import Beats

HARMONY_WEIGHT = 2.0
"""Log odds of a downbeat per deviation of the change of harmony."""

SIMPLE_CHANCE = {3: 0.25, 4: 0.69, 6: 0.01}
"""How usual bars of 3, 4 and 6 beats are where beats are divided in two. Music in 2/4 is counted
by pairs of bars: what looks like 2/4 is mostly 4/4 whose half bar sounds strong."""

COMPOUND_CHANCE = {2: 1.0}

FASTEST_QUAVERS_BPM = 3 * SLOWEST_BPM
"""Beyond this the dotted quarters are fast enough to be heard as beats themselves."""

THIRD_OVER_OTHERS = 1.2
HALF_OVER_OTHERS = 1.1
"""So much stronger are onsets on parts that a beat falls into than on those it does not."""

THIRDS_ALIKE = 0.3
"""So much of what one third stands out by does the other at least; in swung beats only the second
does, and the first by chance."""

MIDDLE_OVER_BEATS = 1.25
"""The same of the middle of a bar of three beats that is really one of two."""

NAMES = {0: "", 2: "6/8", 3: "3/4", 4: "4/4"}

Floats = npt.NDArray[np.float64]
Onsets = Callable[[Floats], float]
"""Says how strongly notes begin at moments, in seconds, on the mean; any unit."""


def count_again(beats: Beats, changes: Floats, onsets: Onsets) -> Beats:
    """Count the bars, knowing how the harmony changes and how beats are divided.

    Chords change with the bar more often than within it (M. Goto, "An audio-based real-time beat
    tracking system", 2001).

    Args:
        beats: as the network heard them.
        changes: shape (n,), how much the harmony changes at each beat, any unit.
        onsets: of the track.

    Returns:
        The same beats counted 3 or 4 to a bar, or in 6/8 the dotted quarters, two to a bar.
    """
    if not len(beats.seconds):
        return beats
    first = _downbeat_chance(beats.first, changes)
    parts = _parts(beats, onsets)
    if parts.three:
        return _counted(beats, first, COMPOUND_CHANCE)
    counted = _counted(beats, first, SIMPLE_CHANCE)
    if counted.beats_per_bar == 6:
        quavers = not parts.two and beats.tempo_bpm <= FASTEST_QUAVERS_BPM
        return _every_third(counted) if quavers else _counted(beats, first, {3: 1.0})
    if counted.beats_per_bar == 3 and _falls_in_two(counted, onsets):
        return _two_of_three(counted)
    return counted


def metre_name(beats: Beats) -> str:
    """Return "3/4", "4/4" or "6/8"; "" where there is no pulse."""
    return NAMES[beats.beats_per_bar]


def _downbeat_chance(first: Floats, changes: Floats) -> Floats:
    """Return how likely each beat is a downbeat by the network and by the harmony."""
    spread = float(changes.std())
    if spread < 1e-9:
        return first
    evidence = HARMONY_WEIGHT * np.clip((changes - changes.mean()) / spread, -2, 2)
    odds = np.log(first / (1 - first)) + evidence
    return np.asarray(np.clip(1 / (1 + np.exp(-odds)), 0.02, 0.98), np.float64)


def _counted(beats: Beats, first: Floats, chances: dict[int, float]) -> Beats:
    metre, numbers = count_bars(first, chances)
    return replace(beats, numbers=numbers, beats_per_bar=metre)


# ---- how beats and bars are divided ----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Parts:
    """How strongly notes begin within the beats."""

    half: float
    thirds: tuple[float, float]
    quarter: float
    around_thirds: tuple[float, float]

    @property
    def three(self) -> bool:
        """Tell whether beats fall into three parts. A swung beat has only the second third."""
        pairs = zip(self.thirds, self.around_thirds, strict=True)
        weaker, stronger = sorted(third / max(around, 1e-9) - 1 for third, around in pairs)
        return weaker > max(THIRD_OVER_OTHERS - 1, THIRDS_ALIKE * stronger)

    @property
    def two(self) -> bool:
        """Tell whether notes begin on halves of beats and not just anywhere."""
        return self.half > HALF_OVER_OTHERS * max(*self.thirds, self.quarter)


def _parts(beats: Beats, onsets: Onsets) -> _Parts:
    def within(share: float) -> float:
        return onsets(beats.seconds[:-1] + share * np.diff(beats.seconds))

    half, quarter = within(1 / 2), within(1 / 4)
    around = (
        (within(1 / 6) + quarter + half) / 3,
        (half + within(3 / 4) + within(5 / 6)) / 3,
    )
    return _Parts(half, (within(1 / 3), within(2 / 3)), quarter, around)


def _falls_in_two(beats: Beats, onsets: Onsets) -> bool:
    """Tell whether the middle of a bar of three beats is stronger than its second and third."""
    second, third = beats.seconds[beats.numbers == 2], beats.seconds[beats.numbers == 3]
    others = 0.5 * (onsets(second) + onsets(third))
    return onsets(_between(beats, 2)) > MIDDLE_OVER_BEATS * others


def _between(beats: Beats, number: int) -> Floats:
    """Return the moments half-way from every beat of a number to the next beat."""
    at = np.flatnonzero(beats.numbers[:-1] == number)
    return np.asarray((beats.seconds[at] + beats.seconds[at + 1]) / 2, np.float64)


# ---- dotted beats ----------------------------------------------------------------------------


def _every_third(quavers: Beats) -> Beats:
    """Return the first and the fourth of six quavers as the two beats of a bar."""
    kept = quavers.numbers % 3 == 1
    return replace(
        quavers,
        seconds=quavers.seconds[kept],
        numbers=(quavers.numbers[kept] // 3 + 1).astype(np.int8),
        beats_per_bar=2,
        first=quavers.first[kept],
    )


def _two_of_three(beats: Beats) -> Beats:
    """Return the first of three beats and the middle between the others as two beats of a bar."""
    begins = beats.numbers == 1
    middles = _between(beats, 2)
    seconds = np.concatenate([beats.seconds[begins], middles])
    numbers = np.repeat(np.array([1, 2], np.int8), [begins.sum(), len(middles)])
    first = np.concatenate([beats.first[begins], np.full(len(middles), beats.first.min())])
    order = np.argsort(seconds)
    return replace(
        beats, seconds=seconds[order], numbers=numbers[order], beats_per_bar=2, first=first[order]
    )
