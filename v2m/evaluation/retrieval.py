"""Measures of retrieval from a matrix of scores, with intervals over queries and a chance row.

Conventions: rows are queries, columns are the pool. Of items with equal scores the less relevant
comes first, so that a scorer which says nothing gains nothing. A query without a relevant item has
no figure: NaN, left out of means. Definitions: Manning, Raghavan and Schütze, "Introduction to
Information Retrieval" (2008), chapter 8, where nothing else is said.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from v2m.evaluation.intervals import DRAWS, Estimate, Floats, bootstrap
from v2m.evaluation.tables import Cell, Table

KS = (1, 5, 10)
"""Depths that are usually reported."""

Gain = Literal["linear", "exponential"]
"""What a grade g is worth in nDCG: g itself (Järvelin and Kekäläinen 2002) or 2**g - 1 (Burges)."""


@dataclass(frozen=True, slots=True)
class RetrievalFigures:
    """What one system achieves on one pool.

    Attributes:
        n_queries: queries with a relevant item.
        n_unanswerable: queries without one; they count nowhere.
        n_items: size of the pool.
        measures: by name ("R@1", "MedR", "MRR", "mAP", "nDCG@10" …), in the order of a table.
    """

    n_queries: int
    n_unanswerable: int
    n_items: int
    measures: dict[str, Estimate]


def ranked_relevance(scores: npt.ArrayLike, relevance: npt.ArrayLike) -> Floats:
    """Put the relevance of the items into the order in which they were found.

    Args:
        scores: any float type, shape (queries, items), higher is better; -inf for "not found".
        relevance: bool or grades from 0, shape (queries, items); 0 is not relevant.

    Returns:
        float64, shape (queries, items), the best-scored item first.

    Raises:
        ValueError: the shapes differ or are not 2-D, a score is NaN, or a grade is negative or
            not finite.
    """
    values, grades = np.asarray(scores, np.float64), np.asarray(relevance, np.float64)
    if values.ndim != 2 or values.shape != grades.shape:
        raise ValueError(f"scores {values.shape} and relevance {grades.shape} must be equal, 2-D")
    if np.isnan(values).any():
        raise ValueError("a score is NaN")
    if not (np.isfinite(grades).all() and (grades >= 0).all()):
        raise ValueError("relevance must be finite and not negative")
    return np.take_along_axis(grades, np.lexsort((grades, -values), axis=1), axis=1)


def one_true(true_items: npt.ArrayLike, n_items: int) -> npt.NDArray[np.bool_]:
    """Return the relevance where every query has one true item.

    Args:
        true_items: integers, shape (queries,), the column of the true item; -1 where there is none.
        n_items: size of the pool.

    Returns:
        bool, shape (queries, n_items).

    Raises:
        ValueError: a column lies outside the pool.
    """
    columns = np.asarray(true_items, np.int64)
    if ((columns < -1) | (columns >= n_items)).any():
        raise ValueError(f"true items must lie in -1 to {n_items - 1}")
    return np.asarray(columns[:, None] == np.arange(n_items))


def hit_at(ranked: Floats, k: int) -> Floats:
    """Return by query whether one of the first k is relevant; "R@k" where one item is true.

    Args:
        ranked: as ``ranked_relevance`` returns it, shape (queries, items).
        k: depth, at least 1; beyond the pool it means the whole pool.

    Returns:
        float64, shape (queries,), 0 or 1; NaN without a relevant item.
    """
    return _where_relevant(ranked, (ranked[:, : _depth(k)] > 0).any(axis=1))


def recall_at(ranked: Floats, k: int) -> Floats:
    """Return by query the share of its relevant items among the first k, 0 to 1; else as hit_at."""
    found = (ranked[:, : _depth(k)] > 0).sum(axis=1)
    return _where_relevant(ranked, found / np.maximum(_n_relevant(ranked), 1))


def precision_at(ranked: Floats, k: int) -> Floats:
    """Return by query the share of relevant items among the first min(k, items), 0 to 1."""
    found = (ranked[:, : _depth(k)] > 0).sum(axis=1)
    return _where_relevant(ranked, found / max(1, min(k, ranked.shape[1])))


def first_rank(ranked: Floats) -> Floats:
    """Return by query the rank of the first relevant item, from 1; NaN without one."""
    relevant = ranked > 0
    if not relevant.shape[1]:
        return np.full(len(ranked), np.nan)
    return _where_relevant(ranked, relevant.argmax(axis=1) + 1)


def reciprocal_rank(ranked: Floats) -> Floats:
    """Return by query 1 / rank of the first relevant item; its mean is MRR. NaN without one."""
    return np.asarray(1 / first_rank(ranked))


def average_precision(ranked: Floats) -> Floats:
    """Return by query the mean precision at its relevant items; its mean is mAP. NaN without one.

    Any grade above 0 counts as relevant.
    """
    relevant = ranked > 0
    precision = np.cumsum(relevant, axis=1) / np.arange(1, ranked.shape[1] + 1)
    total = (precision * relevant).sum(axis=1)
    return _where_relevant(ranked, total / np.maximum(_n_relevant(ranked), 1))


def ndcg(ranked: Floats, k: int | None = None, *, gain: Gain = "linear") -> Floats:
    """Return by query the normalised discounted cumulative gain, 0 to 1; NaN without a grade.

    Sum of gain / log2(1 + rank), over the same sum for the best order of the whole pool.

    Args:
        ranked: grades from 0, shape (queries, items).
        k: depth, at least 1; None means the whole pool.
        gain: worth of a grade.
    """
    depth = None if k is None else _depth(k)
    worth = ranked if gain == "linear" else np.exp2(ranked) - 1
    best = -np.sort(-worth, axis=1)
    discount = _discount(ranked.shape[1])
    achieved = (worth * discount)[:, :depth].sum(axis=1)
    possible = (best * discount)[:, :depth].sum(axis=1)
    return _where_relevant(ranked, achieved / np.where(possible > 0, possible, 1))


def auroc(positives: npt.ArrayLike, negatives: npt.ArrayLike) -> float:
    """Return the probability that a positive scores above a negative, ties counting half.

    The Mann-Whitney statistic over the number of pairs, in O(n log n).

    Args:
        positives: shape (n,), scores of what should be accepted.
        negatives: shape (m,), scores of what should be refused.

    Returns:
        0 to 1, 0.5 by chance; NaN where one side is empty.

    Raises:
        ValueError: a score is NaN.
    """
    right, wrong = np.asarray(positives, np.float64), np.sort(np.asarray(negatives, np.float64))
    if np.isnan(right).any() or np.isnan(wrong).any():
        raise ValueError("a score is NaN")
    if not (len(right) and len(wrong)):
        return float("nan")
    below = np.searchsorted(wrong, right, side="left")
    not_above = np.searchsorted(wrong, right, side="right")
    return float((below + not_above).sum() / (2 * len(right) * len(wrong)))


def evaluate(
    scores: npt.ArrayLike,
    relevance: npt.ArrayLike,
    *,
    ks: Sequence[int] = KS,
    gain: Gain = "linear",
    draws: int = DRAWS,
    seed: int = 0,
) -> RetrievalFigures:
    """Return all measures of a ranking, each with its interval over queries.

    "R@k" is ``hit_at``, "MedR" the median of ``first_rank``; nDCG is cut at the largest k.

    Args:
        scores: shape (queries, items), as in ``ranked_relevance``.
        relevance: bool or grades from 0, the same shape.
        ks: depths, each at least 1.
        gain: worth of a grade in nDCG.
        draws: resamples of the queries, at least 1.
        seed: of the resampling.

    Raises:
        ValueError: as ``ranked_relevance`` raises, or a k is below 1.
    """
    ranked = ranked_relevance(scores, relevance)
    by_query = {f"R@{k}": hit_at(ranked, k) for k in ks}
    by_query["MRR"] = reciprocal_rank(ranked)
    by_query["mAP"] = average_precision(ranked)
    by_query[f"nDCG@{max(ks)}"] = ndcg(ranked, max(ks), gain=gain)
    measures = {name: bootstrap(v, draws=draws, seed=seed) for name, v in by_query.items()}
    measures["MedR"] = bootstrap(first_rank(ranked), "median", draws=draws, seed=seed)
    n_queries = int((_n_relevant(ranked) > 0).sum())
    return RetrievalFigures(n_queries, len(ranked) - n_queries, ranked.shape[1], measures)


def retrieval_table(
    title: str, figures: Mapping[str, RetrievalFigures], chance: Mapping[str, float] | None = None
) -> Table:
    """Lay systems out row by row with queries and pool, and chance below.

    Args:
        title: of the table.
        figures: by name of the system, at least one; all with the same measures.
        chance: as ``chance_of`` returns it; None leaves the row out.

    Raises:
        ValueError: there is no system, or two have different measures.
    """
    names = list(next(iter(figures.values())).measures) if figures else []
    if not names or any(list(f.measures) != names for f in figures.values()):
        raise ValueError("needs one or more systems with the same measures")
    rows: list[tuple[Cell, ...]] = [
        (name, f.n_queries, f.n_items, *(f.measures[m] for m in names))
        for name, f in figures.items()
    ]
    if chance is not None:
        rows.append(("chance", *rows[0][1:3], *(chance.get(m, np.nan) for m in names)))
    return Table(title, ("system", "queries", "pool", *names), tuple(rows))


def _depth(k: int) -> int:
    if k < 1:
        raise ValueError(f"k must be at least 1, not {k}")
    return k


def _discount(n_items: int) -> Floats:
    return np.asarray(1 / np.log2(np.arange(2, n_items + 2)))


def _n_relevant(ranked: Floats) -> npt.NDArray[np.int64]:
    return np.asarray(np.count_nonzero(ranked > 0, axis=1), np.int64)


def _where_relevant(ranked: Floats, values: npt.ArrayLike) -> Floats:
    return np.where(_n_relevant(ranked) > 0, np.asarray(values, np.float64), np.nan)
