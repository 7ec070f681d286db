"""Decisions where the answer may not be there: are hits and misses told apart, and at what cost.

A query is right when its best match is one of its true tracks; where these were taken out of the
library, nothing can be right, and the best that can be done is to say so.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from v2m.evaluation.intervals import Estimate, Floats, interval_over_groups
from v2m.evaluation.retrieval import auroc
from v2m.evaluation.selective import RiskCoverage, risk_coverage
from v2m.evaluation.tables import Cell, Table

PRICES = (1.0, 3.0, 10.0)
"""How many takes' worth of composing one wrong reuse may cost."""


@dataclass(frozen=True, slots=True)
class OpenSetFigures:
    """How good the decision between reuse and composing is.

    Attributes:
        n_kept: queries whose true tracks were there.
        n_removed: queries whose true tracks had been taken away.
        auroc: probability that a query that can be served is surer than one that cannot.
        false_positives_at_95: share of the unservable that pass where 95 % of the servable do.
        curve: risk against coverage over all queries.
        found: share of the servable queries whose best match was right.
        n_items: tracks of the pool; 0 where it is not known.
        found_chance: the same share where a random track is given; NaN where it is not known.
    """

    n_kept: int
    n_removed: int
    auroc: Estimate
    false_positives_at_95: float
    curve: RiskCoverage
    found: Estimate
    n_items: int = 0
    found_chance: float = float("nan")


@dataclass(frozen=True, slots=True)
class Cost:
    """The threshold that is best at a price.

    Attributes:
        price: takes that one wrong reuse costs.
        threshold: reuse from this confidence; above 1 means never.
        reused: share of queries served from the library, 0 to 1.
        wrong: share of queries served with something wrong, 0 to 1.
        saved_seconds: music that need not be composed, per query.
        net_seconds: the same less the price of what was wrong.
    """

    price: float
    threshold: float
    reused: float
    wrong: float
    saved_seconds: float
    net_seconds: float


def open_set_figures(
    confidence: npt.ArrayLike,
    correct: npt.ArrayLike,
    removed: npt.ArrayLike,
    *,
    groups: Sequence[Hashable] | None = None,
    n_items: int = 0,
    by_chance: npt.ArrayLike | None = None,
    seed: int = 0,
) -> OpenSetFigures:
    """Measure decisions.

    Args:
        confidence: shape (n,), higher is surer.
        correct: bool, shape (n,), whether the best match is right; never where removed.
        removed: bool, shape (n,), whether the true tracks were taken away.
        groups: of queries that belong together, for the intervals; None means that each stands
            alone.
        n_items: tracks of the pool; 0 where it is not known.
        by_chance: shape (n,), the probability that a random track is right; None where it is not
            known.
        seed: of the resampling.

    Raises:
        ValueError: the shapes differ, a confidence is NaN, or a removed query is said to be right.
    """
    sure = np.asarray(confidence, np.float64)
    right, gone = np.asarray(correct, np.bool_), np.asarray(removed, np.bool_)
    if not sure.shape == right.shape == gone.shape or sure.ndim != 1:
        raise ValueError(f"shapes must agree: {sure.shape}, {right.shape}, {gone.shape}")
    if (right & gone).any():
        raise ValueError("a query without its true tracks cannot be right")
    units = range(len(sure)) if groups is None else groups

    def area(places: npt.NDArray[np.int64]) -> float:
        return auroc(sure[places][~gone[places]], sure[places][gone[places]])

    def found(places: npt.NDArray[np.int64]) -> float:
        there = places[~gone[places]]
        return float(right[there].mean()) if len(there) else float("nan")

    kept = sure[~gone]
    random = np.asarray([np.nan] if by_chance is None else by_chance, np.float64)
    there = random[~gone] if by_chance is not None else random
    return OpenSetFigures(
        len(kept),
        int(gone.sum()),
        interval_over_groups(area, units, seed=seed),
        _passing(kept, sure[gone]),
        risk_coverage(sure, right),
        interval_over_groups(found, units, seed=seed),
        n_items,
        float(there.mean()) if len(there) else float("nan"),
    )


def costs(
    confidence: npt.ArrayLike,
    correct: npt.ArrayLike,
    *,
    take_seconds: float = 30.0,
    prices: Sequence[float] = PRICES,
) -> list[Cost]:
    """Return the best threshold at each price, over the queries that are given.

    Args:
        confidence: shape (n,), at least one query.
        correct: bool, shape (n,).
        take_seconds: of music that one reuse saves composing.
        prices: takes that one wrong reuse costs, each from 0.
    """
    sure, right = np.asarray(confidence, np.float64), np.asarray(correct, np.bool_)
    thresholds = np.unique(sure)[::-1]
    passes = sure[None] >= thresholds[:, None]  # (thresholds, queries)
    reused = np.append(0.0, passes.mean(axis=1))
    wrong = np.append(0.0, (passes & ~right).mean(axis=1))
    levels = np.append(np.inf, thresholds)
    found = []
    for price in prices:
        net = take_seconds * (reused - price * wrong)
        best = int(np.argmax(net))
        found.append(
            Cost(
                price,
                float(levels[best]),
                float(reused[best]),
                float(wrong[best]),
                take_seconds * float(reused[best]),
                float(net[best]),
            )
        )
    return found


def open_set_table(title: str, figures: dict[str, OpenSetFigures]) -> Table:
    """Lay decisions out: one system a row, and below it what chance makes of the same queries."""
    rows = [row for name, own in figures.items() for row in _with_chance(name, own)]
    columns = ("system", "kept", "taken away", "pool", "AUROC", "FPR@95TPR", "top-1 right")
    return Table(
        title,
        (*columns, "AURC", "E-AURC"),
        tuple(rows),
        notes=(
            "kept, taken away: queries whose true tracks were in the library, and were taken out "
            "of it; pool: its tracks. AURC: mean share of wrong answers over all coverages; "
            "E-AURC: above the best possible order. Chance: a random track (top-1); the same "
            "answers, none surer than another (the other columns).",
        ),
    )


def _with_chance(name: str, found: OpenSetFigures) -> list[tuple[Cell, ...]]:
    asked = (found.n_kept, found.n_removed, found.n_items or None)
    own = found.curve
    wrong = float(own.risk[-1]) if len(own.risk) else float("nan")  # at every coverage alike
    return [
        (
            name,
            *asked,
            found.auroc,
            found.false_positives_at_95,
            found.found,
            own.area,
            own.excess_area,
        ),
        (
            "chance",
            *asked,
            0.5,
            0.95,
            found.found_chance,
            wrong,
            wrong - (own.area - own.excess_area),
        ),
    ]


def cost_table(title: str, found: Sequence[Cost]) -> Table:
    """Lay thresholds out, one price a row."""
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            f"{c.price:g} takes",
            "never reuse" if np.isinf(c.threshold) else c.threshold,
            c.reused,
            c.wrong,
            c.saved_seconds,
            c.net_seconds,
        )
        for c in found
    )
    return Table(
        title,
        ("a wrong reuse costs", "reuse from", "reused", "wrong", "saved s/query", "net s/query"),
        rows,
        notes=(
            "saved: seconds of music that need not be composed, per query; net: less the price of "
            "wrong reuses. Thresholds are the best in hindsight for these queries.",
        ),
    )


def _passing(kept: Floats, gone: Floats) -> float:
    if not (len(kept) and len(gone)):
        return float("nan")
    return float((gone >= np.percentile(kept, 5, method="lower")).mean())
