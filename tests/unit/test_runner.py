"""Worker processes that cannot start, as in a script without a guard."""

import multiprocessing
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest

from indexer import runner
from indexer.runner import Job, ctrl_c_held_back, leave_unguarded_import, run
from indexer.scan import FoundFile
from v2m.encoders.profiles import ProfileSpec
from v2m.errors import BackendError, ConfigError

JOB = Job(FoundFile(Path("a.mp3"), 1, 1, Path()), "a")


class _DeadPool:
    """A pool none of whose processes lives."""

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def submit(self, work: Callable[[Job], object], job: Job) -> None:
        raise BrokenProcessPool

    def shutdown(self, **_: object) -> None:
        pass


def test_where_no_worker_starts_no_file_is_blamed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "ProcessPoolExecutor", _DeadPool)

    with pytest.raises(BackendError, match=r"no worker process could start; .*--workers 1"):
        next(run([JOB, JOB], ProfileSpec(), 2))


SCRIPT = """
import os, sys
from pathlib import Path
from indexer.runner import Job, leave_unguarded_import, run
from indexer.scan import FoundFile
from v2m.encoders.profiles import ProfileSpec
from v2m.errors import BackendError

def main():
    leave_unguarded_import()
    job = Job(FoundFile(Path("a.mp3"), 1, 1, Path()), "a")
    try:
        next(run([job, job], ProfileSpec(), 2))
    except BackendError as err:
        print(err)
"""
UNGUARDED = "main()"
DYING = "main() if __name__ == '__main__' else {}"


@pytest.mark.parametrize(
    ("work", "said", "not_said"),
    [
        (UNGUARDED, "if __name__ == '__main__':", "--workers"),
        (DYING.format("os.kill(os.getpid(), 9)"), "the first was ended by SIGKILL", "__name__"),
        (DYING.format("sys.exit(5)"), "the first ended with exit code 5", "__name__"),
    ],
    ids=["unguarded", "killed", "failing"],
)
def test_where_no_worker_starts_the_advice_is_for_what_happened(
    work: str, said: str, not_said: str, tmp_path: Path
) -> None:
    (tmp_path / "script.py").write_text(SCRIPT + work)

    done = subprocess.run(
        [sys.executable, tmp_path / "script.py"], capture_output=True, text=True, check=True
    )

    assert done.stdout.startswith("workers: no worker process could start: ")
    assert said in done.stdout
    assert not_said not in done.stdout


def test_a_system_without_room_for_processes_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    class Pool(_DeadPool):
        def submit(self, work: Callable[[Job], object], job: Job) -> None:
            raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(runner, "ProcessPoolExecutor", Pool)
    with pytest.raises(BackendError, match=r"Resource temporarily unavailable; .*--workers 1"):
        next(run([JOB, JOB], ProfileSpec(), 2))


def test_what_a_worker_cannot_load_is_named(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ConfigError, match="profile = 'heavy' is not allowed"):
        next(run([JOB, JOB], ProfileSpec("heavy"), 2))

    assert "Traceback" not in capfd.readouterr().err


def test_a_worker_that_imports_an_unguarded_script_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    leave_unguarded_import()
    process = multiprocessing.current_process()
    monkeypatch.setattr(process, "_inheriting", True, raising=False)

    with pytest.raises(SystemExit):
        leave_unguarded_import()


BLOCKED = "import signal; print(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, []))"


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="a system without signal masks")
def test_ctrl_c_reaches_no_process_that_is_still_starting() -> None:
    def started() -> str:
        return subprocess.run(
            [sys.executable, "-c", BLOCKED], capture_output=True, text=True, check=True
        ).stdout.strip()

    with ctrl_c_held_back():
        assert started() == "True"
    assert started() == "False"


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="a system without signal masks")
def test_workers_are_started_while_ctrl_c_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    masks = []

    class Pool(_DeadPool):
        def submit(self, work: Callable[[Job], object], job: Job) -> None:
            masks.append(signal.pthread_sigmask(signal.SIG_BLOCK, []))
            super().submit(work, job)

    monkeypatch.setattr(runner, "ProcessPoolExecutor", Pool)
    with pytest.raises(BackendError):
        next(run([JOB, JOB], ProfileSpec(), 2))

    assert all(signal.SIGINT in mask for mask in masks)
    assert masks


def test_a_worker_leaves_at_once_when_nobody_waits_for_it() -> None:
    context = multiprocessing.get_context("spawn")
    heard, kept_open = context.Pipe(duplex=False)
    worker = context.Process(target=runner.end_with_parent, args=(heard,))
    worker.start()

    kept_open.close()
    worker.join(60)

    assert worker.exitcode == 1
