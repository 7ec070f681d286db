"""Reads a plain command line by a command's own declarations, in a twentieth of Typer's time.

Typer makes a validator for every option of a command, which takes longer than a search. Here are
only options and arguments of simple types, written out; whatever else stands on the line, mistakes
and ``--help`` among it, is left to Typer, whose messages it gets.
"""

import inspect
import re
import types
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Union, get_args, get_origin

NUMBERS = {int: re.compile(r"\d{1,15}"), float: re.compile(r"\d{1,15}(\.\d{1,15})?")}
"""How numbers are written that need no second look."""


@dataclass(frozen=True, slots=True)
class _Part:
    """An option or argument: its Python name and type, its names on the line, and Typer's facts."""

    name: str
    kind: Any
    many: bool
    names: tuple[str, ...]
    facts: Any


def read_plainly(command: Callable[..., None], words: Sequence[str]) -> dict[str, Any] | None:
    """Return the arguments with which Typer would call a command; None where Typer has to look.

    Args:
        command: declares its parameters with ``Annotated`` and defaults.
        words: what follows the command's name on the line.
    """
    parameters = inspect.signature(command).parameters
    parts = [_part(parameter) for parameter in parameters.values()]
    named = {name: part for part in parts for name in part.names}
    places = [part for part in parts if not part.names]
    values: dict[str, Any] = {}
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word.startswith("-"):
            option, equals, given = word.partition("=") if word[:2] == "--" else (word, "", "")
            part = named.get(option)
        else:
            part, equals, given = (places[0] if places else None), "=", word
            places = places if part and part.many else places[1:]  # many: all that follows
        if part is None or (equals and part.kind is bool) or getattr(part.facts, "callback", None):
            return None
        if part.kind is bool:
            values[part.name] = True
            continue
        if not equals:
            given = rest.pop(0) if rest else "-"
        value = _value(part, given)
        if value is None:
            return None
        values[part.name] = [*values.get(part.name, []), value] if part.many else value
    defaults = {name: parameter.default for name, parameter in parameters.items()}
    whole = {**defaults, **values}
    return None if inspect.Parameter.empty in whole.values() else whole


def _part(parameter: inspect.Parameter) -> _Part:
    annotated = parameter.annotation
    kind, *facts = get_args(annotated) if hasattr(annotated, "__metadata__") else (annotated,)
    if get_origin(kind) in (Union, types.UnionType):
        kind = next(one for one in get_args(kind) if one is not types.NoneType)
    many = get_origin(kind) is list
    said = facts[0] if facts else None
    # Typer's first place is for a default, where Annotated puts the first name
    stated = (getattr(said, "default", None), *(getattr(said, "param_decls", None) or ()))
    names = tuple(name for name in stated if isinstance(name, str) and name.startswith("-"))
    return _Part(parameter.name, get_args(kind)[0] if many else kind, many, names, said)


def _value(part: _Part, text: str) -> Any:
    """Return a value; None where it is not plain."""
    if not text or text.startswith("-"):
        return None
    if part.kind in (str, Path):
        return part.kind(text)
    if part.kind not in NUMBERS or not NUMBERS[part.kind].fullmatch(text):
        return None
    number = part.kind(text)
    low, high = (getattr(part.facts, bound, None) for bound in ("min", "max"))
    within = (low is None or number >= low) and (high is None or number <= high)
    return number if within else None
