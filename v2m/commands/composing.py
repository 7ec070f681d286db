"""``v2m generate``: music from words."""

from pathlib import Path
from typing import Annotated

import typer

from v2m.commands.shared import open_library, print_json, say, settings_of, start_logging
from v2m.options import AsJson, Catalog, FallbackComposer, Model, ProfileName, Seed, Sign, Verbose


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
        say(sign_take(out, made, signing), error=True)
    print_json(track_json(track, made)) if as_json else say(track_text(track, made))
