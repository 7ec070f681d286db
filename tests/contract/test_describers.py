"""What every describer promises; tiny models of random weights, loaded by their folders."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.checkpoints.vision import build_blip2, build_chat_model
from tests.unit.videos import BLUE, RED, plain, write_video
from v2m.models.checkpoint import Checkpoint, find_checkpoint
from v2m.protocols import Describer
from v2m.types import Frames, Scene, Span, Vectors
from v2m.video.describe import LiteDescriber
from v2m.video.questions import EMOTIONS, QUESTIONS
from v2m.video.vision_language import VisionLanguageDescriber


class Colours:
    """Encodes a frame as its mean colour, and names it."""

    space, dim = "colours", 3

    def encode_frames(self, frames: Frames) -> Vectors:
        means = frames.reshape(len(frames), -1, 3).mean(axis=1, dtype=np.float32)
        return np.asarray(means / np.linalg.norm(means, axis=1, keepdims=True), np.float32)

    def name_frames(self, frames: Frames, top: int) -> list[tuple[str, float]]:
        names = ["red", "green", "blue"]
        return [(names[n], 1.0) for n in self.encode_frames(frames).mean(0).argsort()[::-1][:top]]


@pytest.fixture(scope="session")
def seers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Checkpoint]:
    folder = tmp_path_factory.mktemp("checkpoints")
    builders = {"blip-2": build_blip2, "chat": build_chat_model}
    return {
        name: find_checkpoint("describer", str(build(folder / name)))
        for name, build in builders.items()
    }


@pytest.fixture(params=["lite", "blip-2", "chat"], scope="module")
def describer(request: pytest.FixtureRequest, seers: dict[str, Checkpoint]) -> Describer:
    makers: dict[str, Callable[[], Describer]] = {
        "lite": lambda: LiteDescriber(Colours()),
        "blip-2": lambda: VisionLanguageDescriber(seers["blip-2"], Colours()),
        "chat": lambda: VisionLanguageDescriber(seers["chat"], Colours()),
    }
    return makers[request.param]()


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of red, two of blue."""
    path = tmp_path_factory.mktemp("film") / "two.mp4"
    return write_video(path, [*plain(RED, 50), *plain(BLUE, 50)])


SCENES = [Scene(0, Span(0, 2), 0, 50), Scene(1, Span(2, 4), 50, 100)]


def test_each_scene_is_described_in_order(describer: Describer, film: Path) -> None:
    red, blue = describer.describe(film, SCENES)

    for seen in (red, blue):
        assert seen.text == " ".join(seen.text.split())
        assert seen.text
        assert seen.mood
        assert -3 <= seen.arousal <= 3
        assert -3 <= seen.valence <= 3
        assert seen.picture_vector.dtype == np.float32
        assert np.linalg.norm(seen.picture_vector) == pytest.approx(1, abs=1e-5)
    assert (red.words[0][0], blue.words[0][0]) == ("red", "blue")


def test_the_same_scene_is_described_alike(describer: Describer, film: Path) -> None:
    one, again = (describer.describe(film, SCENES)[1] for _ in range(2))

    assert (one.text, one.answers, one.arousal) == (again.text, again.answers, again.arousal)


def test_stills_are_described(describer: Describer) -> None:
    frames = np.random.default_rng(0).integers(0, 255, (1, 90, 160, 3)).astype(np.uint8)

    assert describer.describe_frames(frames).text


def test_answers_are_whole_distributions(describer: Describer, film: Path) -> None:
    answers = {a.question: a for a in describer.describe(film, SCENES)[0].answers}
    if isinstance(describer, LiteDescriber):
        assert answers == {}  # it asks nobody
        return

    assert list(answers) == [question.name for question in QUESTIONS]
    for question in QUESTIONS:
        answer = answers[question.name]
        shares = dict(answer.probabilities)
        assert set(shares) == set(question.choices)
        if shares:
            assert sum(shares.values()) == pytest.approx(1)
            assert answer.text == max(shares, key=lambda name: shares[name])
    assert set(dict(answers["emotion"].probabilities)) == set(EMOTIONS)
