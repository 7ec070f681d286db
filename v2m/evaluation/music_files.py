"""Measures files of music: MIDI as it is written, sound after it has been written down."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from v2m.audio.decode import decode_audio
from v2m.errors import printable
from v2m.evaluation.music import NoteMeasures, measure_notes, notes_from_midi
from v2m.evaluation.music_table import music_table, sound_table
from v2m.evaluation.sound import SoundMeasures, measure_sound
from v2m.evaluation.tables import Table
from v2m.evaluation.transcription import Transcriber
from v2m.progress import progress
from v2m.types import Audio

MIDI_SUFFIXES = (".mid", ".midi", ".smf")
WRITTEN = "written as MIDI"
SAMPLE_RATE = 44100


@dataclass(frozen=True, slots=True)
class MeasuredPiece:
    """A piece with everything measured on it.

    Attributes:
        name: for people.
        transcriber: what its notes come from.
        notes: figures of its notes.
        sound: figures of its sound; None for MIDI.
    """

    name: str
    transcriber: str
    notes: NoteMeasures
    sound: SoundMeasures | None


def measure_files(files: Sequence[Path], *, shown: bool = False) -> list[MeasuredPiece]:
    """Measure files in order.

    Raises:
        MediaError: a file is missing or neither MIDI nor sound.
        BackendError: there is sound, and the transcriber is missing.
    """
    transcriber = Transcriber()
    measured = []
    with progress("measuring music", len(files), shown=shown) as advance:
        for path, name in zip(files, short_names(files), strict=True):
            measured.append(_measure_file(path, name, transcriber))
            advance(1)
    return measured


def short_names(files: Sequence[Path]) -> list[str]:
    """Return what tells files apart: their paths below the folder that they all lie in.

    >>> short_names([Path("/music/calm/a.mp3"), Path("/music/wild/a.mp3")])
    ['calm/a.mp3', 'wild/a.mp3']
    """
    whole = [path.absolute() for path in files]
    shared = os.path.commonpath([path.parent for path in whole]) if files else ""
    return [printable(path.relative_to(shared)) for path in whole]


def _measure_file(path: Path, name: str, transcriber: Transcriber) -> MeasuredPiece:
    if path.suffix.lower() in MIDI_SUFFIXES:
        return MeasuredPiece(name, WRITTEN, measure_notes(notes_from_midi(path)), None)
    return measure_piece(name, decode_audio(path, sample_rate=SAMPLE_RATE), transcriber)


def measure_piece(name: str, audio: Audio, transcriber: Transcriber) -> MeasuredPiece:
    """Measure music in memory."""
    notes = measure_notes(transcriber.transcribe(audio))
    return MeasuredPiece(name, transcriber.name, notes, measure_sound(audio))


def music_tables(pieces: Sequence[MeasuredPiece]) -> list[Table]:
    """Lay pieces out: a table of notes for each way they were written down, then one of sound."""
    tables = [
        music_table({p.name: p.notes for p in pieces if p.transcriber == t}, transcriber=t)
        for t in dict.fromkeys(piece.transcriber for piece in pieces)
    ]
    sounding = {piece.name: piece.sound for piece in pieces if piece.sound is not None}
    return [*tables, sound_table(sounding)] if sounding else tables
