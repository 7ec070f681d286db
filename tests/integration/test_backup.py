"""Backups lose nothing; catalogues of every earlier schema open and answer the same."""

import json
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from catalogs.backup import MANIFEST, read_backup, write_backup
from catalogs.duplicates import keep, propose
from catalogs.fingerprints import put_fingerprints
from catalogs.migrations import MIGRATIONS, create_meta
from catalogs.store import Catalogue
from retriever.query import text_query
from retriever.search import Searcher
from tests.commands import Commands
from tests.libraries import counting_profile, fill, record, track
from v2m.errors import InputError, StateError
from v2m.types import Provenance, TrackRecord

PROFILE = counting_profile()
GROWING = {("vectors", "row_id"), ("meta", "value")}


def _contents(catalogue: Catalogue) -> dict[str, list[Any]]:
    """Return every row of every table, without the numbers that a database gives itself."""
    with catalogue.reading() as con:
        names = [n for (n,) in con.execute("SELECT table_name FROM duckdb_tables()").fetchall()]
        out = {}
        for name in names:
            columns = [r[0] for r in con.execute(f"DESCRIBE {name}").fetchall()]
            kept = [c for c in columns if (name, c) not in GROWING]
            rows = con.execute(f"SELECT {', '.join(kept)} FROM {name}").fetchall()
            out[name] = sorted(map(repr, rows))
    return out


@pytest.fixture
def full(tmp_path: Path) -> Catalogue:
    """A catalogue with something in as many tables as can be."""
    catalogue = Catalogue.open(tmp_path / "old", create=True)
    odd = track(1, 'Quote " and é', description="line\nbreak", tags=("a", "b,c"), tempo_bpm=0.1)
    fill(catalogue, [odd, track(2, "two"), track(3, "three")], PROFILE)
    take = catalogue.folder / "generated" / "take.flac"
    take.parent.mkdir()
    take.write_bytes(b"sound")
    composed = record(track(4, "made", origin="generated"), PROFILE)
    object.__setattr__(composed.track, "path", take)
    made = Provenance("arranger", "1", "calm", 3, {"style": "calm"}, "0.1", "a.mp4", 2)
    catalogue.add_generated(TrackRecord(composed.track, composed.vectors, "1", made))
    put_fingerprints(catalogue, {"t00001": np.array([1, 2**32 - 1], np.uint32)})
    propose(catalogue, [("t00001", "t00002", 0.97)])
    keep(catalogue, "t00002")
    catalogue.set_note("pace/sound", "0.02")
    return catalogue


@pytest.mark.parametrize("form", ["parquet", "json"])
def test_a_backup_comes_back_whole(full: Catalogue, tmp_path: Path, form: str) -> None:
    write_backup(full, tmp_path / "backup", form)  # type: ignore[arg-type]
    new = Catalogue.open(tmp_path / "new", create=True)

    read_backup(new, tmp_path / "backup")

    expected = {
        name: [row.replace(str(full.folder), str(new.folder)) for row in rows]
        for name, rows in _contents(full).items()
    }
    assert _contents(new) == expected
    assert new.track("t00004").path.read_bytes() == b"sound"
    for space, kind in ((PROFILE.music.space, "track"), (PROFILE.text.space, "title")):
        old, back = full.vector_table(space, [kind]), new.vector_table(space, [kind])
        np.testing.assert_array_equal(back.vectors, old.vectors)
        assert back.track_ids == old.track_ids


def test_a_backup_read_twice_doubles_nothing_and_keeps_what_is_new(
    full: Catalogue, tmp_path: Path
) -> None:
    write_backup(full, tmp_path / "backup")
    fill(full, [track(9, "later")], PROFILE)
    before = _contents(full)

    read_backup(full, tmp_path / "backup")
    read_backup(full, tmp_path / "backup")

    after = _contents(full)
    assert after.pop("sources") != before.pop("sources")  # when a folder was last indexed, then
    assert after == before
    assert full.health() == []


