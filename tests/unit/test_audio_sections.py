from itertools import pairwise

import numpy as np
import pytest

from v2m.audio.sections import MOST_SECTIONS, RATE, sounding_part, split_sections
from v2m.types import Audio, Mono, Span


def _tone(hertz: float, seconds: float, rate: int = RATE) -> Mono:
    time = np.arange(round(seconds * rate)) / rate
    noise = np.random.default_rng(int(hertz)).normal(0, 0.01, len(time))
    return (0.2 * np.sin(2 * np.pi * hertz * time) + noise).astype(np.float32)


def _audio(*parts: Mono, rate: int = RATE) -> Audio:
    mono = np.concatenate(parts)
    return Audio(np.stack([mono, mono]), rate)


def _silence(seconds: float, rate: int = RATE) -> Mono:
    return np.zeros(round(seconds * rate), np.float32)


@pytest.mark.parametrize("seconds", [0, 0.01, 5, 40])
def test_silence_has_no_sections(seconds: float) -> None:
    assert split_sections(_audio(_silence(seconds))) == []


@pytest.mark.parametrize("seconds", [0.3, 9, 15.9])
def test_a_short_track_is_one_section(seconds: float) -> None:
    (section,) = split_sections(_audio(_tone(300, seconds)))

    assert section.start_seconds == 0
    assert section.end_seconds == pytest.approx(seconds, abs=0.001)


@pytest.mark.parametrize("rate", [RATE, 44100])
def test_sections_change_where_the_music_changes(rate: int) -> None:
    parts = [_tone(hertz, seconds, rate) for hertz, seconds in ((200, 13), (900, 18), (2500, 14))]

    first, second, third = split_sections(_audio(*parts, rate=rate))

    assert first.end_seconds == pytest.approx(13, abs=0.8)
    assert second.end_seconds == pytest.approx(31, abs=0.8)
    assert third.end_seconds == pytest.approx(45, abs=0.02)


def test_sections_change_where_the_music_changes_late_in_a_long_track() -> None:
    parts = [_tone(200, 285), _tone(2000, 15)]

    edges = [section.end_seconds for section in split_sections(_audio(*parts))]

    assert min(abs(edge - 285) for edge in edges) <= 0.8


def test_sections_leave_silence_at_the_ends_out_and_join_without_a_gap() -> None:
    sections = split_sections(_audio(_silence(4), _tone(400, 50), _silence(6)))

    assert sections[0].start_seconds == pytest.approx(4, abs=0.02)
    assert sections[-1].end_seconds == pytest.approx(54, abs=0.02)
    assert all(a.end_seconds == b.start_seconds for a, b in pairwise(sections))
    assert all(5 < section.duration_seconds < 25 for section in sections)


def test_a_very_long_track_has_a_bounded_number_of_sections() -> None:
    sections = split_sections(_audio(_tone(300, 500)))

    assert len(sections) == MOST_SECTIONS
    assert sections[-1].end_seconds == pytest.approx(500, abs=0.01)
    assert all(section.duration_seconds > 5 for section in sections)


def test_the_sounding_part_ignores_what_is_under_the_threshold() -> None:
    hiss = np.full(RATE, 10 ** (-61 / 20), np.float32)
    loud = np.full(RATE, 10 ** (-59 / 20), np.float32)

    span = sounding_part(np.concatenate([hiss, loud, hiss]), RATE)

    assert span is not None
    assert span.start_seconds == pytest.approx(1, abs=0.011)
    assert span.end_seconds == pytest.approx(2, abs=0.011)


def test_the_sounding_part_does_not_reach_beyond_the_sound() -> None:
    assert sounding_part(np.ones(1234, np.float32), 1000) == Span(0, 1.234)


def test_silence_has_no_sounding_part() -> None:
    assert sounding_part(np.zeros(0, np.float32), RATE) is None
    assert sounding_part(np.zeros(999, np.float32), RATE) is None
