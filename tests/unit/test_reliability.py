"""Reliability, open-set figures and what a wrong reuse costs."""

import math

import numpy as np
import pytest

from v2m.evaluation.intervals import group_draws, interval_over_groups
from v2m.evaluation.open_set import cost_table, costs, open_set_figures, open_set_table
from v2m.evaluation.reliability import reliability
from v2m.evaluation.selective import risk_coverage


def _truthful(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    said = rng.random(n)
    return said, rng.random(n) < said


def test_probabilities_that_come_true_have_a_small_error() -> None:
    found = reliability(*_truthful(4000))

    assert found.error.value < 0.03
    assert found.brier == pytest.approx(1 / 6, abs=0.02)  # of a uniform truthful forecast


def test_error_equals_its_definition() -> None:
    said, right = _truthful(200)
    right = ~right

    gaps = 0.0
    for low in np.arange(10) / 10:
        inside = (said >= low) & (said < low + 0.1)
        if inside.any():
            gaps += inside.mean() * abs(said[inside].mean() - right[inside].mean())

    assert reliability(said, right).error.value == pytest.approx(gaps)


def test_bins_hold_everything_and_one_belongs_to_the_last() -> None:
    found = reliability([0.0, 0.05, 0.1, 1.0], [False, False, True, True])

    assert [b.n for b in found.bins] == [2, 1, *[0] * 6, 0, 1]
    assert math.isnan(found.bins[5].predicted)
    assert found.log_loss > 0


@pytest.mark.parametrize(
    ("said", "right"), [([], []), ([0.5], [True, False]), ([1.5], [True]), ([-0.1], [True])]
)
def test_reliability_refuses_what_is_no_probability(said: list[float], right: list[bool]) -> None:
    with pytest.raises(ValueError, match="must"):
        reliability(said, right)


def test_groups_are_drawn_whole() -> None:
    groups = ["a", "a", "a", "b", "c", "c"]

    for places in group_draws(groups, 50, seed=1):
        counts = np.bincount(places, minlength=6)
        assert counts[0] == counts[1] == counts[2]
        assert counts[4] == counts[5]


def test_copies_of_a_query_do_not_narrow_its_interval() -> None:
    values = np.random.default_rng(0).random(20)
    copied = np.repeat(values, 4)

    alone = interval_over_groups(lambda p: float(values[p].mean()), range(20))
    together = interval_over_groups(
        lambda p: float(copied[p].mean()), list(np.repeat(range(20), 4))
    )

    assert together.high - together.low == pytest.approx(alone.high - alone.low, rel=0.15)


def test_no_units_no_interval() -> None:
    assert math.isnan(interval_over_groups(lambda _: 1.0, []).value)
    assert math.isnan(interval_over_groups(lambda _: float("nan"), [1, 2]).low)


def test_decisions_that_are_told_apart_perfectly() -> None:
    found = open_set_figures([0.9, 0.8, 0.2, 0.1], [True, True, False, False], [0, 0, 1, 1])

    assert found.auroc.value == 1
    assert found.false_positives_at_95 == 0
    assert found.curve.area == pytest.approx((0 + 0 + 1 / 3 + 1 / 2) / 4)
    assert found.found.value == 1


def test_decisions_by_chance() -> None:
    rng = np.random.default_rng(0)
    removed = rng.random(600) < 0.5

    found = open_set_figures(rng.random(600), ~removed, removed)

    assert found.auroc.low < 0.5 < found.auroc.high
    assert found.false_positives_at_95 == pytest.approx(0.95, abs=0.06)


def test_one_side_alone_has_no_area() -> None:
    found = open_set_figures([0.5, 0.6], [True, False], [False, False])

    assert math.isnan(found.auroc.value)
    assert math.isnan(found.false_positives_at_95)


def test_a_removed_query_cannot_be_right() -> None:
    with pytest.raises(ValueError, match="cannot be right"):
        open_set_figures([0.5], [True], [True])
    with pytest.raises(ValueError, match="shapes"):
        open_set_figures([0.5], [True, False], [True])


def test_costs_are_the_best_of_every_threshold() -> None:
    said, right = _truthful(60)

    for found in costs(said, right, take_seconds=30, prices=(0.5, 1, 4)):
        by_hand = [0.0]
        for threshold in said:
            passing = said >= threshold
            wrong = (passing & ~right).mean()
            by_hand.append(30 * (passing.mean() - found.price * wrong))
        assert found.net_seconds == pytest.approx(max(by_hand))


def test_when_everything_is_wrong_nothing_is_reused() -> None:
    (found,) = costs([0.9, 0.8], [False, False], prices=(3,))

    assert found.reused == 0
    assert "never reuse" in str(cost_table("t", [found]).rows[0])


def test_table_has_a_row_of_chance_with_its_pool() -> None:
    found = open_set_figures(
        [0.9, 0.1, 0.4], [1, 0, 0], [0, 1, 0], n_items=4, by_chance=[0.75, 0, 0.25]
    )

    row = open_set_table("t", {"x": found}).rows[-1]

    assert row[:7] == ("chance", 2, 1, 4, 0.5, 0.95, 0.5)
    assert row[7] == pytest.approx(2 / 3)  # one of three is right, in whatever order
    assert row[8] == pytest.approx(risk_coverage([0, 0, 0], [1, 0, 0]).excess_area)


def test_chance_of_the_answer_is_left_open_where_the_pool_is_not_known() -> None:
    row = open_set_table("t", {"x": open_set_figures([0.9, 0.1], [1, 0], [0, 1])}).rows[-1]

    assert row[3] is None
    assert math.isnan(float(str(row[6])))
