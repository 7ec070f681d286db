"""``v2m eval``: the paper's figures from its logs, and measures of music as notes."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from v2m.commands.shared import open_library, print_json, say, settings_of, start_logging
from v2m.options import AsJson, By, Catalog, ProfileName, Verbose

app = typer.Typer(
    no_args_is_help=True, help="Evaluate: the paper's tables, music, retrieval, decisions."
)

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


@app.command("calibrate")
def calibrate(
    others: Annotated[
        list[Path] | None,
        typer.Option("--test", help="Another catalogue to judge it on; may be repeated."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", help="Folder for tables and plots.", show_default=False),
    ] = None,
    is_trial: Annotated[
        bool, typer.Option("--dry-run", help="Measure only; what 'find' says stays as it is.")
    ] = False,
    forget: Annotated[
        bool, typer.Option("--forget", help="Go back to the probabilities v2m ships with.")
    ] = False,
    seed: Annotated[int, typer.Option("--seed", help="Of the draw of the queries.")] = 0,
    by: By = "description,title,audio",
    catalog: Catalog = None,
    profile: ProfileName = None,
    form: Form = "text",
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Learn from the library how sure a find is, and keep it: 'v2m find' uses it from then on."""
    start_logging(verbose)
    from v2m.evaluation.calibration_run import run_calibration
    from v2m.evaluation.tables import render

    library = open_library(settings_of(catalog=catalog, profile=profile))
    if forget:
        from retriever.calibration import forget_calibration

        was_there = forget_calibration(library.catalogue, library.profile)
        say(
            "forgotten; 'find' uses the shipped lines again" if was_there else "nothing was learned"
        )
        return
    branches = tuple(branch.strip() for branch in by.split(",") if branch.strip())
    done = run_calibration(
        library, others or [], by=branches, seed=seed, keep=not is_trial, shown=not as_json
    )
    files = done.write(out) if out else []
    if as_json:
        print_json({**done.to_json(), "files": files})
        return
    say("\n\n".join(render(table, form) for table in done.tables))
    say(f"\n{done.outcome}")
