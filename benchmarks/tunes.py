"""Plays small pieces of known tempo, metre and bars through the SoundFont."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from generator.arranger.render import soundfont_path
from v2m.types import Audio

TICKS_PER_SECOND = 1920
DRUMS = 9
PROGRESSIONS = ((0, 5, 3, 4), (0, 3, 4, 0), (5, 3, 0, 4), (0, 4, 5, 3), (0, 1, 4, 0))
SCALE = (0, 2, 4, 5, 7, 9, 11)
KEYBOARDS = (0, 1, 4, 24, 25, 46)
LEADS = (40, 56, 65, 71, 73, 80)
BASSES = (32, 33, 35, 43)

BEATS_PER_BAR = {"3/4": 3, "4/4": 4, "6/8": 2}
PARTS_PER_BEAT = {"3/4": 2, "4/4": 2, "6/8": 3}
"""The beat of 6/8 is the dotted quarter: two to a bar, three parts each."""


@dataclass(frozen=True, slots=True)
class Tune:
    """A piece with its answers.

    Attributes:
        audio: the sound.
        metre: "3/4", "4/4" or "6/8".
        tempo_bpm: beats per minute; in 6/8 of dotted quarters.
        beats: float64, shape (n,), seconds.
        downbeats: float64, shape (bars,), seconds.
    """

    audio: Audio
    metre: str
    tempo_bpm: float
    beats: npt.NDArray[np.float64]
    downbeats: npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Note:
    part: float  # of a beat, from the start of the piece
    parts: float
    channel: int
    pitch: int
    velocity: int


def make_tune(metre: str, tempo_bpm: float, *, seed: int, seconds: float = 30.0) -> Tune:
    """Write and play a piece: chords, bass, a melody, and drums in two of three pieces."""
    rng = np.random.default_rng([seed, int(tempo_bpm), *metre.encode()])
    beat = 60 / tempo_bpm
    n_bars = max(4, round(seconds / (beat * BEATS_PER_BAR[metre])))
    per_bar = BEATS_PER_BAR[metre] * PARTS_PER_BEAT[metre]
    lead_in = float(rng.uniform(0.1, 0.6))
    notes = [
        note
        for bar, degree in enumerate(_degrees(n_bars, rng))
        for note in _bar(metre, bar * per_bar, degree, rng)
    ]
    if rng.random() < 2 / 3:
        notes += [n for bar in range(n_bars) for n in _drums(metre, bar * per_bar, rng)]
    part = beat / PARTS_PER_BEAT[metre]
    n_beats = n_bars * BEATS_PER_BAR[metre]
    beats = np.asarray(lead_in + beat * np.arange(n_beats), np.float64)
    audio = _played(notes, part, lead_in, lead_in + n_beats * beat + 1.0, rng)
    return Tune(audio, metre, tempo_bpm, beats, beats[:: BEATS_PER_BAR[metre]])


def _degrees(n_bars: int, rng: np.random.Generator) -> list[int]:
    pattern = PROGRESSIONS[int(rng.integers(len(PROGRESSIONS)))]
    return [pattern[bar % 4] for bar in range(n_bars)]


def _bar(metre: str, first: int, degree: int, rng: np.random.Generator) -> Iterator[_Note]:
    parts = BEATS_PER_BAR[metre] * PARTS_PER_BEAT[metre]
    per_beat = PARTS_PER_BEAT[metre]
    root = 48 + SCALE[degree % 7]
    chord = [48 + SCALE[(degree + step) % 7] + 12 * ((degree + step) // 7) for step in (0, 2, 4)]
    yield _Note(first, per_beat, 2, root - 12, 100)
    if metre != "3/4":
        yield _Note(first + parts / 2, per_beat, 2, root - 12 + 7 * int(rng.random() < 0.4), 88)
    for at in range(parts) if metre == "6/8" else range(per_beat, parts, per_beat):
        if metre == "6/8":
            yield _Note(first + at, 1, 0, chord[(0, 1, 2, 1, 2, 1)[at]] + 12, 70)
        else:
            for pitch in chord:
                yield _Note(first + at, per_beat * 0.8, 0, pitch + 12, 68)
    place = 0.0
    while place < parts:
        length = float(rng.choice([1, 2, 2, 4] if metre != "6/8" else [1, 1, 2, 3]))
        if rng.random() < 0.8:
            step = int(rng.choice((0, 2, 4) if place % per_beat == 0 else range(7)))
            pitch = 72 + SCALE[(degree + step) % 7]
            yield _Note(first + place, min(length, parts - place), 1, pitch, 84)
        place += length


def _drums(metre: str, first: int, rng: np.random.Generator) -> Iterator[_Note]:
    kick, snare, hat = 36, 38, 42
    parts = BEATS_PER_BAR[metre] * PARTS_PER_BEAT[metre]
    for place in range(parts):
        if metre == "6/8" or place % 2 == 0 or rng.random() < 0.7:
            yield _Note(first + place, 0.5, DRUMS, hat, 60)
    yield _Note(first, 0.5, DRUMS, kick, 110)
    backbeats = {"3/4": (2, 4), "4/4": (2, 6), "6/8": (3,)}[metre]
    for place in backbeats:
        yield _Note(first + place, 0.5, DRUMS, snare, 96 if metre != "3/4" else 70)
    if metre == "4/4":
        yield _Note(first + 4, 0.5, DRUMS, kick, 100)


def _played(
    notes: list[_Note], part: float, lead_in: float, seconds: float, rng: np.random.Generator
) -> Audio:
    import midirenderer
    import mido
    import soundfile

    programs = (KEYBOARDS, LEADS, BASSES)
    track = mido.MidiTrack()
    for channel, choices in enumerate(programs):
        program = int(rng.choice(choices))
        track.append(mido.Message("program_change", channel=channel, program=program))
    key = int(rng.integers(-5, 7))
    events: list[tuple[int, int, Any]] = []
    for note in notes:
        late = float(rng.normal(0, 0.004))
        start = max(0, round((lead_in + note.part * part + late) * TICKS_PER_SECOND))
        stop = start + max(20, round(0.95 * note.parts * part * TICKS_PER_SECOND))
        pitch = note.pitch + (0 if note.channel == DRUMS else key)
        about = {"channel": note.channel, "note": pitch}
        events.append((start, 1, mido.Message("note_on", velocity=note.velocity, **about)))
        events.append((stop, 0, mido.Message("note_off", **about)))
    now = 0
    for tick, _, message in sorted(events, key=lambda event: event[:2]):
        track.append(message.copy(time=tick - now))
        now = tick
    rest = max(0, round(seconds * TICKS_PER_SECOND) - now)
    track.append(mido.MetaMessage("end_of_track", time=rest))
    file = mido.MidiFile(type=0, ticks_per_beat=TICKS_PER_SECOND // 2)
    file.tracks.append(track)
    midi = io.BytesIO()
    file.save(file=midi)
    wave = midirenderer.render_wave_from(soundfont_path().read_bytes(), midi.getvalue())
    sound, rate = soundfile.read(io.BytesIO(wave), dtype="float32", always_2d=True)
    peak = float(np.abs(sound).max(initial=1e-6))
    return Audio(np.ascontiguousarray(sound.T[:, : round(seconds * rate)] * (0.8 / peak)), rate)
