"""The form of a piece: how many bars, which chord in each, and how it breathes to an exact end."""

from dataclasses import dataclass
from itertools import accumulate, count

import numpy as np

from generator.arranger.harmony import scale_of, triad
from generator.arranger.styles import Style

RITARDANDO_SHARE = 0.12
"""The last two bars may slow down by this much."""

RING_SECONDS = 2.0
"""The last chord rings at least this long, in a piece that has room for it."""

PERIOD = 8
"""Bars after which the harmony may change."""

LONGEST_CLIMAX_BARS = 8
CLIMAX_ENERGY = 1.3


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar and its harmony.

    Attributes:
        number: from 0.
        section: "intro", "build", "main", "climax", "break" or "ending".
        energy: 0 to 1, how loud and how full; more in a climax that was asked for.
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
    climax_seconds: float | None = None,
) -> Form:
    """Choose the bars so that the last chord falls where it can still ring out.

    Where a climax is wanted, a bar begins there: the tempo gives way by half a beat at most over
    the whole way to it, and what is left over of the bars is a shorter one at the start.

    Args:
        style: gives the progressions.
        seconds: exact length.
        tempo_bpm: beats per minute.
        beats_per_bar: 3 or 4.
        tonic: pitch class.
        mode: "major" or "minor".
        steady: keep the tempo to the end, as drums do.
        rng: chooses the progressions.
        climax_seconds: where the piece should culminate; None anywhere.
    """
    beat, climax = _to_climax(60 / tempo_bpm, climax_seconds)
    lengths = _bar_lengths(seconds, beat, beats_per_bar, climax)
    starts = list(accumulate(lengths, initial=0))
    full = [number for number, beats in enumerate(lengths) if beats == beats_per_bar]
    degrees = [style.ending] * len(lengths)  # of the short bars at both ends
    for number, degree in zip(full, _degrees(style, len(full), rng), strict=True):
        degrees[number] = degree
    at = None if climax is None else starts.index(climax)
    shape = _sections(len(full)) if at is None else _towards(len(lengths), at)
    shape += [("ending", 0.8)] * (len(lengths) + 1 - len(shape))

    def made(number: int, degree: int, beats: int) -> Bar:
        scale = scale_of(tonic, mode, degree)
        section, energy = shape[number]
        return Bar(
            number, section, energy, float(starts[number]), beats, triad(scale, degree), scale
        )

    bars = tuple(made(*bar) for bar in zip(count(), degrees, lengths, strict=False))
    last = made(len(lengths), 0, beats_per_bar)
    slow_from = float(max(climax or 0, last.start - 2 * beats_per_bar))
    spare = seconds - min(RING_SECONDS, 0.35 * seconds) - last.start * beat
    room = min(spare, 2 * beats_per_bar * beat * RITARDANDO_SHARE)
    free = not steady and len(full) >= 4 and slow_from < last.start
    return Form(bars, last, beat, slow_from, room if free else 0.0, seconds)


def _to_climax(beat: float, climax_seconds: float | None) -> tuple[float, int | None]:
    """Return the length of a beat, and how many of them come before the climax."""
    if climax_seconds is None:
        return beat, None
    n_beats = round(climax_seconds / beat)
    return (climax_seconds / n_beats, n_beats) if n_beats else (beat, 0)


def _bar_lengths(seconds: float, beat: float, per_bar: int, climax: int | None) -> list[int]:
    """Return the beats of each bar up to the last chord; the first and last may be shorter ones."""
    ring = min(RING_SECONDS, 0.35 * seconds)
    first = (climax or 0) % per_bar
    left = seconds - ring - first * beat
    n_bars = int(left / (per_bar * beat))
    extra = int((left - n_bars * per_bar * beat) / beat) if n_bars >= 2 else 0
    if climax is not None and n_bars * per_bar + first <= climax:  # the last chord is the climax
        n_bars, extra = (climax - first) // per_bar, 0
    return [first] * (first > 0) + [per_bar] * n_bars + [extra] * (extra > 0)


def _degrees(style: Style, n_bars: int, rng: np.random.Generator) -> list[int]:
    order = [style.progressions[n] for n in rng.permutation(len(style.progressions))]
    pattern = [order[0], order[1 % len(order)], order[0], order[-1]]
    degrees = [pattern[n // PERIOD % 4][n % 4] for n in range(n_bars)]
    if n_bars >= 2:
        degrees[-1] = style.ending
    return degrees


def _towards(n_bars: int, climax: int) -> list[tuple[str, float]]:
    """Name each bar's section and its energy, and the last chord's, for a climax at a bar."""
    intro = min(4, climax // 3)
    out = [
        ("intro" if n < intro else "build", 0.7 * ((n + 1) / (climax + 1)) ** 2)
        for n in range(climax)
    ]
    top = min(LONGEST_CLIMAX_BARS, n_bars - climax)
    out += [("climax", CLIMAX_ENERGY + (0.2 if n == 0 else 0.0)) for n in range(top)]
    out += [("main", 0.7)] * max(0, n_bars - 2 - len(out))
    out += [("ending", 0.6)] * (n_bars - len(out))
    return [*out, ("ending", 0.6 if top else CLIMAX_ENERGY)]


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
