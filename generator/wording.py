"""Takes a prompt out of what a language model answered; an answer is data and never instruction.

Nothing in an answer is obeyed: it is cleaned to one line of plain text, held to its limit, and
otherwise refused with the reason.
"""

import re
import unicodedata
from functools import cache
from typing import Any

from generator.prompts import LONGEST, WORD_LIMITS

LEAST_ENGLISH = 0.002
"""Probability of English under which an answer is taken for another language. Of music prompts,
"Andante piano, legato violins" is the least English at 0.003; the same in Italian has 0.001."""

THOUGHTS = re.compile(r"<(think|thinking|reasoning)>.*?(</\1>|\Z)", re.DOTALL | re.IGNORECASE)
FENCE = re.compile(r"```[\w-]*\n?")
PREAMBLE = re.compile(
    r"^\s*(sure|certainly|of course|okay|ok|here(?:'s| is| are)|the|your|my)\b[^:\n]{0,80}:\s*",
    re.IGNORECASE,
)
LABEL = re.compile(r"^\s*[*_#>\s-]*(music|prompt|music prompt|answer|output)\s*[*_]*:\s*", re.I)
MARKS = re.compile(r"[*_`#|<>{}\[\]\\]+")
REFUSAL = re.compile(
    r"^\W*(i\s?['\u2019]?\s?a?m sorry|sorry\b|i apologi[sz]e|as an ai\b|"
    r"i (can ?not|can['\u2019]?t|won['\u2019]?t|am unable|am not able)\b|unfortunately\b)",
    re.IGNORECASE,
)


class UnusableAnswerError(Exception):
    """An answer that is no prompt; the text says why."""


def worded(answer: str, style: str) -> str:
    """Return the prompt in an answer.

    Args:
        answer: whatever a model said.
        style: "simple", "brief", "long" or "drama"; its word limit is enforced.

    Returns:
        One line of English, at most 256 characters.

    Raises:
        UnusableAnswerError: it is empty, a refusal, or not English.
    """
    text = _plain(answer)
    if not re.search(r"[^\W\d_]", text):
        raise UnusableAnswerError("is empty")
    if REFUSAL.match(text):
        raise UnusableAnswerError("is a refusal")
    if not is_english(text):
        raise UnusableAnswerError("is not in English")
    return _shortened(text, WORD_LIMITS[style])


def is_english(text: str) -> bool:
    """Tell whether a text may be English; short lists of musical terms get the benefit of doubt.

    >>> is_english("slow piano, warm strings"), is_english("ein langsames Stück mit warmen Geigen")
    (True, False)
    """
    return float(dict(_languages().rank(text)).get("en", 0.0)) >= LEAST_ENGLISH


@cache
def _languages() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def _plain(answer: str) -> str:
    """Return an answer without thoughts, mark-up, preamble, quotes and anything unprintable."""
    text = FENCE.sub("", THOUGHTS.sub(" ", answer))
    text = unicodedata.normalize("NFKC", text)
    text = "".join(c if c.isprintable() else " " for c in text)
    for pattern in (PREAMBLE, LABEL):
        shorter = pattern.sub("", text, count=1)
        text = shorter if shorter.strip() else text
    text = " ".join(MARKS.sub(" ", text).split())
    return text.strip(" \"'\u201c\u201d\u2018\u2019-–—:;,")


def _shortened(text: str, most_words: int) -> str:
    """Cut at the last comma or full stop within the limit, else at the last word."""
    words = text.split()[:most_words]
    while len(" ".join(words)) > LONGEST:
        words.pop()
    kept = " ".join(words) or text[:LONGEST]
    if len(kept) == len(text):
        return kept
    clause = re.match(r"(.{20,})[.,;:]", kept)
    return (clause[1] if clause else kept).rstrip(" .,;:-–—")
