"""The shelf of loaded models."""

import sys
import weakref
from pathlib import Path

import numpy as np
import pytest

from generator.audiocraft import AudioCraft
from tests.checkpoints.language import build_language_model
from tests.checkpoints.vision import build_blip2
from tests.contract.test_describers import Colours
from tests.unit.test_backend_channel import SERVE
from v2m.backends.channel import ChildProcess
from v2m.models.checkpoint import find_checkpoint
from v2m.models.shelf import SHELF, SPARE_MEGABYTES, Shelf
from v2m.profiles.parts import make_part


class _Memory:
    """A machine with so much memory; what is on the shelf takes its share."""

    def __init__(self, megabytes: float) -> None:
        self.megabytes = megabytes
        self.shelf = Shelf(lambda: self.megabytes - 1000 * len(self.shelf.loaded()))


def test_a_model_is_loaded_once() -> None:
    shelf = Shelf(lambda: None)
    models = [shelf.get("a", 100, object) for _ in range(3)]

    assert models[0] is models[1] is models[2]


def test_the_least_recently_used_makes_room() -> None:
    shelf = _Memory(2000 + SPARE_MEGABYTES).shelf
    for key in ("a", "b", "a"):
        shelf.get(key, 1000, lambda: "model")

    shelf.get("c", 1000, lambda: "model")

    assert shelf.loaded() == ["a", "c"]


def test_a_model_larger_than_memory_is_tried_alone() -> None:
    shelf = _Memory(2000).shelf
    shelf.get("a", 500, lambda: "model")

    shelf.get("huge", 50_000, lambda: "model")

    assert shelf.loaded() == ["huge"]


def test_a_model_that_fails_to_load_leaves_nothing() -> None:
    shelf = Shelf(lambda: None)

    try:
        shelf.get("a", 100, lambda: 1 / 0)
    except ZeroDivisionError:
        assert shelf.loaded() == []


def test_clearing_puts_all_away() -> None:
    shelf = Shelf()
    shelf.get("a", 1, lambda: "model")

    shelf.clear()

    assert shelf.loaded() == []


def test_large_models_make_room_for_each_other(
    tmp_path: Path, tiny_musicgen: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    SHELF.clear()
    describer = make_part(
        find_checkpoint("describer", str(build_blip2(tmp_path / "blip2"))), Colours()
    )
    writer = make_part(
        find_checkpoint("prompt-writer", str(build_language_model(tmp_path / "writer"))), "brief"
    )
    composer = make_part(find_checkpoint("composer", str(tiny_musicgen)))
    monkeypatch.setattr(SHELF, "_free", lambda: 0.0)
    first = composer.compose("calm", 0.5, seed=0)
    model = weakref.ref(composer._model)

    seen = describer.describe_frames(np.full((1, 32, 32, 3), 99, np.uint8))
    assert [key.split()[0] for key in SHELF.loaded()] == ["describer"]
    assert model() is None
    writer.write(seen)
    assert [key.split()[0] for key in SHELF.loaded()] == ["prompt-writer"]
    again = composer.compose("calm", 0.5, seed=0)
    assert [key.split()[0] for key in SHELF.loaded()] == ["musicgen"]

    np.testing.assert_array_equal(first.samples, again.samples)


def test_a_backend_ends_when_its_memory_is_needed(tmp_path: Path) -> None:
    child = [
        ChildProcess("pretended", [sys.executable, "-c", SERVE], log_path=tmp_path / "stderr.log")
    ]
    composer = AudioCraft("noise", device="cpu", backend=child.pop)
    first = composer.compose("calm", 0.5, seed=0)
    process = weakref.ref(composer._backend)

    SHELF.clear()

    assert process() is None
    with pytest.raises(IndexError):  # it asks for another one
        composer.compose("calm", 0.5, seed=0)
    assert first.samples.shape == (1, 4000)
