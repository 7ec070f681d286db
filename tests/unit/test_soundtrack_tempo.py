"""A track a little faster or slower: same pitch, beats where they belong, however it is read."""

import numpy as np
import pytest

from tests.unit.plans import Memory
from v2m.soundtrack import tempo
from v2m.soundtrack.tempo import Paced
from v2m.types import Samples

RATE = 16000


@pytest.fixture(autouse=True)
def _short_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempo, "CHUNK_SECONDS", 1.0)


def ticking(seconds: float) -> Samples:
    """A tone of 440 Hz with a click every half second."""
    time = np.arange(round(seconds * RATE)) / RATE
    sound = 0.2 * np.sin(2 * np.pi * 440 * time)
    for click in np.arange(0.5, seconds, 0.5):
        at = round(click * RATE)
        sound[at : at + 40] += 0.7 * np.hanning(40) * np.cos(np.arange(40))
    return np.stack([sound, sound]).astype(np.float32)


def paced(speed: float, entry: int = 0) -> Paced:
    return Paced(Memory(ticking(8)), entry, speed, RATE, reach=(-RATE // 2, 6 * RATE))


@pytest.mark.parametrize("speed", [0.97, 1.012, 1.03])
def test_clicks_come_earlier_or_later_by_the_speed(speed: float) -> None:
    sound = paced(speed, entry=RATE).read(0, 5 * RATE)[0]

    steep = np.abs(np.diff(sound, 3))
    for number in range(1, 9):
        at = 0.5 * number / speed
        near = steep[round((at - 0.05) * RATE) : round((at + 0.05) * RATE)]
        assert int(near.argmax()) / RATE - 0.05 == pytest.approx(0.001, abs=0.003)


@pytest.mark.parametrize("speed", [0.97, 1.03])
def test_the_pitch_stays(speed: float) -> None:
    sound = paced(speed).read(0, 4 * RATE)[0]

    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
    assert float(spectrum.argmax()) / 4 == pytest.approx(440, abs=1)


def test_the_sound_is_the_same_however_it_is_read() -> None:
    whole = paced(1.02).read(0, 4 * RATE)

    parts = paced(1.02)
    pieces = [parts.read(first, 777) for first in range(0, 4 * RATE, 777)]

    np.testing.assert_array_equal(np.concatenate(pieces, axis=1)[:, : 4 * RATE], whole)


def test_chunks_join_at_equal_power() -> None:
    tone = np.sin(2 * np.pi * 440 * np.arange(6 * RATE) / RATE).astype(np.float32)
    sound = Paced(Memory(np.stack([tone, tone])), 0, 1.015, RATE, reach=(0, 5 * RATE)).read(
        0, 5 * RATE
    )[0]

    levels = np.sqrt((sound[RATE // 2 :].reshape(-1, RATE // 50) ** 2).mean(axis=1))
    assert levels.min() > 0.6 * np.median(levels)
    assert levels.max() < 1.45 * np.median(levels)


def test_outside_what_was_promised_there_is_silence() -> None:
    assert not paced(1.02).read(-2 * RATE, RATE).any()
    assert not paced(1.02).read(6 * RATE, RATE).any()


def test_ahead_of_the_track_there_is_silence() -> None:
    sound = paced(1.02).read(-RATE // 2, RATE)[0]

    assert np.abs(sound[: RATE // 4]).max() < 0.01
    assert np.abs(sound[3 * RATE // 4 :]).max() > 0.1
