"""The arranger: what a prompt asks for, the harmony and the form."""

import re
from collections.abc import Sequence
from itertools import accumulate, pairwise, product

import numpy as np
import pytest

from generator.arranger.form import Form, lay_out
from generator.arranger.harmony import nearest, scale_of, triad, voice_lead
from generator.arranger.instruments import (
    named_instruments,
    without_instruments,
)
from generator.arranger.prompt import read_prompt
from generator.arranger.styles import BEATS_PER_BAR, STYLES

DRUM_CHANNEL = 9
EXPRESSION = 11
D_MINOR = {2, 4, 5, 7, 9, 10, 0}
LEADING_NOTE = 1


def _form(
    style: str,
    seconds: float,
    *,
    tempo_bpm: float = 120.0,
    steady: bool = False,
    climax_seconds: float | None = None,
) -> Form:
    return lay_out(
        STYLES[style],
        seconds,
        tempo_bpm=tempo_bpm,
        beats_per_bar=BEATS_PER_BAR.get(style, 4),
        tonic=0,
        mode=STYLES[style].mode,
        steady=steady,
        rng=np.random.default_rng(0),
        climax_seconds=climax_seconds,
    )


# prompt


@pytest.mark.parametrize(
    ("prompt", "tonic", "mode"),
    [
        ("sad cello in D minor", 2, "minor"),
        ("F# major", 6, "major"),
        ("F♯ minor", 6, "minor"),
        ("Bb major fanfare", 10, "major"),
        ("Cb major", 11, "major"),
        ("B flat minor", 10, "minor"),
        ("B-flat major", 10, "major"),
        ("E-flat minor", 3, "minor"),
        ("piano in c sharp minor", 1, "minor"),
        ("Cello in A Minor", 9, "minor"),
        ("G Major", 7, "major"),
        ("music in a minor", 9, "minor"),
        ("music in a minor key", None, "minor"),
        ("a bright major tune", None, "major"),
        ("a C", None, "major"),
    ],
)
def test_the_key_is_read_from_the_prompt(prompt: str, tonic: int | None, mode: str) -> None:
    brief = read_prompt(prompt)

    assert (brief.tonic, brief.mode) == (tonic, mode)


@pytest.mark.parametrize(
    ("prompt", "tempo_bpm"),
    [
        ("folk at 96 bpm", 96.0),
        ("folk, 96BPM", 96.0),
        ("folk, 88 beats per minute", 88.0),
        ("slow folk at 96 bpm", 96.0),
        ("folk, 97.5 bpm", 97.5),
        ("folk at 20 bpm", 40.0),
        ("folk at 400 bpm", 220.0),
        ("folk", 100.0),
        ("slow folk", 87.0),
        ("Slowly, folk", 87.0),
        ("a quick folk tune", 115.0),
        ("a breakfast folk tune", 100.0),
    ],
)
def test_the_tempo_is_read_from_the_prompt(prompt: str, tempo_bpm: float) -> None:
    assert read_prompt(prompt).tempo_bpm == pytest.approx(tempo_bpm)


@pytest.mark.parametrize("name", STYLES)
def test_every_word_of_a_style_leads_to_a_style_that_has_it(name: str) -> None:
    for word in STYLES[name].words.split():
        brief = read_prompt(word)

        assert brief.sure
        assert word in STYLES[brief.style].words.split()


def test_a_prompt_that_says_nothing_gets_the_default_style_and_says_so() -> None:
    brief = read_prompt("qwertz")

    assert (brief.style, brief.sure) == ("folk", False)


def test_more_words_of_a_style_win() -> None:
    assert read_prompt("sad, ominous, haunted").style == "dark"


def test_meaning_finds_the_style_of_a_prompt_without_its_words() -> None:
    asked: list[str] = []

    def similarity(text: str, others: Sequence[str]) -> Sequence[float]:
        asked.append(text)
        return [0.8 if "saxophone" not in text and "swing" in other else 0.1 for other in others]

    brief = read_prompt("saxophone after midnight in D minor, 90 bpm", similarity)

    assert (brief.style, brief.sure) == ("jazz", True)
    assert re.findall(r"[a-z0-9]+", asked[0]) == ["after", "midnight", "in"]


@pytest.mark.parametrize(
    ("prompt", "drums"),
    [
        ("energetic", "rock"),
        ("energetic, no drums", ""),
        ("energetic without percussion", ""),
        ("energetic without any drums", ""),
        ("energetic, drumless", ""),
        ("energetic solo guitar", ""),
        ("calm", ""),
        ("calm with light drums", "pop"),
        ("calm, 60 beats per minute", ""),
    ],
)
def test_drums_play_where_they_are_wanted(prompt: str, drums: str) -> None:
    assert read_prompt(prompt).drums == drums


