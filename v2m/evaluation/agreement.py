"""Krippendorff's alpha: how far people agree about the same things, beyond chance."""

from typing import Literal

import numpy as np
import numpy.typing as npt

from v2m.evaluation.intervals import Estimate, Floats

Level = Literal["nominal", "ordinal", "interval"]

DRAWS = 2_000
"""Resamples of the interval."""


def krippendorff_alpha(ratings: npt.ArrayLike, level: Level) -> float:
    """Return Krippendorff's alpha, 1 for perfect agreement, 0 for chance, negative for less.

    K. Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011). Any number of people,
    any pattern of missing ratings; what only one person rated takes no part.

    Args:
        ratings: any float type, shape (people, units); NaN where a person gave none. For
            ``nominal`` the numbers are mere codes.
        level: how far apart two different ratings are.

    Returns:
        NaN where nothing was rated twice, or where all ratings are the same, so that there is
        nothing to agree about.

    Raises:
        ValueError: ``ratings`` is not 2-D or holds an infinity.
    """
    coincidences, values = _coincidences(ratings)
    return float(_alpha(coincidences.sum(axis=0)[None], values, level)[0])


def alpha_with_interval(
    ratings: npt.ArrayLike, level: Level, *, draws: int = DRAWS, seed: int = 0
) -> Estimate:
    """Return alpha with its 95 % percentile interval over resampled units.

    Args:
        ratings: as ``krippendorff_alpha``.
        level: as ``krippendorff_alpha``.
        draws: resamples, at least 1.
        seed: of the resampling.

    Returns:
        the estimate; its ``n`` counts the units that at least two people rated.
    """
    coincidences, values = _coincidences(ratings)
    n = len(coincidences)
    if not n:
        return Estimate(np.nan, np.nan, np.nan, 0)
    value = float(_alpha(coincidences.sum(axis=0)[None], values, level)[0])
    rng = np.random.default_rng(seed)
    weights = rng.multinomial(n, np.full(n, 1 / n), size=draws).astype(np.float64)
    resampled = _alpha(np.tensordot(weights, coincidences, axes=1), values, level)
    resampled = resampled[~np.isnan(resampled)]
    if not len(resampled):
        return Estimate(value, np.nan, np.nan, n)
    low, high = np.percentile(resampled, [2.5, 97.5])
    return Estimate(value, float(low), float(high), n)


def _coincidences(ratings: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Return (units, values, values): how often two people gave two values, and the values."""
    data = np.asarray(ratings, np.float64)
    if data.ndim != 2 or np.isinf(data).any():
        raise ValueError(f"ratings must be finite or NaN, shape (people, units), not {data.shape}")
    values = np.unique(data[~np.isnan(data)])
    counts = (data[:, :, None] == values).sum(axis=0).astype(np.float64)  # (units, values)
    counts = counts[counts.sum(axis=1) > 1]
    pairs = counts[:, :, None] * counts[:, None, :]
    diagonal = np.arange(len(values))
    pairs[:, diagonal, diagonal] -= counts
    return pairs / (counts.sum(axis=1) - 1)[:, None, None], values


def _alpha(coincidences: Floats, values: Floats, level: Level) -> Floats:
    """Return alpha of each matrix of coincidences, shape (n, values, values)."""
    totals = coincidences.sum(axis=2)  # (n, values)
    n = totals.sum(axis=1)
    distance = _squared_distance(totals, values, level)
    observed = (coincidences * distance).sum(axis=(1, 2))
    expected = (totals[:, :, None] * totals[:, None, :] * distance).sum(axis=(1, 2))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(1 - (n - 1) * observed / expected, np.float64)


def _squared_distance(totals: Floats, values: Floats, level: Level) -> Floats:
    if level == "nominal":
        return np.asarray(values[:, None] != values, np.float64)[None]
    if level == "interval":
        return np.asarray((values[:, None] - values) ** 2, np.float64)[None]
    below = np.cumsum(totals, axis=1) - totals / 2  # middle of each value's ranks
    return np.asarray((below[:, :, None] - below[:, None, :]) ** 2, np.float64)
