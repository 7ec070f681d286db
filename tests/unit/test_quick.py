"""A plain command line means the same to ``read_plainly`` and to Typer; the rest is Typer's."""

import inspect
import sys
from collections.abc import Callable, Sequence
from itertools import chain
from typing import Annotated, Any, get_args

import pytest
import typer

import cli
from v2m.commands.finding import find
from v2m.commands.lazy import function_of
from v2m.commands.quick import read_plainly
from v2m.commands.scoring import render

LINES = [
    "--text calm",
    "--text=calm --top 7 --json -v",
    "film.mp4 --where tempo_bpm<90 --min-probability 0.25 --usage commercial",
    "--audio a.wav --like a --like b --unlike c --note 1=slow --catalog here --allow-unknown",
    "--text a --text b --profile lite --model composer=lite",
    "",
]


def _functions() -> dict[str, Callable[..., None]]:
    """Return what every command calls, by its words on the line."""
    found: dict[str, Any] = {}
    for named in cli.COMMANDS:
        loaded = named.load()
        if isinstance(loaded, typer.Typer):
            within = loaded.registered_commands
            found |= {f"{named.name} {one.name}": one.callback for one in within}
        else:
            found[named.name] = loaded
    return found


FUNCTIONS = _functions()


def _by_typer(function: Callable[..., None], words: Sequence[str]) -> dict[str, Any]:
    app = typer.Typer(add_completion=False)
    app.command()(function)
    command: Any = typer.main.get_command(app)
    inner = command.callback.__wrapped__
    assert inner is function
    context = command.make_context("v2m", list(words))
    many = {param.name for param in command.params if param.multiple or param.nargs == -1}
    return {k: None if k in many and not v else v for k, v in context.params.items()}


def _line(function: Callable[..., None]) -> list[str]:
    """Return a plain line with a value for every option and argument of a simple type."""
    words = []
    for parameter in inspect.signature(function).parameters.values():
        kind, said = get_args(parameter.annotation)
        names = [n for n in (said.default, *(said.param_decls or ())) if isinstance(n, str)]
        kinds = {kind, *get_args(kind), *chain(*map(get_args, get_args(kind)))}
        if bool in kinds:
            words += names[:1]
        elif not any(isinstance(inner, type(tuple[int, int])) for inner in kinds - {kind}):
            number = str(said.min or 1) if {int, float} & kinds else "a/word"
            words += [*names[-1:], number]
    return words


@pytest.mark.parametrize("line", LINES)
def test_a_plain_line_is_read_as_typer_reads_it(line: str) -> None:
    assert read_plainly(find, line.split()) == _by_typer(find, line.split())


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_command_reads_a_plain_line_as_typer_does(name: str) -> None:
    function, words = FUNCTIONS[name], _line(FUNCTIONS[name])

    plain = read_plainly(function, words)

    assert plain is not None
    assert {key: list(v) if isinstance(v, tuple) else v for key, v in plain.items()} == {
        key: list(v) if isinstance(v, tuple) else v for key, v in _by_typer(function, words).items()
    }


@pytest.mark.parametrize(
    "line",
    [
        "--help", "-h", "--txt calm", "--text", "--text -", "--top 0", "--top many", "--top 1e3",
        "--json=yes", "--min-probability nan", "film.mp4 other.mp4", "-- film.mp4", "-vv",
        "--text --json", "--text=",
    ],
)  # fmt: skip
def test_what_is_not_plain_is_left_to_typer(line: str) -> None:
    assert read_plainly(find, line.split()) is None


def test_an_argument_may_take_many_words() -> None:
    index = FUNCTIONS["index"]
    line = ["a", "b", "--retry", "c"]
    assert read_plainly(index, line) == _by_typer(index, line)
    assert read_plainly(index, ["--retry"]) is None


def test_what_an_option_calls_back_is_left_to_typer() -> None:
    def command(word: Annotated[str, typer.Option("--word", callback=str.upper)] = "") -> None:
        """Take a word."""

    assert read_plainly(command, []) == {"word": ""}
    assert read_plainly(command, ["--word", "a"]) is None


@pytest.mark.parametrize(
    ("line", "name", "rest"),
    [
        ("tracks list --json", "tracks list", ["--json"]),
        ("find --text calm", "find", ["--text", "calm"]),
        ("render", "render", []),
    ],
)
def test_a_line_names_a_function(line: str, name: str, rest: list[str]) -> None:
    assert function_of(cli.COMMANDS, line.split()) == (FUNCTIONS[name], rest)


@pytest.mark.parametrize("line", ["", "--help", "nonsense", "tracks", "tracks nonsense", "-v find"])
def test_a_line_without_a_command_is_left_to_typer(line: str) -> None:
    assert function_of(cli.COMMANDS, line.split()) is None


def test_a_missing_argument_is_left_to_typer() -> None:
    assert read_plainly(render, []) is None
    plain = read_plainly(render, ["plan.json", "-o", "out.mp4"])
    assert plain is not None
    assert str(plain["out"]) == "out.mp4"


def test_a_mistake_has_typers_words(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["v2m", "find", "--top", "0"])

    with pytest.raises(SystemExit) as end:
        cli.main()

    assert end.value.code == 2
    assert "--top" in capsys.readouterr().err