@pytest.mark.parametrize(
    ("prompt", "players"),
    [
        ("tender", ("violin", "strings", "guitar", "double bass")),
        ("tender cello", ("cello", "strings", "guitar", "double bass")),
        ("tender harp", ("harp", "strings", "harp", "double bass")),
        ("tender accordion", ("accordion", "strings", "accordion", "double bass")),
        ("tender tuba", ("violin", "strings", "guitar", "tuba")),
        ("tender tuba and contrabass", ("violin", "strings", "guitar", "tuba")),
        ("tender piano and flute", ("flute", "strings", "piano", "double bass")),
        ("tender violin, viola, cello, oboe", ("violin", "viola", "cello", "double bass")),
        ("tender piano, harp, banjo", ("harp", "banjo", "piano", "double bass")),
        ("tender solo cello", ("cello", None, None, None)),
        ("tender piano alone", ("piano", None, "piano", None)),
        ("tender solo organ", ("organ", "organ", "organ", None)),
        ("tender unaccompanied choir", ("choir", "choir", None, None)),
        ("jazz", ("saxophone", None, "electric piano", "double bass")),
    ],
)
def test_named_instruments_get_parts_that_suit_them(
    prompt: str, players: tuple[str | None, ...]
) -> None:
    brief = read_prompt(prompt)

    chosen = (brief.lead, brief.pad, brief.figure, brief.bass)
    assert tuple(player and player.name for player in chosen) == players


def test_instruments_are_known_by_their_other_names() -> None:
    named = named_instruments("Upright bass, SAX, ukulele, string quartet and sax again")

    assert [i.name for i in named] == ["double bass", "saxophone", "guitar", "strings"]


def test_a_name_inside_a_longer_word_is_no_instrument() -> None:
    assert named_instruments("harpoon, stringent, pianissimo") == []
    assert without_instruments("Dark organ").split() == ["dark"]


# harmony


@pytest.mark.parametrize("mode", ["major", "minor"])
@pytest.mark.parametrize("tonic", range(12))
def test_chords_are_thirds_apart_and_lie_in_their_scale(tonic: int, mode: str) -> None:
    for degree in range(7):
        scale = scale_of(tonic, mode, degree)
        root, third, fifth = triad(scale, degree)

        assert {root, third, fifth} <= set(scale)
        assert (third - root) % 12 in (3, 4)
        assert (fifth - root) % 12 in (6, 7, 8)


def test_the_dominant_is_major_in_minor_keys_too() -> None:
    root, third, fifth = triad(scale_of(9, "minor", 4), 4)

    assert ((third - root) % 12, (fifth - root) % 12) == (4, 7)


@pytest.mark.parametrize(("first", "then"), list(product(range(7), repeat=2)))
def test_voice_leading_moves_each_voice_little(first: int, then: int) -> None:
    chords = [triad(scale_of(0, "major", degree), degree) for degree in (first, then)]
    before = voice_lead(chords[0], (), 48, 79)
    after = voice_lead(chords[1], before, 48, 79)

    assert sorted(after) == list(after)
    assert {pitch % 12 for pitch in after} == set(chords[1])
    assert max(abs(a - b) for a, b in zip(before, after, strict=True)) <= 4
    assert sum(abs(a - b) for a, b in zip(before, after, strict=True)) <= 6


def test_the_same_chord_stays_where_it_is() -> None:
    chord = voice_lead((0, 4, 7), (), 48, 79)

    assert voice_lead((0, 4, 7), chord, 48, 79) == chord


def test_voices_come_back_to_the_middle_of_the_register() -> None:
    voicing: tuple[int, ...] = (72, 76, 79)
    for degree in (0, 3, 4, 0) * 8:
        voicing = voice_lead(triad(scale_of(0, "major", degree), degree), voicing, 48, 79)

    assert abs(sum(voicing) / 3 - 63.5) < 9


@pytest.mark.parametrize("pitch", [-50.0, 0.0, 54.0, 60.0, 61.5, 74.2, 300.0])
def test_nearest_is_the_best_of_all_allowed_pitches(pitch: float) -> None:
    found = nearest(pitch, (0, 5), 55, 90)

    every = [p for p in range(55, 91) if p % 12 in (0, 5)]
    assert found in every
    assert abs(found - pitch) == min(abs(p - pitch) for p in every)


