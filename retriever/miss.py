"""Decides whether the library holds something good enough: a probability, aware of its size.

The best score in a library grows with the number of tracks, so no fixed cosine will do. Each
branch has a line ``at_one + per_doubling * log2(tracks)``: the score at which a match is as likely
to fit as not. The distance to that line goes through a logistic function, and a track fits if any
branch says so, the branches taken as independent.

The audio line was fitted by benchmarks/calibrate.py on parts of a library of 190 tracks of game
music; docs/decisions/0005-miss-decision.md tells how, and how often it is wrong.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

Score = TypeVar("Score", float, npt.NDArray[np.float64])
"""One score, or those of many tracks; NaN where nothing is known."""


@dataclass(frozen=True, slots=True)
class Line:
    """The score at which a match is as likely to fit as not.

    Attributes:
        at_one: in a library of one track, cosine.
        per_doubling: added for each doubling of the library, cosine.
        steepness: of the logistic function, per unit of cosine.
    """

    at_one: float
    per_doubling: float
    steepness: float

    def probability(self, score: Score, n_tracks: int) -> Score:
        """Probability in [0, 1] that a match with this score fits; 0 for NaN."""
        even = self.at_one + self.per_doubling * math.log2(max(1, n_tracks))
        return _logistic(self.steepness * (score - even))


def _logistic(odds: Score) -> Score:
    chance: Any = 1 / (1 + np.exp(-np.clip(odds, -60.0, 60.0)))
    found: Score = np.nan_to_num(chance)
    return found


LINES: Mapping[str, Line] = {
    "audio": Line(0.10, 0.05, 6.5),
    "title": Line(0.47, 0.01, 18.0),
    "description": Line(0.47, 0.01, 18.0),
    "words": Line(0.80, 0.0, 12.0),
}
"""By branch, for words and pictures as query. The line of words is set, not fitted: a track that
holds every word of a request is 92 % likely to fit, one that holds two thirds of it 17 %."""

PROMPT = Line(0.62, 0.0, 18.0)
"""For words against the prompt of a generated track, which names every mood it can: everyday
requests reach 0.6 there, requests for the same music 0.7 to 0.8."""

TEMPLATE = Line(0.88, 0.0, 40.0)
"""For a scene's prompt against the prompt of a generated track. Prompts out of one template are
alike whatever they ask for: median cosine 0.71 between scenes of other moods, 0.90 within one."""

SOUND_ALIKE = Line(0.55, 0.015, 12.0)
"""For a piece of music as query: two pieces of music are always nearer than words and music."""


MARGIN = 0.5
RELATIVE_STEEPNESS = 2.0
"""Of the line for models whose cosines nobody has calibrated, in deviations of the branch: it lies
half a deviation above what the best of as many unrelated tracks would reach. Chosen, not fitted:
'v2m eval calibrate' teaches a library its own."""

SAME_PROMPT = Line(0.97, 0.0, 100.0)
"""For a scene's prompt against the prompt of a composed track, where cosines are not calibrated:
prompts out of one template are so alike in any model that only the same one is a hit."""


def relative_probability(deviations: Mapping[str, Score], n_tracks: int) -> Score | float:
    """Probability in [0, 1] that a track fits, from models that were never calibrated.

    Args:
        deviations: by branch, how far its score lies above the mean of everyday requests, in their
            deviations; a branch without a score says nothing.
        n_tracks: tracks searched.

    >>> round(float(relative_probability({"audio": 0.0}, 30)), 2), relative_probability({}, 30)
    (0.01, 0.0)
    """
    even = expected_best(n_tracks) + MARGIN
    unfit: Score | float = 1.0
    for score in deviations.values():
        unfit = unfit * (1 - _logistic(RELATIVE_STEEPNESS * (score - even)))
    return 1 - unfit


def expected_best(n: int) -> float:
    """Return the expected highest of n standard normal numbers, within 1 % from n = 2 on.

    G. Blom, "Statistical Estimates and Transformed Beta-Variables" (1958).

    >>> round(expected_best(100), 2)
    2.5
    """
    from statistics import NormalDist

    n = max(1, n)
    return NormalDist().inv_cdf((n - 0.375) / (n + 0.25))


def probability(
    scores: Mapping[str, Score],
    n_tracks: int,
    *,
    by_example: bool = False,
    prompt_line: Line | None = None,
) -> Score | float:
    """Probability in [0, 1] that a track fits, from its cosine in each branch; of many likewise.

    Args:
        scores: by branch, cosine or, for words, the share of the request that is met; a branch
            without a score says nothing.
        n_tracks: tracks searched.
        by_example: the query is a piece of music.
        prompt_line: the line for a track that was composed here, whose description is its prompt.
    """
    lines = {**LINES, "audio": SOUND_ALIKE} if by_example else LINES
    if prompt_line:
        lines = {**lines, "description": prompt_line}
    unfit: Score | float = 1.0
    for branch, score in scores.items():
        unfit = unfit * (1 - lines[branch].probability(score, n_tracks))
    return 1 - unfit
