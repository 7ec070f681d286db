"""The ways of matching: each proposes tracks for a query and scores any track it is asked about."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from catalogs.search_index import SearchIndex
from retriever.fusion import Scale, scale_of
from retriever.probes import PROBES
from v2m.protocols import TextEncoder

if TYPE_CHECKING:
    from catalogs.word_index import WordIndex

OWN_SAMPLE = 256
"""Tracks whose cosines with all others tell how near two pieces of music are."""

Mask = npt.NDArray[np.bool_]
"""bool, shape (n_tracks,): which tracks may be found."""

Numbers = npt.NDArray[np.int64]
"""int64, shape (n,), numbers of tracks."""


class TrackNumbers:
    """Numbers a library's tracks from 0, so that filters and scores are arrays.

    Attributes:
        ids: the track ids, in the order of their numbers.
    """

    def __init__(self, ids: Iterable[str]) -> None:
        self.ids = list(ids)

    def __len__(self) -> int:
        """Number of tracks."""
        return len(self.ids)

    def of(self, track_ids: Iterable[str]) -> Numbers:
        """Return the number of each id, -1 for one that is not known."""
        numbers = self._number
        return np.array([numbers.get(track_id, -1) for track_id in track_ids], np.int64)

    @cached_property
    def _number(self) -> dict[str, int]:
        return {track_id: number for number, track_id in enumerate(self.ids)}

    def mask(self, track_ids: Iterable[str]) -> Mask:
        """Return which tracks are among these ids."""
        found = np.zeros(len(self), np.bool_)
        numbers = self.of(track_ids)
        found[numbers[numbers >= 0]] = True
        return found


class Asked(Protocol):
    """A branch with its side of a query."""

    def candidates(self, k: int, allowed: Mask | None) -> Numbers:
        """Return the k best tracks that may be found, best first."""
        ...

    def scores(self, tracks: Numbers) -> npt.NDArray[np.float64]:
        """Return a score per track, higher is better; NaN where the branch knows nothing of it."""
        ...

    def strength(self, tracks: Numbers) -> npt.NDArray[np.float64]:
        """Return what orders the tracks within the branch, higher is better; 0 for no match."""
        ...


class VectorBranch:
    """One kind of vector of one space: an index, its scale, and where each track's row lies."""

    def __init__(self, index: SearchIndex, encoder: TextEncoder) -> None:
        self._index = index
        self._encoder = encoder

    def __len__(self) -> int:
        """Number of rows."""
        return len(self._index.rows.ids)

    @cached_property
    def scale(self) -> Scale:
        """What everyday requests score here."""
        return scale_of(self._encoder.encode_text(PROBES), self._index.rows.vectors)

    @cached_property
    def own_scale(self) -> Scale:
        """What its rows score among one another."""
        rows = self._index.rows.vectors
        return scale_of(rows.every(max(1, len(rows) // OWN_SAMPLE)), rows)

    @cached_property
    def _by_track(self) -> npt.NDArray[np.int32]:
        """The tracks of all rows, rising."""
        return self._index.rows.numbers[self._index.rows.by_track]

    def _rows_of(self, tracks: Numbers) -> Numbers:
        """Return the row of each track, the last of several; -1 where there is none."""
        asked = tracks.astype(np.int32)  # of another type, all would be converted
        places = np.searchsorted(self._by_track, asked, side="right") - 1
        there = places >= 0
        there[there] = self._by_track[places[there]] == tracks[there]
        rows = np.full(len(tracks), -1, np.int64)
        rows[there] = self._index.rows.by_track[places[there]]
        return rows

    def vector(self, track: int) -> npt.NDArray[np.float32] | None:
        """Return a track's vector, None where there is none."""
        row = int(self._rows_of(np.array([track]))[0])
        return None if row < 0 else self._index.rows.vectors.take(np.array([row]))[0]

    def nearest(self, query: npt.NDArray[np.float32], k: int, allowed: Mask | None) -> Numbers:
        """Return the k tracks with the highest cosine, best first."""
        numbers = self._index.rows.numbers
        # the number -1, of a track that is not there, takes the last
        rows = None if allowed is None else np.append(allowed, False).take(numbers)
        hits = self._index.search(query[None], k, rows)
        ids = hits.ids[0][hits.ids[0] >= 0]
        tracks = numbers[np.searchsorted(self._index.rows.ids, ids)]
        return np.asarray(tracks[tracks >= 0], np.int64)

    def cosines(self, query: npt.NDArray[np.float32], tracks: Numbers) -> npt.NDArray[np.float64]:
        """Return the cosine by track, NaN where this branch has no row."""
        rows = self._rows_of(tracks)
        out = np.full(len(tracks), np.nan)
        out[rows >= 0] = self._index.rows.vectors.take(rows[rows >= 0]) @ query
        return out


@dataclass(frozen=True, slots=True)
class AskedVector:
    """A vector asked of a branch."""

    branch: VectorBranch
    query: npt.NDArray[np.float32]

    def candidates(self, k: int, allowed: Mask | None) -> Numbers:
        """Return the k nearest tracks that may be found."""
        return self.branch.nearest(self.query, k, allowed)

    def scores(self, tracks: Numbers) -> npt.NDArray[np.float64]:
        """Return the cosine by track."""
        return self.branch.cosines(self.query, tracks)

    def strength(self, tracks: Numbers) -> npt.NDArray[np.float64]:
        """Return the cosine by track, 0 where there is none."""
        return np.nan_to_num(self.scores(tracks))


@dataclass(frozen=True, slots=True)
class AskedWords:
    """Words asked of the word index, scored for every track.

    Attributes:
        bm25: float64, shape (n_tracks,), 0 where no term occurs.
        met: float64, shape (n_tracks,), share of the request the track's words meet, 0 to 1.
    """

    bm25: npt.NDArray[np.float64]
    met: npt.NDArray[np.float64]

    def candidates(self, k: int, allowed: Mask | None) -> Numbers:
        """Return the k tracks with the highest BM25; those without any term never."""
        scores = self.bm25 if allowed is None else np.where(allowed, self.bm25, 0)
        places = np.argsort(-scores, kind="stable")[:k]
        return places[scores[places] > 0].astype(np.int64)

    def scores(self, tracks: Numbers) -> npt.NDArray[np.float64]:
        """Return the share of the request that is met, NaN for none."""
        met = self.met[tracks]
        return np.where(met > 0, met, np.nan)

    def strength(self, tracks: Numbers) -> npt.NDArray[np.float64]:
        """Return BM25 by track."""
        return self.bm25[tracks]


def ask_words(index: "WordIndex", text: str, tracks: TrackNumbers) -> AskedWords:
    """Score every track for a request in words."""
    bm25, met = index.scores(text)
    numbers = tracks.of(index.track_ids)
    known = numbers >= 0
    by_track = np.zeros((2, len(tracks)))
    by_track[0, numbers[known]] = bm25[known]
    by_track[1, numbers[known]] = met[known]
    return AskedWords(by_track[0], by_track[1])
