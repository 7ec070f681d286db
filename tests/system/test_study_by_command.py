"""Studies by command: made, served, killed, gone on with, reported."""

import csv
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.commands import Commands
from tests.integration.studies import write_film
from tests.unit.raters import KnownRater
from v2m.study.answers import serving_lock
from v2m.study.design import read_study
from v2m.study.order import pages_of


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study of one film under two configurations."""
    root = tmp_path_factory.mktemp("study")
    for number, name in enumerate(("simple", "human")):
        write_film(root / name / "beach.mp4", hertz=260 + 100 * number)
    command = [sys.executable, "-m", "cli", "study", "new", str(root / "study"), "--json"]
    given = [f"simple={root / 'simple'}", f"human={root / 'human'}"]
    options = [word for text in given for word in ("-c", text)]
    done = subprocess.run(
        [*command, *options, "--reference", "human", "--part", "rating"],
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    assert json.loads(done.stdout)["study"]["parts"] == ["rating"]
    return root / "study"


@contextmanager
def served(study: Path, how: signal.Signals) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Serve a study in a process of its own, ended by a signal."""
    command = [sys.executable, "-m", "cli", "study", "serve", str(study), "--port", "0"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"}
    ) as process:
        assert process.stdout
        found = re.search(r"http://\S+/", process.stdout.readline())
        assert found
        try:
            yield found[0], process
        finally:
            process.send_signal(how)
            process.wait(60)


def answer(link: str, study: Path, first: int, last: int) -> None:
    """Answer pages [first, last) of rater 0."""
    rater = KnownRater(read_study(study), 0)
    for index, page in enumerate(pages_of(read_study(study), 0)):
        form = rater.fill_in(page)
        if first <= index < last:
            assert httpx.post(link, data={"page": str(index), **form}).status_code == 303


def test_a_killed_server_loses_nothing_that_was_sent(study: Path, v2m: Commands) -> None:
    with served(study, signal.SIGKILL) as (address, _):
        path = httpx.post(f"{address}begin").headers["location"]
        answer(address.rstrip("/") + path, study, 0, 3)

    with served(study, signal.SIGINT) as (address, process):
        link = address.rstrip("/") + path
        assert "Step 4 of" in httpx.get(link).text
        answer(link, study, 3, 99)
        assert "Thank you" in httpx.get(link).text
        during = json.loads(v2m("study", "report", study, "--json").out)

    assert process.returncode == 0
    assert during["raters"]["finished"] == 1


def test_a_report_comes_with_every_answer(study: Path, v2m: Commands, tmp_path: Path) -> None:
    outcome = v2m("study", "report", study, "--format", "csv", "--answers", tmp_path / "a.csv")

    assert outcome.code == 0
    with (tmp_path / "a.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert all(row["question"] for row in rows)


def test_a_study_is_served_by_one_program(study: Path, v2m: Commands) -> None:
    with serving_lock(study):
        outcome = v2m("study", "serve", study, "--port", "0")

    assert outcome.code == 3
    assert "served already" in outcome.complaint


def test_text_says_what_to_do_next(v2m: Commands, tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_film(tmp_path / name / "beach.mp4")

    outcome = v2m(
        "study", "new", tmp_path / "s", "-c", f"a={tmp_path / 'a'}", "-c", f"b={tmp_path / 'b'}"
    )

    assert outcome.code == 0
    assert "note: there is no floor" in outcome.out
    assert f"next: v2m study serve {tmp_path / 's'}" in outcome.out


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("new", "s", "-c", "simple"), "write NAME=FOLDER"),
        (("new", "s", "-c", "a=x", "-c", "a=y"), "two of that name"),
        (("new", "s", "-c", "a=nowhere", "-c", "b=nowhere"), "nowhere: no such folder"),
        (("new", "s", "-c", "a=x", "-c", "b=y", "--part", "smell"), "'smell' is not allowed"),
    ],
)
def test_new_says_what_is_wrong(
    arguments: tuple[str, ...],
    complaint: str,
    v2m: Commands,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)

    outcome = v2m("study", *arguments)

    assert outcome.code == 2
    assert complaint in outcome.complaint
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["serve", "report"])
def test_a_folder_without_a_study(command: str, v2m: Commands, tmp_path: Path) -> None:
    outcome = v2m("study", command, tmp_path)

    assert outcome.code == 3
    assert "v2m study new" in outcome.complaint
    assert list(tmp_path.iterdir()) == []


def test_an_address_that_is_not_ours(study: Path, v2m: Commands) -> None:
    outcome = v2m("study", "serve", study, "--host", "203.0.113.7")

    assert outcome.code == 2
    assert "203.0.113.7" in outcome.complaint


def test_without_the_web_packages_serve_says_what_to_install(
    study: Path, v2m: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("v2m.web.serving.NEEDED", ("fastapi_that_is_not_there",))

    outcome = v2m("study", "serve", study)

    assert outcome.code == 3
    assert "pip install 'v2m[web]'" in outcome.complaint
