"""The command line: what there is to call, and what becomes of errors."""

import logging
import sys
from typing import Annotated

import typer

from v2m import __version__
from v2m.commands.lazy import Named, function_of, group_of
from v2m.commands.quick import read_plainly
from v2m.threads import NUMPY_ALONE, take_one_thread

log = logging.getLogger("v2m")

INTERRUPTED = "interrupted; what was finished is kept"

COMMANDS = (
    Named(
        "demo",
        "demo:demo",
        "Index bundled tracks, score a real video of several scenes, and say where to look.",
    ),
    Named(
        "index",
        "keep:index",
        "Add, update and forget the music in folders; goes on where it was stopped.",
    ),
    Named(
        "find",
        "finding:find",
        "Find the tracks that fit a video (per scene), a text, a picture or a piece of music.",
    ),
    Named(
        "plan",
        "scoring:plan",
        "Choose music for every scene and write the cue plan, to be edited and rendered.",
    ),
    Named(
        "render",
        "scoring:render",
        "Write the finished video of a cue plan; the picture is copied, never encoded again.",
    ),
    Named(
        "score",
        "scoring:score",
        "Find, fit and mix music under a video: plan and render in one go.",
    ),
    Named("generate", "composing:generate", "Compose music from words and add it to the library."),
    Named(
        "export",
        "plans:export",
        "Write what else a plan gives: credits, cue sheet, EDL, OpenTimelineIO, picture, stems.",
    ),
    Named("diff", "plans:diff", "Say in plain words what differs between two plans."),
    Named(
        "schema",
        "plans:schema",
        "Print the JSON Schema of the cue plan, for editors that check what you type.",
    ),
    Named(
        "config",
        "config:config",
        "Print the effective settings and where each value came from.",
    ),
    Named(
        "import",
        "importing:import_source",
        "Import an open-licence catalogue; tracks without a file are found and marked.",
    ),
    Named(
        "serve",
        "serve:serve",
        "Answer searches in a browser and over HTTP until Ctrl-C; knows what is indexed meanwhile.",
    ),
    Named(
        "doctor",
        "keep:doctor",
        "Check versions, FFmpeg, models, name clashes and the catalogue; mend the catalogue.",
    ),
    Named("tracks", "tracks:app", "Look at the library, back it up, take tracks out."),
    Named("catalog", "shards:app", "Fold in what other machines have indexed."),
    Named("study", "study:app", "Have people judge finished videos, blind: new, serve, report."),
    Named("eval", "evaluate:app", "Evaluate: the paper's tables, music, retrieval, decisions."),
    Named("models", "models:app", "Models: what there is, fetch, check."),
    Named(
        "backends",
        "backends:app",
        "Packages with an environment of their own: audiocraft, laion-clap, msclap.",
    ),
)

app = typer.Typer(
    name="v2m",
    help="Music search engine for video: finds, fits and mixes the right track under every scene.",
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _say_version(asked: bool) -> None:
    if asked:
        typer.echo(f"v2m {__version__}")
        raise typer.Exit


@app.callback()
def _before_any(
    version: Annotated[
        bool,
        typer.Option("--version", help="Print the version.", is_eager=True, callback=_say_version),
    ] = False,
) -> None:
    """Take what is asked of v2m itself."""


def main() -> None:
    """Run the command line; the one place that maps errors to wording and exit codes."""
    from v2m.errors import V2mError

    take_one_thread(NUMPY_ALONE)  # before it is imported; in workers of an index run, too
    verbose = bool({"-v", "--verbose"} & set(sys.argv[1:]))
    try:
        _call(sys.argv[1:])
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
    except typer.Exit as end:
        sys.exit(end.exit_code)
    except BrokenPipeError:
        # whoever read our output has gone; nothing is left to say to them
        sys.stderr.close()
        sys.exit(141)
    except Exception as err:
        if verbose:
            log.exception("details")
        _fail(f"bug: {type(err).__name__}: {err} (run again with -v for details)", 1)


def _call(words: list[str]) -> None:
    """Call the command of a line; what is not written plainly is Typer's to read."""
    called = function_of(COMMANDS, words)
    values = read_plainly(*called) if called else None
    if called is None or values is None:
        group_of(app, COMMANDS)(prog_name="v2m")
    else:
        called[0](**values)


def _fail(message: str, code: int) -> None:
    print(f"v2m: {' '.join(message.split())}", file=sys.stderr)  # noqa: T201
    sys.exit(code)


if __name__ == "__main__":
    main()
