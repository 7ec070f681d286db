"""Bootstrap intervals: a figure with what its sample can tell about it."""

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
"""float64, any shape."""

DRAWS = 10_000
"""Resamples of a bootstrap: the ends of an interval then repeat to about 1 % of its width."""

CELLS = 2**22
"""Numbers drawn at a time, so that long samples stay within some tens of megabytes."""

_STATISTICS: dict[str, Callable[..., Floats]] = {"mean": np.mean, "median": np.median}


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with the middle 95 % of its bootstrap distribution.

    Attributes:
        value: the figure of the sample itself; NaN for an empty sample.
        low: 2.5th percentile of the resampled figures, NaN for an empty sample.
        high: 97.5th percentile, NaN for an empty sample.
        n: size of the sample.
    """

    value: float
    low: float
    high: float
    n: int

    def __str__(self) -> str:
        """Return the figure and its interval.

        >>> str(Estimate(0.25, 0.1, 0.5, 8))
        '0.250 [0.100, 0.500]'
        """
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


def bootstrap(
    values: npt.ArrayLike,
    statistic: Literal["mean", "median"] = "mean",
    *,
    draws: int = DRAWS,
    seed: int = 0,
) -> Estimate:
    """Return a statistic of a sample with its 95 % percentile interval.

    The percentile bootstrap of Efron and Tibshirani, "An Introduction to the Bootstrap" (1993),
    chapter 13. On samples as small as the paper's 11 to 13 clips it comes out a little narrow.

    Args:
        values: any float type, shape (n,), one value per independent unit (query, clip, video).
            Values that are NaN stand for units without a value and are left out.
        statistic: what is computed of the sample and of each resample.
        draws: resamples, at least 1.
        seed: of the resampling; equal arguments give equal intervals.

    Returns:
        the estimate; its ``n`` counts the values that were used. NaN throughout where there are
        none, and an interval of width 0 where there is one.

    Raises:
        ValueError: ``values`` is not one-dimensional, holds an infinity, or ``draws`` is below 1.
    """
    data = np.asarray(values, np.float64)
    if data.ndim != 1 or np.isinf(data).any():
        raise ValueError(f"values must be finite or NaN, shape (n,), not shape {data.shape}")
    if draws < 1:
        raise ValueError(f"draws must be at least 1, not {draws}")
    data = data[~np.isnan(data)]
    if not len(data):
        return Estimate(np.nan, np.nan, np.nan, 0)
    compute = _STATISTICS[statistic]
    rng = np.random.default_rng(seed)
    rows = max(1, CELLS // len(data))
    resampled = [
        compute(data[rng.integers(len(data), size=(min(rows, draws - done), len(data)))], axis=1)
        for done in range(0, draws, rows)
    ]
    low, high = np.percentile(np.concatenate(resampled), [2.5, 97.5])
    return Estimate(float(compute(data)), float(low), float(high), len(data))


def bootstrap_difference(
    first: npt.ArrayLike, second: npt.ArrayLike, *, draws: int = DRAWS, seed: int = 0
) -> Estimate:
    """Return the mean of ``first - second`` over pairs, with its interval.

    Pairs are resampled whole, so what both sides share (an easy video, a hard query) cancels.

    Args:
        first: shape (n,), one value per unit.
        second: shape (n,), the same units in the same order. A pair with a NaN is left out.
        draws: resamples, at least 1.
        seed: of the resampling.

    Returns:
        the estimate; positive where ``first`` is larger.

    Raises:
        ValueError: the shapes differ, or as ``bootstrap`` raises.
    """
    left, right = np.asarray(first, np.float64), np.asarray(second, np.float64)
    if left.shape != right.shape:
        raise ValueError(f"pairs need equal shapes, not {left.shape} and {right.shape}")
    return bootstrap(left - right, draws=draws, seed=seed)


def group_draws(
    groups: Sequence[Hashable], draws: int, *, seed: int = 0
) -> Iterator[npt.NDArray[np.int64]]:
    """Yield resamples of units that come in groups: whole groups are drawn, with replacement.

    For units that are not independent (several wordings of one question, scenes of one video).

    Args:
        groups: the group of every unit, at least one.
        draws: resamples.
        seed: of the resampling.

    Yields:
        int64, shape (about n,), places of the units drawn.
    """
    members: dict[Hashable, list[int]] = {}
    for place, group in enumerate(groups):
        members.setdefault(group, []).append(place)
    places = [np.array(own, np.int64) for own in members.values()]
    rng = np.random.default_rng(seed)
    for _ in range(draws):
        yield np.concatenate([places[n] for n in rng.integers(len(places), size=len(places))])


def interval_over_groups(
    figure: Callable[[npt.NDArray[np.int64]], float],
    groups: Sequence[Hashable],
    *,
    draws: int = 1000,
    seed: int = 0,
) -> Estimate:
    """Return any figure of a sample with its 95 % percentile interval over groups.

    Args:
        figure: computes it from the places of the units that count; NaN where it cannot.
        groups: the group of every unit.
        draws: resamples; those without a figure are left out.
        seed: of the resampling.
    """
    n = len(groups)
    if not n:
        return Estimate(np.nan, np.nan, np.nan, 0)
    drawn = np.array([figure(places) for places in group_draws(groups, draws, seed=seed)])
    known = drawn[~np.isnan(drawn)]
    low, high = np.percentile(known, [2.5, 97.5]) if len(known) else (np.nan, np.nan)
    return Estimate(figure(np.arange(n)), float(low), float(high), n)


def wilson(won: float, n: int) -> Estimate:
    """Return a share with its 95 % interval, which keeps a width where all agree.

    E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference" (1927).

    Args:
        won: how many decisions went one way, 0 to n; a tie counts half.
        n: independent decisions.

    Returns:
        the estimate; NaN throughout where n is 0.

    Raises:
        ValueError: ``won`` lies outside.

    >>> print(wilson(8, 8))
    1.000 [0.676, 1.000]
    """
    if not 0 <= won <= n:
        raise ValueError(f"won must lie between 0 and {n}, not {won}")
    if not n:
        return Estimate(np.nan, np.nan, np.nan, 0)
    share, z2 = won / n, 1.959963984540054**2
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = np.sqrt(z2 * (share * (1 - share) / n + z2 / (4 * n * n))) / (1 + z2 / n)
    return Estimate(share, float(max(0, middle - half)), float(min(1, middle + half)), n)
