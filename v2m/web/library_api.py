"""The library over HTTP as JSON: each route is one call of ``Library``."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, File, Form, HTTPException, Query, Request, UploadFile
from fastapi.responses import FileResponse, JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from v2m import __version__
from v2m.errors import BackendError, InputError, StateError, V2mError
from v2m.library import Library
from v2m.report import find_json, track_json, tracks_json
from v2m.results import FindResult, PlanOptions
from v2m.usage import check_usage
from v2m.web.jobs import Job, Jobs

Kind = Literal["image", "audio", "video"]

IMAGES = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif"}
VIDEOS = {".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi"}

STATUS_BY_ERROR: tuple[tuple[type[V2mError], int], ...] = (
    (InputError, 400),
    (StateError, 503),
    (BackendError, 500),
)

EVERY_BRANCH = "description,title,audio"

Words = Annotated[str, Query(max_length=2000)]
Top = Annotated[int, Query(ge=1, le=100)]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a search may be narrowed by.

    Attributes:
        top: tracks.
        by: branches, separated by commas.
        where: SQL condition on columns of tracks.
        usage: what the video is for.
        min_probability: less is a miss.
    """

    top: int = 5
    by: str = EVERY_BRANCH
    where: str = ""
    usage: str = "personal"
    min_probability: float = 0.5

    def options(self) -> dict[str, Any]:
        """Return them as ``Library.find`` takes them."""
        return {
            "top": self.top,
            "by": [branch.strip() for branch in self.by.split(",") if branch.strip()],
            "where": self.where.strip() or None,
            "usage": self.usage,
            "min_probability": self.min_probability,
        }


