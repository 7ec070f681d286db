"""Figures on sound, against sounds whose figures are known."""

import math

import numpy as np
import numpy.typing as npt
import pytest

from v2m.evaluation.music_table import sound_table
from v2m.evaluation.sound import (
    clipped_share,
    loudness_range,
    measure_sound,
    silence_share,
    tempo_stability,
)
from v2m.types import Audio

RATE = 22050


def _tone(seconds: float, dbfs: float, rate: int = RATE) -> npt.NDArray[np.float32]:
    time = np.arange(round(seconds * rate)) / rate
    one = 10 ** (dbfs / 20) * np.sin(2 * np.pi * 1000 * time)
    return np.stack([one, one]).astype(np.float32)


def _clicks(seconds: float, bpm: float) -> npt.NDArray[np.float32]:
    time = np.arange(round(seconds * RATE)) / RATE
    beat = np.exp(-12 * (time % (60 / bpm)))
    noise = np.random.default_rng(0).normal(0, 0.2, len(time))
    return np.stack([beat * noise] * 2).astype(np.float32)


@pytest.mark.parametrize(("loud", "soft", "expected"), [(-20, -30, 10), (-20, -15, 5)])
def test_loudness_range_of_the_standards_own_test_signals(
    loud: float, soft: float, expected: float
) -> None:
    # EBU Tech 3342, table 1, cases 1 and 2: 20 s at each level
    steps = np.concatenate([_tone(20, loud, 48000), _tone(20, soft, 48000)], axis=1)

    assert loudness_range(steps, 48000) == pytest.approx(expected, abs=1)


def test_loudness_range_leaves_out_what_is_far_below() -> None:
    # case 4: soft beginning and end lie under the relative gate
    levels = [-50, -35, -20, -35, -50]
    steps = np.concatenate([_tone(20, level, 48000) for level in levels], axis=1)

    assert loudness_range(steps, 48000) == pytest.approx(15, abs=1)


def test_no_loudness_range_of_silence_or_of_a_moment() -> None:
    assert math.isnan(loudness_range(np.zeros((2, 5 * RATE), np.float32), RATE))
    assert math.isnan(loudness_range(_tone(1.0, -20), RATE))


def test_steady_clicks_are_stable_and_a_change_of_tempo_is_seen() -> None:
    steady = Audio(_clicks(40, 120), RATE)
    changing = Audio(np.concatenate([_clicks(28, 120), _clicks(28, 90)], axis=1), RATE)

    assert tempo_stability(steady) == 1
    assert 0.3 < tempo_stability(changing) < 0.8


def test_stability_needs_a_pulse_and_some_length() -> None:
    assert math.isnan(tempo_stability(Audio(np.zeros((2, 20 * RATE), np.float32), RATE)))
    assert math.isnan(tempo_stability(Audio(_clicks(13, 120), RATE)))
    assert math.isnan(tempo_stability(Audio(np.zeros((2, 0), np.float32), RATE)))


def test_silence_share() -> None:
    half = np.concatenate([_tone(2, -20), np.zeros((2, 2 * RATE), np.float32)], axis=1)

    assert silence_share(Audio(half, RATE)) == pytest.approx(0.5, abs=0.02)
    assert math.isnan(silence_share(Audio(np.zeros((2, 0), np.float32), RATE)))


def test_only_runs_at_full_scale_are_clipping() -> None:
    sound = np.zeros((1, 100), np.float32)
    sound[0, 10:15] = 1.0  # five in a row
    sound[0, 20:22] = 1.0  # two: a chance peak
    sound[0, 30:36] = [1, -1, 1, -1, 1, -1]

    assert clipped_share(sound) == pytest.approx(0.05)
    assert math.isnan(clipped_share(np.zeros((2, 0), np.float32)))


def test_table_counts_what_is_degenerate() -> None:
    tone = measure_sound(Audio(_tone(12, -20), RATE))
    clicks = measure_sound(Audio(_clicks(12, 97), RATE))

    table = sound_table({"tone": tone, "clicks": clicks})

    assert "repeats the same" in str(table.rows[0][-1])
    assert table.rows[-1][-1] == "1 of 2"
    assert len(sound_table({"tone": tone}).rows) == 1
