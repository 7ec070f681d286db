"""Chords and how one leads to the next."""

from collections.abc import Sequence
from itertools import product

from generator.arranger.styles import MAJOR, MINOR

DOMINANT = 4
"""Scale degree of the chord that pulls to the tonic, counted from 0."""


def scale_of(tonic: int, mode: str, degree: int) -> tuple[int, ...]:
    """Return the seven pitch classes in use over a chord.

    In minor, the dominant raises the seventh degree to a leading note (harmonic minor).

    >>> scale_of(9, "minor", 4)
    (9, 11, 0, 2, 4, 5, 8)
    """
    steps: list[int] = list(MAJOR if mode == "major" else MINOR)
    if mode == "minor" and degree % 7 == DOMINANT:
        steps[6] += 1
    return tuple((tonic + step) % 12 for step in steps)


def triad(scale: Sequence[int], degree: int) -> tuple[int, int, int]:
    """Return the pitch classes of the chord on a scale degree, root first.

    >>> triad(scale_of(0, "major", 4), 4)
    (7, 11, 2)
    """
    return (scale[degree % 7], scale[(degree + 2) % 7], scale[(degree + 4) % 7])


def voice_lead(
    chord: Sequence[int], previous: Sequence[int], low: int, high: int
) -> tuple[int, ...]:
    """Place a chord so that its voices move as little as possible from the chord before.

    Args:
        chord: pitch classes.
        previous: pitches of the last chord, ascending; empty for the first, which lies mid-range.
        low: lowest pitch.
        high: highest pitch, at least two octaves above the lowest.

    Returns:
        Ascending pitches, one per pitch class, within an octave of each other.

    >>> voice_lead((5, 9, 0), (60, 64, 67), 48, 79)
    (60, 65, 69)
    """
    middle = (low + high) / 2
    origin: Sequence[float] = previous or [middle - 4, middle, middle + 4]
    places = [[p for p in range(low, high + 1) if p % 12 == pitch] for pitch in chord]
    voicings = {tuple(sorted(pitches)) for pitches in product(*places)}
    close = [v for v in voicings if v[-1] - v[0] <= 12]

    def movement(voicing: tuple[int, ...]) -> tuple[float, tuple[int, ...]]:
        moved = sum(abs(a - b) for a, b in zip(voicing, origin, strict=True))
        # a voicing that drifts out of the middle has to be worth it
        return moved + 0.25 * abs(sum(voicing) / len(voicing) - middle), voicing

    return min(close, key=movement)


def nearest(pitch: float, classes: Sequence[int], low: int, high: int) -> int:
    """Return the pitch of one of these pitch classes that lies nearest, within a register.

    >>> nearest(61.4, (0, 4, 7), 55, 90)
    60
    """
    allowed = [p for p in range(low, high + 1) if p % 12 in classes]
    return min(allowed, key=lambda p: (abs(p - pitch), p))
