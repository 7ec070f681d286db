"""Several pieces at once, a theme in common, and what is said about them."""

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from v2m import composing
from v2m.composing import Composed, Order, Studio
from v2m.errors import BackendError, ConfigError, InputError
from v2m.results import PlanOptions
from v2m.types import Audio, Scene, Span, Take, TakeRequest, Track


class Composer:
    """Keeps what it is asked for."""

    name = "pretended"

    revision = "1"
    weights_licence = ""
    max_seconds = 10.0

    def __init__(self, *, hears_melody: bool = False, places_climax: bool = False) -> None:
        self.hears_melody = hears_melody
        self.places_climax = places_climax
        self.sessions: list[list[TakeRequest]] = []

    def compose_all(self, requests: Sequence[TakeRequest], *, report: Any) -> list[Take]:
        self.sessions.append(list(requests))
        report(len(requests), len(requests))
        return [Take(Audio(np.full((1, 4), r.seed, np.float32), 4), r.seed) for r in requests]

    def parameters(self, _prompt: str, _seconds: float, _seed: int) -> dict[str, str | int | float]:
        return {}


def _studio(composer: Composer) -> Studio:
    profile: Any = SimpleNamespace(composer=composer)
    catalogue: Any = None
    return Studio(catalogue, profile, Path())


REQUESTS = [TakeRequest("calm", 3.0, 0), TakeRequest("wild", 9.0, 1), TakeRequest("sad", 5.0, 2)]


def test_all_pieces_are_made_in_one_session() -> None:
    composer = Composer(hears_melody=True)

    takes = _studio(composer).take(REQUESTS).takes

    assert composer.sessions == [REQUESTS]
    assert [take.seed for take in takes] == [0, 1, 2]


def test_a_shared_theme_is_that_of_the_longest_piece() -> None:
    composer = Composer(hears_melody=True)

    takes = _studio(composer).take(REQUESTS, shared_theme=True).takes

    first, others = composer.sessions
    assert first == [REQUESTS[1]]
    assert [request.melody for request in others] == [takes[1].audio] * 2
    assert [take.seed for take in takes] == [0, 1, 2]
    assert takes[1].notices == ()


def test_a_composer_that_follows_no_melody_says_so() -> None:
    takes = _studio(Composer(hears_melody=False)).take(REQUESTS, shared_theme=True).takes

    assert takes[1].notices == ("pretended follows no melody: the cues share no theme",)


class Failing(Composer):
    """Makes one session, and then no other."""

    def compose_all(self, requests: Sequence[TakeRequest], *, report: Any) -> list[Take]:
        if self.sessions:
            raise BackendError("pretended", "out of ideas")
        return super().compose_all(requests, report=report)


def test_without_a_fallback_a_failing_composer_ends_the_run() -> None:
    with pytest.raises(BackendError, match="out of ideas"):
        _studio(Failing(hears_melody=True)).take(REQUESTS, shared_theme=True)


def test_the_fallback_makes_all_pieces_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    arranger: Any = Composer(hears_melody=False)
    monkeypatch.setattr(composing, "load_profile", lambda _: SimpleNamespace(composer=arranger))

    studio = _studio(Failing(hears_melody=True))
    first = studio.take(REQUESTS, fallback="arranger")

    again = studio.take(REQUESTS, fallback="arranger")

    assert first.composer is studio.profile.composer  # nothing failed yet
    assert arranger.sessions == [REQUESTS]
    assert again.composer is arranger
    assert {take.notices for take in again.takes} == {
        ("composed by the arranger, for another composer failed: pretended: out of ideas",)
    }


def test_a_fallback_nobody_knows_is_refused() -> None:
    failing = _studio(Failing(hears_melody=True))
    failing.take(REQUESTS)

    with pytest.raises(ConfigError, match="fallback composer"):
        failing.take(REQUESTS, fallback="somebody")


def test_an_empty_prompt_is_refused_before_anything_is_made() -> None:
    composer = Composer(hears_melody=True)

    with pytest.raises(InputError, match="the prompt is empty"):
        _studio(composer).take([*REQUESTS, TakeRequest("\n", 1.0, 0)])
    assert composer.sessions == []


def _ordered(
    composer: Composer, monkeypatch: pytest.MonkeyPatch, seconds: float, climax: float | None
) -> Composed:
    monkeypatch.setattr(Studio, "_kept", lambda *_: Track("a", Path("a.flac"), "a"))
    scene = Scene(2, Span(0, seconds), 0, 25)
    order = Order("calm", seconds, scene, climax_seconds=climax)
    (made,) = _studio(composer).compose_for(Path("a.mp4"), [order], PlanOptions())
    return made


def test_a_climax_is_asked_of_the_composer_and_kept_with_what_made_the_piece(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    composer = Composer(places_climax=True)

    made = _ordered(composer, monkeypatch, 8.0, 5.0)

    assert composer.sessions[0][0].climax_seconds == 5.0
    assert made.made.parameters == {"climax_seconds": 5.0}
    assert made.notices == ()


def test_a_composer_that_cannot_place_a_climax_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    made = _ordered(Composer(), monkeypatch, 8.0, 5.0)

    assert made.notices == ("pretended cannot place a climax: it falls where it may",)
    assert made.made.parameters == {}
    assert _ordered(Composer(), monkeypatch, 8.0, None).notices == ()


def test_a_climax_behind_what_a_composer_can_make_is_not_asked_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    composer = Composer(places_climax=True)

    _ordered(composer, monkeypatch, 30.0, 25.0)

    assert composer.sessions[0][0].climax_seconds is None
