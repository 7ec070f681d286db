"""Runs of ours under the paper's measures, with real transcription and faces, by command."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.commands import Commands
from tests.toys import TITLES, toy_library, toy_profile  # noqa: F401 - a fixture
from tests.unit.videos import BLUE, RED, plain, write_video
from v2m.errors import InputError
from v2m.evaluation.correspondence import KEY, THREE, correspondence, share_right
from v2m.evaluation.faces import FaceDetector, letterboxed
from v2m.evaluation.runs import STYLES, read_run
from v2m.video.frames import sample_frames
from v2m.video.probe import probe_video
from v2m.video.scenes import find_scenes
from v2m.wheels import model_file

LOGS = Path(__file__).parents[1] / "data" / "paper_eval"
TOY = ("--profile", "toy", "--catalog")

pytestmark = pytest.mark.usefixtures("toy_profile")


@pytest.fixture
def video(tmp_path: Path) -> Path:
    return write_video(tmp_path / "two.mp4", [*plain(RED, 80), *plain(BLUE, 80)])


def test_a_run_holds_every_scene_in_every_style_and_goes_beside_the_paper(
    v2m: Commands, video: Path, tmp_path: Path
) -> None:
    outcome = v2m("eval", "run", video, "-o", tmp_path / "run.json", *TOY, tmp_path / "cat")
    beside = v2m("eval", "paper", LOGS, "--ours", tmp_path / "run.json")

    run = read_run(tmp_path / "run.json")
    assert outcome.code == 0
    assert list(run.styles) == list(STYLES)
    for clips in run.styles.values():
        assert [clip.scene for clip in clips] == ["two 0", "two 1"]
        assert all(clip.sc == 1 for clip in clips)  # the toy composer plays major scales
    # short prompts name the picture's colour clearly
    assert run.column("Simple", "desc_three") == run.column("Simple", "desc_key") == [1, 1]
    for words in ("composed (toy 1)", "0.911", "basic-pitch", "P_desc, key frames"):
        assert words in beside.out


def test_music_can_be_found_instead(v2m: Commands, video: Path, tmp_path: Path) -> None:
    import soundfile

    library = toy_library(tmp_path / "own", TITLES[:6])
    for track in library.tracks():
        wave = 0.2 * np.sin(2 * np.pi * 440 * np.arange(30 * 8000) / 8000)
        soundfile.write(track.path, wave, 8000)

    outcome = v2m(
        "eval", "run", video, "--music", "found", "-o", tmp_path / "run.json", "--json",
        *TOY, library.folder,
    )  # fmt: skip

    made = json.loads(outcome.out)
    assert made["source"] == "found"
    assert " from " in made["styles"]["Simple"][0]["music"]


def test_mistakes_are_named(v2m: Commands, video: Path, tmp_path: Path) -> None:
    run = tmp_path / "run.json"
    assert v2m("eval", "run", video, "--music", "bought", "-o", run).code == 2
    run.write_text("{}")
    with pytest.raises(InputError, match=r"not a run"):
        read_run(run)
    with pytest.raises(InputError, match="No such file"):
        read_run(tmp_path / "none.json")


def test_frames_choose_among_all_texts() -> None:
    rows = np.eye(3, dtype=np.float32)

    assert share_right(rows, rows, 0) == pytest.approx(1 / 3)
    assert np.isnan(share_right(rows[:0], rows, 0))
    assert (
        share_right(np.ones((1, 3), np.float32), np.ones((2, 3), np.float32), 0) == 0
    )  # a tie is no choice


def test_units_and_texts_must_be_as_many() -> None:
    from tests.toys import ToyProfile

    with pytest.raises(ValueError, match="1 texts for 0 units"):
        correspondence(ToyProfile(), [], ["a"], THREE)  # type: ignore[arg-type]
    assert KEY != THREE


@pytest.mark.parametrize(("clip", "shows"), [("demo-carphone", True), ("demo-bikes", False)])
def test_a_man_at_the_phone_has_a_face_and_bicycles_have_none(clip: str, shows: bool) -> None:
    path = model_file(clip)
    facts = probe_video(path)
    frames = sample_frames(path, facts, find_scenes(path, facts))[0].stills[:6]

    assert FaceDetector().has_face(frames) == shows


def test_no_frames_show_no_face_and_nothing_is_stretched() -> None:
    assert not FaceDetector().has_face(np.empty((0, 1, 1, 3), np.uint8))
    square = letterboxed(np.full((10, 40, 3), 200, np.uint8))
    assert square.shape == (192, 192, 3)
    assert (square[:70] == 0).all()
    assert (square[90:100] == 200).all()
