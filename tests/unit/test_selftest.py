"""The bounds of the encoders' self-test, tried on trained weights: MiniLM, which lite carries."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from v2m.encoders import selftest
from v2m.encoders.minilm import MiniLM
from v2m.models.cards import card
from v2m.types import Vectors
from v2m.vectors.arithmetic import unit_rows


class _Trained:
    """Profile lite's text tower, with trained weights, moved some way to one vector for all."""

    sample_rate = 0

    def __init__(self, moved: float = 0.0) -> None:
        self._minilm, self._moved = MiniLM(), moved

    def tokens(self, text: str) -> list[int]:
        return [ord(letter) for letter in text]

    def texts(self, texts: Sequence[str]) -> Vectors:
        mean = unit_rows(self._minilm.encode_text(selftest.TEXTS).mean(axis=0)[None])
        vectors = self._minilm.encode_text(texts)
        return np.asarray((1 - self._moved) * vectors + self._moved * mean, np.float32)


def _found(towers: Any) -> selftest.Outcome:
    return selftest.examine(card("clip-b-32").model_copy(update={"dim": 384}), towers)


def test_a_trained_tower_passes_by_far_and_one_that_leans_passes_too() -> None:
    trained, leaning = _found(_Trained()), _found(_Trained(moved=0.5))

    assert trained.ok
    assert leaning.ok
    assert trained.figures["texts_alike"] < 0.15
    assert 0.65 < leaning.figures["texts_alike"] < 0.75
    assert trained.figures["pairs_right"] == leaning.figures["pairs_right"] == 1.0


def test_a_trained_tower_that_collapsed_is_refused() -> None:
    collapsed = _found(_Trained(moved=0.9))

    assert collapsed.figures["texts_alike"] > 0.98
    assert "text tower is collapsed" in collapsed.problems[0]


def test_vectors_without_meaning_are_refused() -> None:
    class Noise(_Trained):
        def texts(self, texts: Sequence[str]) -> Vectors:
            return np.random.default_rng(5).normal(size=(len(texts), 384)).astype(np.float32)

    assert "of known pairs right" in _found(Noise()).problems[0]
