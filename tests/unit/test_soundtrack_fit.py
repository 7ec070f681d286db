import numpy as np
import pytest

from v2m.audio.loudness import integrated_lufs
from v2m.soundtrack.fit import CUE_LUFS, find_loop, fit_exact, fit_track
from v2m.types import Audio, Mono, Span

RATE = 16000


def _hum(seconds: float, level: float = 0.1) -> Mono:
    time = np.arange(round(seconds * RATE)) / RATE
    return (level * np.sin(2 * np.pi * 220 * time)).astype(np.float32)


def _silence(seconds: float) -> Mono:
    return np.zeros(round(seconds * RATE), np.float32)


def _beats(bpm: float, seconds: float) -> Mono:
    """A bar of four different decaying notes, over and over."""
    beat = 60 / bpm
    time = np.arange(round(seconds * RATE)) / RATE
    note = np.array([220, 330, 440, 277])[(time // beat).astype(int) % 4]
    sound = 0.3 * np.sin(2 * np.pi * note * time) * np.exp(-4 * (time % beat))
    return np.asarray(sound, np.float32)


def _audio(*parts: Mono) -> Audio:
    mono = np.concatenate(parts)
    return Audio(np.stack([mono, mono]), RATE)


def test_the_stretch_lies_at_the_wanted_section() -> None:
    fit = fit_track(_audio(_hum(60)), Span(20, 35), 12, 0)

    assert fit.in_seconds == pytest.approx(20, abs=0.5)
    assert fit.out_seconds == pytest.approx(fit.in_seconds + 12)
    assert fit.loop is None
    assert fit.notices == ()


def test_the_stretch_starts_just_before_an_onset() -> None:
    track = _audio(_hum(10.2, 0.01), _hum(20, 0.3))

    fit = fit_track(track, Span(10, 25), 8, 0)

    assert 10.17 <= fit.in_seconds <= 10.2


def test_the_stretch_leaves_room_for_its_crossfades() -> None:
    track = _audio(_hum(20))

    for wanted in (Span(0, 9), Span(12, 20)):
        fit = fit_track(track, wanted, 10, 0, sides=(1.5, 2))

        assert fit.in_seconds >= 1.5
        assert fit.out_seconds <= 18 + 1e-6
        assert fit.out_seconds - fit.in_seconds == pytest.approx(10, abs=1e-3)


def test_the_stretch_stays_in_the_sounding_part() -> None:
    track = _audio(_silence(5), _hum(20), _silence(5))

    early = fit_track(track, Span(0, 10), 15, 0)
    late = fit_track(track, Span(20, 30), 15, 0)

    assert early.in_seconds == pytest.approx(5, abs=0.1)
    assert 24.5 < late.out_seconds <= 25.01


def test_the_stretch_goes_round_a_hole() -> None:
    track = _audio(_hum(12), _silence(1), _hum(20))

    fit = fit_track(track, Span(8, 20), 10, 0)

    assert fit.out_seconds <= 12.1 or fit.in_seconds >= 12.9


def test_where_every_stretch_has_a_hole_the_shortest_is_taken() -> None:
    track = _audio(_hum(6), _silence(2), _hum(6), _silence(0.4), _hum(6))

    fit = fit_track(track, Span(0, 6), 12, 0)

    assert fit.in_seconds >= 7


def test_a_track_as_long_as_its_cue_is_used_whole() -> None:
    fit = fit_track(_audio(_hum(10)), Span(4, 10), 10, 0)

    assert (fit.in_seconds, fit.out_seconds, fit.loop) == (0, 10, None)


def test_a_silent_track_is_named() -> None:
    fit = fit_track(_audio(_silence(20)), Span(0, 10), 5, 120)

    assert (fit.in_seconds, fit.out_seconds, fit.loop, fit.gain_db) == (0, 5, None, 0)
    assert fit.notices == ("the track is silent",)


@pytest.mark.parametrize("bpm", [90.0, 120.0])
def test_a_short_track_repeats_in_whole_bars(bpm: float) -> None:
    fit = fit_track(_audio(_beats(bpm, 11)), Span(3, 9), 40, bpm)

    assert fit.loop is not None
    bars = (fit.loop.end_seconds - fit.loop.start_seconds) / (4 * 60 / bpm)
    assert bars == pytest.approx(round(bars), abs=0.01)
    assert bars > 0.9
    assert fit.in_seconds == 0
    assert fit.out_seconds == fit.loop.end_seconds <= 11
    assert fit.notices == ()


def test_a_short_track_with_a_crossfade_ahead_starts_later() -> None:
    fit = fit_track(_audio(_beats(120, 9)), Span(0, 9), 30, 120, sides=(0.5, 0.5))

    assert fit.loop is not None
    assert fit.in_seconds == 0.5


def test_a_loop_shorter_than_its_crossfade_is_levelled_like_any_other() -> None:
    fit = fit_track(_audio(_hum(3)), Span(0, 3), 30, 0, sides=(5, 5))

    assert fit.loop is not None
    missing = CUE_LUFS - integrated_lufs(_audio(_hum(3)).samples, RATE)
    assert fit.gain_db == pytest.approx(missing, abs=0.5)


@pytest.mark.parametrize("bpm", [0.0, 10.0])
def test_without_a_usable_tempo_a_loop_has_any_length(bpm: float) -> None:
    fit = fit_track(_audio(_hum(6)), Span(0, 6), 30, bpm)

    assert fit.loop is not None
    assert 0.5 <= fit.loop.start_seconds + 0.5 <= fit.loop.end_seconds <= 6


def test_a_loop_leaves_fades_out() -> None:
    fading = _hum(14) * np.interp(
        np.arange(14 * RATE) / RATE, [0, 3, 10, 14], [1e-3, 1, 1, 1e-3]
    ).astype(np.float32)

    loop = find_loop(fading, RATE, Span(0, 14), 0)

    assert loop is not None
    assert loop.start_seconds > 0.5
    assert loop.end_seconds < 13.6


def test_a_loop_joins_where_the_music_sounds_alike() -> None:
    high = (0.1 * np.sin(2 * np.pi * 1500 * np.arange(2 * RATE) / RATE)).astype(np.float32)
    track = np.concatenate([_hum(4), high, _hum(4), high])

    loop = find_loop(track, RATE, Span(0, 12), 0)

    assert loop is not None
    sounds = ["high" if at % 6 > 4 else "hum" for at in (loop.start_seconds, loop.end_seconds)]
    assert sounds[0] == sounds[1]


@pytest.mark.parametrize("seconds", [0.05, 0.3, 0.45])
def test_a_track_too_short_to_repeat_is_named(seconds: float) -> None:
    fit = fit_track(_audio(_hum(seconds)), Span(0, 1), 10, 120)

    assert fit.loop is None
    assert fit.notices == ("too short to repeat",)
    assert (fit.in_seconds, fit.out_seconds) == (0, 10)


def test_room_that_shrinks_under_the_shortest_loop_is_left_alone() -> None:
    loop = find_loop(_hum(0.6), RATE, Span(0, 0.6), 0)

    assert loop is not None
    assert loop.end_seconds - loop.start_seconds >= 0.5
    assert loop.end_seconds <= 0.6


@pytest.mark.parametrize("level", [0.02, 0.1, 0.9])
def test_the_gain_brings_the_stretch_to_the_loudness_of_cues(level: float) -> None:
    track = _audio(_hum(20, level))

    fit = fit_track(track, Span(5, 10), 8, 0)

    used = track.excerpt(Span(fit.in_seconds, fit.out_seconds))
    assert integrated_lufs(used.samples, RATE) + fit.gain_db == pytest.approx(CUE_LUFS, abs=0.02)


def test_the_gain_is_bounded() -> None:
    assert fit_track(_audio(_hum(9, 0.002)), Span(0, 5), 5, 0).gain_db == 24


def test_a_composed_piece_is_placed_whole() -> None:
    piece = _audio(_hum(1, 0.001), _hum(8), _hum(1, 0.001))

    fit = fit_exact(piece, 8, before=1)

    assert (fit.in_seconds, fit.out_seconds, fit.loop, fit.notices) == (1, 9, None, ())
    middle = integrated_lufs(piece.excerpt(Span(1, 9)).samples, RATE)
    assert fit.gain_db == pytest.approx(CUE_LUFS - middle, abs=0.01)


def test_a_composed_silence_keeps_its_gain() -> None:
    assert fit_exact(_audio(_silence(5)), 4, before=0.5).gain_db == 0
