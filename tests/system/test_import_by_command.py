"""Importing as a user does it: a table, its music, and what find makes of tracks without."""

import json
from pathlib import Path

import pytest

from benchmarks.importing import write_jamendo
from tests.commands import Commands
from tests.conftest import WriteMusic

TABLE = (
    "file,title,artist,tags,licence,duration\n"
    "a.wav,Harbour at dusk,Ada,calm piano,CC BY 4.0,4\n"
    "b.wav,Storm chase,Bo,fast drums,CC BY-ND 4.0,4\n"
    "c.wav,Snow,Cy,calm,,soon\n"
)


@pytest.fixture
def music(tmp_path: Path, write_music: WriteMusic) -> Path:
    """A folder with a table of two tracks, one of which has its file."""
    folder = tmp_path / "music"
    write_music(folder / "a.wav")
    (folder / "tracks.csv").write_text(TABLE, encoding="utf-8")
    return folder


def test_a_folder_and_its_table_become_tracks(music: Path, v2m: Commands) -> None:
    done = v2m("import", "folder", music, "--json")
    report = json.loads(done.out)

    assert done.code == 0, done.err
    assert (report["rows"], report["imported"], report["attached"]) == (3, 2, 1)
    assert report["refused"] == [
        {"line": 4, "key": "c.wav", "reason": "duration 'soon' is no length in seconds"}
    ]
    assert report["without_audio"] == 1
    listed = {t["title"]: t for t in json.loads(v2m("tracks", "list", "--json").out)["tracks"]}
    assert listed["Harbour at dusk"]["path"] == str(music / "a.wav")
    assert listed["Harbour at dusk"]["licence"] == "CC BY 4.0"
    assert (listed["Storm chase"]["has_audio"], listed["Storm chase"]["path"]) == (False, "")

    again = json.loads(v2m("import", "folder", music, "--json").out)
    assert (again["imported"], again["updated"], again["unchanged"]) == (0, 0, 2)


def test_find_shows_what_has_no_audio_with_a_mark(music: Path, v2m: Commands) -> None:
    v2m("import", "folder", music)

    found = json.loads(v2m("find", "--text", "a storm chase", "--json").out)["scenes"][0]

    first = found["matches"][0]
    assert (first["title"], first["has_audio"], first["path"]) == ("Storm chase", False, "")


def test_a_library_of_words_alone_can_be_searched(tmp_path: Path, v2m: Commands) -> None:
    write_jamendo(tmp_path / "jam", 12)
    v2m("import", "jamendo", tmp_path / "jam")

    found = json.loads(v2m("find", "--text", "quiet harbour", "--json").out)

    assert found["tracks_searched"] == 12
    assert len(found["scenes"][0]["matches"]) == 5
    assert found["scenes"][0]["decision"] == "generate"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("fma", "nowhere"), "No such file"),
        (("fme", "x"), "did you mean 'fma'"),
        (("folder", "nowhere"), "no such folder or table"),
        (("jamendo", "nowhere"), "no table of MTG-Jamendo"),
        (("openverse", "x", "--server", "http://127.0.0.1:9"), "cannot be reached"),
    ],
)
@pytest.mark.allow_hosts(["127.0.0.1"])
def test_what_cannot_be_imported_is_one_line(
    arguments: tuple[str, ...], complaint: str, v2m: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("catalogs.sources.client.RETRIES", 0)

    done = v2m("import", *arguments)

    assert done.code in (2, 4)
    assert complaint in done.complaint


def test_a_table_without_a_usable_row_fails(tmp_path: Path, v2m: Commands) -> None:
    (tmp_path / "tracks.csv").write_text("title,duration\nRain,x\n")

    done = v2m("import", "folder", tmp_path)

    assert done.code == 2
    assert "none of the 1 rows can be used" in done.err
