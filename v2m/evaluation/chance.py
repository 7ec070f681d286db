"""What a random order of the pool scores: exact expectations, no simulation."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from v2m.evaluation.intervals import Floats
from v2m.evaluation.retrieval import KS, Gain


def chance_of(
    relevance: npt.ArrayLike, *, ks: Sequence[int] = KS, gain: Gain = "linear"
) -> dict[str, float]:
    """Return the expected measures of uniformly random orders, named as ``evaluate`` names them.

    With r relevant of N items: R@k is hypergeometric, 1 - C(N-r, k) / C(N, k); MRR sums the
    distribution of the first relevant rank over the ranks; mAP is
    1/N * sum over i of (1 + (i-1)(r-1)/(N-1)) / i; nDCG puts the mean gain at every rank. MedR is
    the median of the first relevant rank over all queries (the middle where two ranks qualify).

    Args:
        relevance: bool or grades from 0, shape (queries, items).
        ks: depths, each at least 1.
        gain: worth of a grade in nDCG.

    Returns:
        by name; NaN throughout where no query has a relevant item.

    Raises:
        ValueError: ``relevance`` is not 2-D, or a k is below 1.
    """
    grades = np.asarray(relevance, np.float64)
    if grades.ndim != 2:
        raise ValueError(f"relevance must be 2-D, not {grades.shape}")
    if min(ks) < 1:
        raise ValueError(f"k must be at least 1, not {min(ks)}")
    grades = grades[(grades > 0).any(axis=1)]
    names = [*(f"R@{k}" for k in ks), "MRR", "mAP", f"nDCG@{max(ks)}", "MedR"]
    if not len(grades):
        return dict.fromkeys(names, float("nan"))
    n_relevant = np.count_nonzero(grades > 0, axis=1)
    n_items = grades.shape[1]
    by_rank = _first_by_rank(n_relevant, n_items)
    values = [
        *(float(by_rank[: min(k, n_items)].sum()) for k in ks),
        float((by_rank / np.arange(1, n_items + 1)).sum()),
        _average_precision(n_relevant, n_items),
        _ndcg(grades, max(ks), gain),
        _median(by_rank),
    ]
    return dict(zip(names, values, strict=True))


def _first_by_rank(n_relevant: npt.NDArray[np.int64], n_items: int) -> Floats:
    """Return the probability that the first relevant item stands at each rank, mean over queries.

    Queries with equal counts are equal here, so the work is (different counts x items).
    """
    counts, n_queries = np.unique(n_relevant, return_counts=True)
    drawn = np.arange(n_items)
    others = np.maximum(n_items - counts[:, None] - drawn, 0)
    none_so_far = np.cumprod(others / (n_items - drawn), axis=1)  # (counts, items)
    before = np.concatenate([np.ones((len(counts), 1)), none_so_far[:, :-1]], axis=1)
    return np.asarray(n_queries @ (before - none_so_far) / n_queries.sum())


def _average_precision(n_relevant: npt.NDArray[np.int64], n_items: int) -> float:
    ranks = np.arange(1, n_items + 1)
    others = (n_relevant.mean() - 1) / max(1, n_items - 1)  # linear in r: its mean is enough
    return float(((1 + (ranks - 1) * others) / ranks).sum() / n_items)


def _ndcg(grades: Floats, k: int, gain: Gain) -> float:
    worth = grades if gain == "linear" else np.exp2(grades) - 1
    discount = 1 / np.log2(np.arange(2, grades.shape[1] + 2))
    best = -np.sort(-worth, axis=1)
    possible = (best * discount)[:, :k].sum(axis=1)
    return float((worth.mean(axis=1) * discount[:k].sum() / possible).mean())


def _median(by_rank: Floats) -> float:
    reached = np.cumsum(by_rank)
    lower = int(np.searchsorted(reached, 0.5 - 1e-12)) + 1
    upper = int(np.searchsorted(reached, 0.5 + 1e-12)) + 1
    return (lower + upper) / 2
