"""Describes scenes with a model that looks and speaks: captions, questions, emotions in numbers."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from v2m.models.checkpoint import Checkpoint
from v2m.models.shelf import SHELF
from v2m.protocols import FrameEncoder
from v2m.types import Answer, Description, Frames, Scene, SceneFrames
from v2m.vectors.arithmetic import unit_rows
from v2m.video.describe import N_WORDS, sentence
from v2m.video.frames import THUMBNAIL, sample_frames
from v2m.video.looks import Looks, measure_looks, mood_of, mood_words
from v2m.video.probe import probe_video
from v2m.video.questions import QUESTIONS, Question, feeling
from v2m.video.seeing import Seer, make_seer

FRAMES_ASKED = 3
"""Frames of a scene that the model is shown, spread evenly; most scenes are one shot."""

LOOKS_SHARE = 0.3
"""Weight of colour and motion against the model's answers in arousal and valence, set by hand."""


class VisionLanguageDescriber:
    """Describes scenes in a model's words.

    Args:
        checkpoint: BLIP-2 or an image-text-to-text model with a chat form; loaded when first used.
        frame_encoder: encodes the frames for search, and names what is seen.
        device: "auto", "cpu", "cuda" or "mps".
    """

    def __init__(
        self, checkpoint: Checkpoint, frame_encoder: FrameEncoder, device: str = "auto"
    ) -> None:
        self.checkpoint = checkpoint
        self._encoder = frame_encoder
        self._device = device

    @property
    def _seer(self) -> Seer:
        """What looks, loaded if it is not here: it is put away when memory is short."""
        seer: Seer = SHELF.get(
            f"describer {self.checkpoint.identity} {self._device}",
            self.checkpoint.megabytes,
            lambda: make_seer(self.checkpoint, self._device),
        )
        return seer

    def describe(self, video: Path, scenes: Sequence[Scene]) -> list[Description]:
        """Return one description per scene, in order.

        Raises:
            MediaError: the video cannot be read.
            BackendError: the model cannot be loaded, or memory is too short.
        """
        sampled = sample_frames(video, probe_video(video), scenes)
        return [self.describe_scene(*pair) for pair in zip(scenes, sampled, strict=True)]

    def describe_scene(self, scene: Scene, frames: SceneFrames) -> Description:
        """Describe a scene by frames that were taken of it.

        Raises:
            BackendError: the model cannot be loaded, or memory is too short.
        """
        looks = measure_looks(frames.thumbnails, scene.span.duration_seconds)
        return self._described(frames, looks)

    def describe_frames(self, frames: Frames) -> Description:
        """Describe still pictures, uint8 (n, height, width, 3)."""
        from PIL import Image

        small = [np.asarray(Image.fromarray(f).resize(THUMBNAIL), np.uint8) for f in frames]
        looks = measure_looks(np.stack(small), 1.0)
        return self._described(SceneFrames(frames, np.stack(small)), looks)

    def _described(self, frames: SceneFrames, looks: Looks) -> Description:
        seen = mood_of(looks)
        answers = self._answers(frames.stills)
        shares = {answer.question: dict(answer.probabilities) for answer in answers}
        arousal, valence = seen.arousal, seen.valence
        if answers:
            felt = feeling(shares["emotion"], shares["energy"])
            arousal = LOOKS_SHARE * arousal + (1 - LOOKS_SHARE) * felt[0]
            valence = LOOKS_SHARE * valence + (1 - LOOKS_SHARE) * felt[1]
        mood = mood_words(arousal, valence)
        vectors = self._encoder.encode_frames(frames.stills)
        mean = vectors.mean(axis=0) if len(vectors) else np.zeros(self._encoder.dim)
        return Description(
            text=self._caption(frames.stills) or sentence([], looks, mood),
            words=tuple(self._encoder.name_frames(frames.stills, N_WORDS)),
            mood=mood,
            arousal=arousal,
            valence=valence,
            looks=looks.by_name(),
            picture_vector=unit_rows(mean[None])[0],
            answers=answers,
        )

    def _caption(self, stills: Frames) -> str:
        return most_agreed(self._seer.captions(spread(stills))) if len(stills) else ""

    def _answers(self, stills: Frames) -> tuple[Answer, ...]:
        if not len(stills):
            return ()
        return tuple(self._answer(spread(stills), question) for question in QUESTIONS)

    def _answer(self, frames: Frames, question: Question) -> Answer:
        if not question.choices:
            return Answer(question.name, most_agreed(self._seer.answer(frames, question)))
        mean = self._seer.choose(frames, question).mean(axis=0)
        ranked = sorted(zip(question.choices, mean, strict=True), key=lambda pair: -pair[1])
        shares = tuple((choice, float(share)) for choice, share in ranked)
        return Answer(question.name, shares[0][0], shares)


def spread(stills: Frames) -> Frames:
    """Return at most three stills, the middle of each third.

    >>> spread(np.arange(12, dtype=np.uint8).reshape(12, 1, 1, 1))[:, 0, 0, 0].tolist()
    [2, 6, 10]
    """
    n = min(FRAMES_ASKED, len(stills))
    places = [int((2 * i + 1) * len(stills) / (2 * n)) for i in range(n)]
    return stills[places]


def most_agreed(sentences: Sequence[str]) -> str:
    """Return the sentence that shares most words with the others, the earliest of equals.

    >>> most_agreed(["a dog", "a red car on a road", "a car on a road"])
    'a car on a road'
    """
    words = [set(sentence.lower().split()) for sentence in sentences]

    def agreement(one: int) -> float:
        return sum(
            len(words[one] & other) / max(1, len(words[one] | other))
            for number, other in enumerate(words)
            if number != one
        )

    said = [number for number in range(len(sentences)) if words[number]]
    return sentences[max(said, key=agreement)] if said else ""
