"""Who sees what in which order: balanced Latin squares, the same for the same rater number."""

from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np

from v2m.study.design import Part, Study

Kind = Literal["sound", "silent", "music", "rating", "tones", "pair", "words", "ranking"]

Slot = tuple[int, int]
"""An item, and how many raters had it before."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the questionnaire.

    Attributes:
        kind: "sound" opens with a sound check, "silent" and "music" ask for the emotion of one of
            both alone, "rating" has the five scales, "pair" compares two clips, "ranking" orders
            all; "tones" and "words" are attention checks.
        item: index of the video, -1 on checks.
        configurations: those shown, in the order shown.
    """

    kind: Kind
    item: int = -1
    configurations: tuple[int, ...] = ()


def balanced_rows(n: int) -> list[tuple[int, ...]]:
    """Return orders of n things, each equally often at each place and after each other thing.

    E. J. Williams, "Experimental designs balanced for the estimation of residual effects of
    treatments" (1949): n rows where n is even, 2n where it is odd.

    >>> balanced_rows(4)
    [(0, 1, 3, 2), (1, 2, 0, 3), (2, 3, 1, 0), (3, 0, 2, 1)]
    """
    zigzag = [(place + 1) // 2 if place % 2 else -(place // 2) % n for place in range(n)]
    rows = [tuple((step + shift) % n for step in zigzag) for shift in range(n)]
    return rows + [row[::-1] for row in rows] if n % 2 and n > 1 else rows


def pages_of(study: Study, rater: int) -> tuple[Page, ...]:
    """Return the pages of a rater.

    Videos and pairs are dealt out in turn, so that each is judged equally often; each time a
    video comes up, the next row of the Latin square orders its configurations.

    Args:
        study: the study.
        rater: number of the rater, from 0.
    """
    slots = _slots(study, rater)
    pages = [Page("sound")]
    if Part.EMOTION in study.parts:
        pages += [Page("silent", item) for item, _ in slots]
        pages += _music(study, slots)
    if Part.RATING in study.parts:
        pages += _ratings(study, slots)
    if Part.PAIRS in study.parts:
        pages += _pairs(study, rater)
    pages.insert(1 + len(pages) // 2, Page("words"))
    if Part.RANKING in study.parts:
        pages += [Page("ranking", item, _row(study, item, turn + 2)) for item, turn in slots]
    pages.insert(1 + 2 * len(pages) // 3, Page("tones"))
    return tuple(pages)


def _slots(study: Study, rater: int) -> list[Slot]:
    n, each = len(study.items), study.items_per_rater
    return [(slot % n, slot // n) for slot in range(rater * each, (rater + 1) * each)]


def _row(study: Study, item: int, turn: int) -> tuple[int, ...]:
    rows = balanced_rows(len(study.configurations))
    return rows[(turn + item) % len(rows)]


def _music(study: Study, slots: list[Slot]) -> list[Page]:
    """The music alone, one video's next to another's, so that it is judged by itself."""
    rows = [(item, _row(study, item, turn + 1)) for item, turn in slots]
    return [
        Page("music", item, (row[place],))
        for place in range(len(study.configurations))
        for item, row in rows
    ]


def _ratings(study: Study, slots: list[Slot]) -> list[Page]:
    return [
        Page("rating", item, (configuration,))
        for item, turn in slots
        for configuration in _row(study, item, turn)
    ]


def _pairs(study: Study, rater: int) -> list[Page]:
    deck = [
        (item, pair)
        for item in range(len(study.items))
        for pair in combinations(range(len(study.configurations)), 2)
    ]
    order = np.random.default_rng(study.seed).permutation(len(deck))
    pages = []
    for slot in range(rater * study.pairs_per_rater, (rater + 1) * study.pairs_per_rater):
        place = int(order[slot % len(deck)])
        item, pair = deck[place]
        swapped = (slot // len(deck) + place) % 2
        pages.append(Page("pair", item, pair[::-1] if swapped else pair))
    return pages
