"""CLAP through transformers: Y. Wu et al., "Large-scale Contrastive Language-Audio Pretraining"."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from v2m.encoders.loading import from_folder, on_device
from v2m.encoders.music_text import MusicText, MusicTowers
from v2m.types import Mono

Rows = npt.NDArray[np.float32]

LONGEST_TOKENS = 77
"""Texts were cut to this in training."""


class Clap(MusicText):
    """Encodes text and music with a CLAP checkpoint of transformers."""

    def load(self) -> MusicTowers:
        """Load model, tokenizer and feature extractor from the checkpoint's files."""
        folder = self.checkpoint.files()
        return _Towers(
            from_folder("AutoModel", folder),
            from_folder("AutoTokenizer", folder),
            from_folder("AutoFeatureExtractor", folder),
        )


class _Towers:
    def __init__(self, model: Any, tokenizer: Any, extractor: Any) -> None:
        self._model, self._tokenizer, self._extractor = model, tokenizer, extractor
        self.sample_rate = int(extractor.sampling_rate)
        self.window_samples = int(extractor.nb_max_samples)

    def tokens(self, text: str) -> Sequence[int]:
        return list(self._tokenizer(text)["input_ids"])

    def texts(self, texts: Sequence[str]) -> Rows:
        import torch

        inputs = self._tokenizer(
            list(texts),
            padding=True,
            truncation=True,
            max_length=LONGEST_TOKENS,
            return_tensors="pt",
        )
        given = {name: inputs[name] for name in ("input_ids", "attention_mask")}
        with torch.inference_mode():
            out = self._model.get_text_features(**on_device(given, self._model.device))
        return np.asarray(out.pooler_output.float().cpu().numpy(), np.float32)

    def windows(self, windows: Sequence[Mono]) -> Rows:
        import torch

        inputs = self._extractor(list(windows), sampling_rate=self.sample_rate, return_tensors="pt")
        given = {name: inputs[name] for name in ("input_features", "is_longer") if name in inputs}
        if "is_longer" in given:  # the extractor calls a random clip of a batch long; none is
            given["is_longer"] = torch.zeros_like(given["is_longer"], dtype=torch.bool)
        with torch.inference_mode():
            pooled = self._model.audio_model(**on_device(given, self._model.device)).pooler_output
            # get_audio_features would scale each window to length 1 before the mean
            out = self._model.audio_projection(pooled)
        return np.asarray(out.float().cpu().numpy(), np.float32)
