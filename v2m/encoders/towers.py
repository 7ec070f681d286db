"""What all encoders of profile full share: one model with a text side, loaded and tested once."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Generic, TypeVar

import numpy as np

from v2m.encoders import selftest
from v2m.models.checkpoint import Checkpoint
from v2m.models.shelf import SHELF
from v2m.types import Vectors
from v2m.vectors.arithmetic import unit_rows

TEXT_BATCH = 64

T = TypeVar("T", bound=selftest.Towers)


class TextTower(ABC, Generic[T]):
    """Encodes text; a subclass says how the model is loaded, and what else it encodes.

    Args:
        checkpoint: the model.
    """

    def __init__(self, checkpoint: Checkpoint) -> None:
        self.checkpoint = checkpoint
        self.dim = checkpoint.card.dim

    @property
    def space(self) -> str:
        """Identity of the vector space: model and version."""
        return self.checkpoint.identity

    @abstractmethod
    def load(self) -> T:
        """Load the model, untested."""

    def encode_text(self, texts: Sequence[str]) -> Vectors:
        """Return float32 (len(texts), dim), unit rows; nothing in gives (0, dim).

        Texts longer than the model's context are cut.
        """
        parts = [
            self._towers.texts([plain(text) for text in texts[start : start + TEXT_BATCH]])
            for start in range(0, len(texts), TEXT_BATCH)
        ]
        return unit_rows(np.concatenate(parts)) if parts else np.empty((0, self.dim), np.float32)

    @property
    def _towers(self) -> T:
        """The model, which passed its self-test when it was loaded."""
        card = self.checkpoint.card

        def load() -> T:
            towers = self.load()
            selftest.require(selftest.examine(card, towers), card)
            return towers

        towers: T = SHELF.get(f"{card.loader} {self.space}", self.checkpoint.megabytes, load)
        return towers


def plain(text: str) -> str:
    r"""Return a text a tokenizer takes: no control characters, never empty.

    >>> plain("calm\x00\n sea"), plain("")
    ('calm sea', '.')
    """
    words = "".join(c if c.isprintable() else " " for c in text).split()
    return " ".join(words) or "."
