"""Shards keep everything; folded in, each track is there once, and twice changes nothing."""

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from catalogs.fingerprints import put_fingerprints
from catalogs.image import current_image
from catalogs.merging import merge_rows
from catalogs.rows import IndexedFile
from catalogs.shards import Place, Shard, ShardRow, read_shard, shard_bytes
from catalogs.store import Catalogue
from retriever.search import tables_of
from tests.commands import Commands
from tests.libraries import counting_profile, record, track
from tests.unit.structures import steady
from v2m.audio.descriptors import ANALYSIS_VERSION
from v2m.encoders.profiles import ProfileSpec, load_profile
from v2m.errors import InputError
from v2m.remote import write_bytes
from v2m.structure import Join
from v2m.types import Provenance, TrackRecord

PROFILE = counting_profile()


def _record(n: int, title: str = "calm piano", **columns: Any) -> TrackRecord:
    made = record(track(n, title, tags=("calm",), **columns), PROFILE)
    return replace(made, analysis_version=ANALYSIS_VERSION, structure=steady(4))


def _row(n: int, title: str = "calm piano", name: str = "", **columns: Any) -> ShardRow:
    made = _record(n, title, **columns)
    path = name or str(made.track.path)
    prints = np.array([n, 2**32 - 1], np.uint32)
    return ShardRow(Place(path, "/music", 1, 1), made.track.track_id, made, fingerprint=prints)


def _write(folder: Path, *shards: list[ShardRow]) -> Path:
    folder.mkdir(exist_ok=True)
    for n, rows in enumerate(shards):
        made = shard_bytes(Shard("lite", tuple(rows)))
        write_bytes(str(folder / f"shard-{n}.parquet"), made)
    return folder


def _contents(catalogue: Catalogue, *, clocks: bool = True) -> dict[str, list[str]]:
    """Return every row of every table, with or without the moments of writing."""
    with catalogue.reading() as con:
        found = {}
        for (name,) in con.execute("SELECT table_name FROM duckdb_tables()").fetchall():
            columns = [r[:2] for r in con.execute(f"DESCRIBE {name}").fetchall()]
            kept = ", ".join(c for c, kind in columns if clocks or kind != "TIMESTAMP")
            found[name] = sorted(map(repr, con.execute(f"SELECT {kept} FROM {name}").fetchall()))
    return found


def _called(name: str, data: bytes) -> bytes:
    """Return a table whose format is called otherwise."""
    table, sink = pq.read_table(io.BytesIO(data)), io.BytesIO()
    pq.write_table(table.replace_schema_metadata({"format": name, "profile": "lite"}), sink)
    return sink.getvalue()


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    return Catalogue.open(tmp_path / "catalogue", create=True)


def test_a_shard_keeps_everything_a_catalogue_is_told(catalogue: Catalogue, tmp_path: Path) -> None:
    made = Provenance("arranger", "1", "calm", 3, {"style": "calm"}, "0.1", "a.mp4", 2)
    full = replace(_record(1, 'Quote " and é', tempo_bpm=0.1), provenance=made)
    full = replace(full, structure=steady(8, joins=(Join(2.0, 6.0, 0.9),)))
    row = ShardRow(Place("/music/a b.mp3", "/music", 5, 7), full.track.track_id, full)

    again = read_shard(shard_bytes(Shard("counting", (row, _row(2))))).rows
    merge_rows(catalogue, again)

    other = Catalogue.open(tmp_path / "other", create=True)
    files = [IndexedFile(Path("/music/a b.mp3"), 5, 7, Path("/music"), full)]
    second = _record(2)
    other.write_batch([*files, IndexedFile(second.track.path, 1, 1, Path("/music"), second)])
    other_prints = {"t00002": np.array([2, 2**32 - 1], np.uint32)}
    put_fingerprints(other, other_prints)
    assert _contents(catalogue, clocks=False) == _contents(other, clocks=False)


def test_the_same_rows_give_the_same_bytes() -> None:
    assert shard_bytes(Shard("p", (_row(1),))) == shard_bytes(Shard("p", (_row(1),)))


