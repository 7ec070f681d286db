"""A composer in a process of its own that dies, hangs or floods: one line, exit 4, nothing left."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from generator import audiocraft
from tests.commands import Commands
from tests.unit.test_backend_channel import SERVE
from v2m.backends.channel import ChildProcess


@pytest.fixture(autouse=True)
def _pretended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Let a pretended process stand where AudioCraft's would."""
    child = ChildProcess(
        "audiocraft", [sys.executable, "-c", SERVE], log_path=tmp_path / "stderr.log"
    )
    monkeypatch.setattr(audiocraft, "connect", lambda _name: child)
    monkeypatch.setattr(audiocraft, "TOKEN_SECONDS", 0.5)
    monkeypatch.setenv("V2M_PROFILE", "full")
    yield
    child.close()


def _everything_in(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.suffix in (".flac", ".wav")]


@pytest.mark.parametrize(
    ("model", "complaint"),
    [
        ("crash", "v2m: audiocraft: ended with status 3: out of ideas"),
        ("hang", "v2m: audiocraft: has said nothing for 0.5 s and was stopped"),
        ("fail", "v2m: audiocraft: RuntimeError: no such layer"),
    ],
)
def test_a_backend_that_fails_ends_in_one_line(
    v2m: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: str, complaint: str
) -> None:
    monkeypatch.setenv("V2M_MODEL_COMPOSER", f"audiocraft:{model}")
    out = tmp_path / "take.wav"

    ended = v2m("generate", "calm", "--seconds", "1", "-o", out)

    assert ended.code == 4
    assert ended.complaint.startswith(complaint)
    assert _everything_in(tmp_path) == []
