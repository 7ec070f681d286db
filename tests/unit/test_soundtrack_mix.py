from typing import Any

import numpy as np
import pytest

from tests.unit.plans import Memory, Shelf, looped, whole_mix
from v2m.soundtrack import mix, tempo
from v2m.soundtrack.mix import RATE, border_fades
from v2m.soundtrack.plan import Cue, CuePlan, Seam
from v2m.soundtrack.unroll import SEAM_SECONDS, Unrolled
from v2m.types import Samples


def _noise(seconds: float, seed: int) -> Samples:
    rng = np.random.default_rng(seed)
    return rng.normal(0, 0.1, (2, round(seconds * RATE))).astype(np.float32)


def _tone(seconds: float, hertz: float = 100.0) -> Samples:
    tone = np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE).astype(np.float32)
    return np.stack([tone, tone])


def _cue(start: float, end: float, track: str = "a", **more: Any) -> Cue:
    source = "retrieved" if track else "silence"
    facts = {"source": source, "track_path": track, "scenes": (0,)} | more
    return Cue(start_seconds=start, end_seconds=end, **facts)


def _plan(*cues: Cue, crossfade: float = 1.0) -> CuePlan:
    video = {
        "path": "v.mp4",
        "duration_seconds": cues[-1].end_seconds,
        "fps": 25,
        "width": 64,
        "height": 48,
        "has_audio": False,
    }
    return CuePlan.model_validate(
        {
            "video": video,
            "profile": "light",
            "min_probability": 0.5,
            "scenes": (),
            "cues": cues,
            "mix": {"crossfade_seconds": crossfade},
        }
    )


def _unrolled(cue: Cue, track: Samples, before: float, length: int) -> Samples:
    return Unrolled(cue, Memory(track), RATE).read(round(-before * RATE), length)


def _power(sound: Samples, at: float, seconds: float = 0.1) -> float:
    first = round((at - seconds / 2) * RATE)
    return float((sound[:, first : first + round(seconds * RATE)] ** 2).mean())


@pytest.mark.parametrize("seconds", [0.04, 1.0, 2.71828, 3.00001])
def test_the_mix_is_as_long_as_the_video_to_the_sample(seconds: float) -> None:
    sound = whole_mix(_plan(_cue(0, seconds)), Shelf(a=_noise(5, 0)))

    assert sound.shape == (2, round(seconds * RATE))
    assert sound.dtype == np.float32


def test_a_lone_cue_is_its_track_from_where_it_starts() -> None:
    track = _noise(5, 0)

    sound = whole_mix(_plan(_cue(0, 2, in_seconds=1.5, gain_db=-6)), Shelf(a=track))

    first = round(1.5 * RATE)
    gain = 10 ** (-6 / 20)
    np.testing.assert_allclose(sound, gain * track[:, first : first + 2 * RATE], atol=1e-6)


def test_fades_rise_and_fall_at_the_ends_of_the_video() -> None:
    ones = np.ones((2, 4 * RATE), np.float32)

    sound = whole_mix(_plan(_cue(0, 4, fade_in_seconds=1, fade_out_seconds=2)), Shelf(a=ones))[0]

    expected = np.interp(np.arange(4 * RATE) / RATE, [0, 1, 2, 4], [0, 1, 1, 0])
    np.testing.assert_allclose(sound, np.sin(np.pi / 2 * expected), atol=1e-4)


def test_a_fade_longer_than_its_cue_fits_into_it() -> None:
    ones = np.ones((2, 4 * RATE), np.float32)

    sound = whole_mix(_plan(_cue(0, 1, fade_in_seconds=9, fade_out_seconds=9)), Shelf(a=ones))[0]

    assert sound[0] < 1e-3 > sound[-1]
    assert sound.max() == pytest.approx(0.5, abs=0.01)