# form


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("seconds", [0.2, 1.0, 4.3, 11.111, 37.0, 150.0, 600.0])
def test_bars_follow_each_other_and_leave_room_for_the_last_chord(
    style: str, seconds: float
) -> None:
    form = _form(style, seconds, tempo_bpm=STYLES[style].tempo_bpm)

    starts = [bar.start for bar in (*form.bars, form.last)]
    assert starts == [0, *accumulate(bar.beats for bar in form.bars)]
    assert {bar.beats for bar in form.bars[:-1]} <= {form.last.beats}
    ring = seconds - form.time_of(form.last.start)
    assert ring >= min(2.0, 0.35 * seconds) - 1e-9
    beats = 1 if len(form.bars) >= 2 else form.last.beats
    assert ring <= 2.0 + beats * form.beat_seconds


@pytest.mark.parametrize("seconds", [0.2, 1.0, 8.0, 61.0])
def test_a_piece_ends_on_its_tonic_after_the_chord_that_leads_there(seconds: float) -> None:
    form = _form("tender", seconds)

    assert form.last.chord == (0, 4, 7)
    if len(form.bars) >= 2:
        assert form.bars[-1].chord == (7, 11, 2)


def test_a_piece_too_short_for_a_bar_is_its_last_chord() -> None:
    form = _form("calm", 1.0)

    assert form.bars == ()
    assert form.time_of(form.last.start) == 0


def test_the_tempo_slackens_only_at_the_end_and_never_with_drums() -> None:
    free, steady = _form("calm", 31.4), _form("calm", 31.4, steady=True)

    beats = np.arange(0, free.last.start + 0.1)
    steps = np.diff([free.time_of(float(beat)) for beat in beats])
    in_tempo = int(free.slow_from)
    np.testing.assert_allclose(steps[:in_tempo], 0.5)
    assert (np.diff(steps[in_tempo:]) > 0).all()
    assert steps[-1] < 0.5 * 1.5
    np.testing.assert_allclose(np.diff([steady.time_of(float(beat)) for beat in beats]), 0.5)


def test_a_long_piece_rises_rests_and_ends() -> None:
    form = _form("epic", 120.0)

    order = [bar.section for bar in form.bars]
    changes = [order[0], *(b for a, b in pairwise(order) if a != b)]
    assert changes == ["intro", "build", "main", "break", "main", "ending"]
    energy = [bar.energy for bar in form.bars]
    assert energy[0] < 0.5 < max(energy) == 1.0
    rising = [bar.energy for bar in form.bars if bar.section in ("intro", "build")]
    assert rising == sorted(rising)


@pytest.mark.parametrize(
    ("bars", "sections"),
    [(1, ["main"]), (2, ["main"]), (3, ["intro", "main"]), (6, ["intro", "build", "main"])],
)
def test_a_short_piece_has_fewer_sections(bars: int, sections: list[str]) -> None:
    form = _form("epic", 2.0 * bars + 2.1)

    assert len(form.bars) == bars
    found = list(dict.fromkeys(bar.section for bar in form.bars))
    assert [section for section in found if section != "ending"] == sections


@pytest.mark.parametrize("style", ["epic", "waltz", "calm"])
@pytest.mark.parametrize("climax", [0.0, 0.4, 3.3, 17.77, 29.0, 36.5, 39.9])
def test_a_bar_begins_at_the_climax_that_was_asked_for(style: str, climax: float) -> None:
    form = _form(style, 40.0, tempo_bpm=97.0, climax_seconds=climax)

    downbeats = [form.time_of(bar.start) for bar in (*form.bars, form.last)]
    tolerance = 1e-9 if climax >= 1 else 0.5 * form.beat_seconds
    assert min(abs(at - climax) for at in downbeats) <= tolerance
    starts = [bar.start for bar in (*form.bars, form.last)]
    assert starts == [0, *accumulate(bar.beats for bar in form.bars)]
    assert 0 < form.time_of(form.last.start) < 40.0


@pytest.mark.parametrize(("seconds", "climax"), [(40.0, 17.77), (90.0, 60.0), (30.0, 29.0)])
def test_the_energy_rises_to_the_climax_and_is_never_as_high_again(
    seconds: float, climax: float
) -> None:
    form = _form("epic", seconds, climax_seconds=climax)

    bars = (*form.bars, form.last)
    at = next(n for n, bar in enumerate(bars) if form.time_of(bar.start) >= climax - 1e-9)
    energy = [bar.energy for bar in bars]
    assert energy[:at] == sorted(energy[:at])
    assert all(less < energy[at] for less in energy[:at] + energy[at + 1 :])


def test_a_climax_too_late_for_another_bar_is_the_last_chord() -> None:
    form = _form("tender", 30.0, climax_seconds=28.5)

    assert form.time_of(form.last.start) == pytest.approx(28.5)
