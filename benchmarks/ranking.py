"""Measures of a ranking, with bootstrap intervals; all take relevance in ranked order."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Relevance = npt.NDArray[np.bool_]
"""Shape (tracks,), best-ranked first."""

DRAWS = 2000


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean with the middle 95 % of its bootstrap distribution."""

    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        """Return the mean and its interval."""
        return f"{self.mean:.3f} [{self.low:.3f}, {self.high:.3f}]"


def average_precision(relevant: Relevance) -> float:
    """Return the mean of the precision at every relevant place, 0 to 1.

    >>> round(average_precision(np.array([True, False, True])), 3)
    0.833
    """
    places = np.flatnonzero(relevant)
    return float(np.mean(np.arange(1, len(places) + 1) / (places + 1)))


def precision_at(relevant: Relevance, k: int) -> float:
    """Return the share of relevant tracks among the first k."""
    return float(relevant[:k].mean())


def hit_at(relevant: Relevance, k: int) -> float:
    """Return 1 where one of the first k is relevant, else 0 (recall@k of "any right track")."""
    return float(relevant[:k].any())


def auc(positives: Sequence[float], negatives: Sequence[float]) -> float:
    """Return the probability that a positive scores above a negative, ties counting half."""
    gap = np.subtract.outer(np.asarray(positives), np.asarray(negatives))
    return float(np.mean(gap > 0) + 0.5 * np.mean(gap == 0))


def bootstrap(values: Sequence[float], seed: int = 0) -> Estimate:
    """Return the mean over queries with the interval of 2000 resamples of the queries."""
    rng = np.random.default_rng(seed)
    data = np.asarray(values, np.float64)
    means = data[rng.integers(len(data), size=(DRAWS, len(data)))].mean(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return Estimate(float(data.mean()), float(low), float(high))


def by_chance(n_relevant: int, n_tracks: int, seed: int = 0) -> dict[str, float]:
    """Return what a random order scores, by measure, over 2000 shuffles."""
    rng = np.random.default_rng(seed)
    base = np.arange(n_tracks) < n_relevant
    orders = [rng.permutation(base) for _ in range(DRAWS)]
    return {
        "mAP": float(np.mean([average_precision(order) for order in orders])),
        "P@5": float(np.mean([precision_at(order, 5) for order in orders])),
        "R@1": float(np.mean([hit_at(order, 1) for order in orders])),
        "R@5": float(np.mean([hit_at(order, 5) for order in orders])),
    }
