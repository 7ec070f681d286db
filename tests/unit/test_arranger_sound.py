"""The arranger: what its players play, and how it sounds."""

import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import midirenderer
import mido
import numpy as np
import pytest
import soundfile

from generator.arranger import render
from generator.arranger.composer import Arranger
from generator.arranger.form import Form, lay_out
from generator.arranger.instruments import (
    INSTRUMENTS,
    Instrument,
)
from generator.arranger.parts import Note, arrange
from generator.arranger.prompt import read_prompt
from generator.arranger.render import SAMPLE_RATE, play, soundfont_path
from generator.arranger.styles import BEATS_PER_BAR, CRASH, DRUMS, SNARE, STYLES
from v2m.errors import BackendError, InputError

DRUM_CHANNEL = 9
EXPRESSION = 11
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
    """Return a MIDI file with each pitch of a register for 300 ticks, then 500 ticks without one.

    A pitch that has ended is muted, so that it does not pass for the next.
    """
    programs = [mido.Message("program_change", channel=n, program=player.program) for n in range(8)]
    track = mido.MidiTrack(programs)
    for pitch in range(player.low, player.high + 1):
        about = {"channel": pitch % 8}
        track.append(mido.Message("control_change", control=EXPRESSION, value=127, **about))
        track.append(mido.Message("note_on", note=pitch, velocity=90, **about))
        track.append(mido.Message("note_off", note=pitch, time=300, **about))
        track.append(mido.Message("control_change", control=EXPRESSION, value=0, **about))
        track.append(mido.MetaMessage("marker", time=500))
    return _midi(track)


@pytest.mark.parametrize("name", INSTRUMENTS)
def test_every_pitch_of_every_instrument_sounds(name: str) -> None:
    player = INSTRUMENTS[name]
    wave = midirenderer.render_wave_from(soundfont_path().read_bytes(), _every_pitch(player))
    sound, rate = soundfile.read(io.BytesIO(wave), dtype="float32", always_2d=True)

    level = np.abs(sound).max(axis=1)
    n_pitches = player.high - player.low + 1
    starts = [round(800 / render.TICKS_PER_SECOND * rate * n) for n in range(n_pitches)]
    peaks = np.array([level[at : at + round(0.15 * rate)].max() for at in starts])
    assert np.median(peaks) > 0.005
    silent = np.flatnonzero(peaks < np.median(peaks) / 3)  # only the room still rings there
    assert [player.low + int(n) for n in silent] == []


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


@pytest.mark.parametrize("prompt", ["epic", "tender", "calm"])
def test_the_music_is_louder_from_the_climax_on(prompt: str) -> None:
    sound = Arranger().compose(prompt, 18.0, seed=3, climax_seconds=10.0).samples

    hit, reach = 10 * SAMPLE_RATE, 3 * SAMPLE_RATE
    before, after = sound[:, hit - reach : hit], sound[:, hit : hit + reach]
    assert 10 * np.log10((after**2).mean() / (before**2).mean()) > 4


def test_a_climax_outside_the_piece_is_refused() -> None:
    with pytest.raises(InputError, match="a climax at 9 s is not within 8 s of music"):
        Arranger().compose("calm", 8.0, seed=0, climax_seconds=9.0)
