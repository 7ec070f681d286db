"""``v2m plan``, ``render`` and ``score``: from a video to its finished sound."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from v2m.commands.many import score_folder
from v2m.commands.planning import ComparedPlans, plan_options
from v2m.commands.shared import open_library, print_json, say, settings_of, start_logging
from v2m.options import (
    AllowUnknown,
    AsJson,
    By,
    Catalog,
    Duck,
    FallbackComposer,
    Generate,
    Hit,
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
    Style,
    Usage,
    Verbose,
    Where,
)


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
    from v2m.plan_report import plan_text
    from v2m.soundtrack.plan import write_plan
    from v2m.video.filmstrip import Filmstrip

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
    options = replace(
        options,
        most_tracks=1 if one_track else most_tracks,
        hit_seconds=hit,
        filmstrip=Filmstrip() if picture else None,
    )
    made = library.plan(video, options)
    write_plan(made, out)
    write_companions(made, video, picture=picture, filmstrip=options.filmstrip)
    print_json(made.model_dump(mode="json")) if as_json else say(plan_text(made, out))


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
    from v2m.plan_report import render_json, render_text
    from v2m.signing import sign_video, signing_of
    from v2m.soundtrack.plan import read_plan

    signing = signing_of(settings_of(sign=sign))
    made = read_plan(plan_file)
    report = outputs.render(made, out, video=video, shown=not as_json)
    report = sign_video(made, report, signing)
    print_json(render_json(made, report)) if as_json else say(render_text(made, report))


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
    from v2m.plan_report import render_json, render_text
    from v2m.video.filmstrip import Filmstrip

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
    options = replace(
        options,
        most_tracks=1 if one_track else most_tracks,
        hit_seconds=hit,
        filmstrip=Filmstrip() if picture else None,
    )
    if video.is_dir():
        beside = {"plan_path": plan_out, "picture": picture, "credits_path": credits_out}
        score_folder(library, video, out, options, beside, as_json=as_json)
        return
    made, report = library.score(video, out, options)
    write_companions(
        made,
        video,
        plan_path=plan_out,
        picture=picture,
        credits_path=credits_out,
        finished=out,
        filmstrip=options.filmstrip,
    )
    print_json(render_json(made, report)) if as_json else say(render_text(made, report))
