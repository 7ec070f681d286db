"""Paired tests and Holm's correction, against SciPy and by hand."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import permutation_test

from v2m.evaluation.comparisons import compare_all, comparison_table
from v2m.evaluation.significance import holm, sign_flip_p


def _mean(x: np.ndarray, axis: int) -> np.ndarray:
    return np.asarray(x.mean(axis=axis))


@pytest.mark.parametrize("seed", range(4))
def test_equals_scipys_test_of_all_sign_flips(seed: int) -> None:
    gaps = np.random.default_rng(seed).normal(0.4, 1, 9)

    reference = permutation_test(
        (gaps,), _mean, permutation_type="samples", n_resamples=np.inf, vectorized=True
    )

    assert sign_flip_p(gaps) == pytest.approx(reference.pvalue)


def test_a_sample_of_flips_comes_near_to_all_of_them() -> None:
    gaps = np.random.default_rng(1).normal(0.5, 1, 40)

    reference = permutation_test(
        (gaps,), _mean, permutation_type="samples", n_resamples=20000, vectorized=True,
        random_state=1,
    )  # fmt: skip

    assert sign_flip_p(gaps) == pytest.approx(reference.pvalue, abs=0.01)


def test_five_wins_of_five_are_one_in_sixteen() -> None:
    assert sign_flip_p([1, 1, 1, 1, 1]) == pytest.approx(2 / 32)


def test_nothing_that_differs_proves_nothing() -> None:
    assert sign_flip_p([0, 0, 0]) == 1
    assert math.isnan(sign_flip_p([]))
    assert math.isnan(sign_flip_p([np.nan]))


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_keeps_the_order_and_lies_between_plain_and_bonferroni(p: list[float]) -> None:
    corrected = holm(p)

    assert (np.array(corrected) >= np.array(p)).all()
    assert (np.array(corrected) <= np.minimum(1, np.array(p) * len(p)) + 1e-12).all()
    assert (np.diff(np.array(corrected)[np.argsort(p)]) >= -1e-12).all()


def test_every_pair_is_compared_once_and_gaps_are_left_out() -> None:
    found = compare_all({"a": [0, 0, 0, np.nan], "b": [1, 1, 1, 1], "c": [1, 1, 1, 1]})

    assert [(c.first, c.second) for c in found] == [("b", "a"), ("c", "a"), ("c", "b")]
    assert found[0].difference.n == 3
    assert found[0].p_holm == pytest.approx(min(1, 3 * 0.25))
    assert found[2].p == 1
    assert len(comparison_table("t", {"m": found}).rows) == 3


def test_systems_without_a_common_unit_have_no_p() -> None:
    (found,) = compare_all({"a": [np.nan], "b": [1.0]})

    assert math.isnan(found.p)
    assert math.isnan(found.p_holm)
