"""The sections of all tracks, and which of a track's fits a query: by sound and by energy."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from catalogs.image import FiledRows
from v2m.types import Span

if TYPE_CHECKING:
    from v2m.structure import Structure

ENERGY_WEIGHT = 0.15
"""Cosine that a section of the wrong energy loses: sections of one track differ by about that."""

LEAST_RANGE = 0.1
"""A track whose sections differ less in energy has no calm and no lively ones."""

SNAP_BARS = 0.6
"""A section begins at the nearest bar line not farther than this."""

Rated = tuple[Span, npt.NDArray[np.float32]]
"""A section and its vector."""


class Barred(Protocol):
    """Something with bar lines, such as a track's structure."""

    @property
    def bars_seconds(self) -> npt.NDArray[np.float64]:
        """Rising; empty where there are none."""
        ...


@dataclass(frozen=True, slots=True)
class Bars:
    """The bar lines of a track, seconds, rising; all there is to know where energy is no matter."""

    bars_seconds: npt.NDArray[np.float64]


class SectionTable:
    """Vectors of sections, grouped by track."""

    def __init__(self, rows: FiledRows) -> None:
        self._rows = rows
        self._numbers = rows.numbers[rows.by_track]

    def of(self, track: int) -> list[Rated]:
        """Return the sections of a track with their vectors; none where it has none."""
        first, last = np.searchsorted(self._numbers, np.array([track, track + 1], np.int32))
        rows = self._rows
        return [
            (
                Span(float(rows.starts[row]), float(rows.ends[row])),
                rows.vectors.take(np.array([row]))[0],
            )
            for row in rows.by_track[first:last]
        ]


def best_section(
    sections: Sequence[Rated],
    wanted: npt.NDArray[np.float32],
    energy: float | None,
    structure: "Structure | None",
    bars: Barred | None = None,
) -> Span | None:
    """Return the section nearest to what is wanted; None where a track has no sections.

    Args:
        sections: with their vectors, float32, shape (dim,), unit.
        wanted: the query in the same space, unit.
        energy: how lively the picture is, 0 to 1; None where there is none to follow.
        structure: of the track, for its energy; None where it was not measured: sound alone
            decides.
        bars: the track's bar lines, where its structure is not at hand.
    """
    if not sections:
        return None
    scores = np.array([float(vector @ wanted) for _, vector in sections])
    if structure is not None and energy is not None:
        scores = scores - ENERGY_WEIGHT * _off(sections, energy, structure)
    best = sections[int(scores.argmax())][0]
    lines = structure or bars
    return best if lines is None else on_bar_lines(best, lines)


def on_bar_lines(span: Span, structure: Barred) -> Span:
    """Move the ends of a section onto the nearest bar lines.

    >>> import numpy as np
    >>> from v2m.audio.descriptors import spectra_of
    >>> from v2m.audio.structure import find_structure, lay_ground
    >>> from v2m.structure import NO_BEATS
    >>> silent = find_structure(lay_ground(spectra_of(np.zeros(9, np.float32)), NO_BEATS))
    >>> on_bar_lines(Span(1.0, 2.0), silent)
    Span(start_seconds=1.0, end_seconds=2.0)
    """
    lines = structure.bars_seconds
    if len(lines) < 2:
        return span
    steps = np.sort(np.diff(lines))  # NumPy's median imports all of its masked arrays
    reach = SNAP_BARS * float(steps[(len(steps) - 1) // 2] + steps[len(steps) // 2]) / 2
    start, end = (_nearest(lines, at, reach) for at in (span.start_seconds, span.end_seconds))
    return Span(start, end) if end > start else span


def _nearest(lines: npt.NDArray[np.float64], at: float, reach: float) -> float:
    nearest = float(lines[int(np.abs(lines - at).argmin())])
    return nearest if abs(nearest - at) <= reach else at


def _off(
    sections: Sequence[Rated], energy: float, structure: "Structure"
) -> npt.NDArray[np.float64]:
    """Return how far each section's energy lies from the picture's, both 0 to 1 in their range."""
    own = np.array([structure.energy_of(span) for span, _ in sections])
    low, high = float(own.min()), float(own.max())
    if high - low < LEAST_RANGE:
        return np.zeros(len(own))
    return np.abs((own - low) / (high - low) - energy)
