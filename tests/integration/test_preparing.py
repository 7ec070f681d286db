"""What searches read is made by the run that changed it, not by the first search."""

import logging
from pathlib import Path

import pytest

from catalogs.image import current_image
from catalogs.image_paths import table_folder
from catalogs.store import Catalogue
from retriever.preparing import prepare
from retriever.query import text_query
from retriever.search import Searcher, tables_of
from tests.commands import Commands
from tests.conftest import WriteMusic
from tests.libraries import counting_profile, fill, track
from v2m.encoders.profiles import ProfileSpec, load_profile
from v2m.errors import BackendError

PROFILE = counting_profile()
TABLES = tables_of(PROFILE)


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    made = Catalogue.open(tmp_path / "cat", create=True)
    fill(made, [track(n, f"piece {n}", tags=("slow",)) for n in range(30)], PROFILE)
    return made


def test_a_search_after_it_opens_no_catalogue(catalogue: Catalogue) -> None:
    def opened() -> Catalogue:
        raise AssertionError("the catalogue is opened")

    prepare(catalogue, PROFILE)

    image = current_image(catalogue.folder, TABLES.values())
    found = Searcher(opened, PROFILE, image=image).search(text_query(PROFILE, "slow piece"), 5)
    assert len(found) == 5


def test_codes_are_there_before_anybody_searches(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("catalogs.search_index.COARSE_ROWS", 20)
    prepare(catalogue, PROFILE)
    folders = [table_folder(catalogue.folder / "vectors", TABLES[n]) for n in ("title", "audio")]
    codes = [folder / "rows.faiss" for folder in folders]
    written = [path.stat().st_mtime_ns for path in codes]

    fill(catalogue, [track(40, "new")], PROFILE)
    prepare(catalogue, PROFILE)
    assert [path.stat().st_mtime_ns for path in codes] == written

    catalogue.remove_tracks(catalogue.track_ids()[:6])
    prepare(catalogue, PROFILE)
    assert not {path.stat().st_mtime_ns for path in codes} & set(written)


def test_what_cannot_be_made_now_is_left_to_the_first_search(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def held(*_: object) -> None:
        raise BackendError("catalogue", "held by another process")

    monkeypatch.setattr("retriever.preparing.read_image", held)
    with caplog.at_level(logging.WARNING):
        prepare(catalogue, PROFILE)

    assert "the first search will take longer: catalogue: held by another" in caplog.text


def test_what_cannot_be_kept_is_said(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object) -> None:
        raise BackendError("disk", "No space left on device")

    with caplog.at_level(logging.WARNING):
        prepare(catalogue, PROFILE)
        assert not caplog.text
        monkeypatch.setattr("catalogs.image_files.write_arrays", full)
        catalogue.set_note("a", "b")
        prepare(catalogue, PROFILE)

    assert "each search will take longer: what it reads cannot be kept in" in caplog.text


@pytest.mark.parametrize("command", [["index"], ["import", "folder"]])
def test_runs_that_fill_a_library_prepare_searches(
    command: list[str], tmp_path: Path, write_music: WriteMusic, v2m: Commands
) -> None:
    write_music(tmp_path / "music" / "a.wav")
    (tmp_path / "music" / "tracks.csv").write_text("file,title\na.wav,A\n", encoding="utf-8")

    done = v2m(*command, tmp_path / "music", "--catalog", tmp_path / "cat")

    assert done.code == 0, done.err
    tables = tables_of(load_profile(ProfileSpec("lite")))
    assert current_image(tmp_path / "cat", tables.values()) is not None
