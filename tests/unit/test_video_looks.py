"""Colour, motion and the mood they make."""

import numpy as np
import pytest

from tests.unit.videos import BLUE, DARK_RED, RED, WHITE, Colour, plain
from v2m.types import Frames
from v2m.video.looks import Looks, measure_looks, mood_of

SIZE = (36, 64)
GREY = Looks(0.4, 0.1, 0.2, 0.0, 0.03, 8.0)


def _thumbnails(*colours: Colour) -> Frames:
    return np.stack([plain(colour, 1, SIZE)[0] for colour in colours])


@pytest.mark.parametrize(
    ("colour", "brightness", "saturation", "warmth"),
    [
        ((0, 0, 0), 0, 0, 0),
        ((255, 255, 255), 1, 0, 0),
        ((255, 0, 0), 0.299, 1, 1),
        ((0, 255, 0), 0.587, 1, 0),
        ((0, 0, 255), 0.114, 1, -1),
        ((128, 128, 128), 0.502, 0, 0),
    ],
)
def test_colours_are_measured(
    colour: Colour, brightness: float, saturation: float, warmth: float
) -> None:
    looks = measure_looks(_thumbnails(colour, colour), 1.0)

    measured = (looks.brightness, looks.saturation, looks.warmth)
    assert measured == pytest.approx((brightness, saturation, warmth), abs=1e-3)
    assert looks.contrast == pytest.approx(0, abs=1e-3)
    assert (looks.motion, looks.cuts_per_minute) == (0, 0)


def test_contrast_is_half_between_black_and_white() -> None:
    picture = np.zeros((1, *SIZE, 3), np.uint8)
    picture[:, :18] = 255

    assert measure_looks(picture, 1.0).contrast == pytest.approx(0.5, abs=1e-4)


def test_motion_is_the_usual_change_and_not_the_cut() -> None:
    levels = [0, 10, 20, 30, 40, 250]
    looks = measure_looks(_thumbnails(*((n, n, n) for n in levels)), 1.0)

    assert looks.motion == pytest.approx(10 / 255, abs=1e-4)


@pytest.mark.parametrize(("seconds", "rate"), [(30.0, 4.0), (2.0, 60.0), (0.2, 120.0)])
def test_cuts_are_counted_by_the_minute(seconds: float, rate: float) -> None:
    looks = measure_looks(_thumbnails(RED, RED, WHITE, WHITE, BLUE, BLUE), seconds)

    assert looks.cuts_per_minute == pytest.approx(rate)


def test_a_change_of_place_without_a_change_of_colour_is_no_cut() -> None:
    left = np.zeros((1, *SIZE, 3), np.uint8)
    left[:, :, :32] = 255

    moved = np.concatenate([left, left[:, :, ::-1]])
    looks = measure_looks(moved, 1.0)
    assert looks.motion == pytest.approx(1.0)
    assert looks.cuts_per_minute == 0


def test_a_single_thumbnail_stands_still() -> None:
    looks = measure_looks(_thumbnails(DARK_RED), 5.0)

    assert (looks.motion, looks.cuts_per_minute) == (0, 0)


def test_nothing_seen_feels_like_nothing_much() -> None:
    looks = measure_looks(np.empty((0, 1, 1, 3), np.uint8), 5.0)
    mood = mood_of(looks)

    assert (looks.brightness, looks.motion) == (0.5, 0.03)
    assert abs(mood.arousal) < 0.01
    assert abs(mood.valence) < 1


def test_looks_are_listed_by_name() -> None:
    assert GREY.by_name() == {
        "brightness": 0.4,
        "contrast": 0.1,
        "saturation": 0.2,
        "warmth": 0.0,
        "motion": 0.03,
        "cuts_per_minute": 8.0,
    }


@pytest.mark.parametrize(
    ("motion", "words"),
    [(0.08, "fast energetic exciting"), (0.04, "moderately lively"), (0.025, "gentle"),
     (0.0, "slow calm peaceful")],
)  # fmt: skip
def test_motion_sets_the_energy(motion: float, words: str) -> None:
    mood = mood_of(Looks(0.4, 0.1, 0.2, 0.0, motion, 8.0))

    assert mood.words.split(", ")[0] == words


@pytest.mark.parametrize(
    ("brightness", "words"),
    [(0.9, "happy bright cheerful"), (0.45, "warm pleasant"), (0.35, "wistful"),
     (0.1, "dark sad moody")],
)  # fmt: skip
def test_light_sets_the_feeling(brightness: float, words: str) -> None:
    mood = mood_of(Looks(brightness, 0.1, 0.2, 0.0, 0.03, 8.0))

    assert mood.words.split(", ")[1] == words


def test_mood_is_bounded_however_extreme_the_looks() -> None:
    for extreme in (0.0, 1.0):
        looks = Looks(extreme, extreme, extreme, 2 * extreme - 1, extreme, 1000 * extreme)
        mood = mood_of(looks)

        assert abs(mood.arousal) < 4.5
        assert abs(mood.valence) < 4.5


def test_cuts_and_colour_excite_and_warmth_pleases() -> None:
    still = mood_of(GREY)

    assert mood_of(Looks(0.4, 0.1, 0.2, 0.0, 0.03, 20.0)).arousal > still.arousal
    assert mood_of(Looks(0.4, 0.1, 0.4, 0.0, 0.03, 8.0)).arousal > still.arousal
    assert mood_of(Looks(0.4, 0.1, 0.2, 0.2, 0.03, 8.0)).valence > still.valence
