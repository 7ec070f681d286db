"""Catalogues of made-up tracks of any size, most rows written by SQL: a million take a minute."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from benchmarks.bulk import MUSIC, made_up_tracks
from catalogs.arrow import registered
from catalogs.rows import IndexedFile
from catalogs.store import Catalogue
from v2m.audio.descriptors import ANALYSIS_VERSION
from v2m.audio.fingerprint import VERSION
from v2m.encoders.profiles import Profile
from v2m.structure import Section, Structure
from v2m.types import Span, TrackRecord, VectorRow
from v2m.vectors.arithmetic import unit_rows

CHUNK = 50_000
HIGHEST_BPM = 200.0
FIRST = 1
"""Tracks written as an index run writes them; the others are copies of their rows."""

STRUCTURE = Structure(
    metre="4/4",
    tempo_bpm=120.0,
    clarity=0.9,
    beats_seconds=np.arange(0, 8.5, 0.5),
    beat_numbers=(np.arange(17) % 4 + 1).astype(np.int8),
    bars_seconds=np.arange(0.0, 10, 2),
    sections=(Section(Span(0, 8), "A", 0.5),),
    energy=np.full(17, 0.5, np.float32),
    sounding=Span(0, 8),
    intro_end_seconds=0.0,
    ending_seconds=6.0,
    climax_seconds=4.0,
    joins=(),
)
"""A short one: a million long ones would take the disk."""


class MadeUp:
    """A catalogue of made-up tracks, each with a vector of sound, title and description."""

    def __init__(self, catalogue: Catalogue, profile: Profile) -> None:
        self.catalogue, self.n_tracks = catalogue, 0
        self._profile = profile
        self._random = np.random.default_rng(0)

    @property
    def vectors_mb(self) -> float:
        """Size of the numbers of all vectors, MB."""
        return self.n_tracks * sum(dim for _, _, dim in self._columns) * 4 / 1e6

    @property
    def _columns(self) -> Sequence[tuple[str, str, int]]:
        music, text = self._profile.music, self._profile.text
        return (
            (music.space, "track", music.dim),
            (text.space, "title", text.dim),
            (text.space, "description", text.dim),
        )

    def grow(self, n: int) -> None:
        """Write the first tracks as an index run does, and the others as copies of their rows.

        Tempi rise evenly from 0 to ``HIGHEST_BPM``, so that a condition can keep any share.
        """
        self.catalogue.write_batch(self.files(FIRST))
        with self.catalogue.writing() as con:
            for table, own in {
                "tracks": "md5(n::VARCHAR) AS track_id, '/music/' || n || '.flac' AS path,"
                f" 'Piece ' || n AS title, {HIGHEST_BPM} * n / {n} AS tempo_bpm",
                "files": "md5(n::VARCHAR) AS track_id, '/music/' || n || '.flac' AS path",
                "structures": "md5(n::VARCHAR) AS track_id",
            }.items():
                con.execute(
                    f"INSERT INTO {table} BY NAME SELECT one.* REPLACE ({own})"
                    f" FROM (FROM {table} LIMIT 1) one, range(?, ?) numbers(n)",
                    [FIRST, n],
                )
            con.execute(
                "INSERT INTO fingerprints SELECT track_id, ?,"
                " [(hash(track_id) % 4294967296)::UINTEGER], true FROM tracks",
                [VERSION],
            )
            for column in self._columns:
                for start in range(FIRST, n, CHUNK):
                    self._put_vectors(con, *column, np.arange(start, min(n, start + CHUNK)))
        self.n_tracks = n

    def _put_vectors(
        self, con: Any, space: str, kind: str, dim: int, tracks: npt.NDArray[np.int64]
    ) -> None:
        numbers = unit_rows(self._random.standard_normal((len(tracks), dim), np.float32))
        vectors = pa.FixedSizeListArray.from_arrays(numbers.ravel(), dim)
        with registered(con, made_up=pa.table({"n": tracks, "vector": vectors})):
            con.execute(
                "INSERT INTO vectors SELECT nextval('vector_rows'), md5(n::VARCHAR), ?, ?,"
                " 0, 180, ?, vector FROM made_up",
                [space, kind, dim],
            )

    def files(self, n: int) -> list[IndexedFile]:
        """Return new tracks as an index run hands them over; the library is meant to get them."""
        whole = Span(0, 180)
        files = []
        for track in made_up_tracks([120.0] * n, self.n_tracks):
            vectors = tuple(
                VectorRow(space, kind, whole, self._unit(dim)) for space, kind, dim in self._columns
            )
            record = TrackRecord(track, vectors, ANALYSIS_VERSION, structure=STRUCTURE)
            files.append(IndexedFile(track.path, 1, 1, MUSIC, record))
        self.n_tracks += n
        return files

    def _unit(self, dim: int) -> npt.NDArray[np.float32]:
        (vector,) = unit_rows(self._random.standard_normal((1, dim), np.float32))
        return np.asarray(vector)
