import os
import shutil
import signal
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from catalogs.image_building import read_image
from catalogs.lock import index_lock
from catalogs.rows import Failure, IndexedFile, SeenFile
from catalogs.search_index import SearchIndex
from catalogs.store import Catalogue
from v2m.errors import InputError, StateError
from v2m.types import Provenance, Span, Track, TrackRecord, VectorRow
from v2m.vectors.flat import FlatIndex

DIM = 8


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    return Catalogue.open(tmp_path / "cat", create=True)


def _unit(seed: int) -> np.ndarray:
    vector = np.random.default_rng(seed).normal(size=DIM).astype(np.float32)
    return vector / np.float32(np.linalg.norm(vector))


def _record(n: int, path: Path, **changes: object) -> TrackRecord:
    track = Track(
        f"id{n:04d}", path, f"Title {n}", tempo_bpm=60.0 + n, mode="minor", tags=("piano", "slow")
    )
    for name, value in changes.items():
        object.__setattr__(track, name, value)
    rows = (
        VectorRow("fake/8", "track", Span(0, 10), _unit(n)),
        VectorRow("fake/8", "section", Span(0, 5), _unit(n + 1000)),
    )
    return TrackRecord(track, rows, "1")


def _file(n: int, folder: Path = Path("/music"), **changes: object) -> IndexedFile:
    path = folder / f"{n}.mp3"
    return IndexedFile(path, 10, 20, folder, _record(n, path, **changes))


def test_a_track_comes_back_as_it_was_written(catalogue: Catalogue) -> None:
    file = _file(1, licence="CC BY 4.0", description="a 'quoted' word")
    catalogue.write_batch([file])

    assert catalogue.tracks() == [file.record.track]
    assert catalogue.known_files()[file.path].track_id == "id0001"


def test_a_path_that_is_not_utf8_comes_back(catalogue: Catalogue) -> None:
    folder = Path(os.fsdecode(b"/mus\xffic\n'\""))
    catalogue.write_batch([_file(1, folder)])

    assert catalogue.tracks()[0].path == folder / "1.mp3"
    assert list(catalogue.known_files()) == [folder / "1.mp3"]


def test_writing_a_track_again_keeps_one_row_and_its_new_vectors(catalogue: Catalogue) -> None:
    catalogue.write_batch([_file(1), _file(2)])
    catalogue.write_batch([_file(1)])

    table = catalogue.vector_table("fake/8", ["track"])
    assert catalogue.count() == 2
    assert table.track_ids == ["id0002", "id0001"]
    assert catalogue.health() == []


