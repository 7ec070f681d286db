"""Plans and finished videos made one after the other, beside the searches."""

import logging
import queue
import secrets
import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from v2m.errors import InputError, StateError, V2mError, printable
from v2m.library import Library
from v2m.plan_report import render_json
from v2m.results import PlanOptions
from v2m.soundtrack.mux import SOUND_BY_SUFFIX, fitting_suffix
from v2m.soundtrack.plan import write_plan
from v2m.video.probe import probe_video

log = logging.getLogger("v2m")

MOST_WAITING = 50
MOST_KEPT = 500
MOST_LISTED = 500

State = Literal["waiting", "running", "done", "failed"]


@dataclass(frozen=True, slots=True)
class Job:
    """A piece of work.

    Attributes:
        job_id: its name.
        kind: "plan" or "score".
        video: the video, as it was asked for.
        state: how far it is.
        result: of a plan, the plan; of a score, what was written with its plan. None before.
        error: why it failed, "" if it did not.
        plan_path: the plan, None before it is there.
        finished_path: the finished video, None before it is there.
    """

    job_id: str
    kind: str
    video: str
    state: State = "waiting"
    result: dict[str, Any] | None = field(default=None, repr=False)
    error: str = ""
    plan_path: Path | None = None
    finished_path: Path | None = None


class Videos:
    """The folders whose videos may be asked for; nothing outside them is touched."""

    def __init__(self, folders: list[Path]) -> None:
        """Take folders.

        Raises:
            InputError: one is not there.
        """
        for folder in folders:
            if not folder.is_dir():
                raise InputError(f"--videos {printable(folder)}: no such folder")
        self._folders = [folder.resolve() for folder in folders]

    def find(self, name: str) -> Path:
        """Return a video by its path, or by its path below one of the folders.

        Raises:
            InputError: it lies outside the folders, also by a link, or is not there.
        """
        for folder in self._folders:
            path = (folder / name).resolve()  # an absolute name replaces the folder
            if path.is_relative_to(folder) and path.is_file():
                return path
        if not self._folders:
            raise InputError(
                "videos on the server's disk are not offered; see 'v2m serve --videos'"
            )
        raise InputError(f"{name!r}: no such video in the folders that are offered")

    def names(self) -> list[str]:
        """Return the videos' paths below their folders, in order, 500 at most."""
        found = [
            str(path.relative_to(folder))
            for folder in self._folders
            for path in sorted(folder.rglob("*"))
            if path.suffix.lower() in SOUND_BY_SUFFIX and not path.name.startswith(".")
        ]
        return found[:MOST_LISTED]


class Jobs:
    """A queue with one worker; what was finished stays in its folder."""

    def __init__(self, make_library: Callable[[], Library], videos: Videos, out: Path) -> None:
        """Make a queue.

        Args:
            make_library: gives the library that works; not the one that answers searches.
            videos: what may be worked on.
            out: where plans and finished videos go, a folder each job.
        """
        self._make_library = make_library
        self._videos = videos
        self._out = out
        self._jobs: dict[str, Job] = {}
        self._waiting: queue.Queue[tuple[str, Path, PlanOptions] | None] = queue.Queue()
        self._thread: threading.Thread | None = None
        self._stopping = False

    def start(self) -> None:
        """Begin to work."""
        self._thread = threading.Thread(target=self._work, name="v2m jobs", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Begin no more, and say what is not finished; a job that runs ends with the program."""
        self._stopping = True
        self._waiting.put(None)
        left = [job for job in self._jobs.values() if job.state in ("waiting", "running")]
        if left:
            videos = ", ".join(printable(Path(job.video)) for job in left)
            log.warning("not finished, ask for it again: %s", videos)
        for job in left:
            shutil.rmtree(self._out / job.job_id, ignore_errors=True)  # may not be there yet

    def add(self, kind: Literal["plan", "score"], video: str, options: PlanOptions) -> Job:
        """Queue a job.

        Raises:
            InputError: the video is not one of those offered, or cannot be read.
            StateError: too many wait already.
        """
        path = self._videos.find(video)
        probe_video(path)
        if sum(job.state == "waiting" for job in self._jobs.values()) >= MOST_WAITING:
            raise StateError(f"{MOST_WAITING} jobs are waiting; try again later")
        job = Job(secrets.token_hex(8), kind, video)
        while len(self._jobs) >= MOST_KEPT:
            self._jobs.pop(next(iter(self._jobs)))
        self._jobs[job.job_id] = job
        self._waiting.put((job.job_id, path, options))
        return job

    def get(self, job_id: str) -> Job:
        """Return a job.

        Raises:
            InputError: there is none of that name.
        """
        if job_id not in self._jobs:
            raise InputError(f"no job {job_id!r}")
        return self._jobs[job_id]

    def all(self) -> list[Job]:
        """Return all jobs, the newest first."""
        return list(self._jobs.values())[::-1]

    def _work(self) -> None:
        while (asked := self._waiting.get()) is not None and not self._stopping:
            job_id, path, options = asked
            self._change(job_id, state="running")
            try:
                done = self._done(self._jobs[job_id], path, options)
                self._change(job_id, state="done", **done)
            except V2mError as err:
                self._change(job_id, state="failed", error=str(err))
            except Exception:  # one job must not end the others
                if self._stopping:
                    return  # its folder is gone, or the interpreter goes
                log.exception("job %s", job_id)
                self._change(job_id, state="failed", error="a bug; the server's log has details")

    def _done(self, job: Job, path: Path, options: PlanOptions) -> dict[str, Any]:
        folder = self._out / job.job_id
        folder.mkdir(parents=True, exist_ok=True)
        library = self._make_library()
        if job.kind == "plan":
            plan = library.plan(path, options)
            write_plan(plan, folder / "plan.json")
            return {"result": plan.model_dump(mode="json"), "plan_path": folder / "plan.json"}
        out = folder / f"{path.stem}{fitting_suffix(probe_video(path).video_codec)}"
        plan, report = library.score(path, out, options)
        write_plan(plan, folder / "plan.json")
        return {
            "result": render_json(plan, report),
            "plan_path": folder / "plan.json",
            "finished_path": out,
        }

    def _change(self, job_id: str, **values: Any) -> None:
        if job_id in self._jobs:
            self._jobs[job_id] = replace(self._jobs[job_id], **values)
