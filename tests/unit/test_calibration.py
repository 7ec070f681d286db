"""A library that teaches the miss decision its probability."""

import numpy as np
import pytest
from scipy.special import expit

from retriever.calibration import Calibration, log_odds
from tests.toys import TITLES
from v2m.errors import InputError
from v2m.evaluation.calibration import apply_curve, fit_curve, held_out
from v2m.evaluation.library_queries import (
    STOPWORDS,
    Answers,
    LibraryQuery,
    library_queries,
    track_words,
)
from v2m.evaluation.reliability import reliability
from v2m.types import Track


def _tracks(titles: list[str]) -> list[Track]:
    from pathlib import Path

    return [Track(str(n), Path(f"{n}.mp3"), title) for n, title in enumerate(titles)]


def _overconfident(n: int, seed: int = 0) -> Answers:
    """Return answers whose truth is the curve 0.5 x log odds - 1."""
    rng = np.random.default_rng(seed)
    said = rng.random(n)
    right = rng.random(n) < expit(0.5 * np.log(said / (1 - said)) - 1)
    queries = tuple(LibraryQuery("q", frozenset(), bool(k % 2), str(k // 2)) for k in range(n))
    return Answers(queries, said, right, n_tracks=40)


def test_the_curve_behind_the_answers_is_found() -> None:
    answers = _overconfident(6000)

    slope, intercept = fit_curve(answers.said, answers.correct)

    assert slope == pytest.approx(0.5, abs=0.06)
    assert intercept == pytest.approx(-1, abs=0.08)


def test_a_curve_never_falls() -> None:
    said = np.linspace(0.05, 0.95, 40)

    slope, _ = fit_curve(said, said < 0.5)

    assert slope == 0


@pytest.mark.parametrize("right", [True, False])
def test_a_library_that_is_always_right_or_wrong_stays_finite(right: bool) -> None:
    curve = fit_curve([0.2, 0.5, 0.7], [right] * 3)

    assert np.isfinite(curve).all()
    assert ((apply_curve(curve, [0.5]) > 0.5) == right).all()


def test_calibration_lowers_the_error_on_queries_it_was_not_learned_from() -> None:
    answers = _overconfident(600)

    before = reliability(answers.said, answers.correct).error
    after = reliability(held_out(answers), answers.correct).error

    assert after.value < 0.5 * before.value


def test_a_group_is_judged_by_a_curve_that_has_not_seen_it() -> None:
    answers = _overconfident(60)
    turned = Answers(answers.queries, answers.said, answers.correct.copy(), 40)
    turned.correct[:2] = ~turned.correct[:2]  # the first group

    assert held_out(turned)[:2].tolist() == held_out(answers)[:2].tolist()
    assert held_out(turned).tolist() != held_out(answers).tolist()


def test_the_curve_equals_the_one_find_uses() -> None:
    learned = Calibration(0.7, -1.2, ("audio",), 1, 1, {}, {})
    said = np.linspace(0, 1, 11)

    one_by_one = [learned.probability(float(p)) for p in said]

    assert apply_curve((0.7, -1.2), said).tolist() == pytest.approx(one_by_one)
    assert log_odds(0.75) == pytest.approx(np.log(3))


def test_true_tracks_are_those_that_carry_all_words() -> None:
    tracks = _tracks(TITLES)
    words = {t.track_id: set(track_words(t)) for t in tracks}

    for query in library_queries(tracks):
        asked = set(query.group.split())
        assert query.true_ids == {t for t, own in words.items() if asked <= own}
        assert asked <= set(query.text.split())


def test_half_of_the_queries_lose_their_answers() -> None:
    queries = library_queries(_tracks(TITLES))

    assert sum(query.is_removed for query in queries) * 2 == len(queries)


def test_a_large_library_is_asked_every_question_once() -> None:
    queries = library_queries(_tracks(TITLES), at_most=20)

    assert len(queries) == 20
    assert len({query.group for query in queries}) == 20
    assert sum(query.is_removed for query in queries) == 10


def test_equal_seeds_ask_equal_questions() -> None:
    tracks = _tracks(TITLES)

    first, again, other = (library_queries(tracks, at_most=20, seed=s) for s in (3, 3, 4))

    assert first == again
    assert first != other


def test_a_library_without_words_cannot_teach() -> None:
    with pytest.raises(InputError, match="say what it is like"):
        library_queries(_tracks([f"Track {n:02d}" for n in range(40)]))


def test_composed_tracks_are_not_asked_for() -> None:
    from dataclasses import replace

    composed = [replace(t, origin="generated") for t in _tracks(TITLES)]

    with pytest.raises(InputError):
        library_queries(composed)


def test_words_that_say_nothing_are_left_out() -> None:
    (track,) = _tracks(["The Lonely Track 07 (Remix) feat. Rain"])

    assert track_words(track) == ("lonely", "rain")
    assert "music" in STOPWORDS
