"""Telling the state of a catalogue's file disturbs nobody."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import duckdb
import pytest

from catalogs import stamp as stamps
from catalogs.stamp import FILE_NAME, stamp
from catalogs.store import Catalogue

WRITE = "import duckdb, sys; duckdb.connect(sys.argv[1])"

Opening = Callable[[Catalogue], AbstractContextManager[duckdb.DuckDBPyConnection]]


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    return Catalogue.open(tmp_path / "cat", create=True)


def _is_held(folder: Path) -> bool:
    command = [sys.executable, "-c", WRITE, str(folder / FILE_NAME)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0 or "lock" in done.stderr
    return done.returncode != 0


@pytest.mark.parametrize("opening", [Catalogue.reading, Catalogue.writing])
def test_it_lets_go_of_no_lock(catalogue: Catalogue, opening: Opening) -> None:
    before = stamp(catalogue.folder)
    with opening(catalogue):
        assert stamp(catalogue.folder) == before
        assert _is_held(catalogue.folder)

    assert not _is_held(catalogue.folder)


def test_a_file_in_the_place_of_another_is_seen(catalogue: Catalogue, tmp_path: Path) -> None:
    path = catalogue.folder / FILE_NAME
    before = stamp(catalogue.folder)
    shutil.copy(path, tmp_path / "copy")
    (tmp_path / "copy").replace(path)
    after = stamp(catalogue.folder)
    path.unlink()

    assert "" != after != before
    assert stamp(catalogue.folder) == ""


def test_few_files_stay_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stamps, "MOST_OPEN", 3)
    monkeypatch.setattr(stamps, "_open", {})
    folders = [tmp_path / str(n) for n in range(5)]
    for folder in folders:
        Catalogue.open(folder, create=True)
    told = [stamp(folder) for folder in folders]

    assert len(stamps._open) == 3
    assert [stamp(folder) for folder in folders] == told
    for file in stamps._open.values():
        os.close(file)
