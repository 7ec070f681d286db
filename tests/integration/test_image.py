"""The image of a catalogue: DuckDB's rows, of one state, made anew when a file is damaged."""

import math
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from catalogs.backup import read_backup, write_backup
from catalogs.image import Image, current_image
from catalogs.image_building import read_image
from catalogs.migrations import MIGRATIONS
from catalogs.stamp import stamp
from catalogs.store import Catalogue
from retriever.query import text_query
from retriever.search import Searcher, tables_of
from tests.libraries import counting_profile, fill, track
from v2m.errors import StateError
from v2m.vectors.mapped import Array, Chunks, read_arrays, write_arrays

PROFILE = counting_profile()
TABLES = tables_of(PROFILE)


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    made = Catalogue.open(tmp_path / "cat", create=True)
    fill(made, [track(n, f"piece {n}", tags=("slow", f"mood{n % 7}")) for n in range(30)], PROFILE)
    return made


def _image(catalogue: Catalogue) -> Image:
    return read_image(catalogue, TABLES.values())


def _check_rows(catalogue: Catalogue, image: Image) -> None:
    for space, kind in TABLES.values():
        truth, rows = catalogue.vector_table(space, [kind]), image.rows((space, kind))
        assert rows.ids.tolist() == truth.ids.tolist()
        assert [image.ids[n] for n in rows.numbers] == truth.track_ids
        assert rows.starts.tolist() == truth.starts.tolist()
        np.testing.assert_array_equal(rows.vectors.every(1), truth.vectors)
        assert (np.diff(rows.numbers[rows.by_track]) >= 0).all()


def test_an_image_holds_what_the_catalogue_holds(catalogue: Catalogue) -> None:
    odd = {"title": 'a "quoted"\n\u00fcber\u2028', "loudness_lufs": -math.inf, "tags": ()}
    fill(catalogue, [track(99, **odd)], PROFILE)  # type: ignore[arg-type]

    image = _image(catalogue)

    _check_rows(catalogue, image)
    assert image.tracks(range(image.n_tracks)) == sorted(
        catalogue.tracks(), key=lambda one: one.track_id
    )


def test_rows_come_and_go(catalogue: Catalogue) -> None:
    _image(catalogue)
    catalogue.remove_tracks(["t00003", "t00029"])
    fill(catalogue, [track(n, f"new {n}") for n in (3, 40, 41)], PROFILE)

    _check_rows(catalogue, _image(catalogue))


