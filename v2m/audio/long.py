"""Joins what was heard of a long file stretch by stretch.

A file of up to 15 minutes is heard as a whole. A longer one is cut every 10 minutes, and each
stretch is heard as if it were a track of its own: memory stays that of 15 minutes. What is joined:

- Beats, bars and sections of all stretches, one behind the other. Sections share a letter, and bar
  lines are joins, only within a stretch; energy is 0 to 1 within a stretch. The climax is that of
  the loudest stretch.
- Loudness, by the gates of BS.1770-4 over the blocks of all stretches. Other measurements and tags
  are means, the tempo is a median, key, mode and metre are what holds longest. Silent stretches
  count for none of this; they have no energy.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from v2m.audio.structure import letter
from v2m.structure import ENERGY_STEP_SECONDS, Join, Section, Structure
from v2m.types import SoundFacts, Span

SHORTEST_BAR_SECONDS = 0.2
"""Where stretches meet, a bar line that comes sooner before the next one is left out."""

Floats = npt.NDArray[np.float64]
Kind = TypeVar("Kind", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a stretch lies in its file.

    Attributes:
        start_seconds: its start.
        seconds: its length.
    """

    start_seconds: float
    seconds: float

    def moved(self, span: Span) -> Span:
        """Return where in the file a span of the stretch lies."""
        return Span(self.start_seconds + span.start_seconds, self.start_seconds + span.end_seconds)


def mean_of(values: Sequence[npt.ArrayLike], places: Sequence[Place]) -> npt.NDArray[np.floating]:
    """Return the mean over stretches, each as heavy as it is long."""
    return np.asarray(np.average(np.asarray(values), 0, [place.seconds for place in places]))


def joined_tempo(tempi_bpm: Sequence[float]) -> float:
    """Return the median of the tempi of stretches that have a pulse; 0 where fewer than half do."""
    pulsing = [tempo for tempo in tempi_bpm if tempo]
    return float(np.median(pulsing)) if 2 * len(pulsing) >= len(tempi_bpm) else 0.0


def joined_facts(
    facts: Sequence[SoundFacts], places: Sequence[Place], loudness_lufs: float
) -> SoundFacts:
    """Return what the whole measures.

    Args:
        facts: of every stretch, at least one.
        places: of the stretches.
        loudness_lufs: of the whole.
    """

    def mean(name: str) -> float:
        return float(mean_of([getattr(one, name) for one in facts], places))

    key, mode = _longest([(one.key, one.mode) for one in facts], places)
    return SoundFacts(
        loudness_lufs=loudness_lufs,
        loudness_range_db=mean("loudness_range_db"),
        centroid_hz=mean("centroid_hz"),
        onsets_per_second=mean("onsets_per_second"),
        percussive_share=mean("percussive_share"),
        harmonic_share=mean("harmonic_share"),
        majorness=mean("majorness"),
        key=key,
        mode=mode,
        tempo_curve=mean_of([one.tempo_curve for one in facts], places).astype(np.float32),
    )


def joined_structure(
    built: Sequence[Structure], places: Sequence[Place], loudness_lufs: Sequence[float]
) -> Structure:
    """Return how the whole is built.

    Args:
        built: how every stretch is, in order, at least one.
        places: of the stretches.
        loudness_lufs: of the stretches.
    """
    if len(built) == 1:
        return built[0]
    sounding = [n for n, one in enumerate(built) if len(one.bars_seconds)]
    if not sounding:
        return built[0]
    first, last = sounding[0], sounding[-1]
    loudest = max(sounding, key=lambda n: loudness_lufs[n])
    start, end = built[first].sounding, built[last].sounding
    heard, spans = [built[n] for n in sounding], [places[n] for n in sounding]
    beats = [_behind(one.beats_seconds, place) for one, place in _beside(built, places)]
    return Structure(
        metre=_longest([one.metre for one in heard], spans),
        tempo_bpm=round(joined_tempo([one.tempo_bpm for one in heard]), 2),
        clarity=round(float(mean_of([one.clarity for one in heard], spans)), 4),
        beats_seconds=np.concatenate(beats),
        beat_numbers=np.concatenate([one.beat_numbers for one in built]),
        bars_seconds=_joined_bars(built, places),
        sections=_joined_sections(built, places),
        energy=np.concatenate([_energy(one, place) for one, place in _beside(built, places)]),
        sounding=Span(
            places[first].moved(start).start_seconds, places[last].moved(end).end_seconds
        ),
        intro_end_seconds=_at(places[first], built[first].intro_end_seconds),
        ending_seconds=_at(places[last], built[last].ending_seconds),
        climax_seconds=_at(places[loudest], built[loudest].climax_seconds),
        joins=tuple(
            Join(_at(place, join.first_seconds), _at(place, join.second_seconds), join.likeness)
            for one, place in _beside(built, places)
            for join in one.joins
        ),
    )


def _beside(built: Sequence[Structure], places: Sequence[Place]) -> list[tuple[Structure, Place]]:
    return list(zip(built, places, strict=True))


def _energy(one: Structure, place: Place) -> npt.NDArray[np.float32]:
    """Return the energy of a stretch; silence has none, and takes its time."""
    silent = not len(one.bars_seconds)
    return np.zeros(ceil(place.seconds / ENERGY_STEP_SECONDS), np.float32) if silent else one.energy


def _at(place: Place, seconds: float) -> float:
    return round(place.start_seconds + seconds, 4)


def _behind(seconds: Floats, place: Place) -> Floats:
    return np.asarray((place.start_seconds + seconds).round(4), np.float64)


def _joined_bars(built: Sequence[Structure], places: Sequence[Place]) -> Floats:
    """Return the bar lines of all stretches; a stretch yields to the first line of the next."""
    lines = np.zeros(0)
    for one, place in _beside(built, places):
        more = _behind(one.bars_seconds, place)
        if len(more):
            lines = np.concatenate([lines[lines <= more[0] - SHORTEST_BAR_SECONDS], more])
    return lines


def _joined_sections(built: Sequence[Structure], places: Sequence[Place]) -> tuple[Section, ...]:
    """Return the sections of all stretches; each stretch goes on with the letters."""
    found: list[Section] = []
    letters = 0
    for one, place in _beside(built, places):
        own = list(dict.fromkeys(section.label for section in one.sections))
        for n, section in enumerate(one.sections):
            span = Span(
                _at(place, section.span.start_seconds), _at(place, section.span.end_seconds)
            )
            if n == 0 and found:  # no gap, and nothing twice, where stretches meet
                before = found[-1]
                joined = Span(before.span.start_seconds, span.start_seconds)
                found[-1] = replace(before, span=joined)
            label = letter(letters + own.index(section.label))
            found.append(Section(span, label, section.energy))
        letters += len(own)
    return tuple(found)


def _longest(kinds: Sequence[Kind], places: Sequence[Place]) -> Kind:
    """Return what holds for the longest time, of equals the first."""
    times: dict[Kind, float] = {}
    for kind, place in zip(kinds, places, strict=True):
        times[kind] = times.get(kind, 0.0) + place.seconds
    return max(times, key=lambda kind: times[kind])
