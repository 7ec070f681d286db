"""Agreement of raters, against a published example and the krippendorff package."""

import krippendorff
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from v2m.evaluation.agreement import Level, alpha_with_interval, krippendorff_alpha

GAP = np.nan
PUBLISHED = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, GAP, GAP, GAP],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, GAP, 3],
        [GAP, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, GAP],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, GAP],
    ]
)
"""Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011), section D."""

ratings = arrays(np.float64, (4, 6), elements=st.sampled_from([1.0, 2.0, 3.0, 5.0, GAP]))


@pytest.mark.parametrize(
    ("level", "alpha"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)]
)
def test_the_published_example(level: Level, alpha: float) -> None:
    assert krippendorff_alpha(PUBLISHED, level) == pytest.approx(alpha, abs=5e-4)


@pytest.mark.parametrize("level", ["nominal", "ordinal", "interval"])
@settings(max_examples=60, deadline=None)
@given(table=ratings)
def test_alpha_is_that_of_the_package(level: Level, table: npt.NDArray[np.float64]) -> None:
    rated_twice = table[:, (~np.isnan(table)).sum(axis=0) > 1]
    assume(len(np.unique(rated_twice[~np.isnan(rated_twice)])) > 1)

    theirs = krippendorff.alpha(reliability_data=table, level_of_measurement=level)

    assert krippendorff_alpha(table, level) == pytest.approx(theirs, abs=1e-9)


def test_nothing_rated_twice_has_no_alpha() -> None:
    alone = np.array([[1.0, GAP], [GAP, 2.0]])

    assert np.isnan(krippendorff_alpha(alone, "nominal"))
    assert alpha_with_interval(alone, "nominal").n == 0


def test_nobody_has_no_alpha() -> None:
    assert np.isnan(alpha_with_interval(np.empty((0, 5)), "ordinal").value)


def test_ratings_that_never_differ_have_no_alpha() -> None:
    estimate = alpha_with_interval(np.ones((3, 4)), "ordinal")

    assert np.isnan(estimate.value)
    assert np.isnan(estimate.low)


def test_the_interval_holds_the_figure_and_repeats() -> None:
    estimate = alpha_with_interval(PUBLISHED, "ordinal")

    assert estimate.low < estimate.value < estimate.high
    assert estimate.n == 11
    assert estimate == alpha_with_interval(PUBLISHED, "ordinal")


def test_ratings_at_random_agree_by_chance() -> None:
    table = np.random.default_rng(3).integers(1, 6, size=(8, 400))

    assert krippendorff_alpha(table, "ordinal") == pytest.approx(0, abs=0.03)


@pytest.mark.parametrize("bad", [np.ones(3), np.array([[np.inf, 1.0]])])
def test_what_is_no_table_of_ratings_is_refused(bad: npt.NDArray[np.float64]) -> None:
    with pytest.raises(ValueError, match="shape"):
        krippendorff_alpha(bad, "nominal")
