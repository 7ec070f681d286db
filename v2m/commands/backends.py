"""``v2m backends``: packages that need an environment of their own."""

from dataclasses import asdict
from typing import Annotated

import typer

from v2m.commands.shared import print_json, say, start_logging
from v2m.options import AsJson, Verbose

app = typer.Typer(
    no_args_is_help=True,
    help="Packages with an environment of their own: audiocraft, laion-clap, msclap.",
)

Name = Annotated[str, typer.Argument(help="audiocraft, laion-clap or msclap.")]


@app.command("list")
def backends_list(as_json: AsJson = False, verbose: Verbose = False) -> None:
    """List backends: where they are, and why they live apart."""
    start_logging(verbose)
    from v2m.backends.install import statuses

    found = statuses()
    if as_json:
        print_json([asdict(status) for status in found])
        return
    for status in found:
        say(f"{status.name:12} {status.where:14} {status.version:10} {status.licence}")
        say(f"             {status.why}")


@app.command("install")
def backends_install(name: Name, as_json: AsJson = False, verbose: Verbose = False) -> None:
    """Make a backend's environment (some gigabytes, some minutes) and start it once."""
    start_logging(verbose)
    from v2m.backends.install import install

    status = install(name, (lambda _text: None) if as_json else say)
    print_json(asdict(status)) if as_json else say(f"{name} {status.version} is installed")


@app.command("remove")
def backends_remove(name: Name, verbose: Verbose = False) -> None:
    """Remove a backend's environment."""
    start_logging(verbose)
    from v2m.backends.install import remove

    say(f"removed {name}" if remove(name) else f"{name} was not installed")
