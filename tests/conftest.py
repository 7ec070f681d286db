"""Fixtures for every test: media made on the spot, and a guard against the real user folders."""

import os
import sys
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from hypothesis import settings

from tests.commands import Commands

os.environ.setdefault("HF_HUB_OFFLINE", "1")  # before transformers is imported by anything

# The same examples on every run, so that a change is judged by what it changed; new ones are looked
# for with `pytest --hypothesis-profile=default`.
settings.register_profile("steady", derandomize=True)
settings.load_profile("steady")


class _TorchvisionBesideCpuTorch:
    """Lets PyPI's torchvision be imported beside a CPU build of torch.

    Its compiled part is built for CUDA and does not load there; without the two operators that its
    Python part refers to at import, neither torchvision nor transformers could be imported. Nothing
    here uses them. Where torch is PyPI's own build, nothing is done.
    """

    _library: Any = None

    @classmethod
    def find_spec(
        cls, name: str, _path: object = None, _target: object = None
    ) -> ModuleSpec | None:
        """Define the operators just before torchvision is looked for; find nothing."""
        if name == "torchvision" and cls._library is None and sys.platform == "linux":
            import torch

            if version("torch").endswith("+cpu"):
                cls._library = torch.library.Library("torchvision", "DEF")  # type: ignore[no-untyped-call]
                for operator in ("nms", "qnms"):
                    cls._library.define(f"{operator}(Tensor a, Tensor b, float c) -> Tensor")
        return None


sys.meta_path.insert(0, _TorchvisionBesideCpuTorch)


@pytest.fixture(autouse=True)
def _no_user_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep a test away from the user's catalogue and from a v2m.toml that happens to lie about."""
    monkeypatch.setenv("V2M_CATALOG", str(tmp_path / "user-catalogue"))
    for name in ("V2M_PROFILE", "V2M_GENERATE", "V2M_STYLE"):
        monkeypatch.delenv(name, raising=False)
    # a process that is started loads its models anew; tests of parallel work ask for it
    monkeypatch.setenv("V2M_WORKERS", "1")


WriteMusic = Callable[..., Path]


def write_piece(path: Path, *, seconds: float = 4.0, pitch: float = 220.0, seed: int = 0) -> Path:
    """Write a short piece: a pulsing chord with some noise."""
    rate = 22050
    time = np.arange(round(seconds * rate)) / rate
    chord = sum(np.sin(2 * np.pi * pitch * ratio * time) for ratio in (1, 5 / 4, 3 / 2))
    pulse = np.exp(-6 * (time % 0.5))
    noise = np.random.default_rng(seed).normal(0, 0.02, len(time))
    sound = (0.2 * chord * pulse + noise).astype(np.float32)
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.stack([sound, sound], axis=1), rate)
    return path


@pytest.fixture
def write_music() -> WriteMusic:
    """Return a function that writes a short piece: a pulsing chord with some noise."""
    return write_piece


@pytest.fixture
def v2m(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Commands:
    """Return a function that runs the command line in this process."""
    return Commands(capsys, monkeypatch)


@pytest.fixture(scope="session")
def tiny_musicgen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a tiny MusicGen, built once per test process."""
    from tests.checkpoints.musicgen import build_musicgen

    return build_musicgen(tmp_path_factory.mktemp("checkpoints") / "musicgen")
