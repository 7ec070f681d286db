"""Cuts text into search terms, and finds the term that a misspelt one was meant to be."""

import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from typing import Any

_CJK = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_ACCENTS = re.compile("[\u0300-\u036f]")
_TERM = re.compile(f"[{_CJK}]|[^\\W_{_CJK}]+")

FUNCTION_WORDS = frozenset({
    "a", "an", "and", "any", "are", "as", "at", "be", "but", "by", "for", "from", "has", "have",
    "i", "in", "is", "it", "its", "like", "me", "my", "of", "on", "or", "our", "please", "some",
    "something", "song", "songs", "that", "the", "their", "there", "this", "to", "track",
    "tracks", "tune", "want", "we", "what", "where", "which", "with", "you", "your", "music",
    "piece", "pieces",
})  # fmt: skip
"""Words that say how something is asked for, not what. They are searched as any other; only for
how much of a request a track meets, they count nothing beside words of content."""

SHORTEST_CORRECTED = 4
LONG_WORD = 8
"""Letters: shorter terms are taken as written, long ones may hold two slips instead of one."""

MOST_MEANT = 5
"""Terms that a misspelt one may stand for at most."""


@cache
def _stemmer() -> Any:
    import Stemmer

    return Stemmer.Stemmer("english")


def terms(text: str) -> list[str]:
    """Return the stems of a text's words, without case and accents, in order.

    Scripts that are written without spaces give one term per character.

    >>> terms("The Café at Night, op. 9 no_2")
    ['the', 'cafe', 'at', 'night', 'op', '9', 'no', '2']
    >>> terms("calming guitars: 夜想曲")
    ['calm', 'guitar', '夜', '想', '曲']
    """
    plain = text.casefold()
    if not plain.isascii():
        plain = unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFKD", plain)))
    stems: list[str] = _stemmer().stemWords(_TERM.findall(plain))
    return stems


def meant_terms(term: str, vocabulary: Sequence[str]) -> list[str]:
    """Return the terms that a misspelt one may stand for; nothing where none is near enough.

    Near is: one insertion, omission, exchange or swap of neighbours, two in long words
    (optimal string alignment distance). Only the nearest are taken.

    >>> meant_terms("pinao", ["piano", "pinto", "guitar"])
    ['piano', 'pinto']
    """
    if len(term) < SHORTEST_CORRECTED or any(letter.isdigit() for letter in term):
        return []
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    slips = 2 if len(term) >= LONG_WORD else 1
    scorer: Any = OSA.distance
    found: list[tuple[str, float, int]] = process.extract(
        term, vocabulary, scorer=scorer, score_cutoff=slips, limit=MOST_MEANT
    )
    fewest = min((distance for _, distance, _ in found), default=0)
    return [meant for meant, distance, _ in found if distance == fewest]


def weights_of_content(asked: Sequence[str]) -> list[float]:
    """Return 1 for each term of content and 0 for function words; all 1 if there is no other."""
    content = [0.0 if term in _function_stems() else 1.0 for term in asked]
    return content if any(content) else [1.0] * len(asked)


@cache
def _function_stems() -> frozenset[str]:
    return frozenset(terms(" ".join(FUNCTION_WORDS)))
