"""``v2m eval``: the paper's figures from its logs, and measures of music as notes."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from v2m.commands.shared import (
    branches_of,
    open_library,
    print_json,
    say,
    settings_of,
    start_logging,
)
from v2m.options import (
    AsJson,
    By,
    Catalog,
    Copy,
    Draws,
    EmotionModel,
    Form,
    Others,
    ProfileName,
    SetName,
    Verbose,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from v2m.evaluation.tables import Table

app = typer.Typer(
    no_args_is_help=True, help="Evaluate: the paper's tables, music, retrieval, decisions."
)


@app.command("paper")
def paper(
    folder: Annotated[Path, typer.Argument(help="Folder with the paper's released logs.")],
    ours: Annotated[
        list[Path] | None,
        typer.Option("--ours", help="A run of 'v2m eval run', put beside; may be repeated."),
    ] = None,
    form: Form = "text",
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Recompute the figures of "Making Music for Videos" from its released logs, with intervals."""
    start_logging(verbose)
    from v2m.evaluation.paper import paper_tables, reproduce_paper

    report = reproduce_paper(folder)
    runs = []
    tables = list(paper_tables(report))
    if ours:
        from v2m.evaluation.run_tables import run_tables
        from v2m.evaluation.runs import read_run

        runs = [read_run(path) for path in ours]
        tables += run_tables(runs, report)
    if as_json:
        runs_json = {"ours": [asdict(run) for run in runs]} if runs else {}
        print_json({**asdict(report), **runs_json})
        return
    _say_tables(tables, form)


