"""Commands by name: the module of one is imported when it is called, or asked for its help."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup


@dataclass(frozen=True, slots=True)
class Named:
    """A command, or a group of commands.

    Attributes:
        name: on the line.
        place: where it is, below ``v2m.commands``, as "keep:index".
        help: its first sentence; a test holds it to what the command says of itself.
    """

    name: str
    place: str
    help: str

    def load(self) -> Any:
        """Import the function, or the Typer of a group."""
        module, _, attribute = self.place.partition(":")
        return getattr(import_module(f"v2m.commands.{module}"), attribute)


class LazyCommand(TyperCommand):
    """Stands in the help of a group for a command, and makes way for it when it is called."""

    def __init__(self, named: Named) -> None:
        super().__init__(named.name, help=named.help)
        self._named = named

    def make_context(self, *where: Any, **extra: Any) -> typer.Context:
        """Return the context of the command it stands for."""
        made: typer.Context = typers_command(self._named).make_context(*where, **extra)
        return made


def typers_command(named: Named) -> Any:
    """Return the whole command, as Typer makes it of its declarations."""
    loaded = named.load()
    around = typer.Typer(rich_markup_mode=None)
    if isinstance(loaded, typer.Typer):
        around.add_typer(loaded, name=named.name)
    else:
        around.command(named.name)(loaded)
    return typer.main.get_group(around).commands[named.name]


def group_of(app: typer.Typer, commands: Sequence[Named]) -> TyperGroup:
    """Return an app with these commands."""
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup), "an app with a callback is a group"
    for named in commands:
        group.add_command(LazyCommand(named))
    return group


def function_of(
    commands: Sequence[Named], words: Sequence[str]
) -> tuple[Callable[..., None], Sequence[str]] | None:
    """Return the function that a line calls, and the words that are for it; None without one."""
    named = next((one for one in commands if [one.name] == list(words[:1])), None)
    loaded, rest = (named.load() if named else None), words[1:]
    if isinstance(loaded, typer.Typer):
        within = loaded.registered_commands if not loaded.registered_callback else []
        loaded = next((one.callback for one in within if [one.name] == list(rest[:1])), None)
        rest = rest[1:]
    return (loaded, rest) if loaded else None
