"""Emotions of music in the paper's four classes, and how often they are the wanted ones.

P_emo is the share of clips whose music is heard with the emotion that was wanted; P_emoFace the
same over clips that show a face. The paper lets a model of speech listen; see
``v2m.evaluation.emotion_heads`` for what can listen here.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from v2m.evaluation.intervals import Estimate, bootstrap
from v2m.evaluation.tables import Cell, Table

CLASSES = ("ang", "hap", "neu", "sad")
"""Angry, happy, neutral, sad: those of IEMOCAP that the paper's model knows."""

NAMES = {"ang": "angry", "hap": "happy", "neu": "neutral", "sad": "sad"}

CHANCE = 1 / len(CLASSES)

NEUTRAL_RADIUS = 0.5
"""So near the middle of valence and arousal, each about [-3, 3], nothing is felt clearly."""


@dataclass(frozen=True, slots=True)
class EmotionFigures:
    """How wanted and heard emotions agree.

    Attributes:
        head: what listened.
        p_emo: share of clips heard as wanted, over all clips.
        p_emo_face: the same over clips that show a face; NaN where none does or faces were not
            looked for.
        confusion: int64, shape (4, 4), rows wanted, columns heard, in the order of ``CLASSES``.
        heard: share of clips by heard class.
    """

    head: str
    p_emo: Estimate
    p_emo_face: Estimate
    confusion: npt.NDArray[np.int64]
    heard: dict[str, float]

    @property
    def by_chance(self) -> float:
        """The share right if what is heard were dealt out at random, 0 to 1."""
        total = int(self.confusion.sum())
        if not total:
            return math.nan
        return float(self.confusion.sum(axis=1) @ self.confusion.sum(axis=0) / total**2)


def class_of_mood(arousal: float, valence: float) -> str:
    """Return the class of a mood in numbers, each about [-3, 3], calm to exciting, dark to bright.

    Russell's circumplex by quadrant: exciting and bright is happy, exciting and dark angry, calm
    and dark sad; calm and bright has no class of its own and is neutral, as is the middle.

    >>> class_of_mood(2.0, 1.0), class_of_mood(1.0, -2.0), class_of_mood(-1.0, -1.0)
    ('hap', 'ang', 'sad')
    >>> class_of_mood(-1.5, 1.0), class_of_mood(0.1, 0.2)
    ('neu', 'neu')
    """
    if math.hypot(arousal, valence) < NEUTRAL_RADIUS:
        return "neu"
    if valence >= 0:
        return "hap" if arousal >= 0 else "neu"
    return "ang" if arousal >= 0 else "sad"


def emotion_figures(
    wanted: Sequence[str],
    heard: Sequence[str],
    *,
    head: str,
    has_face: Sequence[bool] | None = None,
    seed: int = 0,
) -> EmotionFigures:
    """Compare wanted and heard classes clip by clip.

    Args:
        wanted: one of ``CLASSES`` per clip.
        heard: the same.
        head: what listened.
        has_face: whether a clip shows a face; None where that was not looked at.
        seed: of the resampling.

    Raises:
        ValueError: lengths differ or a class is unknown.
    """
    if len(wanted) != len(heard) or (has_face is not None and len(has_face) != len(heard)):
        raise ValueError("wanted, heard and faces must be one per clip")
    if unknown := {*wanted, *heard} - set(CLASSES):
        raise ValueError(f"classes are {CLASSES}, not {sorted(unknown)}")
    right = [float(w == h) for w, h in zip(wanted, heard, strict=True)]
    faces = [] if has_face is None else [r for r, f in zip(right, has_face, strict=True) if f]
    confusion = np.zeros((len(CLASSES), len(CLASSES)), np.int64)
    for w, h in zip(wanted, heard, strict=True):
        confusion[CLASSES.index(w), CLASSES.index(h)] += 1
    share = {name: heard.count(name) / len(heard) for name in CLASSES} if heard else {}
    return EmotionFigures(
        head, bootstrap(right, seed=seed), bootstrap(faces, seed=seed), confusion, share
    )


def emotion_table(title: str, figures: Sequence[tuple[str, EmotionFigures]]) -> Table:
    """Lay out music and what listened to it, one a row, and a row of chance."""
    rows: list[tuple[Cell, ...]] = [
        (name, f.head, f.p_emo.n, f.p_emo, f.by_chance, f.p_emo_face.n, f.p_emo_face)
        for name, f in figures
    ]
    rows.append(("chance", "four classes alike", None, CHANCE, None, None, CHANCE))
    return Table(
        title,
        ("music", "listener", "clips", "P_emo", "same at random", "with a face", "P_emoFace"),
        tuple(rows),
        notes=(
            "Share of clips heard with the wanted emotion of four (angry, happy, neutral, sad). "
            "same at random: what the same answers would reach if they were dealt out blindly.",
        ),
    )


def confusion_table(title: str, figures: EmotionFigures) -> Table:
    """Lay the confusion matrix out: rows wanted, columns heard."""
    return Table(
        title,
        ("wanted", *(f"heard {NAMES[name]}" for name in CLASSES)),
        tuple(
            (NAMES[name], *(int(n) for n in figures.confusion[row]))
            for row, name in enumerate(CLASSES)
        ),
        notes=(f"Heard by {figures.head}.",),
    )
