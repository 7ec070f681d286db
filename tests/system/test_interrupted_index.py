"""An index run that is killed at any moment loses at most its running batch."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from catalogs.store import Catalogue
from tests.conftest import WriteMusic

KILLS = int(os.environ.get("V2M_KILLS", "4"))
"""The full trial is V2M_KILLS=20."""

TRACKS = 6 + 16 * KILLS


def _start(music: Path, catalogue: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "cli", "index", str(music), "--workers", "2", "--json"]
    return subprocess.Popen(
        [*command, "--catalog", str(catalogue)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "V2M_BATCH": "2"},
    )


def _rows(folder: Path) -> dict[str, tuple[int, ...]]:
    """Return the ids of each track's vectors."""
    if not (folder / "catalog.duckdb").exists():
        return {}
    catalogue = Catalogue.open(folder, create=False)
    rows: dict[str, list[int]] = {track.track_id: [] for track in catalogue.tracks()}
    for space in ("lite/attributes-v2", "lite/minilm-l6-v2"):
        kinds = ["track", "section", "title", "description"]
        table = catalogue.vector_table(space, kinds)
        for track, row in zip(table.track_ids, table.ids, strict=True):
            rows.setdefault(track, []).append(int(row))
    return {track: tuple(sorted(ids)) for track, ids in rows.items()}


def _wait_for_more(run: subprocess.Popen[str], folder: Path, known: int) -> None:
    give_up = time.monotonic() + 60
    while len(_rows(folder)) <= known and run.poll() is None and time.monotonic() < give_up:
        time.sleep(0.1)


@pytest.fixture
def music(write_music: WriteMusic, tmp_path: Path) -> Path:
    """A folder of short pieces, all different."""
    for n in range(TRACKS):
        write_music(tmp_path / "music" / f"piece {n:02}.flac", pitch=150 + 11 * n, seed=n)
    return tmp_path / "music"


@pytest.mark.timeout(600)
def test_killed_runs_lose_nothing_that_was_written(music: Path, tmp_path: Path) -> None:
    folder = tmp_path / "catalogue"
    rng = random.Random(0)
    written: dict[str, tuple[int, ...]] = {}
    n_killed = 0
    for n in range(KILLS):
        run = _start(music, folder)
        if n % 2:  # among its writes; the others anywhere, most while it still loads
            _wait_for_more(run, folder, len(written))
            time.sleep(rng.uniform(0.0, 1.0))
        else:
            time.sleep(rng.uniform(0.2, 4.0))
        run.kill()
        run.communicate()
        n_killed += run.returncode == -signal.SIGKILL
        now = _rows(folder)
        assert {track: now.get(track) for track in written} == written  # never encoded again
        written = now
    assert n_killed >= KILLS // 2 + 1  # the others had nothing left to do
    assert len(written) >= KILLS // 2

    last = _start(music, folder)
    out, err = last.communicate(timeout=120)
    report = json.loads(out)

    assert last.returncode == 0, err
    assert report["tracks"] == TRACKS
    assert report["added"] == TRACKS - len(written)
    assert report["updated"] == 0
    final = _rows(folder)
    assert {track: final[track] for track in written} == written
    catalogue = Catalogue.open(folder, create=False)
    assert catalogue.health() == []
    assert len({track.path for track in catalogue.tracks()}) == TRACKS
    again, _ = _start(music, folder).communicate(timeout=60)
    assert json.loads(again)["encoded"] == 0
    print(f"{n_killed} kills; tracks written before the last run: {len(written)}")  # noqa: T201


def test_interrupt_keeps_what_is_finished(
    music: Path, write_music: WriteMusic, tmp_path: Path
) -> None:
    folder = tmp_path / "catalogue"
    for n in range(60):  # so many that a slow look at the catalogue still finds the run at work
        write_music(music / f"more {n:02}.flac", pitch=155 + 11 * n, seed=100 + n)
    run = _start(music, folder)
    _wait_for_more(run, folder, 0)

    os.kill(run.pid, signal.SIGINT)
    _, err = run.communicate(timeout=60)

    assert run.returncode == 130
    assert "interrupted" in err
    assert "Traceback" not in err
    assert 0 < len(_rows(folder)) <= TRACKS
    assert Catalogue.open(folder, create=False).health() == []


def test_find_works_while_index_runs(music: Path, tmp_path: Path) -> None:
    folder = tmp_path / "catalogue"
    run = _start(music, folder)
    answers: list[int] = []
    find = [sys.executable, "-m", "cli", "find", "--text", "calm", "--json"]
    while run.poll() is None:
        done = subprocess.run(
            [*find, "--catalog", str(folder)], capture_output=True, text=True, check=False
        )
        if done.returncode == 3:  # nothing indexed so far
            assert not answers
            continue
        assert done.returncode == 0, done.stderr
        answers.append(json.loads(done.stdout)["tracks_searched"])
    run.communicate()

    assert answers == sorted(answers)
    print(f"{len(answers)} searches during the run, over {answers} tracks")  # noqa: T201
