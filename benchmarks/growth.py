"""What a library of a million tracks costs beside one of a thousand.

Storing a batch, looking over known files, removing and adding, and a first search by words: on
catalogues of made-up tracks whose rows are written by SQL, so that a million take a minute.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from benchmarks.bulk import MUSIC, made_up_tracks
from benchmarks.rows import (
    Row,
    Setting,
    Side,
    Spent,
    Spread,
    alone,
    here,
    python,
    share,
    value,
)
from catalogs.arrow import registered
from catalogs.rows import IndexedFile
from catalogs.store import Catalogue
from indexer.index import forget, set_apart, settle
from indexer.options import Options
from indexer.reports import IndexReport
from indexer.scan import FoundFile, Scan
from v2m.audio.descriptors import ANALYSIS_VERSION
from v2m.audio.fingerprint import VERSION
from v2m.encoders.profiles import Profile, ProfileSpec, load_profile
from v2m.structure import Section, Structure
from v2m.types import Span, TrackRecord, VectorRow
from v2m.vectors.arithmetic import unit_rows

CHUNK = 50_000
FIRST = 64
"""Tracks written as an index run writes them; the others are copies of these rows."""

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


def rows(setting: Setting) -> Iterator[Row]:
    """Measure a small library and a large one."""
    small, large = setting.size(1_000, 100), setting.size(1_000_000, 200)
    profile = load_profile(ProfileSpec())
    libraries = []
    for n in (small, large):
        library = MadeUp(Catalogue.open(setting.folder / str(n), create=True), profile)
        library.grow(n)
        libraries.append(library)
    beside = f"among {small:,}"
    for name, sides in {
        "storing a batch of 8 tracks": [library.store_batch for library in libraries],
        "looking over 1,000 known files": [library.look_over for library in libraries],
    }.items():
        yield _grown(f"{name}, among {large:,}", sides[1], beside, sides[0], setting.size(7, 1))
    yield from _changed(libraries[1], large, setting.size(setting.rounds, 0))


def _grown(name: str, ours: Side, beside: str, other: Side, rounds: int) -> Row:
    ours(), other()
    pairs = [(ours(), other()) for _ in range(rounds)]
    goal = share(1.5)
    times = [(our.seconds, their.seconds) for our, their in pairs]
    return Row(
        name,
        "s",
        Spread.of(our for our, _ in times),
        beside,
        Spread.of(their for _, their in times),
        Spread.of(our / their for our, their in times),
        goal.judged,
        goal,
        max(our.peak_mb or 0 for our, _ in pairs),
        max(their.peak_mb or 0 for _, their in pairs),
    )


def _changed(library: "MadeUp", n: int, rounds: int) -> Iterator[Row]:
    """Search in a new process, before and after tracks are removed and added."""
    among = f"among {n:,} tracks, {library.vectors_mb:.0f} MB of vectors"
    first = library.find()
    yield alone(f"the first find --text {among}", [first.seconds], "s", peak_mb=first.peak_mb)
    nexts = [library.find() for _ in range(rounds)] or [first]
    peaks = [spent.peak_mb for spent in nexts if spent.peak_mb is not None]
    yield alone(
        f"the next find --text {among}", [spent.seconds for spent in nexts], "s", peak_mb=max(peaks)
    )
    yield alone(
        f"memory of find --text {among}",
        [peak / library.vectors_mb for peak in peaks],
        "of the vectors",
        goal=value(most=1.2),
    )
    removed = here(lambda: library.remove(1000 if n > 1000 else 10))()
    yield alone(f"removing 1,000 {among}", [removed.seconds], "s", peak_mb=removed.peak_mb)
    library.store_batch()
    after = library.find()
    yield alone(f"find after removing 1,000, adding 8, {among}", [after.seconds], "s",
                peak_mb=after.peak_mb)  # fmt: skip


class MadeUp:
    """A catalogue of made-up tracks, each with a vector of sound, title and description."""

    def __init__(self, catalogue: Catalogue, profile: Profile) -> None:
        self.catalogue = catalogue
        self._profile = profile
        self._random = np.random.default_rng(0)
        self._n = 0

    @property
    def vectors_mb(self) -> float:
        """Size of the numbers of all vectors, MB."""
        return self._n * sum(dim for _, _, dim in self._columns) * 4 / 1e6

    @property
    def _columns(self) -> Sequence[tuple[str, str, int]]:
        music, text = self._profile.music, self._profile.text
        return (
            (music.space, "track", music.dim),
            (text.space, "title", text.dim),
            (text.space, "description", text.dim),
        )

    def grow(self, n: int) -> None:
        """Write the first tracks as an index run does, and the others as copies of their rows."""
        self.catalogue.write_batch(self._files(FIRST))
        with self.catalogue.writing() as con:
            for table, own in {
                "tracks": "printf('%032x', n) AS track_id, '/music/' || n || '.flac' AS path,"
                " 'Piece ' || n AS title",
                "files": "printf('%032x', n) AS track_id, '/music/' || n || '.flac' AS path",
                "structures": "printf('%032x', n) AS track_id",
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
        self._n = n

    def _put_vectors(
        self, con: Any, space: str, kind: str, dim: int, tracks: npt.NDArray[np.int64]
    ) -> None:
        numbers = unit_rows(self._random.standard_normal((len(tracks), dim), np.float32))
        vectors = pa.FixedSizeListArray.from_arrays(numbers.ravel(), dim)
        with registered(con, made_up=pa.table({"n": tracks, "vector": vectors})):
            con.execute(
                "INSERT INTO vectors SELECT nextval('vector_rows'), printf('%032x', n), ?, ?,"
                " 0, 180, ?, vector FROM made_up",
                [space, kind, dim],
            )

    def store_batch(self) -> Spent:
        """Write a batch as an index run does."""
        files = self._files(8)
        return here(lambda: self.catalogue.write_batch(files))()

    def look_over(self) -> Spent:
        """Do what an index run does where nothing is new; return what 1,000 files took of it."""
        found = tuple(FoundFile(MUSIC / f"{n}.flac", 1, 1, MUSIC) for n in range(self._n))
        options = Options(shown=False)

        def run() -> None:
            report = IndexReport(files=len(found))
            new = set_apart(self.catalogue, found, options, report)
            assert not new, f"{len(new)} files seem new"
            forget(self.catalogue, Scan(found, (MUSIC,), ()), report)
            settle(self.catalogue, options, report)

        spent = here(run)()
        part = 1000 / self._n
        return Spent(spent.cpu_seconds * part, spent.seconds * part, spent.peak_mb)

    def remove(self, n: int) -> None:
        """Remove tracks spread over the catalogue."""
        step = max(1, self._n // n)
        self.catalogue.remove_tracks([f"{place:032x}" for place in range(0, self._n, step)])

    def find(self) -> Spent:
        """Search by words in a process of its own."""
        catalogue = str(self.catalogue.folder)
        return python("-m", "cli", "find", "--text", "calm piano", "--catalog", catalogue)()

    def _files(self, n: int) -> list[IndexedFile]:
        whole = Span(0, 180)
        files = []
        for track in made_up_tracks([120.0] * n, self._n):
            vectors = tuple(
                VectorRow(space, kind, whole, self._unit(dim)) for space, kind, dim in self._columns
            )
            record = TrackRecord(track, vectors, ANALYSIS_VERSION, structure=STRUCTURE)
            files.append(IndexedFile(track.path, 1, 1, MUSIC, record))
        self._n += n
        return files

    def _unit(self, dim: int) -> npt.NDArray[np.float32]:
        (vector,) = unit_rows(self._random.standard_normal((1, dim), np.float32))
        return np.asarray(vector)
