"""Picks notes out of what a transcriber sees: how likely every key sounds, and starts, at any time.

The published method: Bittner, Bosch, Rubinstein, Meseguer-Brocal and Ewert, "A Lightweight
Instrument-Agnostic Model for Polyphonic Note Transcription and Multipitch Estimation" (ICASSP
2022), section 3.3, with the constants of basic-pitch 0.4.0, whose notes come out equal.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from v2m.evaluation.intervals import Floats

LOWEST_PITCH = 21
"""MIDI number of column 0: the lowest key of a piano."""

STARTS = 0.5
"""From this probability a peak is the start of a note."""

SOUNDS = 0.3
"""From this probability a key sounds."""

REST_FRAMES = 11
"""So long (0.13 s) must a key be silent to end a note."""

SHORTEST_FRAMES = 11
"""A note is longer than this."""


@dataclass(frozen=True, slots=True)
class PickedNote:
    """A note between two frames.

    Attributes:
        pitch: MIDI note number.
        start_frame: inclusive.
        end_frame: exclusive.
        strength: mean probability that it sounds, 0 to 1.
    """

    pitch: int
    start_frame: int
    end_frame: int
    strength: float


def pick_notes(sounding: npt.ArrayLike, starting: npt.ArrayLike) -> list[PickedNote]:
    """Return the notes, in the order they were found.

    Every clear start is followed until its key has rested, the last start first; what still sounds
    after that is followed from its loudest frame both ways. A note silences its two neighbours.

    Args:
        sounding: shape (frames, keys), probability that a key sounds.
        starting: shape (frames, keys), probability that a note starts.

    Returns:
        nothing for silence.

    Raises:
        ValueError: the shapes differ or are not 2-D.
    """
    activity = np.asarray(sounding, np.float64)
    onsets = np.asarray(starting, np.float64)
    if activity.ndim != 2 or activity.shape != onsets.shape:
        raise ValueError(
            f"sounding {activity.shape} and starting {onsets.shape} must be equal, 2-D"
        )
    if len(activity) < 2:
        return []
    left = activity.copy()
    spans = [*_from_starts(left, _with_rises(onsets, activity)), *_from_peaks(left)]
    return [
        PickedNote(key + LOWEST_PITCH, start, end, float(activity[start:end, key].mean()))
        for key, start, end in spans
    ]


def _with_rises(onsets: Floats, activity: Floats) -> Floats:
    """Count a sudden rise as a start too, on the scale of the starts."""
    before = np.pad(activity, ((2, 0), (0, 0)))
    rise = np.minimum(activity - before[1:-1], activity - before[:-2])
    rise = np.maximum(rise, 0)
    rise[:2] = 0
    highest = rise.max()
    return np.maximum(onsets, rise * (onsets.max() / highest)) if highest > 0 else onsets


def _from_starts(left: Floats, onsets: Floats) -> list[tuple[int, int, int]]:
    inner = onsets[1:-1]
    peaks = (inner > onsets[:-2]) & (inner > onsets[2:]) & (inner >= STARTS)
    found = []
    for frame, key in np.argwhere(peaks)[::-1]:
        start = int(frame) + 1
        end = start + 1 + _held(left[start + 1 : -1, key])[0]
        if end - start > SHORTEST_FRAMES:
            _silence(left, int(key), start, end)
            found.append((int(key), start, end))
    return found


def _from_peaks(left: Floats) -> list[tuple[int, int, int]]:
    found = []
    loudest = left.max(axis=0)
    while (height := loudest.max()) > SOUNDS:
        # of equal frames the earliest, of those the lowest key
        keys = np.flatnonzero(loudest == height)
        middles = left[:, keys].argmax(axis=0)
        key, middle = int(keys[middles.argmin()]), int(middles.min())
        ahead, ahead_seen = _held(left[middle + 1 : -1, key])
        behind, behind_seen = _held(left[1:middle, key][::-1])
        left[middle, key] = 0
        _silence(left, key, middle + 1, middle + 1 + ahead_seen)
        _silence(left, key, middle - behind_seen, middle)
        start, end = middle - behind, middle + ahead
        if end - start > SHORTEST_FRAMES:
            found.append((key, start, end))
        near = slice(max(0, key - 1), key + 2)
        loudest[near] = left[:, near].max(axis=0)
    return found


def _held(values: Floats) -> tuple[int, int]:
    """Return how many values are held before a rest, and how many were looked at to know."""
    sounds = np.flatnonzero(values >= SOUNDS)
    gaps = np.diff(sounds, prepend=-1, append=len(values) + REST_FRAMES + 1)
    last = int(np.argmax(gaps > REST_FRAMES))
    held = int(sounds[last - 1]) + 1 if last else 0
    return held, min(held + REST_FRAMES, len(values))


def _silence(left: Floats, key: int, start: int, end: int) -> None:
    left[start:end, max(0, key - 1) : key + 2] = 0
