"""``v2m tracks duplicates``: the same recording twice, listed and decided about."""

from typing import Annotated

import typer

from v2m.commands.shared import open_library, print_json, say, settings_of, start_logging
from v2m.options import AsJson, Catalog, Verbose

Id = str | None


def tracks_duplicates(
    keep: Annotated[
        Id, typer.Option("--keep", help="Find this copy from now on, and hide the others.")
    ] = None,
    apart: Annotated[
        Id, typer.Option("--apart", help="This track is a recording of its own.")
    ] = None,
    undo: Annotated[
        Id, typer.Option("--undo", help="Take back what was decided about this track's recording.")
    ] = None,
    catalog: Catalog = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """List tracks that sound like one recording; decide which is found. No track is removed."""
    start_logging(verbose)
    from catalogs import duplicates
    from v2m.commands.listing import duplicates_json, duplicates_text
    from v2m.errors import InputError

    library = open_library(settings_of(catalog=catalog))
    store = library.catalogue
    given = [choice for choice in (keep, apart, undo) if choice]
    if len(given) > 1:
        raise InputError("give one of --keep, --apart and --undo")
    if given:
        track_id = store.track(given[0]).track_id
        if keep:
            say(f"kept; {duplicates.keep(store, track_id)} copies are hidden behind it", error=True)
        elif apart:
            duplicates.set_apart(store, track_id)
        else:
            duplicates.undo(store, track_id)
    found = duplicates.recordings(store)
    ids = [copy.track_id for recording in found for copy in recording.copies]
    files = duplicates.copies_of_files(store)
    tracks = {t.track_id: t for t in store.tracks(ids=[*ids, *files])} if ids or files else {}
    if as_json:
        print_json(duplicates_json(found, files, tracks))
        return
    say(duplicates_text(found, files, tracks))
