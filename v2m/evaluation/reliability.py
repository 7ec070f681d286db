"""Reliability: whether what is said to be 70 % likely comes true in 70 of 100 cases."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from v2m.evaluation.intervals import Estimate, Floats, interval_over_groups

BINS = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """Queries whose probability lies in one stretch.

    Attributes:
        low: of the stretch, inclusive.
        high: exclusive; the last stretch includes 1.
        n: queries in it.
        predicted: their mean probability; NaN where there are none.
        came_true: share of them that was right; NaN where there are none.
    """

    low: float
    high: float
    n: int
    predicted: float
    came_true: float


@dataclass(frozen=True, slots=True)
class Reliability:
    """How probabilities and truth agree.

    Attributes:
        bins: ten of equal width.
        error: expected calibration error (Naeini, Cooper and Hauskrecht 2015), 0 to 1: the mean
            gap between both over the bins, each counting by its queries; with an interval.
        brier: mean squared gap, query by query, 0 to 1.
        log_loss: mean surprise, nats.
    """

    bins: tuple[Bin, ...]
    error: Estimate
    brier: float
    log_loss: float


def reliability(
    probabilities: npt.ArrayLike,
    correct: npt.ArrayLike,
    *,
    groups: Sequence[Hashable] | None = None,
    n_bins: int = BINS,
    seed: int = 0,
) -> Reliability:
    """Compare probabilities with what came true.

    Args:
        probabilities: shape (n,), 0 to 1, at least one.
        correct: bool, shape (n,).
        groups: of queries that belong together, for the interval; None means that each stands
            alone.
        n_bins: stretches of equal width.
        seed: of the resampling.

    Raises:
        ValueError: the shapes differ, nothing is given, or a probability lies outside 0 to 1.
    """
    said, right = np.asarray(probabilities, np.float64), np.asarray(correct, np.bool_)
    if said.ndim != 1 or said.shape != right.shape or not len(said):
        raise ValueError(f"probabilities {said.shape} and correct {right.shape} must agree, (n,)")
    if not ((said >= 0) & (said <= 1)).all():
        raise ValueError("probabilities must lie in 0 to 1")
    places = np.minimum((said * n_bins).astype(np.int64), n_bins - 1)
    held = np.clip(said, 1e-9, 1 - 1e-9)
    return Reliability(
        tuple(_bin(place, n_bins, said, right, places == place) for place in range(n_bins)),
        _error(said, right, places, range(len(said)) if groups is None else groups, seed),
        float(((said - right) ** 2).mean()),
        float(-np.log(np.where(right, held, 1 - held)).mean()),
    )


def _bin(
    place: int,
    n_bins: int,
    said: Floats,
    right: npt.NDArray[np.bool_],
    inside: npt.NDArray[np.bool_],
) -> Bin:
    n = int(inside.sum())
    predicted = float(said[inside].mean()) if n else float("nan")
    came_true = float(right[inside].mean()) if n else float("nan")
    return Bin(place / n_bins, (place + 1) / n_bins, n, predicted, came_true)


def _error(
    said: Floats,
    right: npt.NDArray[np.bool_],
    places: npt.NDArray[np.int64],
    groups: Sequence[Hashable],
    seed: int,
) -> Estimate:
    gap = said - right

    def of(chosen: npt.NDArray[np.int64]) -> float:
        return float(np.abs(np.bincount(places[chosen], gap[chosen])).sum() / len(chosen))

    return interval_over_groups(of, groups, seed=seed)
