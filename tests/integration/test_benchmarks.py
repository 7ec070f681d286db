"""The benchmarks at their smallest size; how long anything takes is not asserted."""

from pathlib import Path

import pytest

from benchmarks import hearing
from benchmarks.__main__ import GROUPS, LARGE, measure
from benchmarks.page import Result, page, rows_from_json, rows_to_json
from benchmarks.rows import LeftOut, Setting, alone, compare, faster, here, python, value
from tests.conftest import write_piece
from v2m.audio.decode import SampleMemory
from v2m.encoders.beatnet import BeatNet


@pytest.mark.parametrize("name", [name for name in (*GROUPS, *LARGE) if name != "hearing"])
def test_every_group_runs_and_fills_its_rows(name: str) -> None:
    try:
        rows = measure(name, rounds=1, smallest=True)
    except LeftOut as err:
        pytest.skip(str(err))

    written = page([Result.of(name, "", rows)])
    assert rows
    assert all(f"| {row.name} |" in written for row in rows)
    assert rows_from_json(rows_to_json(rows)) == rows


def test_a_row_tells_who_was_faster_and_what_memory_it_held() -> None:
    row = compare(
        "sum", here(lambda: sum(range(10))), "a list of 40 MB", here(lambda: [0] * 5_000_000),
        goal=faster(2), rounds=3,
    )  # fmt: skip

    assert row.met
    assert row.our_peak_mb is None or row.our_peak_mb < 10
    assert row.other_peak_mb is None or row.other_peak_mb > 30


def test_a_command_is_timed_by_the_clock_with_all_its_memory() -> None:
    sleepy = "import time; time.sleep(0.3)"

    row = compare("sleep", python("-c", sleepy), "pass", python("-c", "pass"),
                  goal=value(most=0.2), rounds=1, wall=True)  # fmt: skip

    assert row.met is False
    assert row.figure.median >= 0.3  # processor time would be less
    assert row.our_peak_mb
    assert 3 < row.our_peak_mb < 60


def test_a_command_that_fails_is_no_measurement() -> None:
    with pytest.raises(RuntimeError, match="failed: "):
        python("-c", "raise SystemExit(1)")()


def test_the_page_says_which_goals_are_missed_and_when_it_was_measured() -> None:
    rows = [alone("recall", [0.98, 0.99, 1.0], "", goal=value(least=0.995), note="made up")]

    written = page([Result("vectors", "python -m benchmarks vectors", "2026-11-24", "here", rows)])

    assert "0 of 1 goals" in written
    assert "| recall | 0.99 (0.98 to 1) |  |  |  | at least 0.995 | **no** |  |" in written
    assert "`python -m benchmarks vectors`, 2026-11-24, here" in written
    assert "recall: made up" in written


def test_a_long_track_made_of_short_ones_is_heard(tmp_path: Path) -> None:
    write_piece(tmp_path / "piece.wav", seconds=2)

    track = hearing.joined(tmp_path, tmp_path / "long.mp3", 5)
    tempo, facts = hearing.heard(track, BeatNet(), SampleMemory())

    assert tempo > 0
    assert facts.key


def test_a_peer_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("benchmarks.hearing.find_spec", lambda name: None)

    with pytest.raises(LeftOut, match="librosa"):
        list(hearing.rows(Setting(tmp_path, 1, smallest=True)))
