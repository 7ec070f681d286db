"""Renders templates; everything put into them is escaped."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, FileSystemLoader, StrictUndefined

HERE = Path(__file__).parent

Show = Callable[..., HTMLResponse]


def mount_static(app: FastAPI) -> None:
    """Serve the style sheets."""
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")


def renderer(**always: Any) -> Show:
    """Return a function that renders a template.

    It is called as ``show(request, "name.html", status=200, **values)``; in the template ``url``
    gives the path of a route, also behind a proxy that adds a prefix.
    """
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

    def show(request: Request, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
        prefix: str = request.scope.get("root_path", "")

        def url(route: str, **parts: str) -> str:
            return prefix + str(request.app.url_path_for(route, **parts))

        text = environment.get_template(template).render(url=url, **always, **values)
        return HTMLResponse(text, status, headers={"cache-control": "no-store"})

    return show
