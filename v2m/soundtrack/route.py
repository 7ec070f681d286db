"""Finds a way through a track that lasts as long as a cue: bars in a row, and jumps between them.

A track is a row of bar lines. One bar follows another at no cost; a jump leads from a bar line to
one that sounds alike, and costs the more the less alike they are. The cheapest way of every number
of bars to every bar line is found exactly by dynamic programming; then the one whose length is
nearest to what is wanted wins, a small change of tempo making up the rest.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from v2m.structure import Join, Structure

MOST_TEMPO_CHANGE = 0.03
"""Faster or slower by 3 % at most: below what listeners notice in music they do not know."""

JUMP_COST = 0.5
"""Of any jump; unlikeness comes on top."""

UNLIKENESS_COST = 4.0
REPEAT_COST = 1.5
"""Of going back, divided by the bars that are heard again: a short loop wears out soon."""

TEMPO_COST = 15.0
"""Of changing the tempo, per unit: 3 % cost as much as a jump."""

MOST_BARS = 3000
MOST_ROUTES = 6

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Leg:
    """A stretch of the track that is played without a jump, from bar line to bar line.

    Attributes:
        first: number of the bar line where it begins.
        last: number of the one where it ends.
    """

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Route:
    """A way through a track.

    Attributes:
        legs: stretches played one after another, each at least a bar.
        seconds: how long they last in the track's own tempo.
        cost: of its jumps.
    """

    legs: tuple[Leg, ...]
    seconds: float
    cost: float


class Routes:
    """The cheapest ways through a track from some bar lines, for every number of bars.

    Args:
        structure: of the track; it has at least two bar lines.
        starts: cost of starting at a bar line, by its number.
        longest_seconds: longer ways are not looked for.
    """

    def __init__(
        self, structure: Structure, starts: dict[int, float], longest_seconds: float
    ) -> None:
        self.lines = structure.bars_seconds
        self.starts = starts
        n_lines = len(self.lines)
        self._jumps = _jumps(structure.joins, self.lines)
        shortest = max(0.2, float(np.median(np.diff(self.lines))))
        n_bars = min(MOST_BARS, int(longest_seconds / shortest) + 2)
        self._cost = np.full((n_bars + 1, n_lines), np.inf)
        self._seconds = np.zeros((n_bars + 1, n_lines))
        self._came = np.full((n_bars + 1, n_lines), -1, np.int32)
        for line, cost in starts.items():
            self._cost[0, line] = cost
        self._fill()

    def to(self, line: int | None, wanted_seconds: float) -> list[Route]:
        """Return the ways that end at a bar line and can be played in a time, best first.

        Args:
            line: number of the bar line; None is any.
            wanted_seconds: the time; within 3 % of it the tempo makes up the difference.
        """
        columns = slice(None) if line is None else slice(line, line + 1)
        seconds, cost = self._seconds[1:, columns], self._cost[1:, columns]
        tempo = np.abs(seconds / max(wanted_seconds, 1e-6) - 1)
        total = np.where(tempo <= MOST_TEMPO_CHANGE, cost + TEMPO_COST * tempo, np.inf)
        best = np.argsort(total, axis=None, kind="stable")[:MOST_ROUTES]
        places = [np.unravel_index(place, total.shape) for place in best]
        return [
            self._route(int(n) + 1, int(column) + (line or 0))
            for n, column in places
            if np.isfinite(total[n, column])
        ]

    def at_least(self, line: int, wanted_seconds: float) -> Route | None:
        """Return the cheapest of the ways to a bar line that last as long as wanted or longer.

        None where there is none whose first bar could be shortened to the wanted time.
        """
        late = self._seconds[1:, line] - wanted_seconds
        bar = float(np.median(np.diff(self.lines)))
        usable = np.isfinite(self._cost[1:, line]) & (late >= 0) & (late < 0.9 * bar)
        if not usable.any():
            return None
        score = np.where(usable, self._cost[1:, line], np.inf)
        return self._route(int(score.argmin()) + 1, line)

    def longest_within(self, wanted_seconds: float) -> Route | None:
        """Return the cheapest of the ways that last nearly as long as wanted but not longer."""
        late = self._seconds <= wanted_seconds + 1e-6
        usable = np.isfinite(self._cost) & late
        usable[0] = False
        if not usable.any():
            return None
        missing = wanted_seconds - self._seconds
        score = np.where(usable, self._cost + missing, np.inf)
        n, line = np.unravel_index(int(score.argmin()), score.shape)
        return self._route(int(n), int(line))

    def _fill(self) -> None:
        bars = np.diff(self.lines)
        source, target, price = self._jumps
        for n in range(1, len(self._cost)):
            before = self._cost[n - 1].copy()
            came = np.arange(len(before), dtype=np.int32)
            seconds = self._seconds[n - 1].copy()
            if n > 1 and len(source):
                offered = self._cost[n - 1][source] + price
                order = np.argsort(-offered, kind="stable")  # the cheapest is written last
                by_jump = np.full(len(before), np.inf)
                origin = np.zeros(len(before), np.int32)
                by_jump[target[order]] = offered[order]
                origin[target[order]] = source[order]
                jumps = by_jump < before
                before[jumps] = by_jump[jumps]
                came[jumps] = origin[jumps]
                seconds[jumps] = self._seconds[n - 1][origin[jumps]]
            self._cost[n, 1:] = before[:-1]
            self._seconds[n, 1:] = seconds[:-1] + bars
            self._came[n, 1:] = came[:-1]

    def _route(self, n: int, line: int) -> Route:
        """Walk back: bar n was played from line - 1, which was reached at ``came``."""
        cost, seconds = float(self._cost[n, line]), float(self._seconds[n, line])
        legs: list[Leg] = []
        last = line
        while n > 0:
            here, origin = line - 1, int(self._came[n, line])
            if origin != here or n == 1:
                legs.append(Leg(here, last))
                last = origin
            line, n = origin, n - 1
        return Route(tuple(reversed(legs)), seconds, cost)


def _jumps(
    joins: Sequence[Join], lines: Floats
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], Floats]:
    """Return where jumps lead from and to, and what they cost; every join serves both ways."""
    if not joins:
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)
    first = np.searchsorted(lines, [j.first_seconds - 1e-3 for j in joins])
    second = np.searchsorted(lines, [j.second_seconds - 1e-3 for j in joins])
    likeness = np.array([j.likeness for j in joins])
    price = JUMP_COST + UNLIKENESS_COST * (1 - likeness)
    back = price + REPEAT_COST / np.maximum(1, second - first)
    return (
        np.concatenate([first, second]).astype(np.int64),
        np.concatenate([second, first]).astype(np.int64),
        np.concatenate([price, back]),
    )
