"""Music against picture: beats and cuts, loudness and motion; distances of collections."""

import math

import numpy as np
import pytest
from scipy.linalg import sqrtm

from v2m.evaluation.alignment import cut_distances, energy_correlation, word_scores
from v2m.evaluation.frechet import frechet, frechet_distance, frechet_table
from v2m.evaluation.moments import (
    Moment,
    iou,
    moment_figures,
    moment_table,
    overlap_chance,
    place_chance,
)
from v2m.types import Audio, Span

RATE = 8000


def _swelling(seconds: float, period: float) -> Audio:
    time = np.arange(round(seconds * RATE)) / RATE
    level = 0.5 + 0.45 * np.sin(2 * np.pi * time / period)
    tone = (level * np.sin(2 * np.pi * 440 * time)).astype(np.float32)
    return Audio(np.stack([tone, tone]), RATE)


def test_distance_is_to_the_nearest_beat() -> None:
    distance, hits = cut_distances([1.02, 2.3], [0.0, 1.0, 2.0, 3.0])

    assert distance == pytest.approx((0.02 + 0.3) / 2)
    assert hits == 0.5


@pytest.mark.parametrize(("cuts", "beats"), [([], [1.0]), ([1.0], [])])
def test_without_cuts_or_beats_there_is_no_distance(cuts: list[float], beats: list[float]) -> None:
    assert all(math.isnan(value) for value in cut_distances(cuts, beats))


@pytest.mark.parametrize(("sign", "low", "high"), [(1, 0.8, 1), (-1, -1, -0.8)])
def test_energy_follows_motion_or_runs_against_it(sign: int, low: float, high: float) -> None:
    times = np.arange(0, 20, 0.125)
    motion = 1 + sign * np.sin(2 * np.pi * times / 10)

    assert low <= energy_correlation(_swelling(20, 10), times, motion) <= high


def test_a_still_picture_has_no_correlation() -> None:
    times = np.arange(0, 20, 0.125)

    assert math.isnan(energy_correlation(_swelling(20, 10), times, np.ones(len(times))))
    assert math.isnan(energy_correlation(_swelling(20, 10), [], []))


def test_word_scores_are_cosines_pair_by_pair() -> None:
    rows = np.eye(4)

    assert word_scores(rows, rows).value == 1
    assert word_scores(rows, rows[::-1]).value == 0


def test_frechet_distance_equals_the_formula_with_a_matrix_root() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(60, 6)), rng.normal(0.3, 1.5, size=(80, 6))

    s, t = np.cov(a.T), np.cov(b.T)
    gap = a.mean(axis=0) - b.mean(axis=0)
    expected = gap @ gap + np.trace(s + t - 2 * np.real(sqrtm(s @ t)))

    assert frechet_distance(a, b) == pytest.approx(expected)


def test_music_lies_at_no_distance_from_itself() -> None:
    rows = np.random.default_rng(0).normal(size=(20, 30))  # fewer rows than dims

    assert frechet_distance(rows, rows) == pytest.approx(0, abs=1e-9)


def test_the_extrapolated_distance_is_freed_of_the_samples_size() -> None:
    rng = np.random.default_rng(0)

    found = frechet(rng.normal(size=(120, 8)), rng.normal(size=(5000, 8)), "made here")

    assert found.distance > 0.05  # the truth is 0
    assert abs(found.extrapolated) < found.distance / 2
    assert frechet_table("t", {"x": found}).rows[0][:3] == ("x", "made here", 120)


def test_too_few_embeddings_have_no_distance() -> None:
    assert math.isnan(frechet_distance(np.zeros((1, 4)), np.zeros((9, 4))))
    assert math.isnan(frechet(np.zeros((5, 4)), np.zeros((9, 4)), "x").extrapolated)
    with pytest.raises(ValueError, match="one dim"):
        frechet_distance(np.zeros((5, 4)), np.zeros((5, 3)))


def test_overlap_over_union() -> None:
    assert iou(Span(0, 10), Span(0, 10)) == 1
    assert iou(Span(0, 10), Span(10, 20)) == 0
    assert iou(Span(3, 3), Span(3, 3)) == 0


def test_a_moment_needs_the_right_track_and_the_right_place() -> None:
    true = [Moment("a", Span(0, 10)), Moment("b", Span(20, 30)), Moment("c", Span(0, 10))]
    found = [
        [Moment("a", Span(0, 10)), Moment("b", Span(0, 10))],
        [Moment("a", Span(20, 30)), Moment("b", Span(22, 32))],
        [Moment("a", Span(0, 10))],
    ]

    figures = moment_figures(found, true, [30, 60, 30], 3, ks=(1, 2), ious=(0.5, 0.9))

    assert figures.track_recall[1].value == pytest.approx(1 / 3)
    assert figures.moment_recall[2, 0.5].value == pytest.approx(2 / 3)
    assert figures.moment_recall[2, 0.9].value == pytest.approx(1 / 3)
    assert figures.mean_iou.value == pytest.approx((1 + 8 / 12 + 0) / 3)
    chance = moment_table("t", {"x": figures}, 10).rows[-1]
    assert chance[3] == pytest.approx(1 / 3)
    assert None not in chance


@pytest.mark.parametrize("start", [0, 4, 17, 20])
def test_places_by_chance_are_those_of_many_random_places(start: float) -> None:
    true = Span(start, start + 10)
    drawn = np.linspace(0, 20, 40001)
    overlaps = np.array([iou(Span(s, s + 10), true) for s in drawn])

    assert overlap_chance(true, 30) == pytest.approx(overlaps.mean(), abs=1e-4)
    for least in (0.3, 0.5, 0.7):
        assert place_chance(true, 30, least) == pytest.approx((overlaps >= least).mean(), abs=1e-4)


def test_in_a_track_no_longer_than_the_place_there_is_no_choice() -> None:
    assert place_chance(Span(0, 10), 10, 0.9) == overlap_chance(Span(0, 10), 10) == 1


def test_answers_must_be_one_per_query() -> None:
    with pytest.raises(ValueError, match="2 answers and 1 durations for 1"):
        moment_figures([[], []], [Moment("a", Span(0, 1))], [9], 3)
