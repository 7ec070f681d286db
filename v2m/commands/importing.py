"""``v2m import``: take over what catalogues of open music say."""

from pathlib import Path
from typing import Annotated

import typer

from v2m.commands.shared import open_library, print_json, say, settings_of, start_logging
from v2m.options import AsJson, Catalog, ProfileName, Verbose


def import_source(
    source: Annotated[
        str, typer.Argument(help="folder, fma, jamendo, netlabels, openverse or archive.")
    ],
    path: Annotated[
        str, typer.Argument(help="Folder or table; for openverse and archive a query.")
    ],
    audio: Annotated[
        list[Path] | None,
        typer.Option(
            "--audio", help="Where its sound files lie: indexes them.", show_default=False
        ),
    ] = None,
    fetch: Annotated[
        bool, typer.Option("--fetch", help="Download sound files into the catalogue's folder.")
    ] = False,
    limit: Annotated[
        int, typer.Option("--limit", min=1, help="Most rows of a search, and most downloads.")
    ] = 200,
    server: Annotated[
        str, typer.Option("--server", help="Another server of this kind.", show_default=False)
    ] = "",
    catalog: Catalog = None,
    profile: ProfileName = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Import an open-licence catalogue; tracks without a file are found and marked."""
    start_logging(verbose)
    from v2m.errors import InputError
    from v2m.report import import_json, import_text

    library = open_library(settings_of(catalog=catalog, profile=profile), create=True)
    report = library.import_source(
        source,
        path,
        audio=audio or (),
        fetch=fetch,
        limit=limit,
        server=server,
        shown=not as_json,
    )
    print_json(import_json(report)) if as_json else say(import_text(report))
    if report.rows and len(report.refused) == report.rows:
        raise InputError(f"none of the {report.rows} rows can be used")
