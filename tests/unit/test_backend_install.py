"""Environments of backends: made whole or not at all, found, removed; packages used in process."""

import json
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from generator.audiocraft import AudioCraft
from tests.commands import Commands
from v2m.backends.channel import ChildProcess, InProcess
from v2m.backends.install import connect, install, statuses
from v2m.errors import BackendError, InputError, StateError
from v2m.types import Audio, TakeRequest


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep environments in a folder of the test."""
    monkeypatch.setenv("V2M_BACKENDS", str(tmp_path / "backends"))
    return tmp_path / "backends"


class Shell:
    """Notes commands instead of running them; fails at those that hold a word."""

    def __init__(self, fails_at: str = "") -> None:
        self.commands: list[str] = []
        self.fails_at = fails_at

    def __call__(self, command: list[str], **_: object) -> SimpleNamespace:
        line = " ".join(command)
        self.commands.append(line)
        if "-m venv" in line:
            (Path(command[-1]) / "lib/python3/site-packages/torchaudio/lib").mkdir(parents=True)
            library = Path(command[-1]) / "lib/python3/site-packages/torchaudio/lib/a.so"
            library.touch()
        broken = line.endswith("import torchaudio") and next(
            Path(command[0]).parents[1].glob("lib/*/*/torchaudio/lib/a.so"), None
        )
        if broken or (self.fails_at and self.fails_at in line):
            return SimpleNamespace(returncode=1, stdout="", stderr="noise\nERROR: no such wheel\n")
        versions = {"audiocraft": "1.3.0", "torch": "2.13.0", "numpy": "2.4.6"}
        return SimpleNamespace(returncode=0, stdout=json.dumps(versions), stderr="")


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> Shell:
    made = Shell()
    monkeypatch.setattr("v2m.backends.install.subprocess.run", made)
    return made


def test_an_environment_is_made_by_the_recipe_and_tried(shell: Shell, folder: Path) -> None:
    said: list[str] = []

    status = install("audiocraft", said.append)

    assert (status.where, status.version) == ("installed", "1.3.0")
    assert "--no-deps audiocraft==1.3.0" in " ".join(shell.commands)
    assert "audiocraft_ops.check()" in shell.commands[-1]
    assert not list(folder.rglob("a.so"))
    assert any("does not fit this build of torch" in line for line in said)
    assert isinstance(connect("audiocraft"), ChildProcess)


@pytest.mark.parametrize(
    ("step", "complaint"),
    [
        ("pip install", "audiocraft: cannot be installed: ERROR: no such wheel"),
        ("import json", "audiocraft: was installed but does not start: ERROR: no such wheel"),
    ],
)
def test_a_failed_install_leaves_nothing(
    shell: Shell, folder: Path, step: str, complaint: str
) -> None:
    shell.fails_at = step

    with pytest.raises(BackendError, match=complaint):
        install("audiocraft", lambda _: None)
    assert list(folder.iterdir()) == []


def test_an_environment_without_its_marker_does_not_count(folder: Path) -> None:
    (folder / "audiocraft" / "bin").mkdir(parents=True)

    assert {status.where for status in statuses()} == {"not installed"}
    with pytest.raises(StateError, match="run 'v2m backends install audiocraft'"):
        connect("audiocraft")


def test_backends_by_command(v2m: Commands, shell: Shell, folder: Path) -> None:
    assert v2m("backends", "install", "audiocraft").out.endswith("audiocraft 1.3.0 is installed\n")
    listed = json.loads(v2m("backends", "list", "--json").out)
    assert [(b["name"], b["where"]) for b in listed] == [
        ("audiocraft", "installed"),
        ("laion-clap", "not installed"),
        ("msclap", "not installed"),
    ]
    assert "pins torch 2.1" in v2m("backends", "list").out
    assert v2m("backends", "remove", "audiocraft").out == "removed audiocraft\n"
    assert not (folder / "audiocraft").exists()
    assert v2m("backends", "remove", "audiocraft").out == "audiocraft was not installed\n"
    assert v2m("backends", "install", "audiocraf").code == 2


# ---- in process: packages of the right name and form, made here ---------------------------------


class PretendedMusicGen:
    """Draws its music from torch's generator, as AudioCraft does."""

    sample_rate, audio_channels, frame_rate = 32000, 1, 50.0

    def __init__(self) -> None:
        conditioners = {"self_wav": None}
        self.lm = SimpleNamespace(condition_provider=SimpleNamespace(conditioners=conditioners))

    def set_generation_params(self, **params: Any) -> None:
        self.params = params

    def set_custom_progress_callback(self, tell: Any) -> None:
        self.tell = tell

    def generate(self, prompts: list[str], progress: bool) -> Any:
        import torch

        self.tell(1, 1)
        frames = int(self.params["duration"] * self.frame_rate)
        return 0.1 * torch.randn(len(prompts), 1, frames * 640)

    def generate_with_chroma(
        self, prompts: list[str], melody: Any, rate: int, progress: bool
    ) -> Any:
        return self.generate(prompts, progress) + melody.abs().mean()


@pytest.fixture
def _audiocraft(monkeypatch: pytest.MonkeyPatch) -> None:
    from importlib.machinery import ModuleSpec

    from v2m.backends.child import audiocraft_ops

    package, models = ModuleType("audiocraft"), ModuleType("audiocraft.models")
    package.__spec__ = ModuleSpec("audiocraft", None)

    class Models:
        @staticmethod
        def get_pretrained(name: str, device: str) -> PretendedMusicGen:
            if name == "missing":
                raise RuntimeError("no such model")
            return PretendedMusicGen()

    models.MusicGen = Models  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "audiocraft", package)
    monkeypatch.setitem(sys.modules, "audiocraft.models", models)
    audiocraft_ops._loaded.clear()


@pytest.mark.usefixtures("_audiocraft")
def test_audiocraft_in_this_process_makes_exact_and_repeatable_music() -> None:
    assert isinstance(connect("audiocraft"), InProcess)
    mine = AudioCraft("small", device="cpu")
    requests = [TakeRequest("calm", 0.333, 5), TakeRequest("sad", 1.0, 5)]

    takes = mine.compose_all(requests)

    assert [take.audio.samples.shape for take in takes] == [(1, 10656), (1, 32000)]
    alone = mine.compose("sad", 1.0, seed=5)
    np.testing.assert_array_equal(alone.samples, takes[1].audio.samples)
    assert mine.parameters("calm", 1.0, 0)["top_k"] == 250


@pytest.mark.usefixtures("_audiocraft")
def test_audiocraft_follows_a_melody() -> None:
    mine = AudioCraft("melody", device="cpu")
    tune = Audio(np.full((1, 8000), 0.5, np.float32), 8000)

    (with_tune,) = mine.compose_all([TakeRequest("calm", 0.5, 1, tune)])

    assert mine.hears_melody
    without = mine.compose("calm", 0.5, seed=1).samples
    assert not np.array_equal(with_tune.audio.samples, without)


@pytest.mark.usefixtures("_audiocraft")
def test_failures_in_this_process_are_one_line_too() -> None:
    with pytest.raises(BackendError, match="audiocraft: RuntimeError: no such model"):
        AudioCraft("missing", device="cpu").compose("calm", 1.0, seed=0)
    with pytest.raises(InputError, match=r"makes 0\.02 to 600 s of music"):
        AudioCraft("small", device="cpu").compose("calm", 0.0, seed=0)
