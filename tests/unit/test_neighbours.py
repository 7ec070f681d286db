"""Tracks as neighbours, and beats that meet cuts."""

from pathlib import Path

import numpy as np
import pytest

from v2m.neighbours import change_factor, pulse_fit
from v2m.types import Track


def track(tempo: float = 0.0, key: str = "", mode: str = "") -> Track:
    return Track("t", Path("t"), "T", tempo_bpm=tempo, key=key, mode=mode)


def test_a_change_between_tracks_nothing_is_known_of_is_a_usual_one() -> None:
    assert change_factor(track(), track()) == 1.0


def test_the_same_tempo_and_key_make_a_change_easy_and_a_clash_of_both_hard() -> None:
    here = track(120, "C", "major")

    assert change_factor(here, track(120, "C", "major")) == pytest.approx(0.75)
    assert change_factor(here, track(101, "F#", "major")) == pytest.approx(1.25, abs=0.01)


@pytest.mark.parametrize("tempo", [60, 120, 240])
def test_octaves_of_a_tempo_go_together(tempo: float) -> None:
    assert change_factor(track(120), track(tempo)) == pytest.approx(0.875)


@pytest.mark.parametrize(
    ("key", "mode", "clash"),
    [("A", "minor", 0), ("G", "major", 0.25), ("F", "major", 0.25), ("D", "major", 0.6),
     ("Eb", "major", 1), ("C", "minor", 1)],
)  # fmt: skip
def test_keys_clash_by_their_distance_on_the_circle_of_fifths(
    key: str, mode: str, clash: float
) -> None:
    factor = change_factor(track(0, "C", "major"), track(0, key, mode))

    assert factor == pytest.approx(0.75 + 0.25 * (0.5 + clash))


def test_cuts_on_the_beat_fit_a_tempo_within_three_percent_and_no_other() -> None:
    cuts = np.cumsum([0.0, *([0.5, 1.0, 0.5, 1.5, 1.0, 2.0, 0.5] * 3)])

    assert pulse_fit(cuts.tolist(), 120) > 0.95
    assert pulse_fit(cuts.tolist(), 117.5) > 0.95
    assert pulse_fit(cuts.tolist(), 103) < 0.3


def test_cuts_at_random_fit_no_tempo() -> None:
    rng = np.random.default_rng(0)
    worth = [
        pulse_fit(np.sort(rng.uniform(0, 60, 20)).tolist(), tempo) for tempo in range(60, 180, 5)
    ]

    assert np.mean(worth) < 0.15


def test_few_cuts_and_music_without_a_pulse_say_nothing() -> None:
    assert pulse_fit([1.0, 2.0], 120) == 0.0
    assert pulse_fit([1.0, 2.0, 3.0, 4.0], 0.0) == 0.0