def test_neighbours_are_crossfaded_at_equal_power() -> None:
    shelf = Shelf(a=_noise(8, 1), b=_noise(8, 2))
    plan = _plan(_cue(0, 4, "a"), _cue(4, 8, "b", in_seconds=2), crossfade=2)

    sound = whole_mix(plan, shelf)

    for at in (1.0, 3.2, 3.6, 4.0, 4.4, 4.8, 7.0):
        assert _power(sound, at, 0.3) == pytest.approx(0.01, rel=0.06)


def test_a_crossfade_is_centred_on_the_border_and_leaves_the_rest_alone() -> None:
    a, b = _noise(8, 1), _noise(8, 2)
    plan = _plan(_cue(0, 4, "a"), _cue(4, 8, "b", in_seconds=3), crossfade=2)

    sound = whole_mix(plan, Shelf(a=a, b=b))

    np.testing.assert_allclose(sound[:, : 3 * RATE], a[:, : 3 * RATE], atol=1e-6)
    np.testing.assert_allclose(sound[:, 5 * RATE :], b[:, 4 * RATE : 7 * RATE], atol=1e-6)
    middle = np.s_[:, 4 * RATE - 2 : 4 * RATE + 2]
    expected = np.sqrt(0.5) * (a[middle] + b[:, 3 * RATE - 2 : 3 * RATE + 2])
    np.testing.assert_allclose(sound[middle], expected, atol=1e-4)


def test_without_a_crossfade_the_next_cue_starts_on_its_sample() -> None:
    a, b = _noise(3, 1), _noise(3, 2)

    sound = whole_mix(_plan(_cue(0, 1, "a"), _cue(1, 2, "b"), crossfade=0), Shelf(a=a, b=b))

    np.testing.assert_allclose(sound, np.hstack([a[:, :RATE], b[:, :RATE]]), atol=1e-6)


def test_silence_is_silent_and_its_neighbours_fade_by_themselves() -> None:
    shelf = Shelf(a=_noise(9, 1), b=_noise(9, 2))
    first = _cue(0, 3, "a", fade_out_seconds=0.5)

    sound = whole_mix(_plan(first, _cue(3, 5, ""), _cue(5, 8, "b")), shelf)

    assert not sound[:, 3 * RATE : 5 * RATE].any()
    assert 0 < _power(sound, 2.95) < 0.002
    assert _power(sound, 5.06) == pytest.approx(0.01, rel=0.1)


def test_crossfades_are_short_beside_short_cues_and_none_beside_silence() -> None:
    cues = [_cue(0, 10), _cue(10, 11), _cue(11, 20), _cue(20, 21, ""), _cue(21, 30)]

    assert border_fades(cues, 2) == [0, 0.5, 0.5, 0, 0, 0]
    assert border_fades(cues[:1], 2) == [0, 0]


def test_a_track_that_begins_too_late_for_its_crossfade_starts_with_silence() -> None:
    track = _noise(4, 0)

    sound = _unrolled(_cue(0, 2, in_seconds=0.25), track, 1.0, 3 * RATE)

    silent = round(0.75 * RATE)
    assert not sound[:, :silent].any()
    np.testing.assert_array_equal(sound[:, silent:], track[:, : 3 * RATE - silent])


@pytest.mark.parametrize("in_seconds", [0.0, 1.5, 2.0, 60.0])
def test_where_the_track_has_nothing_there_is_silence(in_seconds: float) -> None:
    track = _noise(2, 0)

    sound = _unrolled(_cue(0, 3, in_seconds=in_seconds), track, 0.0, 3 * RATE)

    rest = track[:, round(in_seconds * RATE) :]
    np.testing.assert_array_equal(sound[:, : rest.shape[1]], rest)
    assert not sound[:, rest.shape[1] :].any()


def test_a_cue_that_lies_wholly_ahead_of_its_track_is_silent() -> None:
    sound = _unrolled(_cue(0, 3), _noise(2, 0), 2.0, RATE)

    assert not sound.any()