@app.command("run")
def run(
    videos: Annotated[list[Path], typer.Argument(help="Videos.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="The run (.json).")],
    source: Annotated[
        str, typer.Option("--music", help="composed from each prompt, or found in the library.")
    ] = "composed",
    emotion_model: EmotionModel = None,
    seed: Draws = 0,
    catalog: Catalog = None,
    profile: ProfileName = None,
    form: Form = "text",
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Make music for every scene in the paper's four styles, and measure it as the paper does."""
    start_logging(verbose)
    from v2m.errors import ConfigError
    from v2m.evaluation.emotion_heads import emotion_heads
    from v2m.evaluation.run_tables import run_tables
    from v2m.evaluation.runs import COMPOSED, FOUND, run_styles, write_run

    if source not in (COMPOSED, FOUND):
        raise ConfigError("--music", source, (COMPOSED, FOUND))
    library = open_library(settings_of(catalog=catalog, profile=profile), create=source == COMPOSED)
    heads = emotion_heads(library.profile, emotion_model)
    made = run_styles(library, videos, heads, source=source, seed=seed, shown=not as_json)
    write_run(made, out)
    if as_json:
        print_json(asdict(made))
        return
    _say_tables(run_tables([made], None), form)
    say(f"\nwrote {out}; 'v2m eval paper LOGS --ours {out}' puts it beside the paper's figures")


@app.command("retrieval")
def retrieval(
    name: SetName = "folder",
    folder: Copy = None,
    pairs: Annotated[
        Path | None,
        typer.Option(
            "--pairs", help="Table (.csv) with columns video, music, grade.", show_default=False
        ),
    ] = None,
    seed: Draws = 0,
    catalog: Catalog = None,
    profile: ProfileName = None,
    form: Form = "text",
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Measure search on a labelled set whose music is in the library, or on pairs with videos."""
    start_logging(verbose)
    from v2m.errors import InputError
    from v2m.evaluation.datasets.registry import read_data_set
    from v2m.evaluation.library_retrieval import known_texts, text_and_music
    from v2m.evaluation.pairs import read_pairs, video_and_music

    if folder is None and pairs is None:
        raise InputError("name your copy of a data set (--copy) or a table of pairs (--pairs)")
    library = open_library(settings_of(catalog=catalog, profile=profile))
    found = []
    if folder is not None:
        known = known_texts(library, read_data_set(name, folder).music, seed=seed)
        found += text_and_music(library, known, seed=seed)
    if pairs is not None:
        held = read_pairs(library, pairs)
        found += video_and_music(library, held, seed=seed, shown=not as_json)
    if as_json:
        print_json({one.title: one.to_json() for one in found})
        return
    _say_tables([one.table for one in found], form)


@app.command("picture")
def picture(
    videos: Annotated[list[Path], typer.Argument(help="Finished videos.")],
    form: Form = "text",
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Measure how the sound of finished videos goes with their picture."""
    start_logging(verbose)
    from v2m.evaluation.finished import alignment_table, measure_finished

    measured = [measure_finished(video) for video in videos]
    if as_json:
        print_json([asdict(video) for video in measured])
        return
    _say_tables([alignment_table(measured)], form)


@app.command("cuts")
def cuts(
    folder: Annotated[Path, typer.Option("--copy", help="Your copy of the set.")],
    name: SetName = "clipshots",
    form: Form = "text",
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Measure how well cuts are found, against cuts that people marked."""
    start_logging(verbose)
    from v2m.evaluation.cuts import cut_table, measure_cuts
    from v2m.evaluation.datasets.registry import read_data_set

    measured = measure_cuts(read_data_set(name, folder).videos, shown=not as_json)
    if as_json:
        print_json([asdict(video) for video in measured])
        return
    _say_tables([cut_table(measured)], form)


@app.command("datasets")
def datasets(
    name: Annotated[
        str | None, typer.Argument(help="Check your copy of this one.", show_default=False)
    ] = None,
    folder: Annotated[
        Path | None, typer.Argument(help="Where the copy lies.", show_default=False)
    ] = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """List the data sets v2m can read, or check your own copy of one."""
    start_logging(verbose)
    from v2m.errors import ConfigError, InputError
    from v2m.evaluation.datasets.registry import (
        DATA_SETS,
        check_copy,
        check_text,
        data_set_table,
        describe,
    )

    if name is None:
        listed = [describe(one) for one in DATA_SETS.values()]
        print_json(listed) if as_json else _say_tables([data_set_table()], "text")
        return
    if name not in DATA_SETS:
        raise ConfigError("data set", name, list(DATA_SETS))
    if folder is None:
        raise InputError(f"say where your copy of {name!r} lies: v2m eval datasets {name} FOLDER")
    found = check_copy(name, folder)
    print_json(asdict(found)) if as_json else say(check_text(found))


@app.command("all")
def everything(
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder for page, tables and plots.")],
    logs: Annotated[
        Path | None,
        typer.Option("--paper", help="Folder with the paper's released logs.", show_default=False),
    ] = None,
    emotion_model: EmotionModel = None,
    others: Others = None,
    seed: Draws = 0,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Run the whole evaluation on the bundled music and the demo's video: one page of results."""
    start_logging(verbose)
    from v2m.evaluation.everything import Options, evaluate_demo

    options = Options(logs, emotion_model, tuple(others or ()), seed, shown=not as_json)
    done = evaluate_demo(out, options, (lambda _: None) if as_json else say)
    if as_json:
        print_json(done.to_json())
        return
    say(f"\n{sum(done.seconds.values()):.0f} s; open {done.page}")


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

    measured = measure_files(files, shown=not as_json)
    if as_json:
        print_json([asdict(piece) for piece in measured])
        return
    _say_tables(music_tables(measured), form)


@app.command("calibrate")
def calibrate(
    others: Others = None,
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
    seed: Draws = 0,
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

    library = open_library(settings_of(catalog=catalog, profile=profile))
    if forget:
        from retriever.calibration import forget_calibration

        was_there = forget_calibration(library.catalogue, library.profile)
        say(
            "forgotten; 'find' uses the shipped lines again" if was_there else "nothing was learned"
        )
        return
    done = run_calibration(
        library, others or [], by=branches_of(by), seed=seed, keep=not is_trial, shown=not as_json
    )
    files = done.write(out) if out else []
    if as_json:
        print_json({**done.to_json(), "files": files})
        return
    _say_tables(done.tables, form)
    say(f"\n{done.outcome}")


def _say_tables(tables: "Iterable[Table]", form: str) -> None:
    from v2m.evaluation.tables import render

    say("\n\n".join(render(table, form) for table in tables))
