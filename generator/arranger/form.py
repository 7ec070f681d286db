"""The form of a piece: how many bars, which chord in each, and how it breathes to an exact end."""

from dataclasses import dataclass, replace

import numpy as np

from generator.arranger.harmony import scale_of, triad
from generator.arranger.styles import Style

RITARDANDO_SHARE = 0.12
"""The last two bars may slow down by this much."""

RING_SECONDS = 2.0
"""The last chord rings at least this long, in a piece that has room for it."""

PERIOD = 8
"""Bars after which the harmony may change."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar and its harmony.

    Attributes:
        number: from 0.
        section: "intro", "build", "main", "break" or "ending".
        energy: 0 to 1, how loud and how full.
        start: first beat, from the start of the piece.
        beats: length.
        chord: pitch classes, root first.
        scale: the seven pitch classes in use.
    """

    number: int
    section: str
    energy: float
    start: float
    beats: int
    chord: tuple[int, int, int]
    scale: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Form:
    """All bars, the chord after them, and the clock that turns beats into seconds.

    Attributes:
        bars: in order; none in a piece too short for one.
        last: the final chord as a bar of its own; it rings to the end.
        beat_seconds: length of a beat in tempo.
        slow_from: beat from which the tempo slackens.
        slow_by: seconds by which the last chord comes late.
        seconds: length of the piece.
    """

    bars: tuple[Bar, ...]
    last: Bar
    beat_seconds: float
    slow_from: float
    slow_by: float
    seconds: float

    def time_of(self, beat: float) -> float:
        """Return when a beat falls, in seconds."""
        late = 0.0
        if beat > self.slow_from:
            along = (beat - self.slow_from) / max(self.last.start - self.slow_from, 1e-9)
            late = self.slow_by * along * along
        return beat * self.beat_seconds + late


def lay_out(
    style: Style,
    seconds: float,
    *,
    tempo_bpm: float,
    beats_per_bar: int,
    tonic: int,
    mode: str,
    steady: bool,
    rng: np.random.Generator,
) -> Form:
    """Choose the bars so that the last chord falls where it can still ring out.

    Args:
        style: gives the progressions.
        seconds: exact length.
        tempo_bpm: beats per minute.
        beats_per_bar: 3 or 4.
        tonic: pitch class.
        mode: "major" or "minor".
        steady: keep the tempo to the end, as drums do.
        rng: chooses the progressions.
    """
    beat = 60 / tempo_bpm
    bar = beat * beats_per_bar
    ring = min(RING_SECONDS, 0.35 * seconds)
    n_bars = int((seconds - ring) / bar)
    extra = int((seconds - ring - n_bars * bar) / beat) if n_bars >= 2 else 0
    n_beats = n_bars * beats_per_bar + extra
    spare = seconds - ring - n_beats * beat
    slow_by = 0.0 if steady or n_bars < 4 else min(spare, 2 * bar * RITARDANDO_SHARE)
    degrees = _degrees(style, n_bars, rng)
    sections = _sections(n_bars)

    def made(number: int, degree: int, section: str, energy: float) -> Bar:
        scale = scale_of(tonic, mode, degree)
        return Bar(
            number, section, energy, float(number * beats_per_bar), beats_per_bar,
            triad(scale, degree), scale,
        )  # fmt: skip

    bars = tuple(made(number, degree, *sections[number]) for number, degree in enumerate(degrees))
    if extra:  # what is left over lengthens the last bar but by a bar of its own
        short = made(n_bars, style.ending, "ending", 0.8)
        bars = (*bars, replace(short, beats=extra))
    last = replace(made(n_bars, 0, "ending", 0.8), start=float(n_beats))
    slow_from = float(max(0, n_beats - 2 * beats_per_bar))
    return Form(bars, last, beat, slow_from, slow_by, seconds)


def _degrees(style: Style, n_bars: int, rng: np.random.Generator) -> list[int]:
    order = [style.progressions[n] for n in rng.permutation(len(style.progressions))]
    pattern = [order[0], order[1 % len(order)], order[0], order[-1]]
    degrees = [pattern[n // PERIOD % 4][n % 4] for n in range(n_bars)]
    if n_bars >= 2:
        degrees[-1] = style.ending
    return degrees


def _sections(n_bars: int) -> list[tuple[str, float]]:
    """Name each bar's section and its energy, so that the piece rises and comes to rest."""
    intro = 0 if n_bars < 3 else min(4, max(1, n_bars // 7))
    ending = 0 if n_bars < 4 else 2 if n_bars >= 8 else 1
    middle = n_bars - intro - ending
    build = 0 if middle < 4 else min(8, middle // 3)
    rest = range(intro + build, n_bars - ending)
    pause = set(list(rest)[len(rest) // 2 : len(rest) // 2 + 4]) if len(rest) >= 20 else set()
    out: list[tuple[str, float]] = []
    for n in range(n_bars):
        if n < intro:
            out.append(("intro", 0.35 + 0.15 * n / max(1, intro)))
        elif n < intro + build:
            out.append(("build", 0.55 + 0.35 * (n - intro) / build))
        elif n >= n_bars - ending:
            out.append(("ending", 0.85))
        elif n in pause:
            out.append(("break", 0.55))
        else:
            out.append(("main", 1.0))
    return out
