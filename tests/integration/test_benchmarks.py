"""The benchmarks' rows at their smallest size; how long anything takes is not asserted."""

from pathlib import Path

from benchmarks import filters
from benchmarks.__main__ import page
from benchmarks.bulk import bulk_row
from benchmarks.rows import decode_row, loudness_row, start_row
from tests.conftest import write_piece
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


def test_filtered_queries_are_measured_with_every_place_full(tmp_path: Path) -> None:
    library = Library(tmp_path, create=True)
    filters.fill(library, 60)

    assert all(seconds > 0 for seconds in filters.measure(library, 0.5, 1))
