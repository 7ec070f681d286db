"""The arranger: what a prompt asks for, the harmony, the form, the parts and the sound."""

import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, product
from pathlib import Path

import midirenderer
import mido
import numpy as np
import pytest
import soundfile

from generator.arranger import render
from generator.arranger.composer import Arranger
from generator.arranger.form import Form, lay_out
from generator.arranger.harmony import nearest, scale_of, triad, voice_lead
from generator.arranger.instruments import (
    INSTRUMENTS,
    Instrument,
    named_instruments,
    without_instruments,
)
from generator.arranger.parts import Note, arrange
from generator.arranger.prompt import read_prompt
from generator.arranger.render import SAMPLE_RATE, play, soundfont_path
from generator.arranger.styles import BEATS_PER_BAR, CRASH, DRUMS, SNARE, STYLES
from v2m.errors import BackendError, InputError

DRUM_CHANNEL = 9
ALL_SOUND_OFF = 120
D_MINOR = {2, 4, 5, 7, 9, 10, 0}
LEADING_NOTE = 1


def _form(style: str, seconds: float, *, tempo_bpm: float = 120.0, steady: bool = False) -> Form:
    return lay_out(
        STYLES[style],
        seconds,
        tempo_bpm=tempo_bpm,
        beats_per_bar=BEATS_PER_BAR.get(style, 4),
        tonic=0,
        mode=STYLES[style].mode,
        steady=steady,
        rng=np.random.default_rng(0),
    )


def _notes(prompt: str, seconds: float, *, tempo_bpm: float = 120.0) -> tuple[list[Note], Form]:
    brief = read_prompt(prompt)
    form = _form(brief.style, seconds, tempo_bpm=tempo_bpm, steady=bool(brief.drums))
    return arrange(brief, form, np.random.default_rng(0)), form


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
    assert starts == [n * form.last.beats for n in range(len(form.bars) + 1)]
    ring = seconds - form.time_of(form.last.start)
    assert ring >= min(2.0, 0.35 * seconds) - 1e-9
    assert ring <= 2.0 + form.last.beats * form.beat_seconds


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
    free, steady = _form("calm", 31.0), _form("calm", 31.0, steady=True)

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


# parts


@pytest.mark.parametrize("style", STYLES)
def test_every_style_writes_notes_that_can_be_played(style: str) -> None:
    prompt = STYLES[style].words.split()[0]
    notes, form = _notes(prompt, 60.0)

    assert {note.part for note in notes} >= {"lead"}
    assert all(0 <= note.pitch <= 127 and 8 <= note.velocity <= 127 for note in notes)
    assert all(note.beats > 0 and 0 <= note.start <= form.last.start for note in notes)


@pytest.mark.parametrize("name", INSTRUMENTS)
def test_a_melody_stays_within_reach_of_its_player(name: str) -> None:
    player = INSTRUMENTS[name]
    brief = replace(read_prompt("tender solo cello"), lead=player)
    notes = arrange(brief, _form("tender", 40.0), np.random.default_rng(1))

    lead = [note.pitch for note in notes if note.part == "lead"]
    assert player.low <= min(lead) <= max(lead) <= player.high


@pytest.mark.parametrize("style", [name for name, style in STYLES.items() if style.pad])
def test_held_chords_move_little_from_bar_to_bar(style: str) -> None:
    notes, form = _notes(STYLES[style].words.split()[0], 60.0)

    chords = [
        sorted(n.pitch for n in notes if n.part == "pad" and n.start == bar.start)
        for bar in form.bars
    ]
    moves = [max(abs(a - b) for a, b in zip(*two, strict=True)) for two in pairwise(chords)]
    assert max(moves) <= 7
    assert np.mean(moves) <= 4


