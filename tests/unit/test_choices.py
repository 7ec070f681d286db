"""Tracks too short for a scene are less likely to fit it."""

from pathlib import Path

import pytest

from retriever.search import Match
from v2m.choices import filling
from v2m.types import Span, Track


def _match(name: str, seconds: float, probability: float) -> Match:
    track = Track(name, Path(f"{name}.wav"), name, duration_seconds=seconds)
    return Match(track, 0.0, probability, {}, Span(0, 4), "sounds calm")


def test_a_take_for_a_shorter_scene_gives_way_to_a_track_that_fills_this_one() -> None:
    take, track = _match("take", 4.0, 0.99), _match("track", 60.0, 0.6)

    first, second = filling([take, track], 6.0)

    assert first is track
    assert second.track is take.track
    assert second.probability == pytest.approx(0.99 * (4 / 5.82) ** 3)
    assert second.why == "sounds calm; too short, fills 69%"


@pytest.mark.parametrize("seconds", [3.0, 4.1])
def test_a_take_that_fills_a_scene_stays_what_it_is(seconds: float) -> None:
    matches = [_match("take", 4.0, 0.99), _match("track", 60.0, 0.6)]

    assert filling(matches, seconds) == matches


def test_music_that_can_be_made_longer_is_not_too_short() -> None:
    matches = [_match("a", 12.0, 0.7), _match("unknown", 0.0, 0.6)]

    assert filling(matches, 60.0) == matches