class JobRequest(BaseModel):
    """A plan or a finished video that is asked for."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["plan", "score"] = "score"
    video: str = Field(min_length=1, max_length=4096)
    usage: str | None = None
    generate: Literal["on-miss", "never", "always"] = "on-miss"
    where: str | None = None
    notes: dict[int, str] = Field(default_factory=dict)
    most_tracks: int | None = Field(default=None, ge=1)
    min_probability: float = Field(default=0.5, ge=0, le=1)
    target_lufs: float = Field(default=-14.0, ge=-40, le=-5)
    seed: int = Field(default=0, ge=0, lt=2**31)

    def options(self, usage_unless_told: str) -> PlanOptions:
        """Return them as ``Library.plan`` takes them.

        Raises:
            ConfigError: there is no such usage.
        """
        values = self.model_dump(exclude={"kind", "video", "usage"})
        return PlanOptions(usage=check_usage(self.usage or usage_unless_told), **values)


def library_routes(library: Library, jobs: Jobs, usage_unless_told: str) -> APIRouter:
    """Return the routes under ``/api``."""
    routes = APIRouter(prefix="/api")

    @routes.get("/status")
    def status() -> dict[str, Any]:
        return {
            "version": __version__,
            "profile": library.profile.name,
            "tracks": library.catalogue.count(),
        }

    @routes.get("/find")
    def find(
        text: Words,
        top: Top = 5,
        by: str = EVERY_BRANCH,
        where: str = "",
        usage: str = usage_unless_told,
        min_probability: Annotated[float, Query(ge=0, le=1)] = 0.5,
    ) -> dict[str, Any]:
        asked = Asked(top, by, where, usage, min_probability)
        return found_json(library.find(text=text, **asked.options()))

    @routes.post("/find")
    def find_by_file(
        file: Annotated[UploadFile, File()],
        top: Annotated[int, Form(ge=1, le=100)] = 5,
        by: Annotated[str, Form()] = EVERY_BRANCH,
        where: Annotated[str, Form()] = "",
        usage: Annotated[str, Form()] = usage_unless_told,
        min_probability: Annotated[float, Form(ge=0, le=1)] = 0.5,
    ) -> dict[str, Any]:
        asked = Asked(top, by, where, usage, min_probability)
        return found_json(find_upload(library, file, asked), name=file.filename or "file")

    @routes.get("/tracks")
    def tracks(
        where: str | None = None,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
        offset: Annotated[int, Query(ge=0)] = 0,
    ) -> dict[str, Any]:
        found = library.tracks(where)
        shown = tracks_json(found[offset : offset + limit])["tracks"]
        return {"total": len(found), "tracks": [_without_path(row) for row in shown]}

    @routes.get("/tracks/{track_id}")
    def track(track_id: str) -> dict[str, Any]:
        found = library.track(track_id)
        return _without_path(track_json(found, library.catalogue.provenance(found.track_id)))

    @routes.get("/tracks/{track_id}/audio", name="audio")
    def audio(track_id: str) -> FileResponse:
        return file_response(library.track(track_id).path)

    @routes.post("/jobs", status_code=202)
    def add_job(asked: JobRequest) -> dict[str, Any]:
        return job_json(jobs.add(asked.kind, asked.video, asked.options(usage_unless_told)))

    @routes.get("/jobs")
    def all_jobs() -> dict[str, Any]:
        return {"jobs": [job_json(job) for job in jobs.all()]}

    @routes.get("/jobs/{job_id}")
    def job(job_id: str) -> dict[str, Any]:
        found = jobs.get(job_id)
        return job_json(found) | {"result": found.result}

    @routes.get("/jobs/{job_id}/plan", name="job_plan")
    def job_plan(job_id: str) -> FileResponse:
        return file_response(jobs.get(job_id).plan_path)

    @routes.get("/jobs/{job_id}/video", name="job_video")
    def job_video(job_id: str) -> FileResponse:
        return file_response(jobs.get(job_id).finished_path)

    return routes


def find_upload(library: Library, upload: UploadFile, asked: Asked) -> FindResult:
    """Search by a file that was sent; it is kept no longer than that takes."""
    with _on_disk(upload) as path:
        kind = _kind_of(upload)
        if kind == "image":
            return library.find(image=path, **asked.options())
        if kind == "video":
            return library.find(video=path, **asked.options())
        return library.find(audio=path, **asked.options())


@contextmanager
def _on_disk(upload: UploadFile) -> Iterator[Path]:
    suffix = Path(upload.filename or "").suffix
    suffix = suffix if suffix[1:].isalnum() and len(suffix) <= 8 else ""
    with tempfile.TemporaryDirectory(prefix="v2m-") as folder:
        path = Path(folder) / f"upload{suffix}"
        with path.open("wb") as file:
            while piece := upload.file.read(1 << 20):
                file.write(piece)
        yield path


def _kind_of(upload: UploadFile) -> Kind:
    suffix = Path(upload.filename or "").suffix.lower()
    told = (upload.content_type or "").split("/")[0]
    if suffix in IMAGES or told == "image":
        return "image"
    return "video" if suffix in VIDEOS or told == "video" else "audio"


def found_json(result: FindResult, *, name: str = "") -> dict[str, Any]:
    """Return what was found, with addresses in place of paths on the server's disk."""
    document = find_json(result)
    if "path" in document["query"]:
        document["query"]["path"] = name
    for scene in document["scenes"]:
        scene["matches"] = [_without_path(match) for match in scene["matches"]]
    return document


def _without_path(row: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in row.items() if name != "path"}
    return kept | {"audio": f"api/tracks/{row['track_id']}/audio"}


def job_json(job: Job) -> dict[str, Any]:
    """Return how far a job is, without its result."""
    return {
        "job_id": job.job_id,
        "kind": job.kind,
        "video": job.video,
        "state": job.state,
        "error": job.error,
        "plan": f"api/jobs/{job.job_id}/plan" if job.plan_path else None,
        "finished": f"api/jobs/{job.job_id}/video" if job.finished_path else None,
    }


def file_response(path: Path | None) -> FileResponse:
    """Send a file, or parts of it.

    Raises:
        HTTPException: 404, it is not there (any more).
    """
    if path is None or not path.is_file():
        raise HTTPException(404, "the file is not there")
    return FileResponse(path, headers={"cache-control": "private, max-age=3600"})


def error_json(_request: Request, err: Exception) -> JSONResponse:
    """Answer an error that was raised on purpose."""
    status = next((code for kind, code in STATUS_BY_ERROR if isinstance(err, kind)), 500)
    return JSONResponse({"error": str(err)}, status)