def test_the_last_chord_is_played_by_everyone_and_held() -> None:
    notes, form = _notes("happy", 30.0)

    last = [note for note in notes if note.start == form.last.start]
    assert {note.part for note in last} == {"lead", "pad", "figure", "bass", "drums"}
    assert {n.pitch % 12 for n in last if n.part in ("pad", "figure")} == set(form.last.chord)
    assert {n.pitch % 12 for n in last if n.part in ("bass", "lead")} == {form.last.chord[0]}
    assert not [note for note in notes if note.start > form.last.start]


def test_the_intro_is_left_to_the_chords() -> None:
    notes, form = _notes("happy", 60.0)

    intro = sum(bar.beats for bar in form.bars if bar.section == "intro")
    assert intro
    assert {n.part for n in notes if n.start < intro} == {"pad", "figure"}


def test_a_soloist_plays_from_the_start() -> None:
    notes, _ = _notes("tender solo cello", 30.0)

    assert min(note.start for note in notes) == 0
    assert {note.part for note in notes} == {"lead"}


def test_a_soloist_rests_for_less_than_half_a_beat() -> None:
    for seed in range(8):
        form = _form("dark", 40.0)
        notes = arrange(read_prompt("dark solo oboe"), form, np.random.default_rng(seed))
        sounding = sorted((note.start, note.start + note.beats) for note in notes)

        assert all(after - end < 0.5 for (_, end), (after, _) in pairwise(sounding))


def test_drums_build_up_and_mark_the_phrases() -> None:
    notes, form = _notes("happy", 120.0)
    drums = [note for note in notes if note.part == "drums"]

    def in_bars(key: int, wanted: Callable[[str, float], bool]) -> int:
        spans = [b.start for b in form.bars if wanted(b.section, b.energy)]
        return sum(n.pitch == key and any(s <= n.start < s + 4 for s in spans) for n in drums)

    assert in_bars(SNARE, lambda section, energy: section == "build" and energy < 0.75) == 0
    assert in_bars(SNARE, lambda section, energy: section == "build" and energy > 0.75) > 0
    assert in_bars(CRASH, lambda section, energy: section == "main") >= 2
    assert in_bars(SNARE, lambda section, energy: section in ("intro", "break")) == 0


def test_drums_in_three_four_stay_within_the_bar() -> None:
    brief = replace(read_prompt("waltz"), drums="pop")
    form = _form("waltz", 30.0)
    drums = [n for n in arrange(brief, form, np.random.default_rng(0)) if n.part == "drums"]

    steps = {at for at, _, _ in DRUMS["pop"] if at < 3}
    assert {note.start % 3 for note in drums if note.start < form.last.start} <= steps


# sound


@dataclass(frozen=True)
class Played:
    """A piece as the SoundFont renderer was told to play it."""

    programs: dict[int, int]
    onsets: list[tuple[float, int, int]]
    releases: list[tuple[float, int, int]]


@pytest.fixture
def played(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, float], Played]:
    """Return a function that composes and reads the MIDI file the renderer was given."""
    files: list[bytes] = []

    def quick(soundfont: bytes, midi: bytes) -> object:
        files.append(midi)
        return original(soundfont, _midi(mido.MidiTrack([end])))

    original = midirenderer.render_wave_from
    end = mido.MetaMessage("end_of_track", time=10)
    monkeypatch.setattr(midirenderer, "render_wave_from", quick)

    def compose(prompt: str, seconds: float) -> Played:
        Arranger().compose(prompt, seconds, seed=5)
        return _read_midi(files[-1])

    return compose


def _midi(track: mido.MidiTrack) -> bytes:
    file = mido.MidiFile(type=0, ticks_per_beat=960)
    file.tracks.append(track)
    out = io.BytesIO()
    file.save(file=out)
    return out.getvalue()


def _read_midi(content: bytes) -> Played:
    programs: dict[int, int] = {}
    onsets, releases = [], []
    now = 0.0
    for message in mido.MidiFile(file=io.BytesIO(content)):
        now += message.time
        if message.type == "program_change":
            programs[message.channel] = message.program
        elif message.type == "note_on":
            onsets.append((now, message.channel, message.note))
        elif message.type == "note_off":
            releases.append((now, message.channel, message.note))
    return Played(programs, onsets, releases)


