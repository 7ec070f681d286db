"""Four figures on notes as MusPy defines them: scale consistency, two entropies, empty beats.

Definitions: Dong, Chen, McAuley and Berg-Kirkpatrick, "MusPy: A Toolkit for Symbolic Music
Generation" (ISMIR 2020), release 0.5.0. They are followed to the last bit, oddities included:

- drums count for empty beats and for nothing else;
- a note also fills the beat in which it *ends*, even where it ends exactly on that beat's start;
- the piece lasts until the last note or control change, and its last beat counts whole.
"""

import struct
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from v2m.errors import MediaError

if TYPE_CHECKING:
    import mido

Ints = npt.NDArray[np.int64]
"""int64, shape (n,)."""

DRUM_CHANNEL = 9
"""General MIDI's channel 10, counted from 0."""

MAJOR = (0, 2, 4, 5, 7, 9, 11)
MINOR = (0, 2, 3, 5, 7, 8, 10)
"""Pitch classes of C major and C natural minor."""


@dataclass(frozen=True, slots=True)
class Note:
    """One note.

    Attributes:
        pitch: MIDI note number, 0 to 127.
        start_tick: from 0, inclusive.
        end_tick: at least ``start_tick``.
        is_drum: whether a drum is struck; the pitch then names the drum.
    """

    pitch: int
    start_tick: int
    end_tick: int
    is_drum: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Notes:
    """All notes of a piece as arrays, in any order.

    Attributes:
        pitches: int64, shape (n,), 0 to 127.
        start_ticks: int64, shape (n,), from 0.
        end_ticks: int64, shape (n,), at least the start.
        is_drum: bool, shape (n,).
        ticks_per_beat: ticks of a quarter note, at least 1.
        length_ticks: end of the piece; not before the last note's end.

    Raises:
        ValueError: an array has another shape or a value outside its range.
    """

    pitches: Ints
    start_ticks: Ints
    end_ticks: Ints
    is_drum: npt.NDArray[np.bool_]
    ticks_per_beat: int
    length_ticks: int

    def __post_init__(self) -> None:
        shape = (len(self.pitches),)
        if any(a.shape != shape for a in (self.start_ticks, self.end_ticks, self.is_drum)):
            raise ValueError("pitches, starts, ends and drums must be of one shape (n,)")
        if self.ticks_per_beat < 1:
            raise ValueError(f"ticks_per_beat must be at least 1, not {self.ticks_per_beat}")
        if ((self.pitches < 0) | (self.pitches > 127)).any():
            raise ValueError("pitches must lie in 0 to 127")
        if (self.start_ticks < 0).any() or (self.end_ticks < self.start_ticks).any():
            raise ValueError("notes must start at 0 or later and not end before they start")
        if self.length_ticks < self.end_ticks.max(initial=0):
            raise ValueError("length_ticks lies before the end of a note")

    def __len__(self) -> int:
        """Count the notes, drums included."""
        return len(self.pitches)


@dataclass(frozen=True, slots=True)
class NoteMeasures:
    """The four figures of one piece.

    Attributes:
        scale_consistency: 0 to 1; NaN without a pitched note.
        pitch_entropy: bits, 0 to 7; NaN without a pitched note.
        pitch_class_entropy: bits, 0 to log2(12) = 3.585; NaN without a pitched note.
        empty_beat_rate: 0 to 1; NaN for a piece of length 0.
    """

    scale_consistency: float
    pitch_entropy: float
    pitch_class_entropy: float
    empty_beat_rate: float


def notes_of(notes: Iterable[Note], ticks_per_beat: int, length_ticks: int | None = None) -> Notes:
    """Put single notes into arrays.

    Args:
        notes: in any order; none is allowed.
        ticks_per_beat: ticks of a quarter note, at least 1.
        length_ticks: end of the piece; None means the end of the last note, 0 without notes.

    Raises:
        ValueError: as ``Notes`` raises.
    """
    rows = [(n.pitch, n.start_tick, n.end_tick, n.is_drum) for n in notes]
    table = np.asarray(rows, np.int64).reshape(-1, 4)
    end = int(table[:, 2].max(initial=0)) if length_ticks is None else length_ticks
    return Notes(table[:, 0], table[:, 1], table[:, 2], table[:, 3] != 0, ticks_per_beat, end)


def measure_notes(notes: Notes) -> NoteMeasures:
    """Return all four figures of a piece."""
    return NoteMeasures(
        scale_consistency(notes),
        pitch_entropy(notes),
        pitch_class_entropy(notes),
        empty_beat_rate(notes),
    )


def scale_consistency(notes: Notes) -> float:
    """Return the largest share of pitched notes that one major or natural minor scale holds.

    Mogren, "C-RNN-GAN" (2016), over all 24 scales; of notes, not of their durations.

    Returns:
        0 to 1 (never below 7/12); NaN without a pitched note.
    """
    counts = _pitch_counts(notes, 12)
    if not counts.sum():
        return float("nan")
    return float((_SCALES @ counts).max() / counts.sum())


