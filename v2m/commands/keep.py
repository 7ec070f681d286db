"""``v2m index`` and ``v2m doctor``: fill the library, watch over it, mend it."""

from pathlib import Path
from typing import Annotated, Any

import typer

from v2m.commands.shared import open_library, print_json, say, settings_of, start_logging
from v2m.options import AsJson, Catalog, Model, ProfileName, Verbose


def index(
    folders: Annotated[list[Path], typer.Argument(help="Music folders or files.")],
    catalog: Catalog = None,
    profile: ProfileName = None,
    model: Model = None,
    workers: Annotated[
        int | None,
        typer.Option("--workers", help="Processes; 0 = one per processor.", show_default=False),
    ] = None,
    retry: Annotated[bool, typer.Option("--retry", help="Try failed files again.")] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Stay, and index what comes, changes or goes.")
    ] = False,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Add, update and forget the music in folders; goes on where it was stopped."""
    start_logging(verbose)
    from v2m.errors import InputError

    settings = settings_of(catalog=catalog, profile=profile, model=model, workers=workers)
    library = open_library(settings, create=True)

    def run() -> Any:
        return library.index(
            folders, workers=settings.workers, batch=settings.batch, retry=retry, shown=not as_json
        )

    if watch:
        _watch(run, folders, as_json=as_json)
        return
    report = run()
    _print(report, as_json=as_json)
    if report.files and len(report.failed) == report.files:
        raise InputError("none of these files can be used")


def _watch(run: Any, folders: list[Path], *, as_json: bool) -> None:
    """Index now and after every change; a folder that is away for a while is waited for."""
    from indexer.watch import changes
    from v2m.errors import InputError, StateError

    _print(run(), as_json=as_json)
    if not as_json:
        say("watching; Ctrl-C ends it")
    for _ in changes([folder.expanduser() for folder in folders]):
        try:
            _print(run(), as_json=as_json)
        except (InputError, StateError) as err:
            say(f"v2m: {err}; still watching", error=True)
    if not as_json:
        say("stopped watching")


def _print(report: Any, *, as_json: bool) -> None:
    from v2m.report import index_json, index_text

    print_json(index_json(report)) if as_json else say(index_text(report))


def doctor(
    repair: Annotated[
        bool,
        typer.Option("--repair", help="Build index files anew, drop rows that belong to nothing."),
    ] = False,
    remove_missing: Annotated[
        bool,
        typer.Option("--remove-missing", help="With --repair: remove tracks whose file is gone."),
    ] = False,
    catalog: Catalog = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Check versions, FFmpeg, models, name clashes and the catalogue; mend the catalogue."""
    start_logging(verbose)
    from v2m.doctor import examine, repaired
    from v2m.errors import InputError
    from v2m.report import doctor_text

    folder = settings_of(catalog=catalog).catalog
    if remove_missing and not repair:
        raise InputError("--remove-missing goes with --repair")
    done = repaired(folder, remove_missing=remove_missing) if repair else []
    findings = [*done, *examine(folder)]
    print_json([f.to_json() for f in findings]) if as_json else say(doctor_text(findings))
    if not all(finding.ok for finding in findings):
        raise typer.Exit(3)
