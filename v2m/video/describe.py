"""Says what scenes show: objects by ImageNet class, mood by colour and motion."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from v2m.protocols import FrameEncoder
from v2m.types import Description, Frames, Scene, SceneFrames
from v2m.vectors.arithmetic import unit_rows
from v2m.video.frames import THUMBNAIL, sample_frames
from v2m.video.looks import Looks, energy_of, measure_looks, mood_of
from v2m.video.probe import probe_video

SURE = 0.12
"""Mean probability from which a class is named; below, it is wrong more often than right."""

N_WORDS = 5


class LiteDescriber:
    """Describes scenes without a language model.

    Args:
        frame_encoder: names and encodes pictures.
    """

    def __init__(self, frame_encoder: FrameEncoder) -> None:
        self._encoder = frame_encoder

    def describe(self, video: Path, scenes: Sequence[Scene]) -> list[Description]:
        """Return one description per scene, in order.

        Raises:
            MediaError: the video cannot be read.
        """
        sampled = sample_frames(video, probe_video(video), scenes)
        return [self.describe_scene(*pair) for pair in zip(scenes, sampled, strict=True)]

    def describe_scene(self, scene: Scene, frames: SceneFrames) -> Description:
        """Describe a scene by frames that were taken of it."""
        looks = measure_looks(frames.thumbnails, scene.span.duration_seconds)
        return self._described(frames, looks)

    def describe_frames(self, frames: Frames) -> Description:
        """Describe still pictures, uint8 (n, height, width, 3)."""
        from PIL import Image

        small = [np.asarray(Image.fromarray(f).resize(THUMBNAIL), np.uint8) for f in frames]
        looks = measure_looks(np.stack(small), 1.0)
        seen = self._described(SceneFrames(frames, np.stack(small)), looks)
        return replace(seen, energy=None)  # a still picture tells nothing of motion

    def _described(self, frames: SceneFrames, looks: Looks) -> Description:
        mood = mood_of(looks)
        words = tuple(self._encoder.name_frames(frames.stills, N_WORDS))
        vectors = self._encoder.encode_frames(frames.stills)
        mean = vectors.mean(axis=0) if len(vectors) else np.zeros(self._encoder.dim)
        return Description(
            text=sentence([name for name, weight in words if weight >= SURE], looks, mood.words),
            words=words,
            mood=mood.words,
            arousal=mood.arousal,
            valence=mood.valence,
            looks=looks.by_name(),
            picture_vector=unit_rows(mean[None])[0],
            energy=energy_of(looks),
        )


def sentence(names: Sequence[str], looks: Looks, mood: str) -> str:
    """Return an English sentence that claims no more than was seen.

    >>> sentence(["bicycle"], Looks(0.7, 0.1, 0.4, 0.1, 0.01, 0), "gentle, warm pleasant")
    'Looks like bicycle; bright, colourful, still picture; gentle, warm pleasant.'
    """
    seen = f"Looks like {', '.join(names[:3])}" if names else "No object recognised"
    light = "bright" if looks.brightness > 0.55 else "dark" if looks.brightness < 0.3 else "mid-lit"
    colour = (
        "colourful" if looks.saturation > 0.3 else "grey" if looks.saturation < 0.08 else "muted"
    )
    pace = "moving" if looks.motion > 0.03 else "still" if looks.motion < 0.012 else "slow"
    return f"{seen}; {light}, {colour}, {pace} picture; {mood}."
