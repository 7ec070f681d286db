"""Judges tracks as neighbours in a video, and beats as partners of its cuts."""

import math
from collections.abc import Sequence

import numpy as np

from v2m.audio.key import NOTES
from v2m.types import Track

CLASH_SHARE = 0.25
"""Share of a change's cost that tempo, and as much that key, can add or take away together."""

CLASHING_OCTAVES = 0.25
"""A tempo that is off by this (about 19 %), counted to the nearest octave, clashes fully."""

CLASH_OF_FIFTHS = (0.0, 0.25, 0.6, 1.0, 1.0, 1.0, 1.0)
"""By steps on the circle of fifths: up to one step shares all but one note."""

FEWEST_CUTS = 3
"""Fewer cuts meet some pulse by chance."""

TEMPO_STEPS = np.linspace(0.97, 1.03, 13)


def change_factor(a: Track, b: Track) -> float:
    """Return how much harder a change between two tracks is than usual, 0.75 to 1.25.

    Tempo counts to the nearest octave, keys by the circle of fifths; what is unknown counts half.
    """
    return 1 - CLASH_SHARE + CLASH_SHARE * (_tempo_clash(a, b) + _key_clash(a, b))


def _tempo_clash(a: Track, b: Track) -> float:
    if a.tempo_bpm <= 0 or b.tempo_bpm <= 0:
        return 0.5
    octaves = math.log2(a.tempo_bpm / b.tempo_bpm)
    return min(1.0, abs(octaves - round(octaves)) / CLASHING_OCTAVES)


def _key_clash(a: Track, b: Track) -> float:
    if a.key not in NOTES or b.key not in NOTES:
        return 0.5
    steps = abs(_fifths(a) - _fifths(b)) % 12
    return CLASH_OF_FIFTHS[min(steps, 12 - steps)]


def _fifths(track: Track) -> int:
    """Return the place of a key's relative major on the circle of fifths."""
    tonic = NOTES.index(track.key) + (3 if track.mode == "minor" else 0)
    return 7 * tonic % 12


def pulse_fit(cuts_seconds: Sequence[float], tempo_bpm: float) -> float:
    """Return how well the beats of a tempo can meet cuts, 0 (as by chance) to 1 (all of them).

    The length of the mean of the cuts' phases in the beat (K. Mardia and P. Jupp, "Directional
    Statistics", 2000), at the best tempo within 3 %, above what chance gives: 1 / sqrt(n) per
    tempo tried, and a half of that for the choice among them.

    >>> pulse_fit([0.0, 1.0, 2.0, 3.5, 4.0, 6.0], 120.0) > 0.95
    True
    """
    if len(cuts_seconds) < FEWEST_CUTS or tempo_bpm <= 0:
        return 0.0
    cuts = np.asarray(cuts_seconds, np.float64)
    beats = (cuts - cuts[0])[None] * TEMPO_STEPS[:, None] * tempo_bpm / 60
    together = float(np.abs(np.exp(2j * np.pi * beats).mean(axis=1)).max())
    chance = min(0.95, 1.5 / math.sqrt(len(cuts)))
    return max(0.0, (together - chance) / (1 - chance))
