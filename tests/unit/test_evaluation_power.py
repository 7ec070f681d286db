"""Power, randomisation tests and Holm's correction."""

import math

import numpy as np
import pytest
from scipy import stats

from v2m.evaluation.intervals import wilson
from v2m.evaluation.power import people_needed, power_of_difference, smallest_difference
from v2m.evaluation.significance import EXACT_UNITS, holm, sign_flip_p


def test_power_of_a_medium_effect_is_cohens() -> None:
    assert people_needed(0.5, 1.0) == 34
    assert power_of_difference(0.5, 1.0, 34) == pytest.approx(0.8078, abs=1e-4)


def test_power_is_the_share_of_samples_whose_test_finds_the_difference() -> None:
    samples = np.random.default_rng(0).normal(0.6, 1.1, size=(20_000, 15))

    found = stats.ttest_1samp(samples, 0, axis=1).pvalue < 0.05

    assert power_of_difference(0.6, 1.1, 15) == pytest.approx(found.mean(), abs=0.01)


@pytest.mark.parametrize(("deviation", "n"), [(1.0, 2), (0.3, 12), (2.5, 40)])
def test_smallest_difference_is_found_with_its_power(deviation: float, n: int) -> None:
    smallest = smallest_difference(deviation, n)

    assert power_of_difference(smallest, deviation, n) == pytest.approx(0.8, abs=1e-4)


def test_no_difference_is_found_as_often_as_a_false_alarm() -> None:
    assert power_of_difference(0.0, 1.0, 20) == pytest.approx(0.05)


def test_without_a_sample_nothing_can_be_told() -> None:
    assert math.isnan(power_of_difference(1.0, 1.0, 1))
    assert math.isnan(smallest_difference(0.0, 10))
    assert people_needed(0.5, math.nan) is None
    assert people_needed(1e-6, 1.0) is None


def test_a_power_below_the_level_is_refused() -> None:
    with pytest.raises(ValueError, match="power"):
        smallest_difference(1.0, 10, power=0.01)


def test_sign_flips_of_few_pairs_are_exact() -> None:
    differences = np.random.default_rng(1).normal(0.4, 1, 9)

    oracle = stats.permutation_test(
        (differences,), np.mean, permutation_type="samples", n_resamples=np.inf
    )

    assert sign_flip_p(differences) == pytest.approx(oracle.pvalue)


def test_sign_flips_of_many_pairs_come_near_the_t_test() -> None:
    differences = np.random.default_rng(1).normal(0.3, 1, EXACT_UNITS + 30)

    assert sign_flip_p(differences) == pytest.approx(
        stats.ttest_1samp(differences, 0).pvalue, abs=0.01
    )


def test_sign_flips_leave_out_what_is_not_there() -> None:
    assert sign_flip_p([1.0, np.nan, 2.0]) == sign_flip_p([1.0, 2.0]) == 0.5
    assert math.isnan(sign_flip_p([]))


def test_sign_flips_take_one_row() -> None:
    with pytest.raises(ValueError, match="shape"):
        sign_flip_p([[1.0], [2.0]])


def test_holm_leaves_out_what_was_not_tested() -> None:
    adjusted = holm([0.02, math.nan, 0.01])

    assert adjusted[0] == pytest.approx(0.02)
    assert math.isnan(adjusted[1])
    assert adjusted[2] == pytest.approx(0.02)


@pytest.mark.parametrize(("won", "n"), [(0, 8), (3, 10), (8, 8)])
def test_wilson_is_that_of_scipy(won: int, n: int) -> None:
    theirs = stats.binomtest(won, n).proportion_ci(method="wilson")

    ours = wilson(won, n)

    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high))


def test_wilson_of_nothing() -> None:
    assert math.isnan(wilson(0, 0).value)
    with pytest.raises(ValueError, match="won"):
        wilson(3, 2)
