"""Splits plain English into MiniLM's word pieces without reading the whole vocabulary.

Loading the tokenizer takes longer than a search. A text of plain characters needs none of its
normalisation but lower case: words and signs are looked up in the file as it lies, each as the
longest pieces there are (WordPiece; Y. Wu et al., 2016). All other texts are left to the tokenizer.
"""

import re
from functools import lru_cache
from pathlib import Path

UNKNOWN, START, END = 100, 101, 102
LONGEST_WORD = 100

PLAIN = re.compile(r"[ !#-Z^-~]*")
"""Printable ASCII without quotes and backslashes, which the file escapes, and square brackets,
which may be a special token."""

WORDS = re.compile(r"[a-z0-9]+|[^a-z0-9 ]")

NUMBER = re.compile(rb"\s*(\d+)")


class PlainPieces:
    """Knows the pieces of a tokenizer's file.

    Args:
        path: of a ``tokenizer.json`` in which the vocabulary comes last.
    """

    def __init__(self, path: Path) -> None:
        text = path.read_bytes()
        self._vocabulary = text[text.index(b'"vocab"') :]
        self._number = lru_cache(maxsize=10_000)(self._look_up)

    def numbers(self, text: str, longest: int) -> list[int] | None:
        """Return the numbers of a text's pieces between START and END; None for no plain text.

        Args:
            text: what is encoded.
            longest: pieces that are kept, START and END among them.
        """
        if not PLAIN.fullmatch(text):
            return None
        pieces = [piece for word in WORDS.findall(text.lower()) for piece in self._pieces(word)]
        return [START, *pieces[: longest - 2], END]

    def _pieces(self, word: str) -> list[int]:
        if len(word) > LONGEST_WORD:
            return [UNKNOWN]
        found: list[int] = []
        start = 0
        while start < len(word):
            ahead = "##" if start else ""
            for end in range(len(word), start, -1):
                number = self._number(ahead + word[start:end])
                if number is not None:
                    break
            else:
                return [UNKNOWN]
            found.append(number)
            start = end
        return found

    def _look_up(self, piece: str) -> int | None:
        key = f'"{piece}":'.encode()
        at = self._vocabulary.find(key)
        number = (
            re.compile(rb"\s*(\d+)").match(self._vocabulary, at + len(key)) if at >= 0 else None
        )
        return int(number[1]) if number else None
