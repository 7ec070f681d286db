"""Stuck loops and standing sound, made on the spot."""

import numpy as np
import pytest

from v2m.audio.degeneracy import find_stuck
from v2m.types import Audio

RATE = 32000


def _melody(seconds: float, seed: int = 0) -> Audio:
    """Return notes that never come twice the same."""
    rng = np.random.default_rng(seed)
    notes = []
    for pitch in rng.uniform(48, 84, round(seconds * 4)):
        time = np.arange(RATE // 4) / RATE
        hertz = 440 * 2 ** ((pitch - 69) / 12)
        notes.append(np.exp(-rng.uniform(2, 9) * time) * np.sin(2 * np.pi * hertz * time))
    tune = np.concatenate(notes) + rng.normal(0, 0.003, RATE // 4 * len(notes))
    return Audio(np.stack([tune, tune]).astype(np.float32) * 0.3, RATE)


@pytest.mark.parametrize("period", [0.3, 0.5, 1.0, 1.6])
def test_finds_a_loop_and_its_period(period: float) -> None:
    start = _melody(8.0).samples
    turn = start[:, : round(period * RATE)]
    turns = round(12 / period)
    stuck = Audio(np.concatenate([start, np.tile(turn, turns)], axis=1), RATE)

    found = find_stuck(stuck)

    assert found.longest_seconds == pytest.approx(turns * period, abs=1.0)
    assert found.is_degenerate
    assert found.period_seconds == pytest.approx(period, abs=0.021)


def test_music_that_goes_on_is_not_stuck() -> None:
    found = find_stuck(_melody(20.0))

    assert found.share == 0
    assert not found.is_degenerate


def test_a_standing_tone_is_stuck_without_a_period() -> None:
    tone = 0.3 * np.sin(2 * np.pi * 440 * np.arange(10 * RATE) / RATE).astype(np.float32)

    found = find_stuck(Audio(np.stack([tone, tone]), RATE))

    assert found.is_degenerate
    assert found.period_seconds == 0


@pytest.mark.parametrize("seconds", [0.0, 0.1, 10.0])
def test_silence_is_not_stuck(seconds: float) -> None:
    found = find_stuck(Audio(np.zeros((2, round(seconds * RATE)), np.float32), RATE))

    assert not found.is_degenerate
    assert found.longest_seconds == 0


def test_noise_is_not_stuck() -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, (2, 8 * RATE)).astype(np.float32)

    assert not find_stuck(Audio(noise, RATE)).is_degenerate
