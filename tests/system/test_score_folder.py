"""``v2m score FOLDER`` with profile full made of tiny checkpoints, twice over; one budget a run."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.checkpoints.fixtures import checkpoints
from tests.commands import Commands
from tests.unit.chat_server import ChatServer
from tests.unit.videos import BLUE, RED, plain, write_video
from v2m.library import Library

__all__ = ["checkpoints"]


@pytest.mark.enable_socket
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

    with ChatServer(lambda _: "slow ambient piano, warm strings, wistful") as server:
        monkeypatch.setenv("V2M_MODEL_PROMPT_WRITER", f"m@{server.url}")
        monkeypatch.setenv("V2M_ENDPOINT_REQUESTS", "1")
        first = v2m(*command)
    shutil.rmtree(out)
    second = v2m(*command)

    assert (first.code, second.code) == (4, 4), first.err + second.err
    assert _sources(first.out) == {"red.mp4": "generated", "blue.mp4": "generated"}
    assert len(server.asked) == 1
    assert sorted("budget of 1 requests" in notices for notices in _notices(first.out)) == [
        False,
        True,
    ]
    assert _sources(second.out) == {"red.mp4": "retrieved", "blue.mp4": "retrieved"}
    assert {path.name for path in out.iterdir()} == {"red.mp4", "blue.mp4"}
    failed = [v for v in json.loads(second.out)["videos"] if v["state"] == "failed"]
    assert "broken.mp4" in failed[0]["error"]


def _plans(said: str) -> dict[str, Any]:
    videos = [video for video in json.loads(said)["videos"] if video["state"] == "done"]
    return {Path(v["video"]).name: v["result"]["plan"] for v in videos}


def _notices(said: str) -> list[str]:
    return [" ".join(plan["notices"]) for plan in _plans(said).values()]


def _sources(said: str) -> dict[str, str]:
    plans = _plans(said)
    assert all(plan["versions"]["music-text"].startswith("clap@") for plan in plans.values())
    return {name: plan["cues"][0]["source"] for name, plan in plans.items()}
