"""The detector of silence and stuck loops, on sounds whose faults are known."""

import numpy as np
import numpy.typing as npt
import pytest

from generator.arranger.composer import Arranger
from v2m.audio.faults import find_faults
from v2m.types import Audio, Samples

RATE = 32000


@pytest.fixture(scope="module")
def music() -> Samples:
    """Return 24 s of music without a fault."""
    return Arranger().compose("calm piano", 24.0, seed=1).samples[:1]


def _kinds(samples: npt.NDArray[np.floating], rate: int = 44100) -> list[str]:
    return [fault.kind for fault in find_faults(Audio(samples.astype(np.float32), rate))]


@pytest.mark.parametrize("prompt", ["techno, 128 bpm", "slow ambient strings", "waltz"])
def test_music_has_no_faults(prompt: str) -> None:
    assert find_faults(Arranger().compose(prompt, 20.0, seed=2)) == []


def test_noise_is_no_loop() -> None:
    assert _kinds(np.random.default_rng(0).normal(0, 0.1, (2, 20 * RATE)), RATE) == []


@pytest.mark.parametrize("period_seconds", [0.05, 0.33, 0.7, 1.9])
def test_a_repeated_excerpt_is_stuck(music: Samples, period_seconds: float) -> None:
    excerpt = music[:, 44100 * 5 : 44100 * 5 + round(period_seconds * 44100)]
    times = int(16 / period_seconds)

    (fault,) = find_faults(Audio(np.tile(excerpt, times), 44100))

    assert fault.kind == "stuck"
    assert fault.share > 0.6
    assert "repeats the same" in fault.text


def test_a_loop_after_good_music_is_found_where_it_is(music: Samples) -> None:
    loop = np.tile(music[:, :22050], 28)  # 14 s

    (fault,) = find_faults(Audio(np.concatenate([music[:, : 44100 * 10], loop], axis=1), 44100))

    assert fault.kind == "stuck"
    assert fault.span.start_seconds == pytest.approx(10, abs=1.5)
    assert fault.span.end_seconds == pytest.approx(24, abs=1.1)


def test_a_steady_tone_is_stuck() -> None:
    assert _kinds(0.1 * np.sin(2 * np.pi * 220 * np.arange(20 * RATE) / RATE)[None], RATE) == [
        "stuck"
    ]


def test_an_ostinato_of_a_few_seconds_is_music(music: Samples) -> None:
    assert _kinds(np.concatenate([music, np.tile(music[:, :22050], 8)], axis=1)) == []


def test_silence_is_found(music: Samples) -> None:
    hole = np.zeros((1, 5 * 44100), np.float32)

    assert _kinds(np.zeros((2, 0))) == ["silent"]
    assert _kinds(np.zeros((2, 44100))) == ["silent"]
    assert _kinds(np.concatenate([music[:, :44100], hole], axis=1)) == ["silent"]
    (fault,) = find_faults(Audio(np.concatenate([music, hole, music], axis=1), 44100))
    assert fault.text.startswith("falls silent for 5.")


def test_a_quiet_end_is_no_fault(music: Samples) -> None:
    assert _kinds(np.concatenate([music, np.zeros((1, 6 * 44100), np.float32)], axis=1)) == []


def test_numbers_that_are_none_are_found(music: Samples) -> None:
    broken = music.copy()
    broken[0, 1000] = np.nan

    assert _kinds(broken) == ["not finite"]
