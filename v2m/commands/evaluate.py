"""``v2m eval``: the paper's figures from its logs, and measures of music as notes."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from v2m.commands.shared import print_json, say, start_logging
from v2m.options import AsJson, Verbose

app = typer.Typer(no_args_is_help=True, help="Evaluate: the paper's tables, music as notes.")

Form = Annotated[str, typer.Option("--format", help="text, markdown, csv or latex.")]


@app.command("paper")
def paper(
    folder: Annotated[Path, typer.Argument(help="Folder with the paper's released logs.")],
    form: Form = "text",
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Recompute the figures of "Making Music for Videos" from its released logs, with intervals."""
    start_logging(verbose)
    from v2m.evaluation.paper import paper_tables, reproduce_paper
    from v2m.evaluation.tables import render

    report = reproduce_paper(folder)
    if as_json:
        print_json(asdict(report))
        return
    say("\n\n".join(render(table, form) for table in paper_tables(report)))


@app.command("music")
def music(
    files: Annotated[list[Path], typer.Argument(help="MIDI files, music files or videos.")],
    form: Form = "text",
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Measure music: its notes the way the paper does (sound is written down first), its sound."""
    start_logging(verbose)
    from v2m.evaluation.music_files import measure_files, music_tables
    from v2m.evaluation.tables import render

    measured = measure_files(files, shown=not as_json)
    if as_json:
        print_json([asdict(piece) for piece in measured])
        return
    say("\n\n".join(render(table, form) for table in music_tables(measured)))
