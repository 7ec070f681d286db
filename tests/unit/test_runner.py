"""Worker processes that cannot start, as in a script without a guard."""

import multiprocessing
from collections.abc import Callable
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest

from indexer import runner
from indexer.runner import Job, leave_unguarded_import, run
from indexer.scan import FoundFile
from v2m.encoders.profiles import ProfileSpec
from v2m.errors import BackendError

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

    with pytest.raises(BackendError, match=r"\"if __name__ == '__main__':\""):
        next(run([JOB, JOB], ProfileSpec(), 2))


def test_a_worker_that_imports_an_unguarded_script_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    leave_unguarded_import()
    process = multiprocessing.current_process()
    monkeypatch.setattr(process, "_inheriting", True, raising=False)

    with pytest.raises(SystemExit):
        leave_unguarded_import()
