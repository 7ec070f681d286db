"""Whether a picture shows a face: BlazeFace, run by OpenCV.

Bazarevsky and others, "BlazeFace: Sub-millisecond Neural Face Detection on Mobile GPUs" (2019), the
full-range variant of MediaPipe. OpenCV 5 carries no detector's data of its own, and its cascades
are gone. scikit-image's cascade saw the man in the demo's clip in 1 of 8 frames and three faces
among bicycles; this one sees him in all 8, and a face in 1 of 18 frames of bicycles.
"""

import logging
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from v2m.errors import BackendError
from v2m.types import Frames
from v2m.wheels import model_file

SIDE = 192
SCORES = "reshaped_classifier_face_4"

SURE = 0.6
"""MediaPipe's own threshold for this variant."""

MOST_FRAMES_SHARE = 0.5
"""A scene shows a face where at least this share of its frames does."""

log = logging.getLogger(__name__)


class FaceDetector:
    """Looks for faces; the model is loaded when first needed."""

    name = "BlazeFace full range (MediaPipe)"

    @cached_property
    def _net(self) -> Any:
        import cv2

        path = model_file("blazeface")
        try:
            return cv2.dnn.readNetFromTFLite(str(path))
        except cv2.error as err:
            raise BackendError("face detector", f"OpenCV cannot read it: {err}") from err

    def certainties(self, frames: Frames) -> npt.NDArray[np.float64]:
        """Return by frame how sure the surest face is, 0 to 1.

        Args:
            frames: uint8, shape (n, height, width, 3), RGB; none is allowed.
        """
        return np.array([self._certainty(frame) for frame in frames], np.float64)

    def has_face(self, frames: Frames) -> bool:
        """Whether at least half of the frames of a scene show a face; False without frames."""
        if not len(frames):
            return False
        return bool((self.certainties(frames) >= SURE).mean() >= MOST_FRAMES_SHARE)

    def _certainty(self, frame: npt.NDArray[np.uint8]) -> float:
        squared = letterboxed(frame).astype(np.float32) / 127.5 - 1
        self._net.setInput(np.ascontiguousarray(squared.transpose(2, 0, 1))[None])
        scores = np.asarray(self._net.forward(SCORES), np.float64)
        return float(1 / (1 + np.exp(-np.clip(scores.max(), -80, 80))))


def letterboxed(frame: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Scale a picture into a black square of 192 pixels without stretching it."""
    from PIL import Image

    height, width = frame.shape[:2]
    scale = SIDE / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = np.asarray(Image.fromarray(frame).resize(size, Image.Resampling.BILINEAR))
    square = np.zeros((SIDE, SIDE, 3), np.uint8)
    top, left = (SIDE - size[1]) // 2, (SIDE - size[0]) // 2
    square[top : top + size[1], left : left + size[0]] = small
    return square