def test_old_vectors_are_looked_for_only_of_tracks_that_were_there(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue.write_batch([_file(1)])
    looked_for: list[set[tuple[str, str]]] = []
    monkeypatch.setattr(
        "catalogs.writing._drop_vectors", lambda _con, places: looked_for.append(places)
    )

    catalogue.write_batch([_file(2), _file(3)])
    catalogue.write_batch([_file(1), _file(4)])

    assert looked_for == [set(), {("id0001", "fake/8")}]


def test_of_two_files_of_one_track_the_words_of_the_last_count(catalogue: Catalogue) -> None:
    catalogue.write_batch([_file(1)])
    track = catalogue.track("id0001")
    row = VectorRow("fake/8", "title", Span(0, 10), _unit(5))
    files = [
        SeenFile(path, 1, 1, path.parent, "id0001", replace(track, path=path, title=title), (row,))
        for path, title in ((Path("/music/b.mp3"), "before"), (Path("/music/c.mp3"), "after"))
    ]

    catalogue.touch_files(files)

    assert catalogue.track("id0001").title == "after"
    assert len(catalogue.vector_table("fake/8", ["title"]).ids) == 1
    assert {file.path for file in files} <= set(catalogue.known_files())


def test_of_two_records_of_one_track_in_a_batch_the_last_counts(catalogue: Catalogue) -> None:
    catalogue.write_batch([_file(1, title="before"), _file(2), _file(1, title="after")])

    assert catalogue.track("id0001").title == "after"
    assert catalogue.count() == 2
    assert catalogue.health() == []


def test_vectors_come_back_in_one_matrix(catalogue: Catalogue) -> None:
    catalogue.write_batch([_file(n) for n in range(5)])

    table = catalogue.vector_table("fake/8", ["track"])

    np.testing.assert_array_equal(table.vectors, np.stack([_unit(n) for n in range(5)]))
    assert catalogue.vector_table("other", ["track"]).vectors.shape == (0, 0)


def test_touching_a_file_changes_words_and_keeps_measurements(catalogue: Catalogue) -> None:
    catalogue.write_batch([_file(1)])
    moved = Track("id0001", Path("/new/a.mp3"), "New title")
    row = VectorRow("fake/8", "title", Span(0, 10), _unit(77))
    seen = SeenFile(moved.path, 11, 21, Path("/new"), "id0001", moved, (row,))

    catalogue.touch_files([seen])

    track = catalogue.track("id0001")
    assert (track.title, track.path, track.tempo_bpm) == ("New title", moved.path, 61.0)
    assert len(catalogue.vector_table("fake/8", ["title"]).ids) == 1
    assert len(catalogue.vector_table("fake/8", ["track"]).ids) == 1


def test_a_track_is_forgotten_with_its_last_file_only(catalogue: Catalogue) -> None:
    file = _file(1)
    copy = SeenFile(Path("/copy/1.mp3"), 10, 20, Path("/copy"), "id0001")
    catalogue.write_batch([file, _file(2)])
    catalogue.touch_files([copy])

    assert catalogue.forget_files([file.path]) == 0
    assert catalogue.track("id0001").path == copy.path
    assert catalogue.forget_files([copy.path]) == 1
    assert [track.track_id for track in catalogue.tracks()] == ["id0002"]
    assert catalogue.health() == []


def test_failures_are_kept_until_the_file_works(catalogue: Catalogue) -> None:
    file = _file(1)
    catalogue.record_failures([Failure(file.path, 10, 20, "holds no sound")])

    assert catalogue.failed_files()[file.path].reason == "holds no sound"
    catalogue.write_batch([file])
    assert catalogue.failed_files() == {}


def test_a_generated_track_keeps_what_made_it(catalogue: Catalogue) -> None:
    made = Provenance("arranger", "1", "calm", 3, {"style": "calm"}, "0.1", "a.mp4", 2)
    made = replace(made, weights_licence="MIT", made_at="2026-01-31T12:00:00Z")
    record = _record(5, Path("/gen/5.flac"), origin="generated")
    catalogue.add_generated(TrackRecord(record.track, record.vectors, "1", made))

    assert catalogue.provenance("id0005") == made
    assert catalogue.forget_files([Path("/gen/5.flac")]) == 0
    assert catalogue.count() == 1


def test_where_filters_on_columns(catalogue: Catalogue) -> None:
    catalogue.write_batch([_file(n) for n in range(4)])

    found = catalogue.tracks("tempo_bpm < 62 AND mode = 'minor' AND list_contains(tags, 'piano')")

    assert [track.tempo_bpm for track in found] == [60.0, 61.0]


@pytest.mark.parametrize(
    "condition",
    [
        "tempo < 90",
        "1; DROP TABLE tracks",
        "1) ; DROP TABLE tracks; --",
        "title IN (SELECT path FROM files)",
        "(SELECT count(*) FROM read_text('/etc/passwd')) > 0",
        "tempo_bpm <",
        "true) OR (true",
        "true) UNION SELECT track_id FROM tracks WHERE (true",
        "true) ORDER BY (tempo_bpm",
        "true ORDER BY tempo_bpm",
        "SELECT true",
        "FROM tracks",
    ],
)
def test_where_refuses_everything_but_one_condition(catalogue: Catalogue, condition: str) -> None:
    catalogue.write_batch([_file(1)])

    with pytest.raises(InputError, match="columns are track_id"):
        catalogue.filter_ids(condition)
    assert catalogue.count() == 1


@pytest.mark.parametrize(("prefix", "words"), [("x", "no track"), ("id", "several"), ("", "no")])
def test_an_unclear_id_is_refused(catalogue: Catalogue, prefix: str, words: str) -> None:
    catalogue.write_batch([_file(1), _file(2)])

    with pytest.raises(InputError, match=words):
        catalogue.track(prefix)


def test_a_missing_catalogue_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="v2m index"):
        Catalogue.open(tmp_path / "no", create=False)


def test_a_catalogue_of_a_newer_version_is_refused(catalogue: Catalogue) -> None:
    with catalogue.writing() as con:
        con.execute("UPDATE meta SET value = '999' WHERE name = 'schema_version'")

    for create in (True, False):
        with pytest.raises(StateError, match="newer v2m"):
            Catalogue.open(catalogue.folder, create=create)


