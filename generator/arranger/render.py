"""Plays notes through a SoundFont, in a small room, to an exact length."""

import io
from collections.abc import Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from generator.arranger.form import Form
from generator.arranger.parts import Note
from generator.arranger.prompt import Brief
from v2m.errors import BackendError
from v2m.types import Audio, Samples

SAMPLE_RATE = 44100
SOUNDFONT = "TimGM6mb.sf2"

TICKS_PER_SECOND = 1920
"""960 ticks a beat at 120 bpm: fine enough for human timing."""

CHANNELS = {"lead": 0, "pad": 1, "figure": 2, "bass": 3, "drums": 9}
VOLUMES = {"lead": 104, "pad": 78, "figure": 88, "bass": 100, "drums": 92}
PANS = {"lead": 64, "pad": 52, "figure": 80, "bass": 64, "drums": 64}

TIMING_SPREAD_SECONDS = 0.006
PEAK = 0.84
"""Highest sample, -1.5 dBFS."""

ROOM_SECONDS = 1.1
ROOM_SHARE = 0.16


def soundfont_path() -> Path:
    """Return the General MIDI SoundFont that package pretty-midi carries.

    Raises:
        BackendError: it is not installed.
    """
    spec = find_spec("pretty_midi")
    path = Path(spec.origin or "").with_name(SOUNDFONT) if spec else Path(SOUNDFONT)
    if not path.is_file():
        raise BackendError("arranger", f"{SOUNDFONT} is missing; pip install pretty-midi")
    return path


def play(notes: Sequence[Note], form: Form, brief: Brief, rng: np.random.Generator) -> Audio:
    """Render notes: stereo, 44.1 kHz, exactly round(seconds * 44100) samples.

    Raises:
        BackendError: the SoundFont is missing or the renderer fails.
    """
    import midirenderer
    import soundfile
    import soxr

    midi = _midi_file(notes, form, brief, rng)
    try:
        wave = midirenderer.render_wave_from(_soundfont(), midi)
    except RuntimeError as err:
        raise BackendError("arranger", f"the SoundFont renderer failed: {err}") from err
    sound, rate = soundfile.read(io.BytesIO(wave), dtype="float32", always_2d=True)
    dry = soxr.resample(sound, rate, SAMPLE_RATE).T
    n = round(form.seconds * SAMPLE_RATE)
    exact = np.zeros((2, n), np.float32)
    exact[:, : dry.shape[1]] = dry[:, :n]
    return Audio(_finished(_in_room(exact), form), SAMPLE_RATE)


@lru_cache(maxsize=1)
def _soundfont() -> bytes:
    return soundfont_path().read_bytes()


def _midi_file(notes: Sequence[Note], form: Form, brief: Brief, rng: np.random.Generator) -> bytes:
    import mido

    players = {
        "lead": brief.lead,
        "pad": brief.pad,
        "figure": brief.figure,
        "bass": brief.bass,
    }
    setup = []
    for part, channel in CHANNELS.items():
        player = players.get(part)
        if player:
            setup.append(mido.Message("program_change", channel=channel, program=player.program))
        setup.append(mido.Message("control_change", channel=channel, control=7,
                                  value=VOLUMES[part]))  # fmt: skip
        setup.append(mido.Message("control_change", channel=channel, control=10,
                                  value=PANS[part]))  # fmt: skip
    events: list[tuple[int, int, mido.Message]] = []
    for note in notes:
        start, stop = _ticks(note, form, rng)
        about: dict[str, Any] = {"channel": CHANNELS[note.part], "note": note.pitch}
        events.append((start, 1, mido.Message("note_on", velocity=note.velocity, **about)))
        events.append((stop, 0, mido.Message("note_off", **about)))
    events.sort(key=lambda event: event[:2])
    track, now = mido.MidiTrack(setup), 0
    for tick, _, message in events:
        track.append(message.copy(time=tick - now))
        now = tick
    end = round((form.seconds + 1) * TICKS_PER_SECOND)
    track.append(mido.MetaMessage("end_of_track", time=max(0, end - now)))
    file = mido.MidiFile(type=0, ticks_per_beat=TICKS_PER_SECOND // 2)
    file.tracks.append(track)
    out = io.BytesIO()
    file.save(file=out)
    return out.getvalue()


def _ticks(note: Note, form: Form, rng: np.random.Generator) -> tuple[int, int]:
    """Return when a note starts and stops; the last chord is held nearly to the end."""
    spread = TIMING_SPREAD_SECONDS * (0.4 if note.part in ("drums", "bass") else 1.0)
    start = max(0.0, form.time_of(note.start) + rng.normal(0, spread))
    if note.start == 0:
        start = 0.0
    final = note.start >= form.last.start and note.part != "drums"
    stop = form.seconds - 0.05 if final else form.time_of(note.start + note.beats)
    stop = min(max(stop, start + 0.03), form.seconds)
    return round(start * TICKS_PER_SECOND), round(stop * TICKS_PER_SECOND)


@lru_cache(maxsize=1)
def _room() -> npt.NDArray[np.float32]:
    """Impulse response of a small hall: decaying noise, the same every time, (2, n)."""
    from scipy.ndimage import uniform_filter1d

    rng = np.random.default_rng(0)
    t = np.arange(round(ROOM_SECONDS * SAMPLE_RATE)) / SAMPLE_RATE
    tail = rng.standard_normal((2, len(t))) * np.exp(-6.9 * t / ROOM_SECONDS)
    soft = uniform_filter1d(tail, 6, axis=1)  # walls take the high tones
    return np.asarray(soft / np.sqrt((soft**2).sum(axis=1, keepdims=True)), np.float32)


def _in_room(dry: Samples) -> Samples:
    from scipy.signal import oaconvolve

    wet = oaconvolve(dry, _room(), axes=1)[:, : dry.shape[1]]
    return np.asarray(dry + ROOM_SHARE * wet, np.float32)


def _finished(sound: Samples, form: Form) -> Samples:
    """Let the last chord fade to nothing at the last sample, and set the peak."""
    n = sound.shape[1]
    ring = form.seconds - form.time_of(form.last.start)
    fade = min(n, round(min(2.5, 0.7 * ring) * SAMPLE_RATE))
    if fade:
        sound[:, n - fade :] *= np.cos(np.pi / 2 * np.arange(1, fade + 1) / fade) ** 2
    peak = float(np.abs(sound).max(initial=0))
    return np.asarray(sound * (PEAK / peak) if peak else sound, np.float32)
