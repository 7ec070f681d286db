"""How tracks are built: stored beside them, found again only when its own version changes."""

from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import pytest

from catalogs.migrations import m001_initial
from catalogs.rows import IndexedFile
from catalogs.store import Catalogue
from indexer.options import Options
from indexer.structures import renew_structures
from v2m.structure import Join, Section, Structure
from v2m.types import Span, Track, TrackRecord, VectorRow

STRUCTURE = Structure(
    "3/4", 92.5, 0.75,
    np.array([0.1, 0.75, 1.4, 2.05]), np.array([1, 2, 3, 1], np.int8), np.array([0.1, 2.05]),
    (Section(Span(0.1, 2.05), "A", 0.5),), np.array([0.25, 0.5, 0.75], np.float32),
    Span(0.05, 2.5), 0.1, 0.1, 0.1, (Join(0.1, 2.05, 0.875),),
)  # fmt: skip


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    return Catalogue.open(tmp_path / "cat", create=True)


def record(path: Path, structure: Structure | None = None) -> TrackRecord:
    row = VectorRow("fake/2", "track", Span(0, 4), np.array([1, 0], np.float32))
    return TrackRecord(Track("id1", path, "One"), (row,), "1", structure=structure)


def write(catalogue: Catalogue, path: Path, structure: Structure | None = None) -> None:
    catalogue.write_batch([IndexedFile(path, 1, 1, path.parent, record(path, structure))])


def test_a_structure_comes_back_as_it_was_written(catalogue: Catalogue) -> None:
    write(catalogue, Path("/music/1.wav"), STRUCTURE)

    found = catalogue.structures(["id1", "unknown"])

    assert list(found) == ["id1"]
    for name in Structure.__slots__:
        np.testing.assert_array_equal(getattr(found["id1"], name), getattr(STRUCTURE, name))


def test_removing_a_track_removes_its_structure(catalogue: Catalogue) -> None:
    write(catalogue, Path("/music/1.wav"), STRUCTURE)

    catalogue.remove_tracks(["id1"])

    assert catalogue.structures(["id1"]) == {}
    assert catalogue.health() == []


def test_an_old_catalogue_gets_structures_without_new_vectors(
    tmp_path: Path, write_music: Callable[..., Path]
) -> None:
    song = write_music(tmp_path / "music" / "song.wav", seconds=12)
    catalogue = Catalogue.open(tmp_path / "cat", create=True)
    write(catalogue, song)
    before = catalogue.vector_table("fake/2", ["track"])
    assert catalogue.structure_versions() == {"id1": ""}

    renewed = renew_structures(catalogue, Options(workers=1, shown=False))

    after = catalogue.vector_table("fake/2", ["track"])
    assert renewed == 1
    assert after.ids.tolist() == before.ids.tolist()
    assert catalogue.structures(["id1"])["id1"].tempo_bpm == pytest.approx(120, rel=0.02)
    assert renew_structures(catalogue, Options(workers=1, shown=False)) == 0


def test_a_track_that_cannot_be_read_keeps_what_it_has(catalogue: Catalogue) -> None:
    write(catalogue, catalogue.folder / "catalog.duckdb")  # a file, but no music

    assert renew_structures(catalogue, Options(workers=1, shown=False)) == 0
    assert catalogue.structure_versions() == {"id1": ""}


def test_a_catalogue_of_the_first_schema_is_brought_up_to_date(tmp_path: Path) -> None:
    folder = tmp_path / "old"
    (folder / "vectors").mkdir(parents=True)
    with duckdb.connect(str(folder / "catalog.duckdb")) as con:
        con.execute("CREATE TABLE meta (name VARCHAR PRIMARY KEY, value VARCHAR)")
        con.execute("INSERT INTO meta VALUES ('generation', '0'), ('schema_version', '1')")
        m001_initial(con)

    catalogue = Catalogue.open(folder, create=True)
    write(catalogue, Path("/music/1.wav"), STRUCTURE)

    assert catalogue.structures(["id1"])["id1"].metre == "3/4"
