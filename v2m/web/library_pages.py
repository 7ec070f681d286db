"""The library as pages: find by words or a file, hear the section, have videos scored."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, FastAPI, File, Form, Request, UploadFile
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from v2m.errors import InputError, V2mError, printable
from v2m.library import Library
from v2m.report import clock
from v2m.results import FindResult, PlanOptions
from v2m.usage import USAGES
from v2m.web.guards import Guard
from v2m.web.jobs import Jobs, Videos
from v2m.web.library_api import Asked, error_json, find_upload, library_routes
from v2m.web.pages import Show, mount_static, renderer
from v2m.web.watch import Watcher

FORM_BYTES = 65_536
"""What a request may hold beside an uploaded file."""


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """What is offered.

    Attributes:
        usage: what is asked of licences where a request does not say it.
        videos: folders whose videos may be planned and scored.
        out: where plans and finished videos go; None is a folder of the catalogue.
        most_upload_bytes: of a file that is sent.
        look_seconds: how often the catalogue is looked at for changes.
        hosts: names the server may be called by; None allows any.
    """

    usage: str = "personal"
    videos: tuple[Path, ...] = ()
    out: Path | None = None
    most_upload_bytes: int = 64 << 20
    look_seconds: float = 1.0
    hosts: frozenset[str] | None = None


def create_library_app(
    make_library: Callable[[], Library], options: ServeOptions | None = None
) -> FastAPI:
    """Return the application that serves a library.

    Args:
        make_library: opens it; called once for searches, and once more for each job.
        options: what is offered.

    Raises:
        InputError: a folder of videos is not there, or that of finished ones is no folder.
        V2mError: as ``make_library`` raises.
    """
    options = options or ServeOptions()
    library = make_library()
    videos = Videos(list(options.videos))
    if options.out and options.out.exists() and not options.out.is_dir():
        raise InputError(f"--out {printable(options.out)}: is no folder")
    jobs = Jobs(make_library, videos, options.out or library.folder / "served")
    watcher = Watcher(library, look_seconds=options.look_seconds)

    @asynccontextmanager
    async def running(_app: FastAPI) -> AsyncIterator[None]:
        watcher.start()
        jobs.start()
        yield
        watcher.stop()
        jobs.stop()

    app = FastAPI(
        title="v2m", openapi_url="/api/openapi.json", docs_url=None, redoc_url=None,
        lifespan=running,
    )  # fmt: skip
    most_bytes = options.most_upload_bytes + FORM_BYTES
    app.add_middleware(Guard, most_bytes=most_bytes, hosts=options.hosts)
    mount_static(app)
    app.include_router(library_routes(library, jobs, options.usage))
    app.include_router(_pages(library, jobs, videos, options))
    app.add_exception_handler(V2mError, error_json)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _bad_request)
    return app


def _pages(library: Library, jobs: Jobs, videos: Videos, options: ServeOptions) -> APIRouter:
    routes = APIRouter(include_in_schema=False)
    show = renderer(name="v2m", usages=USAGES, clock=clock)

    @routes.get("/", name="home")
    def home(
        request: Request,
        text: str = "",
        usage: str = options.usage,
        where: str = "",
        tempo_from: str = "",
        tempo_to: str = "",
        instrumental: bool = False,
    ) -> HTMLResponse:
        asked = Asked(10, where=_condition(where, tempo_from, tempo_to, instrumental), usage=usage)
        form = {
            "text": text, "usage": usage, "where": where, "tempo_from": tempo_from,
            "tempo_to": tempo_to, "instrumental": instrumental,
        }  # fmt: skip
        if not text.strip():
            return _shown(show, request, library, form, None, "")
        try:
            return _shown(show, request, library, form, library.find(text=text, **asked.options()))
        except V2mError as err:
            return _shown(show, request, library, form, None, str(err))

    @routes.post("/", name="upload")
    def upload(
        request: Request,
        file: Annotated[UploadFile, File()],
        usage: Annotated[str, Form()] = options.usage,
    ) -> HTMLResponse:
        form = {"usage": usage, "file": file.filename or ""}
        try:
            result = find_upload(library, file, Asked(10, usage=usage))
        except V2mError as err:
            message = f"{file.filename or 'the file'}: {getattr(err, 'reason', err)}"
            return _shown(show, request, library, form, None, message)
        return _shown(show, request, library, form, result)

    @routes.get("/jobs", name="jobs")
    def all_jobs(request: Request) -> HTMLResponse:
        return show(request, "jobs.html", jobs=jobs.all(), videos=videos.names(), problem="")

    @routes.post("/jobs", name="add_job")
    def add_job(
        request: Request,
        video: Annotated[str, Form()],
        usage: Annotated[str, Form()] = options.usage,
    ) -> Response:
        try:
            jobs.add("score", video, PlanOptions(usage=usage))
        except V2mError as err:
            values = {"jobs": jobs.all(), "videos": videos.names(), "problem": str(err)}
            return show(request, "jobs.html", status=400, **values)
        return RedirectResponse(str(request.url_for("jobs")), 303)

    return routes


def _shown(
    show: Show,
    request: Request,
    library: Library,
    form: dict[str, Any],
    result: FindResult | None,
    problem: str = "",
) -> HTMLResponse:
    return show(
        request,
        "find.html",
        status=400 if problem else 200,
        form=form,
        result=result,
        problem=problem,
        n_tracks=result.tracks_searched if result else library.catalogue.count(),
    )


def _condition(where: str, tempo_from: str, tempo_to: str, instrumental: bool) -> str:
    """Join what the form's fields ask of a track to one SQL condition."""
    parts = [f"({where})"] if where.strip() else []
    for limit, compare in ((tempo_from, ">="), (tempo_to, "<=")):
        if limit.strip().replace(".", "", 1).isdecimal():
            parts.append(f"tempo_bpm {compare} {float(limit):g}")
    if instrumental:
        parts.append("instrumental > 0.5")
    return " AND ".join(parts)


def _http_error(_request: Request, err: Exception) -> JSONResponse:
    assert isinstance(err, HTTPException)
    return JSONResponse({"error": str(err.detail)}, err.status_code)


def _bad_request(_request: Request, err: Exception) -> JSONResponse:
    """Name the field and what is wrong with it, one sentence each."""
    assert isinstance(err, RequestValidationError)
    told = [f"{'.'.join(map(str, e['loc'][1:])) or 'body'}: {e['msg']}" for e in err.errors()]
    return JSONResponse({"error": "; ".join(told)}, 422)