def test_a_foreign_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "catalog.duckdb").write_text("hello" * 5000)

    with pytest.raises(StateError, match="not a catalogue"):
        Catalogue.open(tmp_path, create=False)


def test_only_one_index_run_at_a_time(catalogue: Catalogue) -> None:
    with (
        index_lock(catalogue.folder),
        pytest.raises(StateError, match="another 'v2m index'"),
        index_lock(catalogue.folder, wait_seconds=0),
    ):
        pass


def _oracle(catalogue: Catalogue) -> FlatIndex:
    table = catalogue.vector_table("fake/8", ["track"])
    index = FlatIndex("fake/8", DIM)
    index.add(table.ids, table.vectors)
    return index


QUERIES = np.stack([_unit(seed) for seed in (500, 501, 502)])


TABLE = ("fake/8", "track")


def _index(catalogue: Catalogue, coarse_rows: int | None = None) -> SearchIndex:
    return SearchIndex(read_image(catalogue, [TABLE]), TABLE, coarse_rows=coarse_rows)


def _check_search(catalogue: Catalogue, coarse_rows: int | None = None) -> None:
    found = _index(catalogue, coarse_rows).search(QUERIES, 4)
    expected = _oracle(catalogue).search(QUERIES, 4)

    np.testing.assert_array_equal(found.ids, expected.ids)
    np.testing.assert_allclose(found.scores, expected.scores, atol=1e-6)


def test_a_few_rows_are_compared_without_a_file(catalogue: Catalogue) -> None:
    catalogue.write_batch([_file(n) for n in range(9)])

    _check_search(catalogue)

    assert not list(catalogue.folder.rglob("rows.faiss"))


@pytest.mark.parametrize("damage", ["garbage", "missing", "manifest", "many gone", "cut"])
def test_search_survives_codes_that_do_not_fit(catalogue: Catalogue, damage: str) -> None:
    catalogue.write_batch([_file(n) for n in range(24)])
    _check_search(catalogue, coarse_rows=16)
    file = _index(catalogue).folder / "rows.faiss"
    match damage:
        case "garbage":
            file.write_bytes(b"garbage" * 100)
        case "missing":
            file.unlink()
        case "manifest":
            (file.parent / "manifest.json").write_text("[]")
        case "many gone":
            catalogue.remove_tracks(["id0003", "id0004", "id0005"])
        case "cut":
            file.write_bytes(file.read_bytes()[:100])

    _check_search(catalogue, coarse_rows=16)


def test_search_can_be_limited_to_some_rows(catalogue: Catalogue) -> None:
    catalogue.write_batch([_file(n) for n in range(9)])
    index = _index(catalogue)

    hits = index.search(QUERIES[:1], 4, np.isin(np.arange(9), [2, 5]))

    assert set(hits.ids[0].tolist()) == {index.rows.ids[2], index.rows.ids[5], -1}


def _coarse(catalogue: Catalogue) -> SearchIndex:
    return _index(catalogue, 16)


def test_a_large_library_is_searched_by_codes_with_filters_and_newer_rows(
    catalogue: Catalogue,
) -> None:
    catalogue.write_batch([_file(n) for n in range(30)])
    _coarse(catalogue).search(QUERIES, 4)
    manifest = _coarse(catalogue).folder / "manifest.json"
    written = manifest.stat().st_mtime_ns
    catalogue.write_batch([_file(n) for n in range(30, 40)])
    table, allowed = catalogue.vector_table("fake/8", ["track"]), np.arange(40) % 2 == 0
    oracle = FlatIndex("fake/8", DIM)
    oracle.add(table.ids[allowed], table.vectors[allowed])

    everywhere, filtered = (_coarse(catalogue).search(QUERIES, 25, m) for m in (None, allowed))

    assert manifest.stat().st_mtime_ns == written
    assert "PQ" in manifest.read_text()
    assert everywhere.ids.tolist() == _oracle(catalogue).search(QUERIES, 25).ids.tolist()
    assert filtered.ids.tolist() == oracle.search(QUERIES, 25).ids.tolist()


