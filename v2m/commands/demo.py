"""``v2m demo``: the whole way once, on bundled material."""

from pathlib import Path
from typing import Annotated

import typer

from v2m.commands.shared import print_json, say, start_logging
from v2m.options import AsJson, Verbose


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
