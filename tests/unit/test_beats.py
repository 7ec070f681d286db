"""Beats, bars and metre out of what a network might have heard."""

import numpy as np
import numpy.typing as npt
import pytest

from v2m.audio.beats import (
    BEAT_SHARE,
    FASTEST_BPM,
    SLOWEST_BPM,
    STEADINESS,
    beat_frames,
    find_beats,
)

RATE = 50.0


def heard(tempo_bpm: float, metre: int, *, seconds: float = 20.0) -> npt.NDArray[np.float32]:
    """Activations as a good network gives them: a bump of three frames on each beat."""
    out = np.full((int(seconds * RATE), 2), 0.01, np.float32)
    times = np.arange(0.3, seconds - 0.1, 60 / tempo_bpm)
    for number, time in enumerate(times):
        frame = round(time * RATE)
        out[frame - 1 : frame + 2, int(number % metre == 0)] = (0.4, 0.9, 0.4)
    return out


@pytest.mark.parametrize("tempo", [60, 92, 120, 144, 180])
def test_the_tempo_is_that_of_the_bumps(tempo: int) -> None:
    assert find_beats(heard(tempo, 4), RATE).tempo_bpm == pytest.approx(tempo, rel=0.02)


@pytest.mark.parametrize("metre", [2, 3, 4, 6])
def test_a_bar_has_as_many_beats_as_lie_between_downbeats(metre: int) -> None:
    found = find_beats(heard(120, metre), RATE)

    assert found.beats_per_bar == metre
    assert found.numbers[:7].tolist() == [n % metre + 1 for n in range(7)]


def test_beats_lie_on_the_bumps_within_a_frame() -> None:
    found = find_beats(heard(100, 4), RATE)

    wanted = np.arange(0.3, 19.9, 0.6)
    assert np.abs(found.seconds[: len(wanted)] - wanted[: len(found.seconds)]).max() <= 0.02


def test_a_missing_bump_does_not_shift_the_beats_after_it() -> None:
    activations = heard(120, 4)
    activations[240:262] = 0.01

    found = find_beats(activations, RATE)

    assert np.diff(found.seconds) == pytest.approx(0.5, abs=0.045)


def test_a_bar_with_a_beat_too_few_is_counted_anew_from_the_next_downbeat() -> None:
    first, second = heard(120, 4, seconds=9.6), heard(120, 4, seconds=10.0)
    activations = np.vstack([first, second])  # 19 beats, then a downbeat

    found = find_beats(activations, RATE)

    assert found.numbers[:19].tolist() == [n % 4 + 1 for n in range(19)]
    assert found.numbers[20:24].tolist() == [2, 3, 4, 1]


@pytest.mark.parametrize("frames", [0, 1, 40])
def test_too_little_sound_has_no_beats(frames: int) -> None:
    found = find_beats(np.full((frames, 2), 0.3, np.float32), RATE)

    assert (len(found.seconds), found.beats_per_bar, found.tempo_bpm) == (0, 0, 0.0)


def test_where_nothing_was_heard_there_are_no_beats() -> None:
    found = find_beats(np.full((1000, 2), 0.001, np.float32), RATE)

    assert not len(found.seconds)
    assert found.clarity == 0.0


def _by_single_frames(pulse: npt.NDArray[np.float64], rate: float) -> list[int]:
    """The same path, found state by state: a beat's length, and a place in it."""
    lengths = range(int(60 * rate / FASTEST_BPM), int(60 * rate / SLOWEST_BPM) + 1)
    paths: dict[tuple[int, int], tuple[float, list[int]]] = {}
    for t, on in enumerate(np.log(pulse)):
        off = float(np.log((1 - pulse[t]) / (1 / BEAT_SHARE - 1)))
        ends = [(n, *paths[n, n - 1]) for n in lengths] if t else [(0, 0.0, list[int]())]
        before, paths = paths, {}
        for n in lengths:
            apart = {m: STEADINESS * abs(n / m - 1) if m else 0.0 for m, _, _ in ends}
            begun = max((score - apart[m], found) for m, score, found in ends)
            for place in range(n):
                score, found = before[n, place - 1] if t and place else begun
                score += float(on) if place < max(1, n * BEAT_SHARE) else off
                paths[n, place] = (score, found + [t] * (place == 0))
    return max(paths.values())[1]


@pytest.mark.parametrize("frames", [1, 13, 60, 300])
def test_scoring_whole_beats_finds_the_path_of_scoring_frame_by_frame(frames: int) -> None:
    pulse = np.random.default_rng(frames).uniform(0.01, 0.99, frames)

    assert beat_frames(pulse, 20.0).tolist() == _by_single_frames(pulse, 20.0)
