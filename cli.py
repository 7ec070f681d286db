"""The command line: parse, call the library, print. No logic lives here."""

import json
import logging
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from v2m.options import (
    AsJson,
    By,
    Catalog,
    Generate,
    Lufs,
    MinProbability,
    Notes,
    OriginalAudio,
    ProfileName,
    Seed,
    Style,
    Verbose,
    Where,
)

log = logging.getLogger("v2m")

INTERRUPTED = "interrupted; what was finished is kept"

app = typer.Typer(
    name="v2m",
    help="Music search engine for video: finds, fits and mixes the right track under every scene.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
tracks_app = typer.Typer(no_args_is_help=True, help="Look at the library and take tracks out.")
models_app = typer.Typer(no_args_is_help=True, help="Model files: what is here, fetch what is not.")
app.add_typer(tracks_app, name="tracks")
app.add_typer(models_app, name="models")


def main() -> None:
    """Run the command line; the one place that maps errors to wording and exit codes."""
    from v2m.errors import V2mError

    verbose = bool({"-v", "--verbose"} & set(sys.argv[1:]))
    try:
        app()
    except V2mError as err:
        if verbose:
            log.exception("details")
        _fail(str(err), err.exit_code)
    except KeyboardInterrupt:
        _fail(INTERRUPTED, 130)
    except SystemExit as end:
        if end.code == 130:  # Typer saw the Ctrl-C first and left without a word
            _fail(INTERRUPTED, 130)
        raise
    except BrokenPipeError:
        # whoever read our output has gone; nothing is left to say to them
        sys.stderr.close()
        sys.exit(141)
    except Exception as err:
        if verbose:
            log.exception("details")
        _fail(f"bug: {type(err).__name__}: {err} (run again with -v for details)", 1)


def _fail(message: str, code: int) -> None:
    print(f"v2m: {' '.join(message.split())}", file=sys.stderr)  # noqa: T201
    sys.exit(code)


def _say(text: str = "") -> None:
    print(text)  # noqa: T201


def _print_json(document: Any) -> None:
    _say(json.dumps(document, indent=2, ensure_ascii=True, default=str))


def _start_logging(verbose: bool) -> None:
    level = logging.INFO if verbose else logging.WARNING
    logging.basicConfig(level=level, stream=sys.stderr, format="%(levelname)s %(message)s")


def _settings(**options: object) -> Any:
    from v2m.settings import load_settings

    return load_settings(options).settings


def _library(settings: Any, *, create: bool = False) -> Any:
    from v2m.library import Library

    return Library(settings.catalog, profile=settings.profile, create=create)


@app.command()
def demo(
    out: Annotated[Path, typer.Option("--out", help="Folder for the results.")] = Path("v2m-demo"),
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Index bundled tracks, score a real video of several scenes, and say where to look."""
    _start_logging(verbose)
    from v2m.demo import run_demo
    from v2m.report import demo_text

    result = run_demo(out, say=(lambda _text: None) if as_json else _say)
    _print_json(result.to_json()) if as_json else _say(demo_text(result))


@app.command()
def index(
    folders: Annotated[list[Path], typer.Argument(help="Music folders or files.")],
    catalog: Catalog = None,
    profile: ProfileName = None,
    workers: Annotated[
        int | None,
        typer.Option("--workers", help="Processes; 0 = one per processor.", show_default=False),
    ] = None,
    retry: Annotated[bool, typer.Option("--retry", help="Try failed files again.")] = False,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Add, update and forget the music in folders; goes on where it was stopped."""
    _start_logging(verbose)
    from v2m.errors import InputError
    from v2m.report import index_json, index_text

    settings = _settings(catalog=catalog, profile=profile, workers=workers)
    library = _library(settings, create=True)
    report = library.index(
        folders, workers=settings.workers, batch=settings.batch, retry=retry, shown=not as_json
    )
    _print_json(index_json(report)) if as_json else _say(index_text(report))
    if report.files and len(report.failed) == report.files:
        raise InputError("none of these files can be used")


@app.command()
def find(
    video: Annotated[Path | None, typer.Argument(help="A video.", show_default=False)] = None,
    text: Annotated[str | None, typer.Option("--text", help="Words.", show_default=False)] = None,
    image: Annotated[
        Path | None, typer.Option("--image", help="A picture.", show_default=False)
    ] = None,
    audio: Annotated[
        Path | None, typer.Option("--audio", help="A piece of music.", show_default=False)
    ] = None,
    by: By = "description,title,audio",
    top: Annotated[int, typer.Option("--top", min=1, help="Tracks per scene.")] = 5,
    where: Where = None,
    style: Style = None,
    note: Notes = None,
    min_probability: MinProbability = None,
    catalog: Catalog = None,
    profile: ProfileName = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Find the tracks that fit a video (per scene), a text, a picture or a piece of music."""
    _start_logging(verbose)
    from v2m.report import find_json, find_text

    settings = _settings(
        catalog=catalog, profile=profile, style=style, min_probability=min_probability
    )
    result = _library(settings).find(
        text=text,
        video=video,
        image=image,
        audio=audio,
        top=top,
        by=[branch.strip() for branch in by.split(",") if branch.strip()],
        where=where,
        style=settings.style,
        notes=_notes(note),
        min_probability=settings.min_probability,
        min_scene_seconds=settings.min_scene_seconds,
        shown=not as_json,
    )
    _print_json(find_json(result)) if as_json else _say(find_text(result))


@app.command()
def plan(
    video: Annotated[Path, typer.Argument(help="A video.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Where the plan goes (.json).")],
    picture: Annotated[
        Path | None, typer.Option("--picture", help="Draw the plan (.png).", show_default=False)
    ] = None,
    by: By = "description,title,audio",
    where: Where = None,
    style: Style = None,
    note: Notes = None,
    min_probability: MinProbability = None,
    generate: Generate = None,
    original_audio: OriginalAudio = None,
    lufs: Lufs = None,
    seed: Seed = None,
    catalog: Catalog = None,
    profile: ProfileName = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Choose music for every scene and write the cue plan, to be edited and rendered."""
    _start_logging(verbose)
    from v2m.outputs import write_companions
    from v2m.report import plan_text
    from v2m.soundtrack.plan import write_plan

    settings = _settings(
        catalog=catalog,
        profile=profile,
        style=style,
        min_probability=min_probability,
        generate=generate,
        original_audio=original_audio,
        target_lufs=lufs,
        seed=seed,
    )
    library = _library(settings, create=settings.generate == "always")
    made = library.plan(video, _plan_options(settings, by, where, note, shown=not as_json))
    write_plan(made, out)
    write_companions(made, video, picture=picture)
    _print_json(made.model_dump(mode="json")) if as_json else _say(plan_text(made, out))


@app.command()
def render(
    plan_file: Annotated[Path, typer.Argument(metavar="PLAN", help="A cue plan (.json).")],
    out: Annotated[Path, typer.Option("-o", "--out", help="The finished video.")],
    video: Annotated[
        Path | None,
        typer.Option("--video", help="The video, if it has moved.", show_default=False),
    ] = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Write the finished video of a cue plan; the picture is copied, never encoded again."""
    _start_logging(verbose)
    from v2m import outputs
    from v2m.report import render_json, render_text
    from v2m.soundtrack.plan import read_plan

    made = read_plan(plan_file)
    report = outputs.render(made, out, video=video)
    _print_json(render_json(made, report)) if as_json else _say(render_text(made, report))


@app.command()
def score(
    video: Annotated[Path, typer.Argument(help="A video.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="The finished video.")],
    plan_out: Annotated[
        Path | None, typer.Option("--plan", help="Keep the plan (.json).", show_default=False)
    ] = None,
    picture: Annotated[
        Path | None, typer.Option("--picture", help="Draw the plan (.png).", show_default=False)
    ] = None,
    credits_out: Annotated[
        Path | None, typer.Option("--credits", help="Write credits (.txt).", show_default=False)
    ] = None,
    by: By = "description,title,audio",
    where: Where = None,
    style: Style = None,
    note: Notes = None,
    min_probability: MinProbability = None,
    generate: Generate = None,
    original_audio: OriginalAudio = None,
    lufs: Lufs = None,
    seed: Seed = None,
    catalog: Catalog = None,
    profile: ProfileName = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Find, fit and mix music under a video: plan and render in one go."""
    _start_logging(verbose)
    from v2m.outputs import write_companions
    from v2m.report import render_json, render_text

    settings = _settings(
        catalog=catalog,
        profile=profile,
        style=style,
        min_probability=min_probability,
        generate=generate,
        original_audio=original_audio,
        target_lufs=lufs,
        seed=seed,
    )
    library = _library(settings, create=settings.generate == "always")
    options = _plan_options(settings, by, where, note, shown=not as_json)
    made, report = library.score(video, out, options)
    write_companions(
        made,
        video,
        plan_path=plan_out,
        picture=picture,
        credits_path=credits_out,
        finished=out,
    )
    _print_json(render_json(made, report)) if as_json else _say(render_text(made, report))


@app.command()
def generate(
    prompt: Annotated[str, typer.Argument(help="What the music should be like.")],
    seconds: Annotated[float, typer.Option("--seconds", help="Exact length.")] = 30.0,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", help="Also write it here (.wav, .flac).", show_default=False),
    ] = None,
    seed: Seed = None,
    catalog: Catalog = None,
    profile: ProfileName = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Compose music from words and add it to the library."""
    _start_logging(verbose)
    from v2m.report import track_json, track_text

    settings = _settings(catalog=catalog, profile=profile, seed=seed)
    library = _library(settings, create=True)
    track, made = library.generate(prompt, seconds, seed=settings.seed, out=out)
    _print_json(track_json(track, made)) if as_json else _say(track_text(track, made))


@app.command()
def export(
    plan_file: Annotated[Path, typer.Argument(metavar="PLAN", help="A cue plan (.json).")],
    out: Annotated[Path, typer.Option("-o", "--out", help="The file to write.")],
    kind: Annotated[str, typer.Option("--format", help="credits or picture.")] = "credits",
    verbose: Verbose = False,
) -> None:
    """Write what else a plan gives: the credits, or its picture."""
    _start_logging(verbose)
    from v2m.outputs import export_plan

    export_plan(plan_file, kind, out)
    _say(f"wrote {out}")


@tracks_app.command("list")
def tracks_list(
    where: Where = None,
    catalog: Catalog = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """List the library."""
    _start_logging(verbose)
    from v2m.report import tracks_json, tracks_text

    found = _library(_settings(catalog=catalog)).tracks(where)
    _print_json(tracks_json(found)) if as_json else _say(tracks_text(found))


@tracks_app.command("show")
def tracks_show(
    track_id: Annotated[str, typer.Argument(help="Its id, or the beginning of it.")],
    catalog: Catalog = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Show one track with all that is known about it."""
    _start_logging(verbose)
    from v2m.report import track_json, track_text

    library = _library(_settings(catalog=catalog))
    track = library.track(track_id)
    made = library.catalogue.provenance(track.track_id)
    _print_json(track_json(track, made)) if as_json else _say(track_text(track, made))


@tracks_app.command("remove")
def tracks_remove(
    track_ids: Annotated[list[str], typer.Argument(help="Ids, or the beginnings of them.")],
    catalog: Catalog = None,
    verbose: Verbose = False,
) -> None:
    """Take tracks out of the library; the files stay."""
    _start_logging(verbose)
    removed = _library(_settings(catalog=catalog)).remove(track_ids)
    _say(f"removed {removed} from the library; the files stay where they are")


@tracks_app.command("export")
def tracks_export(
    out: Annotated[Path, typer.Option("-o", "--out", help="A .csv or .json file.")],
    where: Where = None,
    catalog: Catalog = None,
    verbose: Verbose = False,
) -> None:
    """Write the library as a table."""
    _start_logging(verbose)
    from v2m.report import export_tracks

    found = _library(_settings(catalog=catalog)).tracks(where)
    export_tracks(found, out)
    _say(f"wrote {len(found)} tracks to {out}")


@models_app.command("list")
def models_list(as_json: AsJson = False, verbose: Verbose = False) -> None:
    """List model files: where they are, their size and licence."""
    _start_logging(verbose)
    from v2m.report import models_json, models_text
    from v2m.wheels import models

    _print_json(models_json(models())) if as_json else _say(models_text(models()))


@models_app.command("pull")
def models_pull(verbose: Verbose = False) -> None:
    """Fetch all model files now, so that later work needs no network."""
    _start_logging(verbose)
    from v2m.report import models_text
    from v2m.wheels import fetch_all, models

    fetch_all()
    _say(models_text(models()))


@app.command()
def doctor(catalog: Catalog = None, as_json: AsJson = False, verbose: Verbose = False) -> None:
    """Check versions, FFmpeg, models, name clashes and the catalogue."""
    _start_logging(verbose)
    from v2m.doctor import examine
    from v2m.report import doctor_text

    findings = examine(_settings(catalog=catalog).catalog)
    _print_json([f.to_json() for f in findings]) if as_json else _say(doctor_text(findings))
    if not all(finding.ok for finding in findings):
        raise typer.Exit(3)


@app.command()
def config(as_json: AsJson = False, verbose: Verbose = False) -> None:
    """Print the effective settings and where each value came from."""
    _start_logging(verbose)
    from v2m.settings import load_settings

    effective = load_settings({})
    values = effective.settings.model_dump(mode="json")
    if as_json:
        _print_json({k: {"value": v, "from": effective.origins[k]} for k, v in values.items()})
        return
    for key, value in values.items():
        _say(f"{key:18} {value!s:32} {effective.origins[key]}")


def _notes(given: list[str] | None) -> dict[int, str]:
    from v2m.errors import InputError

    notes = {}
    for note in given or []:
        index, equals, words = note.partition("=")
        if not equals or not index.strip().isdigit():
            raise InputError(f"--note {note!r}: write SCENE=WORDS, e.g. --note '2=solo cello'")
        notes[int(index)] = words.strip()
    return notes


def _plan_options(
    settings: Any, by: str, where: str | None, note: list[str] | None, *, shown: bool
) -> Any:
    from v2m.results import PlanOptions

    return PlanOptions(
        generate=settings.generate,
        min_probability=settings.min_probability,
        style=settings.style,
        by=tuple(branch.strip() for branch in by.split(",") if branch.strip()),
        where=where,
        notes=_notes(note),
        min_scene_seconds=settings.min_scene_seconds,
        original_audio=settings.original_audio,
        original_under_lu=settings.original_under_lu,
        target_lufs=settings.target_lufs,
        true_peak_dbtp=settings.true_peak_dbtp,
        crossfade_seconds=settings.crossfade_seconds,
        seed=settings.seed,
        shown=shown,
    )


if __name__ == "__main__":
    main()
