"""Comparisons of every two systems over the same units, one family of tests."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from v2m.evaluation.intervals import Estimate, bootstrap_difference
from v2m.evaluation.significance import holm, sign_flip_p
from v2m.evaluation.tables import Table


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two systems over the same units.

    Attributes:
        first: name.
        second: name of the one that is taken away.
        difference: mean of first - second with its interval.
        p: two-sided, of the sign-flip test; 1 where nothing differs, NaN without pairs.
        p_holm: the same after Holm's correction within its family.
    """

    first: str
    second: str
    difference: Estimate
    p: float
    p_holm: float


def compare_all(values: Mapping[str, Sequence[float]], *, seed: int = 0) -> list[Comparison]:
    """Compare every two systems over the same units; the comparisons are one family.

    Args:
        values: by system, one figure per unit, in the same order; NaN where a unit has none.
        seed: of the resampling.

    Raises:
        ValueError: two systems have different numbers of units.
    """
    pairs = list(combinations(values, 2))
    gaps = [bootstrap_difference(values[b], values[a], seed=seed) for a, b in pairs]
    p = [
        sign_flip_p(
            np.asarray(values[b], np.float64) - np.asarray(values[a], np.float64), seed=seed
        )
        for a, b in pairs
    ]
    return [
        Comparison(b, a, gap, own, corrected)
        for (a, b), gap, own, corrected in zip(pairs, gaps, p, holm(p), strict=True)
    ]


def comparison_table(title: str, measures: Mapping[str, Sequence[Comparison]]) -> Table:
    """Lay comparisons out by measure."""
    return Table(
        title,
        ("measure", "difference", "n", "mean", "p", "p (Holm)"),
        tuple(
            (measure, f"{c.first} - {c.second}", c.difference.n, c.difference, c.p, c.p_holm)
            for measure, found in measures.items()
            for c in found
        ),
        notes=(
            "Paired over the same units; p of the two-sided sign-flip test, corrected within each "
            "measure.",
        ),
    )
