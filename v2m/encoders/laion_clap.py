"""CLAP's original checkpoints, through its authors' package in an environment of its own."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from v2m.backends.channel import Backend
from v2m.backends.install import connect
from v2m.devices import choose_device
from v2m.encoders.music_text import MusicText, MusicTowers
from v2m.errors import BackendError
from v2m.models import hub
from v2m.types import Mono

Rows = npt.NDArray[np.float32]

AUDIO_MODEL = "HTSAT-base"
"""The network of the music checkpoints; the oldest, 630k, have HTSAT-tiny."""

WINDOW_SECONDS = 10


class LaionClap(MusicText):
    """Encodes text and music with laion-clap; vectors of windows come scaled to length 1."""

    def load(self) -> MusicTowers:
        """Start the package where it lives and load the checkpoint there."""
        folder = self.checkpoint.files()
        found = hub.weights(folder, self.checkpoint.card)
        if len(found) != 1:
            raise BackendError("model", f"{folder}: holds {len(found)} checkpoints, not one")
        return _Towers(connect("laion-clap"), str(found[0]))


class _Towers:
    def __init__(self, backend: Backend, checkpoint: str) -> None:
        self._backend = backend
        self._model: dict[str, Any] = {
            "checkpoint": checkpoint,
            "amodel": AUDIO_MODEL,
            "fusion": False,
            "device": choose_device().type,
        }
        facts, _ = backend.call("load", self._model)
        self.sample_rate = int(facts["sample_rate"])
        self.window_samples = WINDOW_SECONDS * self.sample_rate

    def tokens(self, text: str) -> None:
        """The package keeps its tokens to itself; what an empty tokenizer does shows in vectors."""

    def texts(self, texts: Sequence[str]) -> Rows:
        _, made = self._backend.call("encode_text", {**self._model, "texts": list(texts)})
        return np.asarray(made["vectors"], np.float32)

    def windows(self, windows: Sequence[Mono]) -> Rows:
        rows = []
        for window in windows:
            _, made = self._backend.call("encode_audio", self._model, {"sounds": window[None]})
            rows.append(np.asarray(made["vectors"], np.float32))
        return np.concatenate(rows)