def test_the_asked_instruments_play(played: Callable[[str, float], Played]) -> None:
    piece = played("tender oboe, viola, harp and tuba", 12.0)

    names = ("oboe", "viola", "harp", "tuba")
    assert piece.programs == {n: INSTRUMENTS[name].program for n, name in enumerate(names)}
    assert {channel for _, channel, _ in piece.onsets} == {0, 1, 2, 3}


@pytest.mark.parametrize("tempo_bpm", [90, 133])
def test_the_asked_tempo_is_played(
    played: Callable[[str, float], Played], tempo_bpm: float
) -> None:
    piece = played(f"energetic rock, {tempo_bpm} bpm", 30.0)

    half = 30 / tempo_bpm
    times = np.array([at for at, channel, _ in piece.onsets if channel == DRUM_CHANNEL])
    steps = np.rint(times / half)
    assert np.abs(times - steps * half).max() < 0.015
    assert np.count_nonzero(np.diff(np.unique(steps)) == 1) > 20


def test_the_asked_key_is_played(played: Callable[[str, float], Played]) -> None:
    piece = played("sad strings and piano in D minor", 30.0)

    classes = {note % 12 for _, _, note in piece.onsets}
    assert classes <= D_MINOR | {LEADING_NOTE}
    assert classes >= {2, 5, 9}
    latest = max(at for at, _, _ in piece.onsets)
    assert {note % 12 for at, _, note in piece.onsets if at > latest - 0.1} == {2, 5, 9}


@pytest.mark.parametrize("seconds", [1.37, 25.0])
def test_the_last_chord_is_held_to_the_end(
    played: Callable[[str, float], Played], seconds: float
) -> None:
    piece = played("sad strings", seconds)

    assert max(at for at, _, _ in piece.releases) == pytest.approx(seconds - 0.05, abs=0.01)
    assert len(piece.releases) == len(piece.onsets)


@pytest.mark.parametrize("seconds", [0.2, 0.333333, 1.00001, 7.654321])
def test_a_piece_has_exactly_the_samples_asked_for(seconds: float) -> None:
    audio = Arranger().compose("happy", seconds, seed=0)

    assert audio.samples.shape == (2, round(seconds * 44100))
    assert audio.sample_rate == 44100


@pytest.mark.parametrize("prompt", ["calm", "energetic", "sad solo cello", "waltz"])
def test_a_piece_fades_to_nothing_at_its_last_sample(prompt: str) -> None:
    samples = np.abs(Arranger().compose(prompt, 9.7, seed=1).samples)

    assert samples[:, -1].max() < 1e-6
    tail = [block.max() for block in np.array_split(samples[:, -SAMPLE_RATE:], 4, axis=1)]
    assert tail[0] > 0.01
    assert tail[3] < 0.25 * tail[0]


@pytest.mark.parametrize(
    ("prompt", "seed"),
    [
        ("calm", 0),
        ("dark", 0),
        ("jazz", 0),
        ("sacred", 0),
        ("solo whistle, 50 bpm", 1),
        ("solo oboe, 50 bpm", 2),
        ("solo double bass, 50 bpm", 2),
    ],
)
def test_a_piece_is_never_silent(prompt: str, seed: int) -> None:
    samples = Arranger().compose(prompt, 24.0, seed=seed).samples

    loud = np.flatnonzero(np.abs(samples).max(axis=0) > 1e-5)
    edges = np.concatenate([[0], loud, [samples.shape[1]]])
    assert np.diff(edges).max() < 0.3 * SAMPLE_RATE


def test_a_piece_peaks_just_under_full_scale() -> None:
    samples = Arranger().compose("energetic", 6.0, seed=0).samples

    assert np.abs(samples).max() == pytest.approx(0.84, abs=1e-4)


