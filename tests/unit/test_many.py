"""Scoring a folder: every video gets its turn, whatever becomes of the others."""

import os
from pathlib import Path
from typing import Any, cast

import pytest

from v2m.errors import InputError, MediaError
from v2m.library import Library
from v2m.many import find_videos, score_videos
from v2m.results import PlanOptions


class _Library:
    """Stands for the library: writes a file, or fails for a video with "bad" in its name."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def score(self, video: Path, out: Path, _options: PlanOptions) -> tuple[Any, Any]:
        self.asked.append(video.name)
        if "bad" in video.name:
            raise MediaError(video, "is\nno video")
        out.write_bytes(b"finished")
        return "plan", "report"


def _folder(path: Path, *names: str) -> Path:
    path.mkdir()
    for name in names:
        (path / name).write_bytes(b"video")
    return path


def _scored(library: _Library, folder: Path, out: Path) -> dict[str, str]:
    outcomes = score_videos(cast("Library", library), find_videos(folder), out, PlanOptions())
    return {o.video.name: o.error or ("there" if o.there else o.out.name) for o in outcomes}


def test_one_failing_video_does_not_stop_the_others(tmp_path: Path) -> None:
    folder = _folder(tmp_path / "in", "a.mp4", "bad.mov", "c.avi", "notes.txt")

    found = _scored(_Library(), folder, tmp_path / "out")

    assert found == {
        "a.mp4": "a.mp4",
        "bad.mov": f"{folder / 'bad.mov'}: is no video",
        "c.avi": "c.avi.mkv",
    }


def test_a_second_run_does_what_the_first_left(tmp_path: Path) -> None:
    folder = _folder(tmp_path / "in", "a.mp4", "b.mp4")
    _scored(_Library(), folder, tmp_path / "out")
    (tmp_path / "out" / "b.mp4").unlink()
    library = _Library()

    found = _scored(library, folder, tmp_path / "out")

    assert (library.asked, found["a.mp4"]) == (["b.mp4"], "there")


def test_a_video_that_changed_is_scored_again(tmp_path: Path) -> None:
    folder = _folder(tmp_path / "in", "a.mp4")
    _scored(_Library(), folder, tmp_path / "out")
    os.utime(tmp_path / "out" / "a.mp4", (1, 1))

    assert _scored(_Library(), folder, tmp_path / "out") == {"a.mp4": "a.mp4"}


def test_finished_videos_never_take_the_place_of_their_sources(tmp_path: Path) -> None:
    folder = _folder(tmp_path / "in", "a.mp4")

    with pytest.raises(InputError, match="need a folder of their own"):
        _scored(_Library(), folder, folder)


def test_a_folder_without_videos_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no video here"):
        find_videos(_folder(tmp_path / "in", "song.mp3"))
