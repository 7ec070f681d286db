"""The questionnaire: plain pages and forms, no script, no cookie; the address says who answers."""

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from v2m.errors import StateError, printable
from v2m.study.answers import Answers, Rater
from v2m.study.design import EMOTIONS, MEDIA, SCALES, Study, read_study
from v2m.study.order import Page, pages_of
from v2m.study.questions import PREFERENCES, WORDS_ANSWER, fields_of, read_form
from v2m.web.guards import Guard
from v2m.web.pages import mount_static, renderer

MOST_BYTES = 16_384
"""Of a form; a filled-in page takes some hundred."""

LONGEST_SECONDS = 86_400.0

PROBLEMS = {
    404: "There is no such page. If you followed a link, check that all of it was copied.",
    405: "This page cannot be used like that.",
}

Form = dict[str, str]


async def _form(request: Request) -> Form:
    async with request.form(max_files=0, max_fields=50) as form:
        return {name: value for name, value in form.items() if isinstance(value, str)}


def create_study_app(folder: Path) -> FastAPI:
    """Return the application that serves the study in a folder.

    Raises:
        StateError: the folder holds no study, or not all of its clips.
    """
    study = read_study(folder)
    files = study.files()
    _check_media(folder, files)
    answers = Answers(folder)
    show = renderer(name=study.title, n_minutes=_minutes(study))
    app = FastAPI(openapi_url=None)
    app.add_middleware(Guard, most_bytes=MOST_BYTES)
    mount_static(app)

    @app.get("/", name="welcome")
    def welcome(request: Request) -> HTMLResponse:
        return show(request, "welcome.html")

    @app.post("/begin", name="begin")
    def begin(request: Request) -> Response:
        return _to_page(request, answers.begin())

    @app.get("/r/{token}", name="page")
    def page(request: Request, token: str) -> Response:
        step = _step(study, answers, token)
        if step.page is None:
            return show(request, "finished.html", token=token, n_steps=step.n_pages)
        return show(request, f"{step.page.kind}.html", **_shown(request, study, step, {}, {}))

    @app.post("/r/{token}", name="answer")
    def answer(request: Request, token: str, form: Annotated[Form, Depends(_form)]) -> Response:
        step = _step(study, answers, token)
        if step.page is None or form.get("page") != str(step.index):
            return _to_page(request, token)  # sent twice, or from a page gone back to
        reading = read_form(study, step.page, form)
        if reading.problems:
            values = _shown(request, study, step, form, reading.problems)
            return show(request, f"{step.page.kind}.html", status=422, **values)
        answers.record(token, step.index, reading.answers, _seconds_since(form))
        return _to_page(request, token)

    @app.get("/r/{token}/withdraw", name="withdraw")
    def ask_withdraw(request: Request, token: str) -> HTMLResponse:
        _known(answers.rater(token))
        return show(request, "withdraw.html", token=token)

    @app.post("/r/{token}/withdraw", name="withdrawn")
    def withdraw(request: Request, token: str) -> HTMLResponse:
        _known(answers.rater(token))
        answers.withdraw(token)
        return show(request, "message.html", heading="Deleted", text="Your answers are deleted.")

    @app.get("/media/{name}", name="media")
    def media(name: str) -> FileResponse:
        if name not in files:
            raise HTTPException(404)
        headers = {"cache-control": "private, max-age=86400"}
        return FileResponse(folder / MEDIA / name, headers=headers)

    @app.exception_handler(HTTPException)
    def problem(request: Request, err: HTTPException) -> HTMLResponse:
        text = PROBLEMS.get(err.status_code, str(err.detail))
        return show(request, "message.html", status=err.status_code, heading="Sorry", text=text)

    return app


def _check_media(folder: Path, files: Collection[str]) -> None:
    missing = [name for name in sorted(files) if not (folder / MEDIA / name).is_file()]
    if missing:
        raise StateError(
            f"{printable(folder)}: {len(missing)} of its {len(files)} clips are missing, such as "
            f"{MEDIA}/{missing[0]}; bring them back, or make the study again with 'v2m study new'"
        )


@dataclass(frozen=True, slots=True)
class _Step:
    """Where a rater stands; ``page`` is None at the end."""

    token: str
    index: int
    n_pages: int
    page: Page | None


def _step(study: Study, answers: Answers, token: str) -> _Step:
    rater = _known(answers.rater(token))
    pages = pages_of(study, rater.number)
    done = rater.pages_done
    return _Step(token, done, len(pages), pages[done] if done < len(pages) else None)


def _known(rater: Rater | None) -> Rater:
    if rater is None:
        raise HTTPException(404)
    return rater


def _to_page(request: Request, token: str) -> RedirectResponse:
    prefix = request.scope.get("root_path", "")
    return RedirectResponse(prefix + str(request.app.url_path_for("page", token=token)), 303)


def _seconds_since(form: Mapping[str, str]) -> float | None:
    """Return how long the page was open, None where the form does not say it credibly."""
    try:
        seconds = time.time() - float(form.get("shown_at", ""))
    except ValueError:
        return None
    return seconds if 0 <= seconds <= LONGEST_SECONDS else None


def _shown(
    request: Request, study: Study, step: _Step, form: Form, problems: Mapping[str, str]
) -> dict[str, Any]:
    """Return what the template of a page needs; a form that was not complete is kept."""
    assert step.page is not None
    return {
        "token": step.token,
        "step": step.index + 1,
        "n_steps": step.n_pages,
        "given": form,
        "problems": problems,
        "labels": _labels(step.page),
        "shown_at": form.get("shown_at") or f"{time.time():.1f}",
        "emotions": EMOTIONS,
        "preferences": PREFERENCES,
        "words_answer": WORDS_ANSWER,
        "resume_link": str(request.url_for("page", token=step.token)),
        **_media(study, step.page),
    }


def _labels(page: Page) -> dict[str, str]:
    """Return what a field is called in front of its problem, where a page has several."""
    if page.kind == "ranking":
        return {name: f"Clip {place}: " for place, name in enumerate(fields_of(page), 1)}
    return {name: f"{name.capitalize()}: " for name in SCALES}


def _media(study: Study, page: Page) -> dict[str, Any]:
    """Return the files a page plays: ``sound`` or ``videos``, nothing else about them."""
    if page.kind == "sound":
        return {"sound": study.checks[0].sound}
    if page.kind == "tones":
        return {"sound": study.checks[1].sound}
    if page.kind == "silent":
        return {"videos": [study.items[page.item].silent]}
    clips = [study.clip(page.item, configuration) for configuration in page.configurations]
    if page.kind == "music":
        return {"sound": clips[0].music}
    return {"videos": [clip.video for clip in clips]}


def _minutes(study: Study) -> int:
    """Return about how long the questionnaire takes: every clip once, and time to answer."""
    pages = pages_of(study, 0)
    playing = sum(
        study.items[page.item].duration_seconds * max(1, len(page.configurations))
        for page in pages
        if page.item >= 0
    )
    return max(1, round((playing + 12 * len(pages)) / 60))
