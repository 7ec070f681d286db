"""What scenes are said to show."""

from pathlib import Path

import numpy as np
import pytest

from tests.unit.videos import BLUE, RED, damage, plain, write_video
from v2m.errors import MediaError
from v2m.types import Frames, Scene, Span, Vectors
from v2m.video.describe import LiteDescriber, sentence
from v2m.video.looks import Looks
from v2m.video.probe import probe_video
from v2m.video.scenes import find_scenes


class ColourEncoder:
    """Names pictures by their strongest colour; its space is mean red, green and blue."""

    space = "colour/3"
    dim = 3

    def encode_frames(self, frames: Frames) -> Vectors:
        means = frames.reshape(len(frames), -1, 3).mean(axis=1) if len(frames) else np.empty((0, 3))
        length = np.linalg.norm(means, axis=1, keepdims=True)
        return np.asarray(means / np.maximum(length, 1e-9), np.float32)

    def name_frames(self, frames: Frames, top: int) -> list[tuple[str, float]]:
        if not len(frames):
            return []
        share = frames.reshape(-1, 3).mean(axis=0) / frames.reshape(-1, 3).mean(axis=0).sum()
        names = [(name, float(share[n])) for n, name in enumerate(("red", "green", "blue"))]
        return sorted(names, key=lambda pair: -pair[1])[:top]


@pytest.fixture
def describer() -> LiteDescriber:
    return LiteDescriber(ColourEncoder())


def test_each_scene_is_described_by_its_own_frames(
    tmp_path: Path, describer: LiteDescriber
) -> None:
    path = write_video(tmp_path / "a.mp4", [*plain(RED, 50), *plain(BLUE, 50)])
    found = find_scenes(path, probe_video(path), min_scene_seconds=1)
    red, blue = describer.describe(path, found)

    assert (red.words[0][0], blue.words[0][0]) == ("red", "blue")
    assert red.looks["warmth"] > 0 > blue.looks["warmth"]
    assert red.picture_vector.argmax() == 0
    assert blue.picture_vector.argmax() == 2


def test_a_description_is_whole(tmp_path: Path, describer: LiteDescriber) -> None:
    path = write_video(tmp_path / "a.mp4", plain(RED, 50))
    (red,) = describer.describe(path, [Scene(0, Span(0, 2), 0, 50)])

    assert red.text.startswith("Looks like red")
    assert red.mood in red.text
    assert np.linalg.norm(red.picture_vector) == pytest.approx(1, abs=1e-5)
    assert set(red.looks) == set(Looks.__dataclass_fields__)
    assert red.looks["motion"] < 0.01


def test_uncertain_names_are_not_said(tmp_path: Path, describer: LiteDescriber) -> None:
    path = write_video(tmp_path / "a.mp4", plain(RED, 50))
    (red,) = describer.describe(path, [Scene(0, Span(0, 2), 0, 50)])

    unsure = [name for name, weight in red.words if weight < 0.12]
    said = red.text.split(";")[0]
    assert unsure == [name for name, _ in red.words if name not in said]
    assert len(red.words) == 3


def test_a_scene_nobody_can_see_is_described_all_the_same(
    tmp_path: Path, describer: LiteDescriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_video(tmp_path / "a.mov", plain(RED, 25), codec="mjpeg")
    facts = probe_video(path)
    monkeypatch.setattr("v2m.video.describe.probe_video", lambda _: facts)
    (unseen,) = describer.describe(damage(path, range(25)), [Scene(0, Span(0, 1), 0, 25)])

    assert unseen.text.startswith("No object recognised")
    assert unseen.words == ()
    assert unseen.picture_vector.tolist() == [0, 0, 0]


def test_still_pictures_are_described(describer: LiteDescriber) -> None:
    blue = describer.describe_frames(np.stack(plain(BLUE, 2, (100, 60))))

    assert blue.words[0][0] == "blue"
    assert blue.looks["motion"] == 0
    assert blue.looks["brightness"] == pytest.approx(
        (0.299 * 20 + 0.587 * 40 + 0.114 * 200) / 255, abs=0.01
    )


def test_a_file_that_is_no_video_is_refused(tmp_path: Path, describer: LiteDescriber) -> None:
    with pytest.raises(MediaError, match="no such file"):
        describer.describe(tmp_path / "missing.mp4", [])


@pytest.mark.parametrize(
    ("names", "start"),
    [
        ([], "No object recognised; "),
        (["dog"], "Looks like dog; "),
        (["dog", "cat", "cow", "hen"], "Looks like dog, cat, cow; "),
    ],
)
def test_a_sentence_names_at_most_three_things(names: list[str], start: str) -> None:
    assert sentence(names, Looks(0.4, 0, 0.2, 0, 0.02, 0), "calm").startswith(start)


@pytest.mark.parametrize(
    ("looks", "words"),
    [
        (Looks(0.6, 0, 0.4, 0, 0.05, 0), "bright, colourful, moving picture"),
        (Looks(0.4, 0, 0.2, 0, 0.02, 0), "mid-lit, muted, slow picture"),
        (Looks(0.1, 0, 0.0, 0, 0.0, 0), "dark, grey, still picture"),
    ],
)
def test_a_sentence_says_how_it_looks(looks: Looks, words: str) -> None:
    assert sentence(["dog"], looks, "calm") == f"Looks like dog; {words}; calm."
