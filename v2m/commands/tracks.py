"""``v2m tracks``: look at the library and take tracks out."""

from typing import Annotated

import typer

from v2m.commands.backups import tracks_export, tracks_import
from v2m.commands.copies import tracks_duplicates
from v2m.commands.shared import open_library, print_json, say, settings_of, start_logging
from v2m.options import AsJson, Catalog, Sort, Verbose, Where

app = typer.Typer(no_args_is_help=True, help="Look at the library, back it up, take tracks out.")
app.command("duplicates")(tracks_duplicates)
app.command("export")(tracks_export)
app.command("import")(tracks_import)


@app.command("list")
def tracks_list(
    where: Where = None,
    sort: Sort = None,
    catalog: Catalog = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """List the library."""
    start_logging(verbose)
    from v2m.report import tracks_json, tracks_text

    found = open_library(settings_of(catalog=catalog)).tracks(where, sort=sort or "title")
    print_json(tracks_json(found)) if as_json else say(tracks_text(found))


@app.command("facets")
def tracks_facets(
    names: Annotated[str, typer.Option("--by", help="Facets, separated by commas.")] = "",
    where: Where = None,
    top: Annotated[int, typer.Option("--top", min=1, help="Most values of a facet.")] = 10,
    catalog: Catalog = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Count the library by origin, mode, key, tempo, tags, licence and more, for browsing."""
    start_logging(verbose)
    from catalogs.facets import USUAL_FACETS, facets
    from v2m.commands.listing import facets_json, facets_text

    library = open_library(settings_of(catalog=catalog))
    asked = [name.strip() for name in names.split(",") if name.strip()] or USUAL_FACETS
    counted = facets(library.catalogue, asked, where=where, top=top)
    print_json(facets_json(counted)) if as_json else say(facets_text(counted))


@app.command("show")
def tracks_show(
    track_id: Annotated[str, typer.Argument(help="Its id, or the beginning of it.")],
    catalog: Catalog = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Show one track with all that is known about it."""
    start_logging(verbose)
    from v2m.commands.building import structure_json, structure_lines
    from v2m.report import track_json, track_text

    library = open_library(settings_of(catalog=catalog))
    track = library.track(track_id)
    made = library.catalogue.provenance(track.track_id)
    built = library.catalogue.structures([track.track_id]).get(track.track_id)
    if as_json:
        print_json(track_json(track, made) | structure_json(track, built))
        return
    say("\n".join([track_text(track, made), *structure_lines(track, built)]))


@app.command("remove")
def tracks_remove(
    track_ids: Annotated[list[str], typer.Argument(help="Ids, or the beginnings of them.")],
    catalog: Catalog = None,
    verbose: Verbose = False,
) -> None:
    """Take tracks out of the library; the files stay."""
    start_logging(verbose)
    removed = open_library(settings_of(catalog=catalog)).remove(track_ids)
    say(f"removed {removed} from the library; the files stay where they are")
