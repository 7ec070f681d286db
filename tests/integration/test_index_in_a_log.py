"""What an index run says where nobody sees a bar: lines on standard error, never in a document."""

import json
from pathlib import Path

import pytest

from tests.commands import Commands
from tests.conftest import WriteMusic


def test_a_log_follows_an_index_run_and_a_document_stays_one(
    v2m: Commands, write_music: WriteMusic, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("v2m.progress.EVERY_SECONDS", 0.0)
    monkeypatch.setenv("V2M_BATCH", "1")
    for n in range(3):
        write_music(tmp_path / "music" / f"piece {n}.flac", seconds=0.5, seed=n)

    told = v2m("index", tmp_path / "music", "--catalog", tmp_path / "one")
    silent = v2m("index", tmp_path / "music", "--catalog", tmp_path / "two", "--json")

    assert "analysing music: 2 of 3 (67%), a few seconds left\n" in told.err
    assert "analysing" not in told.out
    assert (json.loads(silent.out)["added"], silent.err) == (3, "")
