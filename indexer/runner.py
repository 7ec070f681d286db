"""Runs the mapper over many files in parallel and survives a file that kills its process."""

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Collection, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import connection
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Event

from indexer.mapper import Mapper, build_mapper
from indexer.scan import FoundFile
from v2m.encoders.profiles import ProfileSpec
from v2m.errors import BackendError, MediaError
from v2m.structure import Structure
from v2m.threads import one_thread_each
from v2m.types import Track, TrackRecord


@dataclass(frozen=True, slots=True)
class Job:
    """A file to analyse.

    Attributes:
        file: where it lies.
        track_id: the identity of its sound.
        only_structure: find how the music is built and leave everything else.
        known: its row, where it was measured already and only lacks the vectors of a model.
    """

    file: FoundFile
    track_id: str
    only_structure: bool = False
    known: Track | None = None


@dataclass(frozen=True, slots=True)
class Mapped:
    """The outcome for one file.

    Attributes:
        file: the file.
        record: what was found; None on failure, and where only the structure was asked for.
        reason: why there is nothing; "" on success.
        track_id: the identity of its sound.
        structure: how the music is built, where only that was asked for.
    """

    file: FoundFile
    record: TrackRecord | None
    reason: str = ""
    track_id: str = ""
    structure: Structure | None = None


UNGUARDED = 97
"""Exit code of a worker that came to index while it imported the script which started it."""

GUARD = (
    "no worker process could start: each imports the script that indexes, whose work belongs below "
    "\"if __name__ == '__main__':\"; or pass workers=1"
)
NO_WORKERS = "no worker process could start"
ALONE = "with --workers 1 none is needed"

_profile: ProfileSpec | None = None  # these are one per worker process
_started: Event | None = None
_mapper: Mapper | None = None


def leave_unguarded_import() -> None:
    """End a worker that came here by importing the script which started it.

    It would wait for the catalogue that its parent holds; the parent says what is wrong.
    """
    if getattr(multiprocessing.current_process(), "_inheriting", False):
        sys.exit(UNGUARDED)


def run(jobs: Sequence[Job], profile: ProfileSpec, workers: int) -> Generator[Mapped, None, None]:
    """Analyse files and yield outcomes as they come, in no fixed order.

    Args:
        jobs: what to analyse.
        profile: the models; each worker process loads its own.
        workers: processes; with 1 everything happens in this process.

    Raises:
        BackendError: models cannot be loaded, or no worker process can start.
    """
    if workers == 1:
        mapper = build_mapper(profile)
        for job in jobs:
            yield _map(mapper, job)
        return
    waiting = list(reversed(jobs))
    while waiting:
        suspects = yield from _run_pool(waiting, profile, workers)
        for job in suspects:  # one of these killed a worker: each gets a process of its own
            if (yield from _run_pool([job], profile, 1)):
                yield Mapped(job.file, None, "the decoder crashed on this file")


def _run_pool(
    waiting: list[Job], profile: ProfileSpec, workers: int
) -> Generator[Mapped, None, list[Job]]:
    """Empty ``waiting`` from its end; return what was in flight if a worker died."""
    running: dict[Future[Mapped], Job] = {}
    context = multiprocessing.get_context("spawn")
    started = context.Event()
    heard, kept_open = context.Pipe(duplex=False)
    others = set(multiprocessing.active_children())
    seen: set[BaseProcess] = set()
    pool = ProcessPoolExecutor(
        min(workers, len(waiting)),
        mp_context=context,
        initializer=_start_worker,
        initargs=(profile, started, heard),
    )
    try:
        while waiting or running:
            while waiting and len(running) < 2 * workers:
                job = waiting.pop()
                running[_submitted(pool, job)] = job
                seen.update(multiprocessing.active_children())
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                outcome = future.result()
                del running[future]
                yield outcome
    except BrokenProcessPool:
        if not started.is_set():
            pool.shutdown(wait=True, cancel_futures=True)  # then every process has its exit code
            raise BackendError("workers", _why_none(seen - others)) from None
        return list(running.values())
    except (KeyboardInterrupt, GeneratorExit):
        kept_open.close()  # nobody waits for what is under way
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        kept_open.close()
        heard.close()
    return []


def _submitted(pool: ProcessPoolExecutor, job: Job) -> Future[Mapped]:
    try:
        with ctrl_c_held_back(), one_thread_each():
            return pool.submit(_map_here, job)
    except OSError as err:
        raise BackendError("workers", f"{NO_WORKERS}: {err.strerror}; {ALONE}") from err


def _why_none(workers: Collection[BaseProcess]) -> str:
    """Say by the exit codes of worker processes why none came to work, and what helps."""
    codes = {code for worker in workers if (code := worker.exitcode)}
    if UNGUARDED in codes:
        return GUARD
    codes -= {-signal.SIGTERM}  # so a pool ends those that were left
    if not codes:
        return f"{NO_WORKERS}; {ALONE}"
    code = min(codes)
    if code > 0:
        return f"{NO_WORKERS}: the first ended with exit code {code}; {ALONE}"
    memory = ", as happens where memory runs out" if code == -signal.SIGKILL else ""
    return f"{NO_WORKERS}: the first was ended by {signal.Signals(-code).name}{memory}; {ALONE}"


@contextmanager
def ctrl_c_held_back() -> Iterator[None]:
    """Let Ctrl-C wait, here and in processes started meanwhile, until they can ignore it.

    A terminal sends it to all of them, and one that is still importing would print a traceback.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start_worker(profile: ProfileSpec, started: Event, heard: Connection) -> None:
    # Ctrl-C belongs to the parent, which writes what is finished and ends the pool.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    threading.Thread(target=end_with_parent, args=(heard,), daemon=True).start()
    global _profile, _started
    _profile, _started = profile, started


def end_with_parent(heard: Connection) -> None:
    """Leave as soon as the parent is gone, even when it was killed, or closes its end of a pipe."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel, heard])
        os._exit(1)


def _map_here(job: Job) -> Mapped:
    global _mapper  # noqa: PLW0603 - made where what fails reaches the parent
    assert _profile is not None, "a worker is started before it works"
    assert _started is not None, "a worker is started before it works"
    if _mapper is None:
        _mapper = build_mapper(_profile)
        _started.set()
    return _map(_mapper, job)


def _map(mapper: Mapper, job: Job) -> Mapped:
    try:
        if job.only_structure:
            built = mapper.structure(job.file.path)
            return Mapped(job.file, None, track_id=job.track_id, structure=built)
        if job.known is not None:
            record = mapper.map_column(job.known, job.file.path)
            return Mapped(job.file, record, track_id=job.track_id)
        return Mapped(job.file, mapper.map(job.file.path, job.track_id), track_id=job.track_id)
    except MediaError as err:
        return Mapped(job.file, None, err.reason)
