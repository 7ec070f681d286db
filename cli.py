"""The command line: parse, call the library, print. No logic lives here."""

import logging
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from v2m.commands import (
    backends,
    evaluate,
    importing,
    keep,
    many,
    models,
    serve,
    shards,
    study,
    tracks,
)
from v2m.commands.planning import (
    ComparedPlans,
    notes_by_scene,
    plan_options,
    show_differences,
)
from v2m.commands.quick import read_plainly
from v2m.commands.shared import (
    branches_of,
    open_library,
    print_json,
    say,
    settings_of,
    start_logging,
)
from v2m.options import (
    AllowUnknown,
    AsJson,
    By,
    Catalog,
    Duck,
    FallbackComposer,
    Generate,
    Hit,
    Like,
    Lufs,
    MinProbability,
    Model,
    MostTracks,
    Notes,
    OneTrack,
    OriginalAudio,
    Picture,
    ProfileName,
    Seed,
    SharedTheme,
    Sign,
    Sort,
    Style,
    Unlike,
    Usage,
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


def main() -> None:
    """Run the command line; the one place that maps errors to wording and exit codes."""
    from v2m.errors import V2mError

    verbose = bool({"-v", "--verbose"} & set(sys.argv[1:]))
    try:
        plainly = read_plainly(find, sys.argv[2:]) if sys.argv[1:2] == ["find"] else None
        app() if plainly is None else find(**plainly)
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


@app.command()
def demo(
    out: Annotated[Path, typer.Option("--out", help="Folder for the results.")] = Path("v2m-demo"),
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Index bundled tracks, score a real video of several scenes, and say where to look."""
    start_logging(verbose)
    from v2m.demo import run_demo
    from v2m.report import demo_text

    result = run_demo(out, say=(lambda _text: None) if as_json else say)
    print_json(result.to_json()) if as_json else say(demo_text(result))


app.command()(keep.index)


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
    usage: Usage = None,
    allow_unknown: AllowUnknown = None,
    note: Notes = None,
    min_probability: MinProbability = None,
    like: Like = None,
    unlike: Unlike = None,
    sort: Sort = None,
    catalog: Catalog = None,
    profile: ProfileName = None,
    model: Model = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Find the tracks that fit a video (per scene), a text, a picture or a piece of music."""
    start_logging(verbose)
    from v2m.report import find_json, find_text

    settings = settings_of(
        catalog=catalog,
        profile=profile,
        model=model,
        style=style,
        usage=usage,
        allow_unknown=allow_unknown,
        min_probability=min_probability,
    )
    result = open_library(settings).find(
        text=text,
        video=video,
        image=image,
        audio=audio,
        top=top,
        by=branches_of(by),
        where=where,
        style=settings.style,
        notes=notes_by_scene(note),
        min_probability=settings.min_probability,
        min_scene_seconds=settings.min_scene_seconds,
        usage=settings.usage,
        allow_unknown=settings.allow_unknown,
        like=like or (),
        unlike=unlike or (),
        sort=sort,
        shown=not as_json,
    )
    print_json(find_json(result)) if as_json else say(find_text(result))


@app.command()
def plan(
    video: Annotated[Path, typer.Argument(help="A video.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Where the plan goes (.json).")],
    picture: Picture = None,
    by: By = "description,title,audio",
    where: Where = None,
    style: Style = None,
    usage: Usage = None,
    allow_unknown: AllowUnknown = None,
    note: Notes = None,
    min_probability: MinProbability = None,
    generate: Generate = None,
    most_tracks: MostTracks = None,
    one_track: OneTrack = False,
    diff: ComparedPlans = None,
    hit: Hit = None,
    original_audio: OriginalAudio = None,
    duck: Duck = None,
    lufs: Lufs = None,
    seed: Seed = None,
    shared_theme: SharedTheme = None,
    fallback_composer: FallbackComposer = None,
    catalog: Catalog = None,
    profile: ProfileName = None,
    model: Model = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Choose music for every scene and write the cue plan, to be edited and rendered."""
    start_logging(verbose)
    from v2m.outputs import write_companions
    from v2m.report import plan_text
    from v2m.soundtrack.plan import write_plan

    settings = settings_of(
        catalog=catalog,
        profile=profile,
        model=model,
        style=style,
        usage=usage,
        allow_unknown=allow_unknown,
        min_probability=min_probability,
        generate=generate,
        original_audio=original_audio,
        duck_db=duck,
        target_lufs=lufs,
        seed=seed,
        shared_theme=shared_theme,
        fallback_composer=fallback_composer,
    )
    library = open_library(settings, create=settings.generate == "always")
    options = plan_options(settings, by, where, note, shown=not as_json)
    made = library.plan(
        video, replace(options, most_tracks=1 if one_track else most_tracks, hit_seconds=hit)
    )
    write_plan(made, out)
    write_companions(made, video, picture=picture)
    print_json(made.model_dump(mode="json")) if as_json else say(plan_text(made, out))


@app.command()
def render(
    plan_file: Annotated[Path, typer.Argument(metavar="PLAN", help="A cue plan (.json).")],
    out: Annotated[Path, typer.Option("-o", "--out", help="The finished video.")],
    video: Annotated[
        Path | None,
        typer.Option("--video", help="The video, if it has moved.", show_default=False),
    ] = None,
    sign: Sign = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Write the finished video of a cue plan; the picture is copied, never encoded again."""
    start_logging(verbose)
    from v2m import outputs
    from v2m.report import render_json, render_text
    from v2m.signing import sign_video, signing_of
    from v2m.soundtrack.plan import read_plan

    signing = signing_of(settings_of(sign=sign))
    made = read_plan(plan_file)
    report = outputs.render(made, out, video=video, shown=not as_json)
    report = sign_video(made, report, signing)
    print_json(render_json(made, report)) if as_json else say(render_text(made, report))


@app.command()
def score(
    video: Annotated[Path, typer.Argument(help="A video, or a folder of them.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="The finished video, or a folder.")],
    plan_out: Annotated[
        Path | None, typer.Option("--plan", help="Keep the plan (.json).", show_default=False)
    ] = None,
    picture: Picture = None,
    credits_out: Annotated[
        Path | None, typer.Option("--credits", help="Write credits (.txt).", show_default=False)
    ] = None,
    by: By = "description,title,audio",
    where: Where = None,
    style: Style = None,
    usage: Usage = None,
    allow_unknown: AllowUnknown = None,
    note: Notes = None,
    min_probability: MinProbability = None,
    generate: Generate = None,
    most_tracks: MostTracks = None,
    one_track: OneTrack = False,
    hit: Hit = None,
    original_audio: OriginalAudio = None,
    duck: Duck = None,
    lufs: Lufs = None,
    seed: Seed = None,
    shared_theme: SharedTheme = None,
    fallback_composer: FallbackComposer = None,
    sign: Sign = None,
    catalog: Catalog = None,
    profile: ProfileName = None,
    model: Model = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Find, fit and mix music under a video: plan and render in one go."""
    start_logging(verbose)
    from v2m.outputs import write_companions
    from v2m.report import render_json, render_text

    settings = settings_of(
        catalog=catalog,
        profile=profile,
        model=model,
        style=style,
        usage=usage,
        allow_unknown=allow_unknown,
        min_probability=min_probability,
        generate=generate,
        original_audio=original_audio,
        duck_db=duck,
        target_lufs=lufs,
        seed=seed,
        shared_theme=shared_theme,
        fallback_composer=fallback_composer,
        sign=sign,
    )
    library = open_library(settings, create=settings.generate == "always")
    options = plan_options(settings, by, where, note, shown=not as_json)
    options = replace(options, most_tracks=1 if one_track else most_tracks, hit_seconds=hit)
    if video.is_dir():
        beside = {"plan_path": plan_out, "picture": picture, "credits_path": credits_out}
        many.score_folder(library, video, out, options, beside, as_json=as_json)
        return
    made, report = library.score(video, out, options)
    write_companions(
        made,
        video,
        plan_path=plan_out,
        picture=picture,
        credits_path=credits_out,
        finished=out,
    )
    print_json(render_json(made, report)) if as_json else say(render_text(made, report))


@app.command()
def generate(
    prompt: Annotated[str, typer.Argument(help="What the music should be like.")],
    seconds: Annotated[float, typer.Option("--seconds", help="Exact length.")] = 30.0,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", help="Also write it here (.wav, .flac).", show_default=False),
    ] = None,
    seed: Seed = None,
    fallback_composer: FallbackComposer = None,
    sign: Sign = None,
    catalog: Catalog = None,
    profile: ProfileName = None,
    model: Model = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Compose music from words and add it to the library."""
    start_logging(verbose)
    from v2m.report import track_json, track_text
    from v2m.signing import sign_take, signing_of

    settings = settings_of(
        catalog=catalog,
        profile=profile,
        model=model,
        seed=seed,
        sign=sign,
        fallback_composer=fallback_composer,
    )
    signing = signing_of(settings)
    library = open_library(settings, create=True)
    track, made = library.generate(
        prompt,
        seconds,
        seed=settings.seed,
        out=out,
        fallback=settings.fallback_composer,
        shown=not as_json,
    )
    if signing and out:
        print(sign_take(out, made, signing), file=sys.stderr)  # noqa: T201
    print_json(track_json(track, made)) if as_json else say(track_text(track, made))


@app.command()
def export(
    plan_file: Annotated[Path, typer.Argument(metavar="PLAN", help="A cue plan (.json).")],
    out: Annotated[Path, typer.Option("-o", "--out", help="The file or folder to write.")],
    kind: Annotated[
        str,
        typer.Option(
            "--format",
            help="credits, credits-md, credits-json, end-card, picture, cuesheet, cuesheet-pdf, "
            "edl, fcpxml, otio, stems",
        ),
    ] = "credits",
    verbose: Verbose = False,
) -> None:
    """Write what else a plan gives: credits, cue sheet, EDL, OpenTimelineIO, picture, stems."""
    start_logging(verbose)
    from v2m.outputs import export_plan

    say(export_plan(plan_file, kind, out))


@app.command()
def diff(
    before: Annotated[Path, typer.Argument(help="A cue plan (.json).")],
    after: Annotated[Path, typer.Argument(help="Another one.")],
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Say in plain words what differs between two plans."""
    start_logging(verbose)
    show_differences(before, after, as_json=as_json)


@app.command()
def schema(
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="Write it here.", show_default=False)
    ] = None,
) -> None:
    """Print the JSON Schema of the cue plan, for editors that check what you type."""
    from v2m.soundtrack.exports.schema import plan_schema, write_plan_schema

    if out is None:
        print_json(plan_schema())
        return
    write_plan_schema(out)
    say(f"wrote {out}")


@app.command()
def config(as_json: AsJson = False, verbose: Verbose = False) -> None:
    """Print the effective settings and where each value came from."""
    start_logging(verbose)
    from v2m.settings import load_settings

    effective = load_settings({})
    values = effective.settings.to_json()
    if as_json:
        print_json({k: {"value": v, "from": effective.origins[k]} for k, v in values.items()})
        return
    for key, value in values.items():
        say(f"{key:24} {value!s:32} {effective.origins[key]}")


app.command("import")(importing.import_source)
app.command("serve")(serve.serve)
app.command()(keep.doctor)
app.add_typer(tracks.app, name="tracks")
app.add_typer(shards.app, name="catalog")
app.add_typer(study.app, name="study")
app.add_typer(evaluate.app, name="eval")
app.add_typer(models.app, name="models")
app.add_typer(backends.app, name="backends")


if __name__ == "__main__":
    main()
