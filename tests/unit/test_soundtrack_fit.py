"""Music cut to a cue: whole bars, the exact length, its own ending, a climax where it is asked."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.structures import steady
from v2m.audio.loudness import integrated_lufs
from v2m.soundtrack.fit import CUE_LUFS, SEAM_LEAD_SECONDS, Fit, Place, fit_exact, fit_track
from v2m.structure import Join, Structure
from v2m.types import Audio, Span

RATE = 8000
ANYWHERE = Span(0.0, 10.0)


def bars(seconds: float, *, cut_off: bool = False) -> Audio:
    """Decaying notes on every half second, as in the structures of ``steady``, the last faded."""
    time = np.arange(round(seconds * RATE)) / RATE
    note = np.array([220, 330, 440, 277])[(time // 0.5).astype(int) % 4]
    sound = 0.3 * np.sin(2 * np.pi * note * time) * np.exp(-4 * (time % 0.5))
    sound *= 1 if cut_off else np.clip((seconds - time) / 0.4, 0, 1)
    return Audio(np.stack([sound, sound]).astype(np.float32), RATE)


def fitted(structure: Structure, seconds: float, section: Span = ANYWHERE, **more: object) -> Fit:
    place = Place(seconds, **more)  # type: ignore[arg-type]
    return fit_track(bars(structure.sounding.end_seconds), structure, section, place)


def length(fit: Fit) -> float:
    return sum(part.duration_seconds for part in fit.parts)


def test_a_cue_starts_on_the_bar_line_nearest_its_section() -> None:
    fit = fitted(steady(30), 12, Span(20.7, 35))

    assert fit.parts[0].in_seconds == pytest.approx(20, abs=1e-3)
    assert len(fit.parts) == 1
    assert fit.notices == ()


@settings(max_examples=15, deadline=None)
@given(st.floats(0.5, 400), st.booleans())
def test_every_cue_is_filled_to_its_exact_length(seconds: float, ends: bool) -> None:
    joins = tuple(Join(2.0 * a, 2.0 * b, 0.8) for a in range(1, 8) for b in range(a + 1, 12))

    fit = fitted(steady(12, joins=joins, tail_seconds=1.0), seconds, ends=ends)

    assert length(fit) == pytest.approx(seconds, abs=0.02)
    assert all(0.97 <= part.speed <= 1.03 for part in fit.parts)
    assert all(part.out_seconds - part.in_seconds >= 0.5 for part in fit.parts[:-1])


def test_music_that_is_followed_by_nothing_comes_to_its_own_end() -> None:
    joins = (Join(8.0, 30.0, 0.9),)

    fit = fitted(steady(20, joins=joins, tail_seconds=1.5), 19.7, Span(0, 10), ends=True)

    assert fit.own_ending
    assert fit.parts[-1].out_seconds == pytest.approx(41.5, abs=0.02)
    assert fit.fade_out_seconds < 0.1


@pytest.mark.parametrize("cut_off", [True, False])
def test_only_a_track_that_dies_away_ends_by_itself(cut_off: bool) -> None:
    sound = bars(41.2, cut_off=cut_off)

    fit = fit_track(sound, steady(20, tail_seconds=1.2), ANYWHERE, Place(41.2, ends=True))

    assert fit.own_ending is not cut_off
    assert (fit.fade_out_seconds > 1) is cut_off


def test_where_its_own_end_has_no_room_the_music_is_faded() -> None:
    fit = fitted(steady(40), 5.0, Span(0, 10), ends=True)

    assert not fit.own_ending
    assert fit.fade_out_seconds > 1


def test_seams_lie_on_joins_just_ahead_of_the_beat() -> None:
    joins = (Join(4.0, 12.0, 0.9),)

    fit = fitted(steady(8, joins=joins), 40.0, ends=True)

    assert len(fit.parts) > 1
    for before, after in pairwise(fit.parts):
        assert before.out_seconds == pytest.approx(12 - SEAM_LEAD_SECONDS, abs=1e-3)
        assert after.in_seconds == pytest.approx(4 - SEAM_LEAD_SECONDS, abs=0.013)


def test_a_bar_line_falls_on_the_end_of_a_cue_that_another_follows() -> None:
    fit = fitted(steady(30), 10.2, after_seconds=0.5)

    assert fit.parts[-1].speed == pytest.approx(10 / 10.2, abs=1e-4)
    assert fit.parts[-1].out_seconds % 2 == pytest.approx(0, abs=1e-3)


def test_where_no_bar_line_can_be_reached_the_tempo_stays() -> None:
    fit = fitted(steady(30), 9.0)

    assert [part.speed for part in fit.parts] == [1.0]


def test_the_climax_falls_where_it_was_asked() -> None:
    joins = tuple(Join(2.0 * a, 2.0 * b, 0.8) for a in range(1, 8) for b in range(a + 1, 14))

    for hit in (6.3, 13.0, 30.1):
        fit = fitted(steady(20, joins=joins, climax_seconds=16.0), 60, hit_seconds=hit)

        late = 0.0
        moments = []
        for part in fit.parts:
            if part.in_seconds - 0.05 <= 16.0 < part.out_seconds - 0.05:
                moments.append(late + (16.0 - part.in_seconds) / part.speed)
            late += part.duration_seconds
        assert min(abs(moment - hit) for moment in moments) < 0.03


def test_a_climax_that_comes_too_early_is_reached_all_the_same_and_told() -> None:
    fit = fitted(steady(20, climax_seconds=4.0), 40, hit_seconds=15.0)

    assert length(fit) == pytest.approx(40, abs=0.02)
    assert "climax" in fit.notices[0]


def test_beats_meet_the_cuts_of_a_restless_scene() -> None:
    cuts = tuple(0.515 * n for n in range(1, 12))  # beats are 3 % too fast

    fit = fitted(steady(40), 7.0, cuts_seconds=cuts)

    assert fit.cuts is not None
    assert fit.cuts.mean_seconds < 0.03
    assert fit.plain_cuts is not None
    assert fit.plain_cuts.mean_seconds > 2 * fit.cuts.mean_seconds


def test_a_passage_the_video_has_heard_is_not_started_again() -> None:
    fit = fitted(steady(40), 8, Span(10, 20), heard=(Span(8, 16),))

    assert not 8 <= fit.parts[0].in_seconds < 16


def test_music_leaves_room_ahead_of_it_for_a_crossfade() -> None:
    fit = fitted(steady(40), 8, Span(0, 10), before_seconds=0.5)

    assert fit.parts[0].in_seconds >= 0.5


def test_a_cue_that_another_follows_does_not_run_out_of_its_track() -> None:
    alone = fitted(steady(10), 10, Span(10, 20))
    followed = fitted(steady(10), 10, Span(10, 20), after_seconds=0.5)

    assert alone.parts[-1].out_seconds == pytest.approx(20, abs=0.01)
    assert followed.parts[-1].out_seconds == pytest.approx(18, abs=0.01)


def test_every_cue_is_brought_to_one_loudness() -> None:
    for level in (0.2, 0.8):
        loud = bars(60)
        audio = Audio(loud.samples * np.float32(level), RATE)

        fit = fit_track(audio, steady(30), ANYWHERE, Place(20))

        heard = audio.excerpt(Span(fit.parts[0].in_seconds, fit.parts[0].out_seconds))
        lufs = integrated_lufs(heard.samples * np.float32(10 ** (fit.gain_db / 20)), RATE)
        assert lufs == pytest.approx(CUE_LUFS, abs=0.1)


def test_a_jingle_without_bars_repeats_as_a_whole_and_says_so() -> None:
    fit = fitted(steady(1), 7.0)

    assert [part.in_seconds for part in fit.parts] == [0.0] * 4
    assert length(fit) == pytest.approx(7.0)
    assert "no bars were found" in fit.notices[0]


def test_silence_is_told() -> None:
    silent = Audio(np.zeros((2, RATE), np.float32), RATE)
    nothing = steady(1)
    object.__setattr__(nothing, "sounding", Span(0.0, 0.0))
    object.__setattr__(nothing, "bars_seconds", np.zeros(0))

    fit = fit_track(silent, nothing, ANYWHERE, Place(3.0))

    assert fit.notices == ("the track is silent",)
    assert fit.gain_db == 0.0


def test_a_composed_piece_is_taken_as_it_is() -> None:
    fit = fit_exact(bars(12), 10.0, 0.5)

    assert [(p.in_seconds, p.out_seconds, p.speed) for p in fit.parts] == [(0.5, 10.5, 1.0)]
    assert (fit.fade_in_seconds, fit.fade_out_seconds) == (0.0, 0.0)


@pytest.mark.parametrize("hit", [0.2, 0.45, 3.9])
def test_a_climax_right_at_the_start_leaves_no_scrap_ahead_of_it(hit: float) -> None:
    joins = (Join(2.0, 6.0, 0.9),)
    fit = fitted(steady(20, joins=joins, climax_seconds=4.0), 30, hit_seconds=hit)

    assert length(fit) == pytest.approx(30, abs=0.02)
    assert all(part.out_seconds - part.in_seconds >= 0.5 for part in fit.parts[:-1])


def test_bars_of_a_wrong_beat_make_no_scraps() -> None:
    lines = np.array([0.0, 0.3, 2.0, 2.3, 4.0, 4.2, 6.0, 8.0, 8.3])
    joins = tuple(Join(a, b, 1.0) for a in (0.3, 2.3, 4.2) for b in (2.3, 4.2, 8.0) if a < b)
    structure = steady(8, lines=lines, joins=joins)

    for seconds in np.arange(3, 40, 1.7):
        fit = fitted(structure, float(seconds), ends=True)
        assert all(part.out_seconds - part.in_seconds >= 0.5 for part in fit.parts[:-1])
        assert length(fit) == pytest.approx(seconds, abs=0.05)
