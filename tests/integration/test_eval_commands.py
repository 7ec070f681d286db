"""Evaluation by command."""

import json
from pathlib import Path

import pytest

from tests.commands import Commands

LOGS = Path(__file__).parents[1] / "data" / "paper_eval"


@pytest.mark.parametrize("form", ["text", "markdown", "csv", "latex"])
def test_paper(form: str, v2m: Commands) -> None:
    outcome = v2m("eval", "paper", LOGS, "--format", form)

    assert outcome.code == 0
    for figure in ("0.877", "0.911", "0.863"):
        assert figure in outcome.out


def test_paper_as_json_is_json(v2m: Commands) -> None:
    assert json.loads(v2m("eval", "paper", LOGS, "--json").out)


def test_missing_logs(v2m: Commands, tmp_path: Path) -> None:
    outcome = v2m("eval", "paper", tmp_path)

    assert outcome.code == 2
    assert str(tmp_path) in outcome.complaint


def test_music_that_is_none(v2m: Commands, tmp_path: Path) -> None:
    (tmp_path / "a.mid").write_bytes(b"no midi")

    outcome = v2m("eval", "music", tmp_path / "a.mid")

    assert outcome.code == 2
    assert "a.mid" in outcome.complaint
