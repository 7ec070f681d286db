"""The sections of all tracks, to find the one that fits a query best."""

import numpy as np
import numpy.typing as npt

from catalogs.rows import VectorTable
from retriever.branches import TrackNumbers
from v2m.types import Span


class SectionTable:
    """Vectors of sections, grouped by track."""

    def __init__(self, table: VectorTable, tracks: TrackNumbers) -> None:
        numbers = tracks.of(table.track_ids)
        order = np.argsort(numbers, kind="stable")
        self._table = table
        self._rows = order
        self._numbers = numbers[order]

    def best(self, track: int, query: npt.NDArray[np.float32]) -> Span | None:
        """Return the section nearest a query; None where the track has no sections."""
        first, last = np.searchsorted(self._numbers, [track, track + 1])
        rows = self._rows[first:last]
        if not len(rows):
            return None
        row = rows[int(np.argmax(self._table.vectors[rows] @ query))]
        return Span(float(self._table.starts[row]), float(self._table.ends[row]))
