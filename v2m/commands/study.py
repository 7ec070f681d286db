"""``v2m study``: have people judge finished videos, blind, and say what they found."""

from pathlib import Path
from typing import Annotated, Any

import typer

from v2m.commands.shared import print_json, say, start_logging
from v2m.options import AsJson, Draws, Form, Host, Port, Verbose

app = typer.Typer(
    no_args_is_help=True, help="Have people judge finished videos, blind: new, serve, report."
)

StudyFolder = Annotated[Path, typer.Argument(metavar="STUDY", help="Folder of the study.")]


@app.command("new")
def study_new(
    folder: Annotated[Path, typer.Argument(metavar="STUDY", help="Folder to make.")],
    configuration: Annotated[
        list[str],
        typer.Option(
            "--configuration",
            "-c",
            help="NAME=FOLDER of finished videos or plans; once for each. The same file name in "
            "two folders is the same video.",
        ),
    ],
    floor: Annotated[
        str | None,
        typer.Option("--floor", help="Which one is random music.", show_default=False),
    ] = None,
    floor_music: Annotated[
        Path | None,
        typer.Option(
            "--floor-music", help="Make a floor of music drawn from here.", show_default=False
        ),
    ] = None,
    reference: Annotated[
        str | None,
        typer.Option("--reference", help="Which one a person chose.", show_default=False),
    ] = None,
    title: Annotated[str, typer.Option("--title", help="What raters read.")] = "Music for videos",
    items: Annotated[
        int, typer.Option("--videos", min=0, help="Videos for each rater; 0: all, at most 3.")
    ] = 0,
    pairs: Annotated[
        int,
        typer.Option("--pairs", min=0, help="A/B pairs for each rater; 0: one a configuration."),
    ] = 0,
    part: Annotated[
        list[str] | None,
        typer.Option(
            "--part",
            help="Ask only emotion, rating, pairs or ranking; repeatable.",
            show_default=False,
        ),
    ] = None,
    lufs: Annotated[float, typer.Option("--lufs", help="Loudness of every clip.")] = -20.0,
    seed: Draws = 0,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Make a study from finished videos: checked, equally loud, under names that say nothing."""
    start_logging(verbose)
    from v2m.study.make import StudyOptions, make_study
    from v2m.study.report import made_json, made_text

    options = StudyOptions(
        title=title,
        floor=floor,
        reference=reference,
        floor_music=floor_music,
        items_per_rater=items,
        pairs_per_rater=pairs,
        target_lufs=lufs,
        parts=_parts(part),
        seed=seed,
        shown=not as_json,
    )
    made = make_study(folder, _configurations(configuration), options)
    print_json(made_json(made)) if as_json else say(made_text(made))


@app.command("serve")
def study_serve(
    folder: StudyFolder,
    host: Host = "127.0.0.1",
    port: Port = 8710,
    verbose: Verbose = False,
) -> None:
    """Let people answer in their browsers until Ctrl-C; answers are kept page by page."""
    start_logging(verbose)
    from v2m.web.serving import address_of, bound_socket, check_web_packages, serve

    check_web_packages()
    from v2m.study.answers import serving_lock
    from v2m.web.study_pages import create_study_app

    with serving_lock(folder):
        study_app = create_study_app(folder)
        listening = bound_socket(host, port)
        say(f"open {address_of(listening)} (Ctrl-C ends; then: v2m study report {folder})")
        serve(study_app, listening)


@app.command("report")
def study_report(
    folder: StudyFolder,
    form: Form = "text",
    answers: Annotated[
        Path | None,
        typer.Option("--answers", help="Write every answer (.csv).", show_default=False),
    ] = None,
    keep_inattentive: Annotated[
        bool, typer.Option("--keep-inattentive", help="Count raters who failed a check.")
    ] = False,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Say what raters found, with intervals, agreement and power; also while they answer."""
    start_logging(verbose)
    from v2m.study.analysis import evaluate_study
    from v2m.study.answers import Answers
    from v2m.study.design import read_study
    from v2m.study.report import report_json, report_text, write_answers

    study = read_study(folder)
    given = Answers(folder).all()
    results = evaluate_study(study, given, keep_inattentive=keep_inattentive)
    if answers:
        write_answers(study, given, answers)
    print_json(report_json(study, results)) if as_json else say(report_text(study, results, form))


def _configurations(given: list[str]) -> dict[str, Path]:
    from v2m.errors import InputError

    found: dict[str, Path] = {}
    for text in given:
        name, equals, folder = text.partition("=")
        if not equals or not name.strip() or not folder:
            raise InputError(f"--configuration {text!r}: write NAME=FOLDER")
        if name.strip() in found:
            raise InputError(f"--configuration {text!r}: there are two of that name")
        found[name.strip()] = Path(folder).expanduser()
    return found


def _parts(given: list[str] | None) -> Any:
    from v2m.errors import ConfigError
    from v2m.study.design import Part

    for name in given or []:
        if name not in set(Part):
            raise ConfigError("--part", name, [str(part) for part in Part])
    return tuple(Part(name) for name in given) if given else tuple(Part)
