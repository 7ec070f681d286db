"""``v2m catalog``: what concerns a catalogue as a whole."""

from pathlib import Path
from typing import Annotated

import typer

from v2m.commands.shared import open_library, print_json, say, settings_of, start_logging
from v2m.options import AsJson, Catalog, Verbose

app = typer.Typer(no_args_is_help=True, help="Fold in what other machines have indexed.")


@app.callback()
def _group() -> None:
    """Keep ``merge`` a command of its own while it is the only one."""


@app.command("merge")
def merge(
    shards: Annotated[
        list[str], typer.Argument(help="Shards, or folders or buckets of them (s3://…).")
    ],
    music: Annotated[
        Path | None,
        typer.Option("--music", help="Where their music lies on this machine.", show_default=False),
    ] = None,
    catalog: Catalog = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Fold shards that 'v2m index --cluster' wrote into the library; twice changes nothing."""
    start_logging(verbose)
    from v2m.cluster import merge_shards, refuse_broken
    from v2m.report import index_json, index_text

    library = open_library(settings_of(catalog=catalog), create=True)
    folded, report = merge_shards(library, shards, music=music, shown=not as_json)
    broken = [{"shard": shard, "reason": reason} for shard, reason in folded.broken]
    if as_json:
        print_json({"shards": folded.shards, "broken": broken, **index_json(report)})
    else:
        say(f"merged {folded.shards} shards")
        say(index_text(report))
    refuse_broken(folded)