def test_vectors_that_are_filed_are_not_read_from_the_catalogue_again(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    _image(catalogue)
    fill(catalogue, [track(50, "new", tags=("dark",))], PROFILE)
    asked: list[tuple[int, int]] = []

    def between(con: object, space: str, kind: str, first: int, last: int) -> object:
        asked.append((first, last))
        return _between(con, space, kind, first, last)  # type: ignore[arg-type]

    from catalogs.vector_rows import vectors_between as _between

    monkeypatch.setattr("catalogs.filed_rows.vectors_between", between)

    _check_rows(catalogue, _image(catalogue))

    newest = catalogue.vector_table(*TABLES["audio"][:1], [TABLES["audio"][1]]).ids[-1]
    assert asked
    assert all(first >= newest for first, _ in asked)


_NAMES = re.compile(rb'"(id|adde|unhear|vector|track_end)[ds]"')

DAMAGE: dict[str, Callable[[Path], object]] = {
    "missing": lambda file: file.unlink(),
    "garbage": lambda file: file.write_bytes(b"garbage" * 100),
    "cut": lambda file: os.truncate(file, file.stat().st_size - 1),
    "empty": lambda file: os.truncate(file, 0),
    "other numbers at the end": lambda file: _overwrite(file, file.stat().st_size - 8, b"\xff" * 8),
    "another header": lambda file: _overwrite(file, 0, (2**60).to_bytes(8, "little")),
    "other names": lambda file: file.write_bytes(_NAMES.sub(rb'"\1X"', file.read_bytes())),
}


def _overwrite(file: Path, at: int, content: bytes) -> None:
    with file.open("r+b") as opened:
        opened.seek(at)
        opened.write(content)


@pytest.mark.parametrize("damage", DAMAGE)
def test_damaged_files_are_made_anew(catalogue: Catalogue, damage: str) -> None:
    _image(catalogue)
    for file in sorted(catalogue.folder.glob("vectors/*/*.safetensors"))[::2]:
        DAMAGE[damage](file)
    assert current_image(catalogue.folder, TABLES.values()) is None

    _check_rows(catalogue, _image(catalogue))

    assert current_image(catalogue.folder, TABLES.values()) is not None


def test_what_a_killed_process_left_goes_in_time(catalogue: Catalogue) -> None:
    _image(catalogue)
    folder = next(catalogue.folder.glob("vectors/*-track"))
    old, new = folder / ".rows-a-1.safetensors", folder / ".rows-b-2.faiss"
    for path in (old, new):
        path.write_bytes(b"unfinished")
    day_before = time.time() - 25 * 3600
    os.utime(old, (day_before, day_before))
    catalogue.set_note("a", "b")

    _image(catalogue)

    assert not old.exists()
    assert new.exists()


def test_every_write_makes_an_image_old(catalogue: Catalogue) -> None:
    _image(catalogue)
    states = {stamp(catalogue.folder)}

    for n in range(5):
        catalogue.set_note("a", str(n))
        states.add(stamp(catalogue.folder))

    assert len(states) == 6
    assert current_image(catalogue.folder) is None
    assert _image(catalogue).note("a") == "4"
    left = sorted(file.name[:4] for file in catalogue.folder.glob("vectors/tracks/*"))
    assert left == ["of-" + stamp(catalogue.folder)[0], "rows"]


def test_what_a_killed_writer_left_behind_is_seen(catalogue: Catalogue) -> None:
    _image(catalogue)
    code = (
        "import duckdb, os, sys; con = duckdb.connect(sys.argv[1]);"
        "con.execute(\"INSERT INTO meta VALUES ('note/left', 'behind')\"); os._exit(9)"
    )
    subprocess.run(
        [sys.executable, "-c", code, str(catalogue.folder / "catalog.duckdb")], check=False
    )

    assert stamp(catalogue.folder) == ""
    assert _image(catalogue).note("left") == "behind"


def test_a_catalogue_with_other_vectors_under_the_same_row_ids_is_not_confused(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    _image(catalogue)
    other = Catalogue.open(tmp_path / "other", create=True)
    fill(other, [track(n, f"else {n}", tags=("loud",)) for n in range(30)], PROFILE)
    shutil.copytree(catalogue.folder / "vectors", other.folder / "vectors", dirs_exist_ok=True)

    _check_rows(other, _image(other))


def test_a_folder_that_cannot_be_written_is_searched_all_the_same(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("catalogs.image_files.write_arrays", full)

    _check_rows(catalogue, _image(catalogue))

    assert not list(catalogue.folder.glob("vectors/*/*.safetensors"))


def test_an_image_knows_of_every_migration(catalogue: Catalogue) -> None:
    from catalogs.image import SCHEMA

    assert len(MIGRATIONS) == SCHEMA


def test_a_search_by_an_image_equals_the_long_way(catalogue: Catalogue) -> None:
    query = text_query(PROFILE, "slow mood3 piece 4")
    found = Searcher(catalogue, PROFILE).search(query, 30)
    again = Searcher(
        catalogue, PROFILE, image=current_image(catalogue.folder, TABLES.values())
    ).search(query, 30)

    assert again == found
    assert query.words is not None
    wanted = {"audio": query.music, "title": query.words}
    for branch, vector in wanted.items():
        space, kind = TABLES[branch]
        truth = catalogue.vector_table(space, [kind])
        cosines = dict(zip(truth.track_ids, truth.vectors @ vector, strict=True))
        for match in found:
            assert match.branches[branch] == pytest.approx(cosines[match.track.track_id], abs=1e-6)


def test_a_backup_is_found_through_an_image_of_its_own(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    write_backup(catalogue, tmp_path / "backup")
    back = Catalogue.open(tmp_path / "back", create=True)
    read_backup(back, tmp_path / "backup")

    _check_rows(back, _image(back))


def test_files_of_arrays_are_what_safetensors_reads(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((1000, 7)).astype(np.float32)
    arrays: dict[str, Array | Chunks] = {
        "bytes": np.frombuffer(b"abc", np.uint8),
        "rows": Chunks(rows.shape, np.float32, [rows[:600], rows[600:]]),
        "ids": np.arange(5),
        "none": np.empty((0, 3)),
        "mask": np.array([True, False]),
    }

    write_arrays(tmp_path / "a.safetensors", arrays, {"a": "b"})
    read, theirs = read_arrays(tmp_path / "a.safetensors"), load_file(tmp_path / "a.safetensors")

    assert read.facts["a"] == "b"
    assert set(read.arrays) == set(theirs) == set(arrays)
    for name, array in theirs.items():
        np.testing.assert_array_equal(read.arrays[name], array)
    np.testing.assert_array_equal(theirs["rows"], rows)


def test_pieces_that_are_too_few_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="expected"):
        write_arrays(tmp_path / "a", {"a": Chunks((3,), np.float64, [np.zeros(2)])})
    with pytest.raises(StateError, match="is not there"):
        read_arrays(tmp_path / "a")
