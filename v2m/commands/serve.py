"""``v2m serve``: the library in a browser and as an HTTP interface."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from v2m.commands.shared import open_library, say, settings_of, start_logging
from v2m.options import Catalog, Host, Port, ProfileName, Usage, Verbose
from v2m.threads import take_one_thread


def serve(
    videos: Annotated[
        list[Path] | None,
        typer.Option(
            "--videos",
            help="Folder whose videos may be planned and scored; repeatable.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Where finished videos go.", show_default=False),
    ] = None,
    host: Host = "127.0.0.1",
    port: Port = 8711,
    most_upload: Annotated[
        int, typer.Option("--max-upload", min=1, help="Largest file that is taken, MB.")
    ] = 64,
    usage: Usage = None,
    catalog: Catalog = None,
    profile: ProfileName = None,
    verbose: Verbose = False,
) -> None:
    """Answer searches in a browser and over HTTP until Ctrl-C; knows what is indexed meanwhile."""
    start_logging(verbose)
    take_one_thread()  # searches are parallel already
    from v2m.errors import InputError
    from v2m.web.serving import address_of, bound_socket, check_web_packages
    from v2m.web.serving import serve as answer

    check_web_packages()
    if out and not videos:
        raise InputError("--out goes with --videos")
    from v2m.web.guards import LOOPBACK
    from v2m.web.library_pages import ServeOptions, create_library_app

    on_loopback = host in ("127.0.0.1", "::1", "localhost")
    settings = settings_of(catalog=catalog, profile=profile, usage=usage)
    options = ServeOptions(
        usage=settings.usage,
        videos=tuple(folder.expanduser() for folder in videos or []),
        out=out,
        most_upload_bytes=most_upload * 10**6,
        hosts=LOOPBACK if on_loopback else None,
    )
    library_app = create_library_app(partial(open_library, settings), options)
    listening = bound_socket(host, port)
    say(f"open {address_of(listening)} (Ctrl-C ends)")
    if not on_loopback:
        say("note: whoever reaches this address may search, listen and queue jobs")
    answer(library_app, listening)
