"""Fusion, the miss decision and its explanation."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retriever.decide import decide
from retriever.explain import explain
from retriever.fusion import fuse, scale_of
from retriever.miss import LINES, probability
from retriever.search import Match
from v2m.types import Span, Track

COSINE = st.floats(-1, 1)


def _match(chance: float) -> Match:
    track = Track("id", Path("a.mp3"), "Rain")
    return Match(track, 1.0, chance, {"audio": 0.4}, Span(0, 10), "sounds slow")


@given(COSINE, COSINE, st.integers(1, 10**7))
def test_probability_rises_with_the_score(low: float, high: float, n_tracks: int) -> None:
    low, high = min(low, high), max(low, high)

    for branch in LINES:
        assert probability({branch: low}, n_tracks) <= probability({branch: high}, n_tracks)


@given(COSINE, st.integers(1, 10**6))
def test_the_same_score_means_less_in_a_larger_library(score: float, n_tracks: int) -> None:
    small = probability({"audio": score}, n_tracks)

    assert probability({"audio": score}, 2 * n_tracks) <= small


def test_a_second_branch_that_agrees_raises_the_probability() -> None:
    alone = probability({"audio": 0.35}, 100)

    assert probability({"audio": 0.35, "title": 0.6}, 100) > alone


def test_no_branch_means_no_probability() -> None:
    assert probability({}, 10) == 0


def test_scale_puts_branches_of_different_spread_on_one_level() -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(50, 8)).astype(np.float32)
    probes = rng.normal(size=(9, 8)).astype(np.float32)

    scale = scale_of(probes, rows)
    normalised = scale.normalise(probes @ rows.T)

    assert abs(normalised.mean()) < 1e-5
    assert normalised.std() == pytest.approx(1, abs=1e-3)


def test_a_track_that_a_branch_does_not_know_counts_as_average() -> None:
    scale = scale_of(np.eye(2, dtype=np.float32), np.eye(2, dtype=np.float32))

    assert scale.normalise(np.array([np.nan])).tolist() == [0.0]


def test_fusion_weighs_the_branches_alike() -> None:
    assert fuse({"title": np.array([2.0]), "audio": np.array([0.0])}).tolist() == [1.0]


def test_explanation_names_the_strongest_branch_first() -> None:
    track = Track("a", Path("a.mp3"), "Rain", description="slow piano")

    why = explain(track, {"audio": 0.5, "title": 0.1, "description": 0.7}, ["slow"])

    assert why == 'description "slow piano" fits the words (0.70); sounds slow (0.50)'


@pytest.mark.parametrize(
    ("chance", "generate", "decision"),
    [
        (0.6, "on-miss", "retrieve"),
        (0.4, "on-miss", "generate"),
        (0.4, "never", "retrieve"),
        (0.9, "always", "generate"),
    ],
)
def test_decision_follows_probability_and_wish(chance: float, generate: str, decision: str) -> None:
    assert decide([_match(chance)], generate=generate, min_probability=0.5)[0] == decision


def test_an_empty_answer_is_a_miss() -> None:
    assert decide([], generate="on-miss", min_probability=0.5)[0] == "generate"


def test_a_match_without_audio_is_never_the_choice() -> None:
    silent = replace(_match(0.9), track=Track("b", Path(), "Snow", has_audio=False))

    assert decide([silent], generate="on-miss", min_probability=0.5)[0] == "generate"
    assert decide([silent, _match(0.6)], generate="on-miss", min_probability=0.5) == (
        "retrieve",
        "60% likely to fit (at least 50% asked)",
    )


@pytest.mark.parametrize(
    ("matches", "narrowed", "said"),
    [
        ([], False, "the library holds nothing to compare"),
        ([], True, "no track meets the condition or may be used for this"),
        ([_match(0.2)], True, "a miss: the best track is 20% likely"),
    ],
)
def test_why_nothing_is_taken_tells_an_empty_library_from_a_condition_that_nothing_meets(
    matches: list[Match], narrowed: bool, said: str
) -> None:
    decision, reason = decide(matches, generate="on-miss", min_probability=0.5, narrowed=narrowed)

    assert (decision, reason.startswith(said)) == ("generate", True), reason
