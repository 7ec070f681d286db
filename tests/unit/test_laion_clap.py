"""LAION's own package as music encoder, spoken to as an isolated backend."""

import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from v2m.encoders.laion_clap import LaionClap
from v2m.errors import BackendError
from v2m.models.cards import Expected, card
from v2m.models.checkpoint import Checkpoint
from v2m.models.shelf import SHELF
from v2m.types import Audio, Span


class _Backend:
    """Answers as laion-clap would: unit rows, each a function of the text or sound alone."""

    def __init__(self) -> None:
        self.sounds: list[tuple[int, ...]] = []

    def call(
        self, operation: str, params: Mapping[str, Any], arrays: Any = None, **_: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        self.checkpoint = params["checkpoint"]
        assert Path(self.checkpoint).suffix == ".safetensors"
        if operation == "load":
            return {"sample_rate": 48000, "seconds": 10}, {}
        if operation == "encode_text":
            return {}, {"vectors": np.stack([_row(text.encode()) for text in params["texts"]])}
        self.sounds += [sound.shape for sound in arrays["sounds"]]
        return {}, {"vectors": np.stack([_row(sound.tobytes()) for sound in arrays["sounds"]])}


def _row(content: bytes) -> Any:
    row = np.random.default_rng(zlib.crc32(content)).normal(size=512)
    return (row / np.linalg.norm(row)).astype(np.float32)


@pytest.fixture
def backend(monkeypatch: pytest.MonkeyPatch) -> _Backend:
    """A backend in place of the package."""
    SHELF.clear()
    made = _Backend()
    monkeypatch.setattr("v2m.encoders.laion_clap.connect", lambda _name: made)
    return made


def _encoder(folder: Path, *names: str) -> LaionClap:
    for name in names:
        (folder / name).write_bytes(b"weights")
    known = card("laion-clap-music").model_copy(update={"revision": "", "expected": Expected()})
    return LaionClap(Checkpoint(known, folder))


def test_music_is_cut_before_the_package_sees_it(backend: _Backend, tmp_path: Path) -> None:
    encoder = _encoder(tmp_path, "model.safetensors")
    sound = np.random.default_rng(0).normal(0, 0.1, (1, 25 * 48000)).astype(np.float32)

    whole, first = encoder.encode_spans(Audio(sound, 48000), [Span(0, 10)])

    assert backend.sounds == [(480000,)] * 3
    np.testing.assert_allclose(first, _row(sound[0, :480000].tobytes()), atol=1e-6)
    assert abs(float(np.linalg.norm(whole)) - 1) < 1e-5


def test_texts_pass_through(backend: _Backend, tmp_path: Path) -> None:
    vectors = _encoder(tmp_path, "model.safetensors").encode_text(["calm", "wild"])

    np.testing.assert_allclose(vectors, [_row(b"calm"), _row(b"wild")], atol=1e-6)


def test_a_folder_with_two_checkpoints_is_refused(backend: _Backend, tmp_path: Path) -> None:
    encoder = _encoder(tmp_path, "a.safetensors", "b.safetensors")

    with pytest.raises(BackendError, match="2 checkpoints, not one"):
        encoder.encode_text(["calm"])


def test_a_card_takes_its_own_file_out_of_a_repository_of_several(
    backend: _Backend, tmp_path: Path
) -> None:
    encoder = _encoder(tmp_path, "other.pt", "mine.safetensors")
    named = encoder.checkpoint.card.model_copy(update={"files": ("mine.safetensors",)})

    LaionClap(Checkpoint(named, tmp_path)).encode_text(["calm"])

    assert Path(backend.checkpoint).name == "mine.safetensors"
