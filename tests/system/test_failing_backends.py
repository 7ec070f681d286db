"""A composer in a process of its own that dies, hangs or floods: one line, exit 4, nothing left."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from generator import audiocraft
from tests.checkpoints.encoders import build_clap, build_clip
from tests.commands import Commands
from tests.unit.test_backend_channel import SERVE
from v2m.backends.channel import ChildProcess
from v2m.backends.install import MARKER


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


def test_the_named_fallback_composes_instead_and_says_so(
    v2m: Commands,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("V2M_MODEL_PICTURE_TEXT", str(build_clip(tmp_path / "clip")))
    monkeypatch.setenv("V2M_MODEL_MUSIC_TEXT", str(build_clap(tmp_path / "clap")))
    out = tmp_path / "take.wav"
    asked = ("generate", "calm piano", "--seconds", "1", "-o", out, "--json")
    models = ("--model", "composer=audiocraft:crash", "--fallback-composer", "arranger")

    made = v2m(*asked, *models)

    assert made.code == 0, made.err
    told = json.loads(made.out)
    assert told["provenance"]["model"] == "arranger"
    assert out.is_file()
    said = "composed by the arranger, for another composer failed: audiocraft: ended with status 3"
    assert said in caplog.text


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


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
def test_ctrl_c_while_a_backend_works_leaves_nothing_behind(tmp_path: Path) -> None:
    environment = tmp_path / "backends" / "audiocraft"
    python = environment / "bin" / "python"
    python.parent.mkdir(parents=True)
    (environment / MARKER).write_text("{}")
    (environment / "far_end.py").write_text(SERVE)
    python.write_text(f'#!/bin/sh\nexec {sys.executable} {environment}/far_end.py "$3"\n')
    python.chmod(0o755)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    command = ("generate", "calm", "--seconds", "1", "-o", tmp_path / "take.wav", "--json")
    models = ("--profile", "full", "--model", "composer=audiocraft:hang")
    running = subprocess.Popen(
        [sys.executable, "-m", "cli", *command, *models, "--catalog", tmp_path / "catalogue"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "V2M_BACKENDS": str(tmp_path / "backends"), "TMPDIR": str(scratch)},
    )
    _wait_for(lambda: "hanging" in _read(environment / "stderr.log"))
    (child,) = Path(f"/proc/{running.pid}/task/{running.pid}/children").read_text().split()

    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=120)

    assert (running.returncode, out) == (130, "")
    assert err == "v2m: interrupted; what was finished is kept\n"
    assert not Path(f"/proc/{child}").exists()
    assert _everything_in(tmp_path) == []
    assert list(scratch.iterdir()) == []


def _read(path: Path) -> str:
    return path.read_text() if path.is_file() else ""


def _wait_for(what: Callable[[], bool], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end
        time.sleep(0.05)
