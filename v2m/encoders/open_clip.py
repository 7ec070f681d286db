"""Picture-text models through open_clip: the paper's ViT-B-32, SigLIP 2, MobileCLIP2 and others."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from v2m.devices import choose_device
from v2m.encoders.loading import torchvision_mismatch, unusable
from v2m.encoders.picture_text import PictureText, PictureTowers
from v2m.errors import StateError
from v2m.types import Frames

Rows = npt.NDArray[np.float32]


class OpenClip(PictureText):
    """Encodes text and pictures with an open_clip checkpoint."""

    def load(self) -> PictureTowers:
        """Load model, tokenizer and transform from the checkpoint's files."""
        folder = self.checkpoint.files()
        try:
            import open_clip
        except (ImportError, RuntimeError) as err:
            missing = StateError(f"open_clip cannot be imported ({err}); pip install 'v2m[full]'")
            raise torchvision_mismatch(err) or missing from err
        return _Towers(*_created(open_clip, folder))


def _created(open_clip: Any, folder: Path) -> tuple[Any, Any, Any]:
    name = f"local-dir:{folder}"
    try:
        model, _, transform = open_clip.create_model_and_transforms(name, device=choose_device())
        return model.eval(), open_clip.get_tokenizer(name), transform
    except (OSError, ValueError, KeyError, RuntimeError, TypeError) as err:
        raise unusable(folder, err) from err


class _Towers:
    sample_rate = 0

    def __init__(self, model: Any, tokenizer: Any, transform: Any) -> None:
        self._model, self._tokenizer, self._transform = model, tokenizer, transform
        self._device = next(model.parameters()).device

    def tokens(self, text: str) -> Sequence[int]:
        row = self._tokenizer([text])[0].tolist()
        while len(row) > 1 and row[-1] == row[-2]:  # padding
            row.pop()
        return [int(token) for token in row]

    def texts(self, texts: Sequence[str]) -> Rows:
        import torch

        with torch.inference_mode():
            out = self._model.encode_text(self._tokenizer(list(texts)).to(self._device))
        return np.asarray(out.float().cpu().numpy(), np.float32)

    def frames(self, frames: Frames) -> Rows:
        import torch
        from PIL import Image

        batch = torch.stack([self._transform(Image.fromarray(frame)) for frame in frames])
        with torch.inference_mode():
            out = self._model.encode_image(batch.to(self._device))
        return np.asarray(out.float().cpu().numpy(), np.float32)