def _looped(track: Samples, start: float, end: float, seconds: float, **more: Any) -> Samples:
    seams = looped(start, end, seconds, more["in_seconds"])
    cue = _cue(0, seconds, seams=seams, **more)
    return _unrolled(cue, track, 0.0, round(seconds * RATE))


def test_a_loop_repeats_its_stretch_from_the_loop_start() -> None:
    track = _noise(4, 0)

    sound = _looped(track, 1, 3, 8, in_seconds=0.5)

    seams = np.array([2.5, 4.5, 6.5])
    time = np.arange(8 * RATE) / RATE
    place = np.where(time < 2.5, 0.5 + time, 1 + (time - 2.5) % 2)
    expected = track[:, (place * RATE).round().astype(int)]
    away = np.abs(time[:, None] - seams).min(axis=1) > SEAM_SECONDS / 2 + 1e-3
    np.testing.assert_allclose(sound[:, away], expected[:, away], atol=1e-6)


@pytest.mark.parametrize("shared", [0.0, 0.7])
def test_a_seam_is_as_loud_as_its_sides_whatever_they_share(shared: float) -> None:
    sounds = []
    for seed in range(12):
        both = np.tile(_noise(2, 2 * seed), 2)
        track = np.sqrt(shared) * both + np.sqrt(1 - shared) * _noise(4, 2 * seed + 1)
        sounds.append(_looped(track.astype(np.float32), 1, 3, 5, in_seconds=1))

    for at in (1.0, 1.98, 1.99, 2.0, 2.01, 2.02, 3.98, 4.0, 4.02):
        power = np.mean([_power(sound, at, 0.01) for sound in sounds])
        assert power == pytest.approx(0.01, rel=0.08)


def test_a_loop_of_whole_periods_cannot_be_heard() -> None:
    sound = _looped(_tone(5), 1, 3, 9, in_seconds=1)

    np.testing.assert_allclose(sound, np.tile(_tone(1), 9), atol=1e-4)


def test_a_loop_reaches_the_end_without_a_hole() -> None:
    sound = _looped(_noise(3, 0), 0.5, 1.13, 20, in_seconds=0.0)

    assert sound.shape == (2, 20 * RATE)
    levels = (sound.reshape(2, -1, RATE // 10) ** 2).mean(axis=(0, 2))
    assert levels.min() > 0.007


def test_a_loop_keeps_time_over_many_rounds() -> None:
    track = np.zeros((2, 2 * RATE), np.float32)
    track[:, RATE] = 1

    sound = _looped(track, 0.5, 1.5, 30, in_seconds=0.5)

    ticks = np.flatnonzero(sound[0] > 0.5)
    np.testing.assert_array_equal(ticks, (np.arange(30) + 0.5) * RATE)


def test_the_shortest_loop_still_has_a_seam() -> None:
    sound = _looped(_tone(3), 1, 1.5, 4, in_seconds=1)

    assert np.abs(np.diff(sound[0])).max() < 0.03


@pytest.mark.parametrize("block", [1000, 4799, 1 << 18])
def test_the_length_of_the_blocks_does_not_change_the_sound(
    block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempo, "CHUNK_SECONDS", 0.7)
    shelf = Shelf(a=_noise(3, 1), b=_noise(3, 2))
    seams = (*looped(0.5, 1.3, 2, 0.4), Seam(out_seconds=1.3, in_seconds=0.2, speed=1.02))
    more = {"seams": seams, "in_seconds": 0.4, "fade_in_seconds": 0.2, "fade_out_seconds": 1.5}
    plan = _plan(_cue(0, 3.1, "a", **more), _cue(3.1, 5, "b", in_seconds=0.7, fade_out_seconds=1))
    whole = whole_mix(plan, shelf)

    monkeypatch.setattr(mix, "BLOCK", block)

    np.testing.assert_allclose(whole_mix(plan, shelf), whole, atol=1e-6)
    assert max(part.shape[1] for part in mix.mix_cues(plan, shelf)) <= block
