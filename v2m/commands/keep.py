"""``v2m index`` and ``v2m doctor``: fill the library, watch over it, mend it."""

from pathlib import Path
from typing import Annotated, Any

import typer

from v2m.commands.shared import open_library, print_json, say, settings_of, start_logging
from v2m.options import AsJson, Catalog, Model, ProfileName, Verbose


def index(
    folders: Annotated[
        list[str],
        typer.Argument(
            help="Music folders or files; with --cluster also s3://BUCKET/….",
        ),
    ],
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
    cluster: Annotated[
        str | None,
        typer.Option(
            "--cluster",
            help="Analyse on a Ray cluster: HOST:6379, ray://HOST:10001, auto, or local.",
            show_default=False,
        ),
    ] = None,
    shards: Annotated[
        str,
        typer.Option(
            "--shards",
            help="With --cluster: leave shards in this folder or bucket all machines see.",
        ),
    ] = "",
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Add, update and forget the music in folders; goes on where it was stopped."""
    start_logging(verbose)
    from v2m.errors import InputError

    settings = settings_of(catalog=catalog, profile=profile, model=model, workers=workers)
    _check(folders, cluster=cluster, shards=shards, watch=watch)
    library = open_library(settings, create=True)
    how = {
        "workers": settings.workers,
        "batch": settings.batch,
        "retry": retry,
        "shown": not as_json,
    }

    def run() -> Any:
        if not cluster:
            return library.index(folders, **how)
        from v2m.cluster import index_on_cluster

        return index_on_cluster(library, folders, cluster, shards=shards, **how)

    if watch:
        _watch(run, folders, as_json=as_json)
        return
    report = run()
    _print(report, as_json=as_json)
    if report.files and len(report.failed) == report.files:
        raise InputError("none of these files can be used")


def _check(folders: list[str], *, cluster: str | None, shards: str, watch: bool) -> None:
    """Refuse options that do not go together."""
    from v2m.errors import InputError
    from v2m.remote import address, is_address

    if shards and not cluster:
        raise InputError("--shards goes with --cluster")
    bucket = next((address(folder) for folder in folders if is_address(folder)), None)
    if bucket and not cluster:
        raise InputError(f"{bucket}: buckets go with --cluster; '--cluster local' is this machine")
    if bucket and watch:
        raise InputError(f"{bucket}: a bucket cannot be watched")


def _watch(run: Any, folders: list[str], *, as_json: bool) -> None:
    """Index now and after every change; a folder that is away for a while is waited for."""
    from indexer.watch import changes
    from v2m.errors import InputError, StateError

    _print(run(), as_json=as_json)
    if not as_json:
        say("watching; Ctrl-C ends it")
    for _ in changes([Path(folder).expanduser() for folder in folders]):
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
