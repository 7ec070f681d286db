"""Writes tracks with vectors in bulk, beside the same rows by executemany.

Both write the same columns of the same tables of a fresh catalogue, a thousand tracks to the
transaction; what executemany is given was made ready before the clock starts.
"""

import hashlib
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

import numpy as np

from benchmarks.rows import Row, Setting, alone, compare, faster, here, scaled
from catalogs.columns import COLUMNS
from catalogs.licence_columns import LICENCE_COLUMNS, licence_values
from catalogs.licences import parse_licence
from catalogs.rows import IndexedFile
from catalogs.store import Catalogue
from catalogs.tracks import track_values
from v2m.types import Span, Track, TrackRecord, VectorRow
from v2m.vectors.arithmetic import unit_rows

BATCH = 1000
DIM = 512
MUSIC = Path("/music")
TRACK_COLUMNS = (*COLUMNS, *LICENCE_COLUMNS, "analysis_version")


def rows(setting: Setting) -> Iterator[Row]:
    """Write tracks with one vector each into new catalogues, all at once and as a run does."""
    tracks, few = setting.size(100_000, 20), setting.size(2_000, 10)
    files = made_up_files(tracks)
    prepared = _as_lists(files[:few])
    fresh = (Catalogue.open(setting.folder / str(n), create=True) for n in count())
    yield compare(
        f"{tracks:,} tracks with vectors of {DIM} into the catalogue",
        here(lambda: _write(next(fresh), files)),
        "executemany",
        scaled(here(lambda: _execute_many(next(fresh), [prepared])), tracks / few),
        goal=faster(10),
        rounds=min(2, setting.rounds),
        note=f"executemany wrote {few:,}; its time is {tracks // few} times that",
    )
    catalogue = next(fresh)
    batches = [files[start : start + 8] for start in range(0, 8 * setting.size(20, 2), 8)]
    took = [1000 * here(lambda: catalogue.write_batch(batch))().seconds for batch in batches]  # noqa: B023
    yield alone("a batch of 8 tracks: opened, written, committed, closed", took, "ms")


def made_up_files(n: int, dim: int = DIM, seed: int = 0) -> list[IndexedFile]:
    """Return tracks as an index run hands them over, each with a random unit vector."""
    rng = np.random.default_rng(seed)
    return [
        IndexedFile(track.path, 1, 1, MUSIC, TrackRecord(track, (_vector(rng, dim),), "1"))
        for track in made_up_tracks(rng.uniform(60, 180, n).tolist())
    ]


def made_up_tracks(tempi: Sequence[float], first: int = 0) -> Iterator[Track]:
    """Yield a track for each tempo, with words and a licence, numbered from the first on."""
    for number, tempo in enumerate(tempi, first):
        yield Track(
            track_id(number),
            MUSIC / f"{number}.flac",
            f"Piece {number}",
            artist=f"Artist {number % 1000}",
            description="calm; piano; recorded at home",
            summary="a slow piece with a piano, major",
            duration_seconds=180.0,
            tempo_bpm=tempo,
            key="C",
            mode="major",
            loudness_lufs=-14.0,
            instrumental=0.9,
            tags=("piano", "slow", "calm"),
            licence="CC BY 4.0",
        )


def track_id(number: int) -> str:
    """Return the id of a made-up track: in no order, as ids that are digests of sound."""
    return hashlib.md5(str(number).encode(), usedforsecurity=False).hexdigest()


def _vector(rng: np.random.Generator, dim: int) -> VectorRow:
    (vector,) = unit_rows(rng.standard_normal((1, dim), np.float32))
    return VectorRow("random", "track", Span(0, 180), vector)


def _write(catalogue: Catalogue, files: Sequence[IndexedFile]) -> None:
    for start in range(0, len(files), BATCH):
        catalogue.write_batch(files[start : start + BATCH])


Rows = list[list[object]]


def _as_lists(files: Sequence[IndexedFile]) -> tuple[Rows, Rows, Rows]:
    terms = licence_values(parse_licence("CC BY 4.0"))
    tracks: Rows = [[*track_values(file.record.track), *terms, "1"] for file in files]
    places: Rows = [[str(f.path), f.record.track.track_id, 1, 1, str(f.root)] for f in files]
    vectors: Rows = [
        [f.record.track.track_id, v.space, v.kind, 0.0, 180.0, len(v.vector), v.vector.tolist()]
        for f in files
        for v in f.record.vectors
    ]
    return tracks, places, vectors


def _execute_many(catalogue: Catalogue, batches: Sequence[tuple[Rows, Rows, Rows]]) -> None:
    marks = ", ".join("?" * len(TRACK_COLUMNS))
    for tracks, places, vectors in batches:
        with catalogue.writing() as con:
            con.executemany(
                f"INSERT INTO tracks ({', '.join(TRACK_COLUMNS)}) VALUES ({marks})",
                tracks,
            )
            con.executemany(
                "INSERT INTO files (path, track_id, size_bytes, mtime_ns, root)"
                " VALUES (?, ?, ?, ?, ?)",
                places,
            )
            con.executemany(
                "INSERT INTO vectors VALUES (nextval('vector_rows'), ?, ?, ?, ?, ?, ?, ?)", vectors
            )
