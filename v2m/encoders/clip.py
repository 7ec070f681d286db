"""CLIP and SigLIP through transformers: works without torchvision."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from v2m.encoders.loading import from_folder, on_device
from v2m.encoders.picture_text import PictureText, PictureTowers
from v2m.types import Frames

Rows = npt.NDArray[np.float32]

SIGLIP_TOKENS = 64
"""SigLIP was trained on texts padded to its whole context."""


class Clip(PictureText):
    """Encodes text and pictures with a CLIP, SigLIP or SigLIP 2 checkpoint of transformers."""

    def load(self) -> PictureTowers:
        """Load model, tokenizer and image processor from the checkpoint's files."""
        folder = self.checkpoint.files()
        return _Towers(
            from_folder("AutoModel", folder),
            from_folder("AutoTokenizer", folder),
            # one backend everywhere, or vectors would depend on whether torchvision is there
            from_folder("AutoImageProcessor", folder, backend="pil"),
        )


class _Towers:
    sample_rate = 0

    def __init__(self, model: Any, tokenizer: Any, processor: Any) -> None:
        self._model, self._tokenizer, self._processor = model, tokenizer, processor
        config = model.config.text_config
        padded = model.config.model_type.startswith("siglip")
        self._padding: dict[str, Any] = {
            "padding": "max_length" if padded else True,
            "truncation": True,
            "max_length": min(config.max_position_embeddings, SIGLIP_TOKENS)
            if padded
            else config.max_position_embeddings,
            "return_tensors": "pt",
        }

    def tokens(self, text: str) -> Sequence[int]:
        return list(self._tokenizer(text)["input_ids"])

    def texts(self, texts: Sequence[str]) -> Rows:
        return self._run("get_text_features", self._tokenizer(list(texts), **self._padding))

    def frames(self, frames: Frames) -> Rows:
        return self._run(
            "get_image_features", self._processor(images=list(frames), return_tensors="pt")
        )

    def _run(self, method: str, inputs: Any) -> Rows:
        import torch

        names = ("input_ids", "attention_mask", "pixel_values", "pixel_attention_mask")
        given = {name: inputs[name] for name in (*names, "spatial_shapes") if name in inputs}
        if self._model.config.model_type.startswith("siglip"):
            given.pop("attention_mask", None)  # it was trained without one
        with torch.inference_mode():
            out = getattr(self._model, method)(**on_device(given, self._model.device))
        return np.asarray(out.pooler_output.float().cpu().numpy(), np.float32)
