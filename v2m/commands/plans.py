"""``v2m export``, ``diff`` and ``schema``: what is done with plans that are there."""

from pathlib import Path
from typing import Annotated

import typer

from v2m.commands.planning import show_differences
from v2m.commands.shared import print_json, say, start_logging
from v2m.options import AsJson, Verbose


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


def diff(
    before: Annotated[Path, typer.Argument(help="A cue plan (.json).")],
    after: Annotated[Path, typer.Argument(help="Another one.")],
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Say in plain words what differs between two plans."""
    start_logging(verbose)
    show_differences(before, after, as_json=as_json)


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
