"""Towers of a music-text model whose package runs in a process of its own."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from v2m.backends.channel import Backend
from v2m.types import Mono

Rows = npt.NDArray[np.float32]


class FarTowers:
    """Asks a backend that has the operations "load", "encode_text" and "encode_audio".

    Args:
        backend: where the package is.
        model: names the model; goes along with every call.
    """

    def __init__(self, backend: Backend, model: Mapping[str, Any]) -> None:
        self._backend, self._model = backend, dict(model)
        heard, _ = backend.call("load", self._model)
        self.sample_rate = int(heard["sample_rate"])
        self.window_samples = int(heard["seconds"] * self.sample_rate)

    def tokens(self, text: str) -> None:
        """The package keeps its tokens to itself; what an empty tokenizer does shows in vectors."""

    def texts(self, texts: Sequence[str]) -> Rows:
        """Return vectors of texts, (len(texts), dim)."""
        _, made = self._backend.call("encode_text", {**self._model, "texts": list(texts)})
        return np.asarray(made["vectors"], np.float32)

    def windows(self, windows: Sequence[Mono]) -> Rows:
        """Return vectors of sounds of one length, (len(windows), dim)."""
        sounds = {"sounds": np.stack(windows)}
        _, made = self._backend.call("encode_audio", self._model, sounds)
        return np.asarray(made["vectors"], np.float32)