@pytest.mark.parametrize("damage", ["manifest", "cut", "missing", "rows", "newer"])
def test_a_damaged_backup_changes_nothing(full: Catalogue, tmp_path: Path, damage: str) -> None:
    folder = write_backup(full, tmp_path / "backup").folder
    facts = json.loads((folder / MANIFEST).read_text())
    match damage:
        case "manifest":
            (folder / MANIFEST).write_text("{}")
        case "cut":
            (folder / "vectors.parquet").write_bytes(b"PAR1 no")
        case "missing":
            (folder / "tracks.parquet").unlink()
        case "rows":
            facts["rows"]["tracks"] = 99
            (folder / MANIFEST).write_text(json.dumps(facts))
        case "newer":
            (folder / MANIFEST).write_text(json.dumps(facts | {"schema_version": 999}))
    new = Catalogue.open(tmp_path / "new", create=True)

    with pytest.raises((InputError, StateError)):
        read_backup(new, folder)

    assert new.count() == 0
    assert new.health() == []


def test_a_backup_never_overwrites(full: Catalogue, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "file").touch()

    with pytest.raises(InputError, match="something already"):
        write_backup(full, tmp_path / "there")


def test_export_and_import_by_command(v2m: Commands, full: Catalogue, tmp_path: Path) -> None:
    out, new = tmp_path / "backup", tmp_path / "new"

    assert v2m("tracks", "export", "-o", out, "--catalog", full.folder).code == 0
    back = v2m("tracks", "import", out, "--catalog", new, "--json")

    assert json.loads(back.out)["rows"]["tracks"] == 4
    assert Catalogue.open(new, create=False).count() == 4
    refused = v2m("tracks", "export", "-o", out, "--where", "true", "--catalog", new)
    assert (refused.code, "goes with a table" in refused.complaint) == (2, True)


def _of_version(folder: Path, version: int) -> None:
    """Write a catalogue as the program of a schema version left it, with two tracks."""
    folder.mkdir()
    con = duckdb.connect(str(folder / "catalog.duckdb"))
    create_meta(con)
    MIGRATIONS[0](con)
    for n, title in ((1, "slow piano"), (2, "fast drums")):
        con.execute(
            "INSERT INTO tracks VALUES (?, ?, ?, '', '', '', '', 'imported', 60, 90, 'C', 'major',"
            " -14, 0.9, ['piano'], 'CC BY 4.0', '', '', '', '1', current_localtimestamp(),"
            " current_localtimestamp())",
            [f"t0000{n}", f"/music/{n}.mp3", title],
        )
        con.execute(
            "INSERT INTO files VALUES (?, ?, 1, 1, '/music', current_localtimestamp())",
            [f"/music/{n}.mp3", f"t0000{n}"],
        )
        for space, encoder in ((PROFILE.music, "track"), (PROFILE.text, "title")):
            vector = space.encode_text([title])[0].tolist()
            con.execute(
                "INSERT INTO vectors VALUES (nextval('vector_rows'), ?, ?, ?, 0, 60, 256, ?)",
                [f"t0000{n}", space.space, encoder, vector],
            )
    for step in MIGRATIONS[1:version]:
        step(con)
    con.execute("INSERT OR REPLACE INTO meta VALUES ('schema_version', ?)", [str(version)])
    con.close()


@pytest.mark.parametrize("version", range(1, len(MIGRATIONS) + 1))
def test_a_catalogue_of_every_earlier_schema_opens_and_answers_the_same(
    tmp_path: Path, version: int
) -> None:
    _of_version(tmp_path / "old", version)

    catalogue = Catalogue.open(tmp_path / "old", create=False)

    found = Searcher(catalogue, PROFILE).search(text_query(PROFILE, "slow piano"), 2)
    assert [match.track.title for match in found] == ["slow piano", "fast drums"]
    assert found[0].branches["title"] == pytest.approx(1.0)
    assert catalogue.track("t00001").licence == "CC BY 4.0"
    assert catalogue.health() == []
    assert Catalogue.open(tmp_path / "old", create=True).count() == 2
