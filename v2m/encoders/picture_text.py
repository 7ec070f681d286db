"""Pictures and words in one space, whichever package runs the model."""

from functools import cached_property
from typing import Protocol

import numpy as np
import numpy.typing as npt

from v2m.encoders import selftest
from v2m.encoders.conse import class_names
from v2m.encoders.kept import kept_vectors
from v2m.encoders.towers import TextTower
from v2m.types import Frames, Vectors
from v2m.vectors.arithmetic import unit_rows

Rows = npt.NDArray[np.float32]

FRAME_BATCH = 16

SHARPNESS = 100.0
"""Factor of a cosine before the softmax over names, at which CLIP's own was clipped in training
(A. Radford et al., "Learning Transferable Visual Models", 2021)."""


class PictureTowers(selftest.Towers, Protocol):
    """A loaded picture-text model."""

    def frames(self, frames: Frames) -> Rows:
        """Return raw vectors of pictures, (len(frames), dim)."""
        ...


class PictureText(TextTower[PictureTowers]):
    """Encodes text and pictures into one space; a subclass says how the model is loaded.

    Args:
        checkpoint: the model.
    """

    def encode_frames(self, frames: Frames) -> Vectors:
        """Return float32 (len(frames), dim), unit rows; nothing in gives (0, dim)."""
        parts = [
            self._towers.frames(frames[start : start + FRAME_BATCH])
            for start in range(0, len(frames), FRAME_BATCH)
        ]
        return unit_rows(np.concatenate(parts)) if parts else np.empty((0, self.dim), np.float32)

    def name_frames(self, frames: Frames, top: int) -> list[tuple[str, float]]:
        """Return what all the frames together show: names with weights in [0, 1], best first.

        Zero-shot over ImageNet's thousand class names.
        """
        if not len(frames):
            return []
        near = SHARPNESS * (self.encode_frames(frames) @ self._name_vectors.T)
        likely = np.exp(near - near.max(axis=1, keepdims=True))
        share = (likely / likely.sum(axis=1, keepdims=True)).mean(axis=0)
        return [(self._names[n], float(share[n])) for n in np.argsort(-share)[:top]]

    @cached_property
    def _names(self) -> list[str]:
        return class_names()

    @cached_property
    def _name_vectors(self) -> Vectors:
        return kept_vectors(self, [f"a photo of a {name}" for name in self._names])
