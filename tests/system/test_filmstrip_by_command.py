"""Commands that draw the plan they have just made look at the video once."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.commands import Commands
from tests.system.conftest import ffmpeg
from v2m.soundtrack.picture import STRIP_HEIGHT, STRIP_TOP


def _clip(folder: Path, size: str = "96x54") -> Path:
    """Write a film of ten seconds that never stands still."""
    folder.mkdir()
    ffmpeg("-f", "lavfi", "-t", "10", "-i", f"testsrc2=size={size}", folder / "clip.mp4")
    return folder / "clip.mp4"


def _run_without_seeking(
    v2m: Commands, monkeypatch: pytest.MonkeyPatch, *arguments: str | Path
) -> None:
    def never(*_: Any) -> None:
        raise AssertionError("the video is decoded once more")

    with monkeypatch.context() as patch:
        patch.setattr("v2m.soundtrack.picture.sought_strip", never)
        made = v2m(*arguments, "--generate", "always")
    assert made.code == 0, made.err


def _strip(picture: Path) -> Any:
    with Image.open(picture) as image:
        return np.asarray(image)[STRIP_TOP : STRIP_TOP + STRIP_HEIGHT]


def _check_drawn_as_from_file(v2m: Commands, drawn: Path, plan: Path) -> None:
    again = plan.with_name("again.png")
    assert v2m("export", plan, "--format", "picture", "-o", again).code == 0
    assert np.array_equal(_strip(drawn), _strip(again))
    assert _strip(drawn).std() > 30


@pytest.mark.parametrize("size", ["96x54", "54x96"])
def test_plan(v2m: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: str) -> None:
    clip, plan, drawn = _clip(tmp_path / "in", size), tmp_path / "plan.json", tmp_path / "made.png"
    command = ("plan", clip, "-o", plan, "--picture", drawn, "--catalog", tmp_path / "c")
    _run_without_seeking(v2m, monkeypatch, *command)

    assert set(json.loads(plan.read_text())["video"]) == {
        "path", "sha256", "duration_seconds", "fps", "width", "height", "has_audio",
    }  # fmt: skip
    _check_drawn_as_from_file(v2m, drawn, plan)


def test_score(v2m: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clip, plan, drawn = _clip(tmp_path / "in"), tmp_path / "plan.json", tmp_path / "made.png"
    beside = ("--plan", plan, "--picture", drawn)
    command = ("score", clip, "-o", tmp_path / "out.mp4", *beside, "--catalog", tmp_path / "c")
    _run_without_seeking(v2m, monkeypatch, *command)

    _check_drawn_as_from_file(v2m, drawn, plan)


def test_score_of_a_folder(v2m: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clip, plans, pictures = _clip(tmp_path / "in"), tmp_path / "plans", tmp_path / "pictures"
    ffmpeg("-i", clip, "-vf", "negate", clip.with_name("other.mp4"))
    beside = ("--plan", plans, "--picture", pictures)
    command = ("score", clip.parent, "-o", tmp_path / "out", *beside, "--catalog", tmp_path / "c")
    _run_without_seeking(v2m, monkeypatch, *command)

    for name in ("clip.mp4", "other.mp4"):
        _check_drawn_as_from_file(v2m, pictures / f"{name}.png", plans / f"{name}.json")
    assert not np.array_equal(*(_strip(picture) for picture in sorted(pictures.iterdir())))
