"""The benchmarks' rows at their smallest size; how long anything takes is not asserted."""

from pathlib import Path

import pytest

from benchmarks import filters
from benchmarks.__main__ import page
from benchmarks.bulk import bulk_row
from benchmarks.hearing import MISSING, heard, hearing_rows, joined
from benchmarks.rows import decode_row, loudness_row, start_row
from tests.conftest import write_piece
from v2m.encoders.beatnet import BeatNet
from v2m.library import Library


def test_the_rows_run_and_make_a_page(tmp_path: Path) -> None:
    piece = write_piece(tmp_path / "piece.wav", seconds=1)

    rows = [
        decode_row(piece, 0.55, rounds=1),
        loudness_row(1, rounds=1),
        start_row(tmp_path / "cat", rounds=1),
        bulk_row(tmp_path, tracks=20, rounds=1),
    ]

    written = page(rows)
    assert all(row.ours_seconds > 0 and row.other_seconds > 0 for row in rows)
    assert all(f"| {row.name} |" in written for row in rows)


def test_a_long_track_made_of_short_ones_is_heard(tmp_path: Path) -> None:
    write_piece(tmp_path / "piece.wav", seconds=2)

    tempo, facts = heard(joined(tmp_path, tmp_path / "long.mp3", 5), BeatNet())

    assert tempo > 0
    assert facts.key


def test_a_peer_that_is_missing_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr("benchmarks.hearing.find_spec", lambda name: None)

    assert hearing_rows(tmp_path, tmp_path, seconds=1, rounds=1) == []
    assert MISSING in capsys.readouterr().err


def test_filtered_queries_are_measured_with_every_place_full(tmp_path: Path) -> None:
    library = Library(tmp_path, create=True)
    filters.fill(library, 60)

    assert all(seconds > 0 for seconds in filters.measure(library, 0.5, 1))
