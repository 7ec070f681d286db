"""Writes music down as notes: Spotify's Basic Pitch, its own ONNX file run by ONNX Runtime.

The model looks at two seconds at a time; windows overlap by 30 frames, half of which are dropped on
either side, as basic-pitch does it. Times become ticks at 120 beats per minute, basic-pitch's own
default, so that a "beat" of a transcription is half a second whatever the music's tempo.
"""

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from v2m.evaluation.music import Note as WrittenNote
from v2m.evaluation.music import Notes, notes_of
from v2m.evaluation.note_picking import PickedNote, pick_notes
from v2m.models.graphs import opened
from v2m.types import Audio, Mono
from v2m.wheels import model_file

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

NAME = "basic-pitch 0.4.0 (ONNX), beats of half a second"
"""What a table says the notes were written down by."""

RATE = 22050
HOP = 256
WINDOW = 2 * RATE - HOP
WINDOW_FRAMES = 172
OVERLAP_FRAMES = 30
BATCH = 8

FRAMES_PER_SECOND = 86
"""Frames kept per second of sound; the true rate is 22050 / 256 = 86.13."""

WINDOW_SHIFT_SECONDS = HOP / RATE * (WINDOW_FRAMES - WINDOW / HOP) + 0.0018
"""How much earlier every further window lies; 1.8 ms were found by trial by its authors."""

BEATS_PER_SECOND = 2
TICKS_PER_BEAT = 220
"""The resolution pretty_midi writes, and with it basic-pitch."""

Posterior = npt.NDArray[np.float32]
"""float32, shape (frames, 88), 0 to 1."""


class Transcriber:
    """Writes down music of any kind; the model is loaded when first needed."""

    name = NAME

    @cached_property
    def _session(self) -> "InferenceSession":
        return opened(model_file("basic-pitch").read_bytes())

    def transcribe(self, audio: Audio) -> Notes:
        """Return the notes of a piece; silence has none, and no drum is ever heard.

        Raises:
            BackendError: the model is missing.
        """
        mono = _at_model_rate(audio)
        sounding, starting = self._posteriors(mono)
        picked = pick_notes(sounding, starting)
        length = round(audio.duration_seconds * BEATS_PER_SECOND * TICKS_PER_BEAT)
        return as_written(picked, length)

    def _posteriors(self, mono: Mono) -> tuple[Posterior, Posterior]:
        """Return the probability that each key sounds, and starts, by frame."""
        windows = _windows(mono)
        sounding, starting = [], []
        for first in range(0, len(windows), BATCH):
            batch = windows[first : first + BATCH, :, None]
            outputs: Any = self._session.run(
                ["StatefulPartitionedCall:1", "StatefulPartitionedCall:2"],
                {"serving_default_input_2:0": batch},
            )
            sounding.append(outputs[0])
            starting.append(outputs[1])
        n_frames = int(len(mono) * FRAMES_PER_SECOND / RATE)
        return _joined(sounding, n_frames), _joined(starting, n_frames)


def as_written(picked: list[PickedNote], length_ticks: int = 0) -> Notes:
    """Put picked notes on the grid of a MIDI file at 120 beats per minute.

    Args:
        picked: in any order.
        length_ticks: of the piece, as far as it lasts beyond its last note.
    """
    notes = [
        WrittenNote(note.pitch, _tick(note.start_frame), _tick(note.end_frame)) for note in picked
    ]
    end = max([length_ticks, *(note.end_tick for note in notes)])
    return notes_of(notes, TICKS_PER_BEAT, end)


def frame_seconds(frame: int) -> float:
    """Return when a frame is, seconds from the start of the sound."""
    return frame * HOP / RATE - WINDOW_SHIFT_SECONDS * (frame // WINDOW_FRAMES)


def _tick(frame: int) -> int:
    return round(frame_seconds(frame) * BEATS_PER_SECOND * TICKS_PER_BEAT)


def _at_model_rate(audio: Audio) -> Mono:
    if audio.sample_rate == RATE:
        return audio.mono()
    import soxr

    return np.asarray(soxr.resample(audio.mono(), audio.sample_rate, RATE), np.float32)


def _windows(mono: Mono) -> npt.NDArray[np.float32]:
    """Cut overlapping windows, shape (windows, 43844); the first begins half an overlap early."""
    overlap = OVERLAP_FRAMES * HOP
    hop = WINDOW - overlap
    padded = np.concatenate([np.zeros(overlap // 2, np.float32), mono])
    n_windows = max(1, -(-len(padded) // hop))
    padded = np.pad(padded, (0, (n_windows - 1) * hop + WINDOW - len(padded)))
    return np.stack([padded[n * hop : n * hop + WINDOW] for n in range(n_windows)])


def _joined(batches: list[Posterior], n_frames: int) -> Posterior:
    half = OVERLAP_FRAMES // 2
    kept = np.concatenate(batches)[:, half:-half]  # (windows, frames, 88)
    return kept.reshape(-1, kept.shape[2])[:n_frames]
