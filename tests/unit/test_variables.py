"""A misspelt variable is told; the list of those that are read is the one the code reads by."""

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from v2m.settings import BESIDES, FIELDS, TRIALS, unknown_variables

ROOT = Path(__file__).parents[2]
ROOMS = ("v2m", "catalogs", "indexer", "retriever", "generator")
NO_VARIABLES = {"V2M_PROVENANCE"}
"""A tag of composed files."""


def _named_in(*folders: str) -> set[str]:
    return {name for folder in folders for name in _names_below(ROOT / folder)}


def _names_below(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*.py"):
        if path == Path(__file__):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            text = node.value if isinstance(node, ast.Constant) else None
            if isinstance(text, str) and re.fullmatch(r"V2M_[A-Z0-9_]*[A-Z0-9]", text):
                yield text


def test_every_variable_that_the_code_names_is_known_and_every_known_one_is_named() -> None:
    settings = {f"V2M_{key.upper()}" for key in FIELDS}
    elsewhere = {*BESIDES, *TRIALS}

    assert _named_in(*ROOMS, "tests", "benchmarks") - settings - NO_VARIABLES == elsewhere
    assert not unknown_variables(dict.fromkeys(settings | elsewhere, "1"))


def test_what_only_the_tests_read_is_read_by_no_command() -> None:
    lists = ROOT / "v2m" / "settings.py"
    rooms = [path for room in ROOMS for path in (ROOT / room).rglob("*.py") if path != lists]
    text = "\n".join(path.read_text(encoding="utf-8") for path in rooms)

    assert [name for name in TRIALS if re.search(rf"{name}\b", text)] == []
    assert [name for name in BESIDES if name not in text] == []


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("V2M_MIN_PROBABLITY", "did you mean V2M_MIN_PROBABILITY?"),
        ("V2M_CATALOGUE", "did you mean V2M_CATALOG?"),
        ("V2M_MODEL", "did you mean V2M_MODELS?"),
        ("v2m_workers", "did you mean V2M_WORKERS?"),
        ("V2M_XYZ", "'v2m config' lists the settings"),
    ],
)
def test_a_misspelt_variable_is_told_with_the_nearest_one(name: str, hint: str) -> None:
    assert unknown_variables({name: "1"}) == [
        f"{name}: no such variable, it changes nothing; {hint}"
    ]


def test_a_command_warns_once_and_keeps_its_document_clean() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cli", "config", "--json"],
        cwd=ROOT,
        env={**os.environ, "V2M_WORKER": "3"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert "workers" in json.loads(done.stdout)
    assert done.stderr.splitlines() == [
        "WARNING V2M_WORKER: no such variable, it changes nothing; did you mean V2M_WORKERS?"
    ]
