"""Music under speech: how far it goes down, how fast, and how it comes back."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from tests.unit.plans import Shelf, make_cue, make_plan, noise, whole_mix
from v2m.soundtrack.ducking import Ducking, ducks
from v2m.soundtrack.mix import RATE
from v2m.soundtrack.plan import CuePlan, Mix, Speech
from v2m.types import Span


def _speech(start: float, end: float, **more: float) -> Speech:
    return Speech(start_seconds=start, end_seconds=end, **more)


def _plan(*speech: Speech, seconds: float = 20, **mix: Any) -> CuePlan:
    facts = {"original_audio": "mix"} | mix
    return make_plan(make_cue(0, seconds), speech=speech, mix=facts)


def _decibels(plan: CuePlan, seconds: float = 20) -> npt.NDArray[np.float64]:
    """The gain of the music, 1000 values a second."""
    gain = np.broadcast_to(Ducking(plan, 1000).gain(0, round(seconds * 1000)), (20_000,))
    return np.asarray(20 * np.log10(gain), np.float64)


def test_the_music_is_down_from_the_first_word_to_the_last() -> None:
    level = _decibels(_plan(_speech(5, 9), duck_db=12))

    np.testing.assert_allclose(level[5000:9000], -12, atol=0.01)
    assert not level[:4700].any()
    assert not level[9600:].any()


def test_it_comes_back_within_the_release() -> None:
    level = _decibels(_plan(_speech(5, 9), duck_release_seconds=0.8))

    assert level[9799] > -0.01
    assert level[9400] == pytest.approx(-6, abs=0.05)


def test_it_never_changes_by_much_within_10_ms() -> None:
    speech = [_speech(2, 3), _speech(3.5, 5, deeper_db=6), _speech(8, 8.4), _speech(15, 19)]

    level = _decibels(_plan(*speech))

    assert np.abs(level[10:] - level[:-10]).max() < 1
    assert np.abs(_decibels(_plan(_speech(5, 9)))[10:] - level[:-10]).max() > 1  # can fail


def test_it_stays_down_in_a_short_pause() -> None:
    level = _decibels(_plan(_speech(2, 5), _speech(6.2, 9), duck_db=10))

    np.testing.assert_allclose(level[2000:9000], -10, atol=0.01)


def test_it_comes_back_in_a_long_pause() -> None:
    level = _decibels(_plan(_speech(2, 5), _speech(7, 9)))

    assert level[5700:6600].max() == 0


def test_a_quiet_voice_pulls_it_deeper() -> None:
    mix = Mix(duck_db=10)

    found = ducks((_speech(1, 2, deeper_db=5), _speech(8, 9, deeper_db=-20)), mix)

    assert found == [(Span(1, 2), 15)]


def test_speech_that_is_not_heard_does_not_duck() -> None:
    assert not _decibels(_plan(_speech(5, 9), original_audio="replace")).any()
    assert not _decibels(_plan(_speech(5, 9), duck_db=0)).any()


def test_the_mix_is_turned_down_and_otherwise_the_same() -> None:
    shelf = Shelf(a=noise(21, 1))

    ducked = whole_mix(_plan(_speech(5, 9), duck_db=12), shelf)

    plain = whole_mix(_plan(), shelf)
    at = np.arange(20 * RATE) / RATE
    down, up = (at > 5) & (at < 9), (at < 4.7) | (at > 9.6)
    np.testing.assert_allclose(ducked[:, down], plain[:, down] * 10 ** (-12 / 20), atol=1e-6)
    np.testing.assert_array_equal(ducked[:, up], plain[:, up])


def test_speech_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(ValueError, match="ends before it starts"):
        _speech(3, 3)
