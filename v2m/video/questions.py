"""What is asked about a scene, and what the answers mean in arousal and valence."""

import math
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Question:
    """A question about pictures.

    Attributes:
        name: short, for the record.
        words: as a model is asked.
        choices: the answers to choose from; () where the model may say what it likes.
    """

    name: str
    words: str
    choices: tuple[str, ...] = ()


EMOTIONS = ("happiness", "sadness", "disgust", "anger", "fear", "surprise", "neutrality")
"""The seven of the paper (Tsai and Chen, "Making Music for Videos")."""

QUESTIONS = (
    Question("content", "What is the main subject of the picture?"),
    Question("activity", "What is happening?"),
    Question("place", "Is this indoors or outdoors?", ("indoors", "outdoors")),
    Question(
        "time", "Is it morning, day, evening or night?", ("morning", "day", "evening", "night")
    ),
    Question("energy", "Is the scene calm, lively or intense?", ("calm", "lively", "intense")),
    Question(
        "emotion",
        "Which emotion does the picture convey: happiness, sadness, disgust, anger, fear, "
        "surprise or neutrality?",
        EMOTIONS,
    ),
    Question("faces", "Is there a human face in the picture?", ("yes", "no")),
)

ANGLES = {
    "happiness": 7.8,
    "sadness": 207.5,
    "disgust": 123.0,
    "anger": 99.0,
    "fear": 116.0,
    "surprise": 69.8,
}
"""Degrees on the circle of affect, pleasure at 0 and arousal at 90: happy, sad, annoyed (the
nearest there is to disgusted), angry, afraid and astonished in J. A. Russell, "A Circumplex Model
of Affect" (1980). Neutrality lies in the middle."""

ENERGY = {"calm": -1.0, "lively": 0.5, "intense": 1.5}
"""Arousal that an answer about energy stands for, set by hand."""

REACH = 2.0
"""Arousal and valence of an emotion that is certain; the scale of descriptions goes to 3."""


def feeling(emotions: Mapping[str, float], energy: Mapping[str, float]) -> tuple[float, float]:
    """Return arousal and valence, each within about [-3, 3].

    Args:
        emotions: probabilities by emotion.
        energy: probabilities by degree of energy.

    >>> feeling({"neutrality": 1.0}, {})
    (0.0, 0.0)
    >>> arousal, valence = feeling({"anger": 1.0}, {"intense": 1.0})
    >>> arousal > 2, valence < 0
    (True, True)
    """
    arousal = sum((share * ENERGY[degree] for degree, share in energy.items()), 0.0)
    valence = 0.0
    for emotion, share in emotions.items():
        if emotion in ANGLES:
            angle = math.radians(ANGLES[emotion])
            arousal += REACH / 2 * share * math.sin(angle)
            valence += REACH * share * math.cos(angle)
    return arousal, valence
