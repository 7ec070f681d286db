"""Structures of tracks for tests: bars of two seconds in four beats."""

import numpy as np
import numpy.typing as npt

from v2m.structure import Join, Section, Structure
from v2m.types import Span


def steady(
    n_bars: int,
    *,
    joins: tuple[Join, ...] = (),
    lines: npt.NDArray[np.float64] | None = None,
    tail_seconds: float = 0.0,
    climax_seconds: float = 0.0,
    energy: npt.NDArray[np.float32] | None = None,
) -> Structure:
    """A track of even bars at 120 bpm from second 0 on; after them its last sound rings out."""
    even = np.asarray(2.0 * np.arange(n_bars + 1), np.float64)
    bars = even if lines is None else lines
    beats = np.arange(0.0, bars[-1] + 1e-6, 0.5)
    end = float(bars[-1]) + tail_seconds
    numbers = (np.arange(len(beats)) % 4 + 1).astype(np.int8)
    return Structure(
        metre="4/4",
        tempo_bpm=120.0,
        clarity=0.9,
        beats_seconds=beats,
        beat_numbers=numbers,
        bars_seconds=bars,
        sections=(Section(Span(0.0, end), "A", 0.5),),
        energy=np.full(int(2 * end) + 1, 0.5, np.float32) if energy is None else energy,
        sounding=Span(0.0, end),
        intro_end_seconds=0.0,
        ending_seconds=float(bars[max(0, n_bars - 2)]),
        climax_seconds=climax_seconds,
        joins=joins,
    )
