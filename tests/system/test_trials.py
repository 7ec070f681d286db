"""A catalogue under fire: processes killed at any moment, many at once, disks that fail.

The full trials: V2M_KILLS=200 and V2M_MINUTES=2, both
    python -m pytest tests/system/test_trials.py -rP
"""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

from catalogs.store import Catalogue
from tests.libraries import counting_profile, fill, track
from tests.system.checker import problems
from tests.system.laborer import LIBRARY
from v2m.errors import BackendError

KILLS = int(os.environ.get("V2M_KILLS", "4"))
MINUTES = float(os.environ.get("V2M_MINUTES", "0.06"))
KILLED_TASKS = ("index", "generate", "rebuild", "restore")
FEW_TASKS = ("index", "generate", "find", "words")
MIXED_TASKS = ("index", "index", "generate", "restore", "find", "find", "find", "words")

BLAS_ALONE = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def report(text: str) -> None:
    """Say a figure; pytest shows it with -rP."""
    sys.stdout.write(text + "\n")


def _start(folder: Path, task: str, seed: int, seconds: float = 3600) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "tests.system.laborer", str(folder), task, str(seed), str(seconds)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | BLAS_ALONE,
    )


def _tracks(folder: Path) -> set[str]:
    con = duckdb.connect(str(folder / "catalog.duckdb"), read_only=True)
    rows = con.execute("SELECT track_id FROM tracks WHERE origin = 'generated'").fetchall()
    con.close()
    return {track_id for (track_id,) in rows}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A catalogue with some tracks, sound at the start."""
    catalogue = Catalogue.open(tmp_path / "cat", create=True)
    fill(catalogue, [track(n, f"start {n}") for n in range(3)], counting_profile())
    assert problems(catalogue.folder) == []
    return catalogue.folder


@pytest.mark.timeout(7200)
def test_kills_lose_nothing_double_nothing_and_leave_nothing_stale(folder: Path) -> None:
    rng = random.Random(5)
    composed: set[str] = set()
    for n in range(KILLS):
        run = _start(folder, KILLED_TASKS[n % len(KILLED_TASKS)], n)
        assert run.stdout is not None
        assert run.stdout.readline() == "ready\n"
        time.sleep(rng.uniform(0.0, 1.2))
        assert run.poll() is None, run.communicate()
        run.send_signal(signal.SIGKILL)
        run.communicate()

        assert problems(folder) == []
        now = _tracks(folder)
        assert composed <= now  # nobody removes a composed track: it may never be lost
        composed = now

    run = _start(folder, "index", 1, seconds=0.1)
    _, err = run.communicate(timeout=120)
    assert run.returncode == 0, err
    assert problems(folder) == []
    report(f"{KILLS} kills: nothing lost, doubled or stale; {len(composed)} takes kept")


@pytest.mark.timeout(1200)
def test_many_processes_at_once_all_succeed(folder: Path) -> None:
    tasks = MIXED_TASKS if "V2M_MINUTES" in os.environ else FEW_TASKS
    runs = [_start(folder, task, n, MINUTES * 60) for n, task in enumerate(tasks)]
    ended = [run.communicate(timeout=MINUTES * 60 + 300) for run in runs]

    assert [run.returncode for run in runs] == [0] * len(runs), [err for _, err in ended]
    assert problems(folder) == []
    turns = {n: [float(line) for line in out.split()[1:]] for n, (out, _) in enumerate(ended)}
    for n, task in enumerate(tasks):
        report(f"{task:9} {len(turns[n]):5} turns, slowest {max(turns[n]):.2f} s")


HELD = """
import duckdb, sys, time
con = duckdb.connect(sys.argv[1])
print("held", flush=True)
time.sleep(60)
"""

FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from catalogs.store import Catalogue
from tests.libraries import counting_profile, fill, track
from v2m.errors import V2mError

catalogue = Catalogue.open(Path(sys.argv[1]), create=False)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
size = (catalogue.folder / "catalog.duckdb").stat().st_size
resource.setrlimit(resource.RLIMIT_FSIZE, (size + 20_000, size + 20_000))
try:
    for n in range(100, 400, 20):
        fill(catalogue, [track(m, f"piece {m}") for m in range(n, n + 20)], counting_profile())
except V2mError as err:
    print(f"{type(err).__name__}: {err}")
    sys.exit(err.exit_code)
"""


def test_a_disk_that_fills_up_is_said_in_one_line_and_loses_nothing(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(folder)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.returncode == 4, done.stderr
    assert done.stdout.startswith("BackendError: catalogue: ")
    assert problems(folder) == []
    catalogue = Catalogue.open(folder, create=False)
    fill(catalogue, [track(LIBRARY + 5, "room again")], counting_profile())
    assert problems(folder) == []


def test_who_holds_the_database_for_too_long_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = subprocess.Popen(
        [sys.executable, "-c", HELD, str(folder / "catalog.duckdb")], stdout=subprocess.PIPE
    )
    assert other.stdout is not None
    other.stdout.readline()
    monkeypatch.setattr("catalogs.connection.READER_SECONDS", 0.2)

    with pytest.raises(BackendError, match=rf"is held by .*process {other.pid} \(waited"):
        Catalogue.open(folder, create=False)

    other.kill()
    other.communicate()
    assert Catalogue.open(folder, create=False).count() == 3


def test_the_clock_set_back_changes_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: 0.0)
    catalogue = Catalogue.open(folder, create=False)

    fill(catalogue, [track(n, f"again {n}") for n in range(2)], counting_profile())
    with catalogue.writing() as con:
        con.execute("UPDATE tracks SET updated_at = '1990-01-01', added_at = '2090-01-01'")

    assert problems(folder) == []
    assert {t.title for t in catalogue.tracks()} == {"again 0", "again 1", "start 2"}
