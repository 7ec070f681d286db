"""How a track is built, on sound whose bars, sections and ending are known."""

import numpy as np
import pytest

from v2m.audio.beats import find_beats
from v2m.audio.descriptors import RATE, spectra_of
from v2m.audio.structure import at_structure_rate, find_structure, lay_ground
from v2m.structure import Structure
from v2m.types import Audio, Span

BEAT = 0.5
BAR = 4 * BEAT
FRAMES_PER_SECOND = 50.0


def tone(hertz: float, seconds: float, level: float) -> np.ndarray:
    t = np.arange(round(seconds * RATE)) / RATE
    return level * np.exp(-3 * t) * (np.sin(2 * np.pi * hertz * t) + 0.3 * np.sin(9 * hertz * t))


def piece(plan: str) -> Audio:
    """Bars of four notes: capital letters are loud, small ones quiet; each letter has its tones."""
    out = []
    for letter in plan:
        root = 110 * 2 ** ((ord(letter.upper()) - 65) * 5 / 12)
        level = 0.4 if letter.isupper() else 0.05
        out += [tone(root * step, BEAT, level) for step in (1, 1.25, 1.5, 2)]
    return Audio(np.concatenate(out)[None].astype(np.float32), RATE)


def heard(n_bars: int) -> np.ndarray:
    out = np.full((round(n_bars * BAR * FRAMES_PER_SECOND), 2), 0.01, np.float32)
    for beat in range(4 * n_bars):
        frame = round(beat * BEAT * FRAMES_PER_SECOND)
        out[frame : frame + 2, int(beat % 4 == 0)] = 0.9
    return out


def built(plan: str) -> Structure:
    return structure_of(piece(plan), heard(len(plan)))


def structure_of(audio: Audio, activations: np.ndarray) -> Structure:
    beats = find_beats(activations, FRAMES_PER_SECOND)
    return find_structure(lay_ground(spectra_of(at_structure_rate(audio)), beats))


@pytest.fixture(scope="module")
def song() -> Structure:
    return built("aaaaBBBBBBBBCCCCCCCCBBBBBBBB")


def test_bar_lines_lie_on_the_downbeats(song: Structure) -> None:
    assert song.metre == "4/4"
    assert song.tempo_bpm == pytest.approx(120, rel=0.01)
    assert song.bars_seconds[:28] == pytest.approx(BAR * np.arange(28), abs=0.04)


def test_sections_begin_where_the_music_changes(song: Structure) -> None:
    starts = [section.span.start_seconds for section in song.sections]

    assert starts == pytest.approx([0, 4 * BAR, 12 * BAR, 20 * BAR], abs=0.05)
    assert [s.span.end_seconds for s in song.sections[:-1]] == starts[1:]


def test_a_section_that_comes_again_keeps_its_label(song: Structure) -> None:
    labels = [section.label for section in song.sections]

    assert labels == ["A", "B", "C", "B"]


def test_the_quiet_beginning_is_the_intro(song: Structure) -> None:
    assert song.intro_end_seconds == pytest.approx(4 * BAR, abs=0.05)
    assert song.sections[0].energy < 0.5 * song.sections[1].energy


def test_the_climax_is_where_it_gets_loud_and_stays_so(song: Structure) -> None:
    assert song.climax_seconds == pytest.approx(4 * BAR, abs=0.05)


def test_the_ending_is_the_last_section_at_most_eight_bars_long(song: Structure) -> None:
    assert song.ending_seconds == pytest.approx(20 * BAR, abs=0.05)
    assert song.sounding.end_seconds == pytest.approx(28 * BAR, abs=0.5)


def test_bars_that_come_again_are_joined(song: Structure) -> None:
    """From within the first B to the same place of the second, eight bars of C are left out."""
    best = max((j for j in song.joins if j.second_seconds - j.first_seconds == pytest.approx(
        16 * BAR, abs=0.05)), key=lambda j: j.likeness)  # fmt: skip

    assert best.likeness > 0.8
    assert 4 * BAR <= best.first_seconds <= 12 * BAR


def test_unlike_bars_are_joined_worse_than_alike_ones(song: Structure) -> None:
    likeness = {round((j.second_seconds - j.first_seconds) / BAR): j.likeness for j in song.joins}

    assert likeness[1] > 2 * likeness[25]


def test_music_without_a_pulse_has_lines_about_two_seconds_apart() -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, (1, 20 * RATE)).astype(np.float32)

    found = structure_of(Audio(noise, RATE), np.full((1000, 2), 0.001, np.float32))

    assert (found.metre, found.tempo_bpm, len(found.beats_seconds)) == ("", 0.0, 0)
    assert np.diff(found.bars_seconds) == pytest.approx(2.0, abs=0.9)


def test_silence_has_an_empty_structure() -> None:
    silent = Audio(np.zeros((2, 5 * RATE), np.float32), RATE)

    found = structure_of(silent, np.zeros((250, 2), np.float32))

    assert found.sections == ()
    assert found.joins == ()
    assert found.sounding == Span(0.0, 0.0)


def test_a_track_of_one_bar_is_one_section() -> None:
    found = built("B")

    assert len(found.sections) <= 1
    assert found.joins == ()


def test_energy_of_a_stretch_is_the_mean_of_its_half_seconds(song: Structure) -> None:
    quiet, loud = song.energy_of(Span(0, 6)), song.energy_of(Span(10, 20))

    assert 0 <= quiet < loud <= 1
    assert song.energy_of(Span(900, 910)) == 0.0


def test_bars_of_two_beats_in_three_parts_are_six_eight() -> None:
    beat = 0.6
    out = [tone(220, beat / 3, 0.4) for _ in range(3 * 40)]
    audio = Audio(np.concatenate(out)[None].astype(np.float32), RATE)
    activations = np.full((round(40 * beat * 50), 2), 0.01, np.float32)
    for number in range(40):
        frame = round(number * beat * 50)
        activations[frame : frame + 2, int(number % 2 == 0)] = 0.9

    assert structure_of(audio, activations).metre == "6/8"
