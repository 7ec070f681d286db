"""The transcriber with its real weights, on tones whose notes are known."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.commands import Commands
from v2m.evaluation.transcription import BEATS_PER_SECOND, TICKS_PER_BEAT, Transcriber
from v2m.types import Audio

RATE = 44100
PITCHES = (60, 64, 67, 72, 48)


def _arpeggio(lead_seconds: float = 0.0) -> Audio:
    time = np.arange(RATE) / RATE
    tones = [
        0.3 * np.exp(-3 * time) * np.sin(2 * np.pi * 440 * 2 ** ((pitch - 69) / 12) * time)
        for pitch in PITCHES
    ]
    line = np.concatenate([np.zeros(round(lead_seconds * RATE)), *tones]).astype(np.float32)
    return Audio(np.stack([line, line]), RATE)


def test_writes_an_arpeggio_down() -> None:
    notes = Transcriber().transcribe(_arpeggio())

    order = np.argsort(notes.start_ticks)
    seconds = notes.start_ticks[order] / (BEATS_PER_SECOND * TICKS_PER_BEAT)
    assert notes.pitches[order].tolist() == list(PITCHES)
    assert seconds.tolist() == pytest.approx([0, 1, 2, 3, 4], abs=0.03)


def test_windows_leave_no_seam() -> None:
    # the same notes at another place of the two-second windows
    notes = Transcriber().transcribe(_arpeggio(lead_seconds=1.3))

    assert sorted(notes.pitches.tolist()) == sorted(PITCHES)


def test_silence_has_no_notes_and_keeps_its_length() -> None:
    silence = replace(_arpeggio(), samples=np.zeros((2, 3 * RATE), np.float32))

    notes = Transcriber().transcribe(silence)

    assert len(notes) == 0
    assert notes.length_ticks == 3 * BEATS_PER_SECOND * TICKS_PER_BEAT


def test_command_measures_sound_as_notes_and_as_sound(v2m: Commands, tmp_path: Path) -> None:
    sound = _arpeggio()
    soundfile.write(tmp_path / "tune.wav", sound.samples.T, RATE)

    outcome = v2m("eval", "music", tmp_path / "tune.wav")

    assert outcome.code == 0
    assert "basic-pitch" in outcome.out
    assert "LRA" in outcome.out
