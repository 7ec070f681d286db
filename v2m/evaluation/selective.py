"""Risk against coverage: how wrong the accepted answers are, the surest accepted first."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from v2m.evaluation.intervals import Floats


@dataclass(frozen=True, slots=True, eq=False)
class RiskCoverage:
    """The curve of a decision that answers only when it is sure enough.

    Attributes:
        coverage: float64, shape (n,), share of queries answered: 1/n, 2/n … 1.
        risk: float64, shape (n,), share of the answered that are wrong, 0 to 1. Among equally
            sure answers the order is random, and this the expectation over it.
        thresholds: float64, shape (n,), falling: the confidence that gives each coverage. Only
            the last of equal ones can be had exactly.
    """

    coverage: Floats
    risk: Floats
    thresholds: Floats

    @property
    def area(self) -> float:
        """Mean risk over all coverages (AURC; Geifman and El-Yaniv 2017), 0 to 1, less is better.

        NaN without queries. By chance it is the share of wrong answers.
        """
        return float(self.risk.mean()) if len(self.risk) else float("nan")

    @property
    def excess_area(self) -> float:
        """Area above that of the best possible order of the same answers (E-AURC), from 0."""
        n = len(self.risk)
        if not n:
            return float("nan")
        n_wrong = round(float(self.risk[-1]) * n)
        ranks = np.arange(1, n + 1)
        return self.area - float((np.maximum(ranks - (n - n_wrong), 0) / ranks).mean())

    def risk_at(self, coverage: float) -> float:
        """Return the risk when at least this share of queries is answered.

        Args:
            coverage: above 0, at most 1.

        Raises:
            ValueError: the coverage lies outside, or there are no queries.
        """
        if not 0 < coverage <= 1 or not len(self.risk):
            raise ValueError(f"coverage must lie in (0, 1] of one query or more, not {coverage}")
        return float(self.risk[np.searchsorted(self.coverage, coverage - 1e-12)])


def risk_coverage(confidence: npt.ArrayLike, correct: npt.ArrayLike) -> RiskCoverage:
    """Return the risk at every coverage.

    El-Yaniv and Wiener, "On the Foundations of Noise-free Selective Classification" (2010).

    Args:
        confidence: any float type, shape (n,), higher is surer.
        correct: bool, shape (n,), whether the answer would be right.

    Returns:
        the curve; empty arrays without queries.

    Raises:
        ValueError: the shapes differ or are not 1-D, or a confidence is NaN.
    """
    sure, right = np.asarray(confidence, np.float64), np.asarray(correct, np.bool_)
    if sure.ndim != 1 or sure.shape != right.shape:
        raise ValueError(f"confidence {sure.shape} and correct {right.shape} must be equal, 1-D")
    if np.isnan(sure).any():
        raise ValueError("a confidence is NaN")
    if not len(sure):
        empty = np.zeros(0)
        return RiskCoverage(empty, empty, empty)
    order = np.argsort(-sure, kind="stable")
    thresholds = sure[order]
    _, group, sizes = np.unique(-thresholds, return_inverse=True, return_counts=True)
    wrong_share = np.bincount(group, weights=~right[order]) / sizes  # by equally sure answers
    ranks = np.arange(1, len(sure) + 1)
    return RiskCoverage(ranks / len(sure), np.cumsum(wrong_share[group]) / ranks, thresholds)