def test_codes_are_made_again_when_many_rows_are_newer(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("catalogs.search_index.NEWER", 5)
    catalogue.write_batch([_file(n) for n in range(20)])
    _coarse(catalogue).search(QUERIES, 4)
    catalogue.write_batch([_file(n) for n in range(20, 30)])

    _coarse(catalogue).search(QUERIES, 4)

    assert '"count": 30' in (_coarse(catalogue).folder / "manifest.json").read_text()


def test_tracks_go_from_a_large_library_without_new_codes(catalogue: Catalogue) -> None:
    catalogue.write_batch([_file(n) for n in range(40)])
    _coarse(catalogue).search(QUERIES, 4)
    written = (_coarse(catalogue).folder / "rows.faiss").stat().st_mtime_ns
    catalogue.remove_tracks(["id0003", "id0007"])
    catalogue.write_batch([_file(n) for n in range(40, 43)])

    found = _coarse(catalogue).search(QUERIES, 25)

    assert found.ids.tolist() == _oracle(catalogue).search(QUERIES, 25).ids.tolist()
    assert (_coarse(catalogue).folder / "rows.faiss").stat().st_mtime_ns == written


def test_codes_of_another_catalogue_are_not_taken_for_its_own(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    catalogue.write_batch([_file(n) for n in range(20)])
    _coarse(catalogue).search(QUERIES, 4)
    other = Catalogue.open(tmp_path / "other", create=True)
    other.write_batch([_file(n) for n in range(50, 70)])
    other.remove_tracks(["id0069"])
    shutil.copytree(catalogue.folder / "vectors", other.folder / "vectors", dirs_exist_ok=True)

    found = _coarse(other).search(QUERIES, 10)

    assert found.ids.tolist() == _oracle(other).search(QUERIES, 10).ids.tolist()
    assert '"count": 19' in (_coarse(other).folder / "manifest.json").read_text()


WRITER = textwrap.dedent(
    """
    import sys, os, signal
    from pathlib import Path
    import numpy as np
    from catalogs.rows import IndexedFile
    from catalogs.store import Catalogue
    from catalogs.writing import put_tracks
    from v2m.types import Span, Track, TrackRecord, VectorRow

    def file(n):
        path = Path(f"/music/{n}.mp3")
        row = VectorRow("fake/8", "track", Span(0, 1), np.ones(8, np.float32) / np.sqrt(8))
        return IndexedFile(path, 1, 1, Path("/music"),
                           TrackRecord(Track(f"w{n:04d}", path, "t"), (row,), "1"))

    catalogue = Catalogue.open(Path(sys.argv[1]), create=True)
    for n in range(int(sys.argv[2])):
        catalogue.write_batch([file(2 * n), file(2 * n + 1)])
    if sys.argv[3] == "die":
        with catalogue.writing() as con:
            put_tracks(con, [file(9999).record])
            os.kill(os.getpid(), signal.SIGKILL)
    """
)


def _writer(folder: Path, batches: int, end: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-c", WRITER, str(folder), str(batches), end])


def test_a_kill_inside_a_transaction_loses_only_that_transaction(tmp_path: Path) -> None:
    writer = _writer(tmp_path / "cat", 2, "die")

    assert writer.wait(60) == -signal.SIGKILL
    catalogue = Catalogue.open(tmp_path / "cat", create=False)

    assert catalogue.count() == 4
    assert catalogue.health() == []


def test_reading_goes_on_while_another_process_writes(tmp_path: Path) -> None:
    catalogue = Catalogue.open(tmp_path / "cat", create=True)
    writer = _writer(tmp_path / "cat", 20, "well")
    counts = []
    while writer.poll() is None:
        counts.append(len(catalogue.vector_table("fake/8", ["track"]).ids))

    assert writer.returncode == 0
    assert counts == sorted(counts)
    assert all(count % 2 == 0 for count in counts)
    assert catalogue.count() == 40


def test_ctrl_c_waits_for_the_end_of_a_transaction(catalogue: Catalogue) -> None:
    with pytest.raises(KeyboardInterrupt), catalogue.writing() as con:
        con.execute("INSERT INTO meta VALUES ('note/a', 'b')")
        signal.raise_signal(signal.SIGINT)
        con.execute("UPDATE meta SET value = 'c' WHERE name = 'note/a'")

    assert catalogue.note("a") == "c"
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_query_that_ctrl_c_broke_off_is_ctrl_c(catalogue: Catalogue) -> None:
    with pytest.raises(KeyboardInterrupt), catalogue.reading():
        raise RuntimeError("Query interrupted")
