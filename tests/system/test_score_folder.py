"""``v2m score FOLDER`` with profile full made of tiny checkpoints, twice over."""

import json
import shutil
from pathlib import Path

import pytest

from tests.checkpoints.fixtures import checkpoints
from tests.commands import Commands
from tests.unit.videos import BLUE, RED, plain, write_video
from v2m.library import Library

__all__ = ["checkpoints"]


def test_a_folder_is_scored_and_the_second_run_finds_what_the_first_made(
    v2m: Commands,
    tmp_path: Path,
    checkpoints: dict[str, Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("v2m.encoders.picture_text.class_names", lambda: ["beach", "street"])
    folder, out = tmp_path / "videos", tmp_path / "out"
    folder.mkdir()
    write_video(folder / "red.mp4", plain(RED, 75))
    write_video(folder / "blue.mp4", plain(BLUE, 75))
    (folder / "broken.mp4").write_bytes(b"no video at all")
    models = {"PICTURE_TEXT": str(checkpoints["clip"]), "MUSIC_TEXT": str(checkpoints["clap"])}
    for role, model in {**models, "DESCRIBER": "lite", "COMPOSER": "lite"}.items():
        monkeypatch.setenv(f"V2M_MODEL_{role}", model)
    monkeypatch.setenv("V2M_PROFILE", "full")
    Library(tmp_path / "c", create=True)
    command = ("score", folder, "-o", out, "--catalog", tmp_path / "c", "--json")

    first = v2m(*command)
    shutil.rmtree(out)
    second = v2m(*command)

    assert (first.code, second.code) == (4, 4), first.err + second.err
    assert _sources(first.out) == {"red.mp4": "generated", "blue.mp4": "generated"}
    assert _sources(second.out) == {"red.mp4": "retrieved", "blue.mp4": "retrieved"}
    assert {path.name for path in out.iterdir()} == {"red.mp4", "blue.mp4"}
    failed = [v for v in json.loads(second.out)["videos"] if v["state"] == "failed"]
    assert "broken.mp4" in failed[0]["error"]


def _sources(said: str) -> dict[str, str]:
    videos = [video for video in json.loads(said)["videos"] if video["state"] == "done"]
    plans = {Path(v["video"]).name: v["result"]["plan"] for v in videos}
    assert all(plan["versions"]["music-text"].startswith("clap@") for plan in plans.values())
    return {name: plan["cues"][0]["source"] for name, plan in plans.items()}
