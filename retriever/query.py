"""What is searched for: a text, a scene of a video, a picture or a piece of music, as vectors."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from v2m.encoders.profiles import Profile
from v2m.types import Description

Kind = Literal["text", "video", "image", "audio", "like"]
Vector = npt.NDArray[np.float32]

TEXT_SHARE = 0.65
"""Weight of the words against the picture in a scene's vector for titles and descriptions."""


@dataclass(frozen=True, slots=True)
class Query:
    """A query in both spaces of a profile.

    Attributes:
        kind: what it was made from.
        text: its words, for people; "" for a piece of music.
        words: float32 (dim of the text space,), unit; None where there are no words.
        scene: float32, words and picture together, unit; equals ``words`` without a picture.
        music: float32 (dim of the music space,), unit.
        seconds: how long the music should be; 0 where that is open.
        templated: the words were written from a template, not by a person.
        by_example: music was given to be resembled.
        without: ids of tracks that are not looked for, such as the examples themselves.
        energy: how lively the picture is, 0 to 1; None where there is no picture.
    """

    kind: Kind
    text: str
    words: Vector | None
    scene: Vector | None
    music: Vector
    seconds: float = 0.0
    templated: bool = False
    by_example: bool = False
    without: frozenset[str] = frozenset()
    energy: float | None = None


def text_query(profile: Profile, text: str, seconds: float = 0.0) -> Query:
    """Make a query out of words."""
    return text_queries(profile, [text], seconds)[0]


def text_queries(profile: Profile, texts: Sequence[str], seconds: float = 0.0) -> list[Query]:
    """Make queries out of many texts at once, which is faster."""
    words, music = profile.text.encode_text(texts), profile.music.encode_text(texts)
    return [
        Query("text", text, own, own, wanted, seconds)
        for text, own, wanted in zip(texts, words, music, strict=True)
    ]


def scene_query(
    profile: Profile,
    description: Description,
    prompt: str,
    *,
    note: str = "",
    seconds: float = 0.0,
    kind: Kind = "video",
) -> Query:
    """Make a query out of what a scene shows.

    Args:
        profile: the models.
        description: what the scene shows.
        prompt: the music prompt written for it; searched among descriptions and prompts.
        note: a person's own direction; where given, it alone decides.
        seconds: length of the scene.
        kind: "video", or "image" for a still picture.
    """
    if note:
        asked = text_query(profile, note, seconds)
        return Query(
            kind, note, asked.words, asked.scene, asked.music, seconds, energy=description.energy
        )
    words = profile.text.encode_text([prompt])[0]
    seen = profile.text.encode_text([description.text])[0]
    scene = _unit(TEXT_SHARE * seen + (1 - TEXT_SHARE) * description.picture_vector)
    music = profile.scene_vector(description, prompt)
    return Query(
        kind, prompt, words, scene, music, seconds, templated=True, energy=description.energy
    )


def audio_query(vector: Vector, seconds: float) -> Query:
    """Make a query out of a piece of music: its vector in the space of music, and its length."""
    return Query("audio", "", None, None, vector, seconds, by_example=True)


def _unit(vector: npt.NDArray[np.floating]) -> Vector:
    return (vector / max(float(np.linalg.norm(vector)), 1e-12)).astype(np.float32)