def test_merging_twice_changes_nothing(v2m: Commands, tmp_path: Path) -> None:
    bad = ShardRow(Place("/music/bad.mp3", "/music", 1, 1), reason="empty file")
    copy = _row(1, name="/music/copy.mp3")
    shards = _write(tmp_path / "shards", [_row(1), bad, copy], [_row(2), _row(1)])
    target = ("--catalog", tmp_path / "c", "--json")
    first = json.loads(v2m("catalog", "merge", shards, *target).out)
    before = _contents(Catalogue.open(tmp_path / "c", create=False))

    second = json.loads(v2m("catalog", "merge", shards, *target).out)

    assert (first["added"], first["duplicates"], first["tracks"]) == (2, 1, 2)
    assert (second["encoded"], second["duplicates"], second["unchanged"]) == (0, 0, 3)
    assert (
        first["failed"] == second["failed"] == [{"path": "/music/bad.mp3", "reason": "empty file"}]
    )
    assert _contents(Catalogue.open(tmp_path / "c", create=False)) == before
    assert Catalogue.open(tmp_path / "c", create=False).note("profile") == "lite"
    tables = tables_of(load_profile(ProfileSpec("lite")))
    assert current_image(tmp_path / "c", tables.values()) is not None


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (lambda data: data[: len(data) // 2], "damaged"),
        (lambda data: b"", "damaged"),
        (lambda data: _called("v2m-shard/2", data), "another version"),
        (lambda data: _called("a table of others", data), "no shard of v2m"),
        (lambda data: data[:200] + b"\0\0\0\0" + data[204:], "damaged"),
    ],
)
def test_a_shard_that_cannot_be_read_gets_one_line(damage: Any, why: str) -> None:
    data = shard_bytes(Shard("counting", (_row(1), _row(2))))

    with pytest.raises(InputError, match=why):
        read_shard(damage(data))


def test_a_broken_shard_keeps_no_other_back(v2m: Commands, tmp_path: Path) -> None:
    shards = _write(tmp_path / "shards", [_row(1)], [_row(2)])
    (shards / "shard-00.parquet").write_bytes(b"PAR1 and nothing more")

    done = v2m("catalog", "merge", shards, "--catalog", tmp_path / "c")

    assert done.code == 2
    assert "shard-00.parquet: damaged" in done.complaint
    assert "the library holds 2 tracks" in done.out


def test_a_folder_that_is_not_there_is_named(v2m: Commands, tmp_path: Path) -> None:
    done = v2m("catalog", "merge", tmp_path / "none", "--catalog", tmp_path / "c")

    assert done.code == 2
    assert "none: no such file or folder" in done.complaint


def test_a_record_of_an_older_analysis_replaces_no_newer_one(catalogue: Catalogue) -> None:
    merge_rows(catalogue, [_row(1)])
    old = _row(1, "other words")
    assert old.record is not None
    stale = replace(old, record=replace(old.record, analysis_version="0"))

    merged = merge_rows(catalogue, [stale])

    assert (merged.updated, merged.unchanged) == (0, 1)
    assert catalogue.track("t00001").title == "calm piano"


def test_vectors_of_a_space_the_track_lacks_are_added(catalogue: Catalogue) -> None:
    merge_rows(catalogue, [_row(1)])
    row = _row(1)
    assert row.record is not None
    vectors = tuple(replace(vector, space=f"new/{vector.space}") for vector in row.record.vectors)
    other = replace(row, record=replace(row.record, vectors=vectors))

    assert merge_rows(catalogue, [other]).updated == 1
    assert merge_rows(catalogue, [other]).unchanged == 1

    assert catalogue.tracks_in_space("new/counting/music") == {"t00001"}
    assert catalogue.tracks_in_space("counting/music") == {"t00001"}


def test_a_known_sound_in_a_library_that_lacks_it_is_told_and_tried_again(
    catalogue: Catalogue,
) -> None:
    known = ShardRow(Place("/music/a.mp3", "/music", 1, 1), "t00009")

    merged = merge_rows(catalogue, [known])

    assert "index it again" in merged.failed[0][1]
    assert catalogue.failed_files() == {}


def test_music_of_a_bucket_is_found_and_given_its_place_later(
    v2m: Commands, catalogue: Catalogue, tmp_path: Path
) -> None:
    made = _row(1)
    assert made.record is not None
    silent = replace(made.record.track, path=Path(), has_audio=False)
    place = Place("s3:/bucket/music/a/1.mp3", "s3:/bucket/music", 5, 7)
    row = replace(made, place=place, record=replace(made.record, track=silent))
    shards = _write(tmp_path / "shards", [row])
    merge_rows(catalogue, [row])
    assert not catalogue.track("t00001").has_audio

    copy = tmp_path / "mirror" / "a" / "1.mp3"
    copy.parent.mkdir(parents=True)
    copy.write_bytes(b"sound")
    target = ("--catalog", catalogue.folder, "--json")
    done = v2m("catalog", "merge", shards, "--music", tmp_path / "mirror", *target)

    assert json.loads(done.out)["updated"] == 1
    assert catalogue.track("t00001").has_audio
    assert catalogue.track("t00001").path == copy
