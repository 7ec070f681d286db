"""``v2m tracks export`` and ``import``: tables for people, backups that lose nothing."""

from pathlib import Path
from typing import Annotated

import typer

from v2m.commands.shared import open_library, print_json, say, settings_of, start_logging
from v2m.options import AsJson, Catalog, Verbose, Where


def tracks_export(
    out: Annotated[
        Path,
        typer.Option("-o", "--out", help="A .csv or .json file; or a new folder: a full backup."),
    ],
    form: Annotated[
        str, typer.Option("--format", help="Of the files of a backup: parquet or json.")
    ] = "parquet",
    where: Where = None,
    catalog: Catalog = None,
    verbose: Verbose = False,
) -> None:
    """Write the library as a table, or everything it holds as a backup, vectors included."""
    start_logging(verbose)
    from catalogs.backup import FORMS, write_backup
    from v2m.errors import ConfigError, InputError, printable
    from v2m.report import export_tracks

    library = open_library(settings_of(catalog=catalog))
    if out.suffix:
        found = library.tracks(where)
        export_tracks(found, out)
        say(f"wrote {len(found)} tracks to {printable(out)}")
        return
    if where:
        raise InputError("--where goes with a table (.csv, .json); a backup holds everything")
    if form not in FORMS:
        raise ConfigError("format", form, FORMS)
    made = write_backup(
        library.catalogue, out.expanduser(), "json" if form == "json" else "parquet"
    )
    say(f"wrote a backup of {made.rows['tracks']} tracks to {printable(out)}")
    say("the music files themselves are not in it, composed ones excepted")


def tracks_import(
    backup: Annotated[Path, typer.Argument(help="A folder that 'v2m tracks export' wrote.")],
    catalog: Catalog = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Bring everything a backup holds into the library; what is there besides stays."""
    start_logging(verbose)
    from catalogs.backup import read_backup
    from catalogs.lock import index_lock

    library = open_library(settings_of(catalog=catalog), create=True)
    with index_lock(library.folder, "tracks import"):
        made = read_backup(library.catalogue, backup.expanduser())
    if as_json:
        print_json({"rows": made.rows, "files": made.files})
        return
    say(f"brought back {made.rows['tracks']} tracks and {made.rows['vectors']} vectors")