def test_both_channels_differ_and_both_sound() -> None:
    left, right = Arranger().compose("tender", 6.0, seed=0).samples

    assert min(left.std(), right.std()) > 0.5 * max(left.std(), right.std())
    assert not np.array_equal(left, right)


def test_negative_seeds_are_seeds_of_their_own() -> None:
    plus, minus = (Arranger().compose("calm", 2.0, seed=seed).samples for seed in (4, -4))

    assert not np.array_equal(plus, minus)


def _every_pitch(player: Instrument) -> bytes:
    """Return a MIDI file with each pitch of a register for 0.2 s; none rings into the next."""
    track = mido.MidiTrack([mido.Message("program_change", program=player.program)])
    for pitch in range(player.low, player.high + 1):
        track.append(mido.Message("note_on", note=pitch, velocity=90))
        track.append(mido.Message("control_change", control=ALL_SOUND_OFF, time=384))
    return _midi(track)


@pytest.mark.parametrize("name", INSTRUMENTS)
def test_every_pitch_of_every_instrument_sounds(name: str) -> None:
    player = INSTRUMENTS[name]
    soundfont = soundfont_path().read_bytes()
    wave = midirenderer.render_wave_from(soundfont, _every_pitch(player))
    sound, rate = soundfile.read(io.BytesIO(wave), dtype="float32", always_2d=True)

    level = np.abs(sound).max(axis=1)
    step = round(0.2 * rate)
    peaks = [level[step * n :][step // 4 : step].max() for n in range(player.high - player.low + 1)]
    assert [player.low + n for n, peak in enumerate(peaks) if peak < 0.005] == []


def test_nothing_to_play_is_silence_of_the_right_length() -> None:
    form = _form("calm", 1.25)
    audio = play([], form, read_prompt("calm"), np.random.default_rng(0))

    assert audio.samples.shape == (2, 55125)
    assert not audio.samples.any()


def test_a_last_chord_without_room_is_not_faded() -> None:
    form = replace(_form("calm", 2.0), seconds=2.0)
    at_the_end = replace(form, last=replace(form.last, start=4.0))
    note = Note("pad", 0.0, 4.0, 60, 100)
    audio = play([note], at_the_end, read_prompt("calm"), np.random.default_rng(0))

    assert np.abs(audio.samples[:, -441:]).max() > 0.05


def test_a_missing_soundfont_names_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(render, "find_spec", lambda name: None)

    with pytest.raises(BackendError, match="pip install pretty-midi"):
        soundfont_path()


def test_the_soundfont_is_a_soundfont() -> None:
    assert soundfont_path().read_bytes()[:4] == b"RIFF"


def test_a_failing_renderer_is_a_backend_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(soundfont: bytes, midi: bytes) -> bytes:
        raise RuntimeError("no preset")

    monkeypatch.setattr(midirenderer, "render_wave_from", fail)

    with pytest.raises(BackendError, match="no preset"):
        Arranger().compose("calm", 1.0, seed=0)


# composer


@pytest.mark.parametrize("seconds", [0.0, 0.19, -3.0, 600.5, float("nan"), float("inf")])
def test_a_length_out_of_reach_is_refused_with_the_range(seconds: float) -> None:
    with pytest.raises(InputError, match=r"0\.2 to 600 s"):
        Arranger().compose("calm", seconds, seed=0)


def test_parameters_say_what_was_understood() -> None:
    parameters = Arranger().parameters("sad piano in D minor, 72 bpm", 12.5, 3)

    assert parameters == {
        "duration_seconds": 12.5,
        "style": "sad",
        "style_recognised": 1,
        "tempo_bpm": 72.0,
        "tonic": 2,
        "mode": "minor",
        "instruments": "piano, slow strings",
        "drums": "",
        "soundfont": Path(soundfont_path()).name,
    }


def test_the_seed_chooses_the_key_where_the_prompt_names_none() -> None:
    keys = {Arranger().parameters("calm", 5.0, seed)["tonic"] for seed in range(40)}

    assert keys == {0, 2, 4, 5, 7, 9, 10}