def pitch_entropy(notes: Notes) -> float:
    """Return the Shannon entropy of the histogram of the 128 pitches.

    Returns:
        bits, 0 to 7; NaN without a pitched note.
    """
    return _entropy(_pitch_counts(notes, 128))


def pitch_class_entropy(notes: Notes) -> float:
    """Return the Shannon entropy of the histogram of the 12 pitch classes.

    Wu and Yang, "The Jazz Transformer on the Front Line" (ISMIR 2020), over the whole piece.

    Returns:
        bits, 0 to 3.585; NaN without a pitched note.
    """
    return _entropy(_pitch_counts(notes, 12))


def empty_beat_rate(notes: Notes) -> float:
    """Return the share of beats in which no note starts, sounds or ends, drums included.

    A beat is a quarter note, whatever the time signature. There are
    ``length_ticks // ticks_per_beat + 1`` of them.

    Returns:
        0 to 1; NaN for a piece of length 0 (MusPy raises where there is not even a track).
    """
    if notes.length_ticks < 1:
        return float("nan")
    n_beats = notes.length_ticks // notes.ticks_per_beat + 1
    order = np.argsort(notes.start_ticks)
    first = notes.start_ticks[order] // notes.ticks_per_beat
    last = notes.end_ticks[order] // notes.ticks_per_beat
    filled_to = np.maximum.accumulate(np.append(-1, last))[:-1]  # by the notes before, inclusive
    n_filled = np.maximum(last - np.maximum(first, filled_to + 1) + 1, 0).sum()
    return float(1 - n_filled / n_beats)


def notes_from_midi(path: Path) -> Notes:
    """Read a MIDI file of type 0 or 1 the way MusPy does.

    Two equal notes that overlap on a channel are closed in the order they were opened. Notes that
    are never closed last until their MIDI track ends. Channel 10 holds the drums.

    Raises:
        MediaError: the file is missing, no MIDI, of type 2, or timed in film frames.
    """
    file = _open_midi(path)
    notes: list[Note] = []
    last_event = 0
    for track in file.tracks:
        last_event = max(last_event, _read_track(track, notes))
    last_note = max((note.end_tick for note in notes), default=0)
    return notes_of(notes, file.ticks_per_beat, max(last_event, last_note))


def _pitch_counts(notes: Notes, modulus: int) -> Ints:
    return np.bincount(notes.pitches[~notes.is_drum] % modulus, minlength=modulus)


def _entropy(counts: Ints) -> float:
    """Return the entropy in bits, summed over all bins as MusPy does, so that no bit differs."""
    if not counts.sum():
        return float("nan")
    share = counts / counts.sum()
    terms = share * np.log2(share, out=np.zeros_like(share), where=share > 0)
    return float(0.0 - terms.sum())


def _scale_masks() -> Ints:
    """Return the 24 scales, shape (24, 12), 1 where a scale holds the pitch class."""
    rows = [
        [(p - root) % 12 in mode for p in range(12)]
        for mode in (MAJOR, MINOR)
        for root in range(12)
    ]
    return np.asarray(rows, np.int64)


_SCALES = _scale_masks()


def _open_midi(path: Path) -> "mido.MidiFile":
    import mido

    try:
        file = mido.MidiFile(path)
    except (OSError, EOFError, ValueError, LookupError, TypeError) as err:
        raise MediaError(path, _reason(err)) from err
    except (struct.error, mido.KeySignatureError) as err:
        raise MediaError(path, _reason(err)) from err
    if file.type == 2:
        raise MediaError(path, "MIDI of type 2 (independent patterns) has no common time")
    if file.ticks_per_beat < 1:
        raise MediaError(path, "timed in film frames, so it has no beats")
    return file


def _reason(err: Exception) -> str:
    system_says = err.strerror if isinstance(err, OSError) else None
    return system_says or f"not a MIDI file that can be read: {str(err) or 'it ends early'}"


def _read_track(track: "mido.MidiTrack", notes: list[Note]) -> int:
    """Append the notes of a MIDI track; return the tick of its last control change, else 0."""
    now = last_control = 0
    open_starts: dict[tuple[int, int], list[int]] = defaultdict(list)
    for message in track:
        now += message.time
        if message.type == "note_on" and message.velocity:
            open_starts[message.channel, message.note].append(now)
        elif message.type in {"note_on", "note_off"}:
            starts = open_starts[message.channel, message.note]
            if starts:
                drum = message.channel == DRUM_CHANNEL
                notes.append(Note(message.note, starts.pop(0), now, drum))
        elif message.type == "control_change":
            last_control = now
        elif message.type == "end_of_track":
            break
    for (channel, pitch), starts in open_starts.items():
        notes += [Note(pitch, start, now, channel == DRUM_CHANNEL) for start in starts]
    return last_control
