import itertools
import math
from collections.abc import Callable
from random import Random

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from v2m.evaluation.chance import chance_of
from v2m.evaluation.intervals import Estimate, bootstrap, bootstrap_difference
from v2m.evaluation.retrieval import (
    auroc,
    average_precision,
    evaluate,
    first_rank,
    hit_at,
    ndcg,
    one_true,
    precision_at,
    ranked_relevance,
    recall_at,
    reciprocal_rank,
    retrieval_table,
)
from v2m.evaluation.selective import risk_coverage
from v2m.evaluation.tables import as_text

Floats = npt.NDArray[np.float64]
Case = tuple[Floats, Floats]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Return scores with many ties, and grades of which many are 0."""
    shape = (draw(st.integers(1, 4)), draw(st.integers(1, 8)))
    scores = draw(
        arrays.arrays(np.float64, shape, elements=st.sampled_from([-np.inf, 0, 0.5, 1, 2]))
    )
    grades = draw(arrays.arrays(np.float64, shape, elements=st.sampled_from([0, 0, 1, 2, 3])))
    return scores, grades


# --- naive versions, query by query ---


def naive_ranked(scores: Floats, grades: Floats) -> list[list[float]]:
    found = []
    for row, row_grades in zip(scores.tolist(), grades.tolist(), strict=True):
        items = sorted(zip(row, row_grades, strict=True), key=lambda item: (-item[0], item[1]))
        found.append([grade for _, grade in items])
    return found


def naive_hit(row: list[float], k: int) -> float:
    return 1.0 if any(g > 0 for g in row[:k]) else 0.0


def naive_recall(row: list[float], k: int) -> float:
    return sum(g > 0 for g in row[:k]) / sum(g > 0 for g in row)


def naive_precision(row: list[float], k: int) -> float:
    return sum(g > 0 for g in row[:k]) / len(row[:k])


def naive_first(row: list[float], _: int) -> float:
    return next(rank for rank, g in enumerate(row, 1) if g > 0)


def naive_reciprocal(row: list[float], _: int) -> float:
    return 1 / naive_first(row, 0)


def naive_average_precision(row: list[float], _: int) -> float:
    precisions = [naive_precision(row, rank) for rank, g in enumerate(row, 1) if g > 0]
    return sum(precisions) / len(precisions)


def naive_dcg(row: list[float], k: int, *, steep: bool) -> float:
    worth = [2**g - 1 if steep else g for g in row]
    return sum(w / math.log2(rank + 1) for rank, w in enumerate(worth[:k], 1))


def naive_ndcg(row: list[float], k: int) -> float:
    best = sorted(row, reverse=True)
    return naive_dcg(row, k, steep=False) / naive_dcg(best, k, steep=False)


def naive_steep_ndcg(row: list[float], k: int) -> float:
    best = sorted(row, reverse=True)
    return naive_dcg(row, k, steep=True) / naive_dcg(best, k, steep=True)


MEASURES: dict[str, tuple[Callable[[Floats, int], Floats], Callable[[list[float], int], float]]] = {
    "hit": (hit_at, naive_hit),
    "recall": (recall_at, naive_recall),
    "precision": (precision_at, naive_precision),
    "first rank": (lambda ranked, _: first_rank(ranked), naive_first),
    "reciprocal rank": (lambda ranked, _: reciprocal_rank(ranked), naive_reciprocal),
    "average precision": (lambda ranked, _: average_precision(ranked), naive_average_precision),
    "ndcg": (ndcg, naive_ndcg),
    "ndcg of the whole pool": (lambda ranked, _: ndcg(ranked), lambda row, _: naive_ndcg(row, 99)),
    "steep ndcg": (lambda ranked, k: ndcg(ranked, k, gain="exponential"), naive_steep_ndcg),
}


@pytest.mark.parametrize("name", MEASURES)
@given(case=cases(), k=st.integers(1, 10))
def test_a_measure_equals_its_naive_version(name: str, case: Case, k: int) -> None:
    fast, naive = MEASURES[name]
    ranked = naive_ranked(*case)

    found = fast(ranked_relevance(*case), k)

    wanted = [naive(row, k) if any(row) else math.nan for row in ranked]
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-12)


@given(cases())
def test_the_order_equals_a_plain_sort(case: Case) -> None:
    assert ranked_relevance(*case).tolist() == naive_ranked(*case)


@given(cases(), st.randoms(use_true_random=False))
def test_the_order_of_the_columns_does_not_matter(case: Case, random: Random) -> None:
    scores, grades = case
    columns = list(range(scores.shape[1]))
    random.shuffle(columns)

    found = ranked_relevance(scores[:, columns], grades[:, columns])

    np.testing.assert_array_equal(found, ranked_relevance(scores, grades))


def test_a_scorer_that_says_nothing_comes_last() -> None:
    ranked = ranked_relevance(np.zeros((1, 4)), [[1, 0, 0, 0]])

    assert first_rank(ranked).tolist() == [4]


@pytest.mark.parametrize(
    ("scores", "relevance", "reason"),
    [
        ([[1.0]], [[1, 0]], "must be equal"),
        ([1.0], [1], "2-D"),
        ([[math.nan]], [[1]], "score is NaN"),
        ([[1.0]], [[-1]], "not negative"),
        ([[1.0]], [[math.inf]], "finite"),
    ],
)
def test_what_is_no_ranking_is_refused(
    scores: list[list[float]], relevance: list[list[float]], reason: str
) -> None:
    with pytest.raises(ValueError, match=reason):
        ranked_relevance(scores, relevance)


def test_a_depth_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="k must"):
        hit_at(np.ones((1, 1)), 0)
    with pytest.raises(ValueError, match="k must"):
        chance_of([[1]], ks=(0,))


def test_an_empty_pool_has_no_figures() -> None:
    ranked = ranked_relevance(np.zeros((2, 0)), np.zeros((2, 0)))

    for measure in (first_rank, average_precision, ndcg):
        assert np.isnan(measure(ranked)).all()


def test_the_true_item_is_marked_and_none_is_allowed() -> None:
    assert one_true([2, -1], 3).tolist() == [[False, False, True], [False] * 3]
    with pytest.raises(ValueError, match="-1 to 2"):
        one_true([3], 3)


FEW = st.lists(st.sampled_from([-1.0, 0.0, 0.25, 0.5, 3.0]), max_size=9)


@given(FEW, FEW)
def test_auroc_equals_a_count_over_pairs(positives: list[float], negatives: list[float]) -> None:
    pairs = list(itertools.product(positives, negatives))

    found = auroc(positives, negatives)

    if not pairs:
        assert math.isnan(found)
    else:
        wanted = sum(1.0 if p > n else 0.5 if p == n else 0.0 for p, n in pairs) / len(pairs)
        assert found == pytest.approx(wanted, abs=1e-12)


def test_auroc_refuses_nan() -> None:
    with pytest.raises(ValueError, match="NaN"):
        auroc([math.nan], [1.0])


ANSWERS = st.lists(
    st.tuples(st.sampled_from([0.1, 0.5, 0.9]), st.booleans()), min_size=1, max_size=6
)


@settings(max_examples=60)
@given(ANSWERS)
def test_risk_equals_its_mean_over_all_orders_of_equal_answers(
    answers: list[tuple[float, bool]],
) -> None:
    orders = [
        order
        for order in itertools.permutations(answers)
        if all(a[0] >= b[0] for a, b in itertools.pairwise(order))
    ]
    wanted = np.mean(
        [
            [sum(not right for _, right in order[:n]) / n for n in range(1, len(order) + 1)]
            for order in orders
        ],
        axis=0,
    )

    found = risk_coverage([sure for sure, _ in answers], [right for _, right in answers])

    np.testing.assert_allclose(found.risk, wanted, rtol=0, atol=1e-12)
    assert found.area == pytest.approx(wanted.mean(), abs=1e-12)
    assert found.risk_at(1) == pytest.approx(sum(not r for _, r in answers) / len(answers))
    assert found.excess_area >= -1e-12


def test_a_perfect_order_of_answers_has_no_excess_area() -> None:
    curve = risk_coverage([0.9, 0.8, 0.3, 0.1], [True, True, False, False])

    assert curve.risk.tolist() == [0, 0, pytest.approx(1 / 3), 0.5]
    assert curve.risk_at(0.5) == 0
    assert curve.thresholds.tolist() == [0.9, 0.8, 0.3, 0.1]
    assert curve.excess_area == pytest.approx(0)


def test_no_answers_have_no_area() -> None:
    curve = risk_coverage([], [])

    assert math.isnan(curve.area)
    assert math.isnan(curve.excess_area)
    with pytest.raises(ValueError, match="coverage"):
        curve.risk_at(0.5)


def test_answers_without_a_sureness_are_refused() -> None:
    with pytest.raises(ValueError, match="NaN"):
        risk_coverage([math.nan], [True])
    with pytest.raises(ValueError, match="1-D"):
        risk_coverage([1.0], [True, False])


@settings(max_examples=40, deadline=None)
@given(
    arrays.arrays(
        np.float64,
        st.tuples(st.integers(1, 3), st.integers(1, 5)),
        elements=st.sampled_from([0, 0, 1, 2]),
    )
)
def test_chance_equals_the_mean_over_every_order_of_the_pool(grades: Floats) -> None:
    answerable = grades[(grades > 0).any(axis=1)]
    found = chance_of(grades, ks=(1, 3))
    if not len(answerable):
        assert all(math.isnan(value) for value in found.values())
        return
    columns = list(itertools.permutations(range(grades.shape[1])))
    every = np.concatenate([answerable[:, order] for order in columns])

    wanted = {
        "R@1": hit_at(every, 1).mean(),
        "R@3": hit_at(every, 3).mean(),
        "MRR": reciprocal_rank(every).mean(),
        "mAP": average_precision(every).mean(),
        "nDCG@3": ndcg(every, 3).mean(),
        "MedR": np.median(first_rank(every)),
    }
    assert found == pytest.approx(wanted, abs=1e-9)


def test_chance_of_one_true_track_in_a_hundred() -> None:
    found = chance_of(one_true(range(100), 100))

    assert found["R@10"] == pytest.approx(0.1)
    assert found["MedR"] == 50.5


def test_chance_needs_a_matrix() -> None:
    with pytest.raises(ValueError, match="2-D"):
        chance_of([1, 0])


def test_random_scores_reach_chance_and_true_ones_reach_everything() -> None:
    rng = np.random.default_rng(5)
    truth = one_true(rng.integers(40, size=600), 40)
    chance = chance_of(truth)

    random = evaluate(rng.random((600, 40)), truth, draws=200)
    perfect = evaluate(truth, truth, draws=10)

    assert all(e.low - 0.01 <= chance[m] <= e.high + 0.01 for m, e in random.measures.items())
    assert {e.value for e in perfect.measures.values()} == {1.0}


def test_queries_without_an_answer_are_counted_apart() -> None:
    figures = evaluate([[1.0, 0.0], [1.0, 0.0]], [[1, 0], [0, 0]], ks=(1,), draws=10)

    assert (figures.n_queries, figures.n_unanswerable, figures.n_items) == (1, 1, 2)
    assert figures.measures["R@1"] == Estimate(1, 1, 1, 1)
    assert list(figures.measures) == list(chance_of([[1, 0]], ks=(1,)))


def test_a_table_names_the_pool_and_ends_with_chance() -> None:
    truth = one_true([0, 1], 4)
    figures = evaluate(truth, truth, ks=(1,), draws=10)

    text = as_text(retrieval_table("Demo", {"ours": figures}, chance_of(truth, ks=(1,))))

    assert text.splitlines()[1].split() == ["system", "queries", "pool", *figures.measures]
    assert text.splitlines()[-1].split()[:4] == ["chance", "2", "4", "0.250"]
    assert retrieval_table("Demo", {"ours": figures}).rows[-1][0] == "ours"


def test_a_table_of_nothing_or_of_different_measures_is_refused() -> None:
    first, second = (evaluate([[1.0]], [[1]], ks=(k,), draws=2) for k in (1, 2))

    for figures in ({}, {"a": first, "b": second}):
        with pytest.raises(ValueError, match="same measures"):
            retrieval_table("Demo", figures)


# --- intervals ---


def test_an_interval_equals_a_loop_over_resamples() -> None:
    values = [0.0, 1.0, 1.0, 0.5, 0.25]
    rng = np.random.default_rng(3)
    means = [sum(values[i] for i in rng.integers(5, size=5)) / 5 for _ in range(400)]

    found = bootstrap(values, draws=400, seed=3)

    assert found.value == pytest.approx(0.55)
    assert (found.low, found.high) == pytest.approx(tuple(np.percentile(means, [2.5, 97.5])))


def test_drawing_in_portions_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(0).random(7)
    whole = bootstrap(values, "median", draws=50)

    monkeypatch.setattr("v2m.evaluation.intervals.CELLS", 21)

    assert bootstrap(values, "median", draws=50) == whole


def test_an_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(1)
    samples = rng.normal(2, 1, (300, 40))
    found = [bootstrap(sample, draws=300, seed=i) for i, sample in enumerate(samples)]

    covered = np.mean([e.low <= 2 <= e.high for e in found])

    assert 0.90 <= covered <= 0.98


def test_values_that_are_missing_are_left_out_and_nothing_gives_nan() -> None:
    assert bootstrap([1.0, math.nan, 1.0], draws=5) == Estimate(1, 1, 1, 2)
    empty = bootstrap([math.nan], draws=5)
    assert empty.n == 0
    assert math.isnan(empty.value)
    assert math.isnan(empty.low)


def test_a_paired_difference_forgets_what_both_sides_share() -> None:
    shared = np.random.default_rng(2).normal(0, 100, 20)

    found = bootstrap_difference(shared + 1, shared, draws=100)

    assert (found.value, found.low, found.high) == pytest.approx((1, 1, 1))


def test_samples_that_cannot_be_resampled_are_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        bootstrap([math.inf])
    with pytest.raises(ValueError, match="shape"):
        bootstrap([[1.0]])
    with pytest.raises(ValueError, match="draws"):
        bootstrap([1.0], draws=0)
    with pytest.raises(ValueError, match="equal shapes"):
        bootstrap_difference([1.0], [1.0, 2.0])
