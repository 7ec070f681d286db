"""``v2m find``: tracks for a video, a text, a picture or a piece of music."""

from pathlib import Path
from typing import Annotated

import typer

from v2m.commands.planning import notes_by_scene
from v2m.commands.shared import (
    branches_of,
    open_library,
    print_json,
    say,
    settings_of,
    start_logging,
)
from v2m.options import (
    AllowUnknown,
    AsJson,
    By,
    Catalog,
    Like,
    MinProbability,
    Model,
    Notes,
    ProfileName,
    Sort,
    Style,
    Unlike,
    Usage,
    Verbose,
    Where,
)


def find(
    video: Annotated[Path | None, typer.Argument(help="A video.", show_default=False)] = None,
    text: Annotated[str | None, typer.Option("--text", help="Words.", show_default=False)] = None,
    image: Annotated[
        Path | None, typer.Option("--image", help="A picture.", show_default=False)
    ] = None,
    audio: Annotated[
        Path | None, typer.Option("--audio", help="A piece of music.", show_default=False)
    ] = None,
    by: By = "description,title,audio",
    top: Annotated[int, typer.Option("--top", min=1, help="Tracks per scene.")] = 5,
    where: Where = None,
    style: Style = None,
    usage: Usage = None,
    allow_unknown: AllowUnknown = None,
    note: Notes = None,
    min_probability: MinProbability = None,
    like: Like = None,
    unlike: Unlike = None,
    sort: Sort = None,
    catalog: Catalog = None,
    profile: ProfileName = None,
    model: Model = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Find the tracks that fit a video (per scene), a text, a picture or a piece of music."""
    start_logging(verbose)
    from v2m.report import find_json, find_text

    settings = settings_of(
        catalog=catalog,
        profile=profile,
        model=model,
        style=style,
        usage=usage,
        allow_unknown=allow_unknown,
        min_probability=min_probability,
    )
    result = open_library(settings).find(
        text=text,
        video=video,
        image=image,
        audio=audio,
        top=top,
        by=branches_of(by),
        where=where,
        style=settings.style,
        notes=notes_by_scene(note),
        min_probability=settings.min_probability,
        min_scene_seconds=settings.min_scene_seconds,
        usage=settings.usage,
        allow_unknown=settings.allow_unknown,
        like=like or (),
        unlike=unlike or (),
        sort=sort,
        shown=not as_json,
    )
    print_json(find_json(result)) if as_json else say(find_text(result))
