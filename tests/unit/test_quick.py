"""A plain command line means the same to ``read_plainly`` and to Typer; the rest is Typer's."""

import sys
from collections.abc import Sequence
from typing import Any

import pytest
import typer

import cli
from v2m.commands.quick import read_plainly

LINES = [
    "--text calm",
    "--text=calm --top 7 --json -v",
    "film.mp4 --where tempo_bpm<90 --min-probability 0.25 --usage commercial",
    "--audio a.wav --like a --like b --unlike c --note 1=slow --catalog here --allow-unknown",
    "--text a --text b --profile lite --model composer=lite",
    "",
]


def _by_typer(words: Sequence[str]) -> dict[str, Any]:
    app = typer.Typer(add_completion=False)
    app.command()(cli.find)
    command: Any = typer.main.get_command(app)
    inner = command.callback.__wrapped__
    assert inner is cli.find
    context = command.make_context("find", list(words))
    many = {"note", "like", "unlike", "model"}  # to Typer's callback nothing is no list
    return {k: None if k in many and not v else v for k, v in context.params.items()}


@pytest.mark.parametrize("line", LINES)
def test_a_plain_line_is_read_as_typer_reads_it(line: str) -> None:
    assert read_plainly(cli.find, line.split()) == _by_typer(line.split())


@pytest.mark.parametrize(
    "line",
    [
        "--help", "-h", "--txt calm", "--text", "--text -", "--top 0", "--top many", "--top 1e3",
        "--json=yes", "--min-probability nan", "film.mp4 other.mp4", "-- film.mp4", "-vv",
        "--text --json", "--text=",
    ],
)  # fmt: skip
def test_what_is_not_plain_is_left_to_typer(line: str) -> None:
    assert read_plainly(cli.find, line.split()) is None


def test_a_missing_argument_is_left_to_typer() -> None:
    assert read_plainly(cli.render, []) is None
    plain = read_plainly(cli.render, ["plan.json", "-o", "out.mp4"])
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
