"""Probabilities of answers, against a language whose probabilities are known."""

import itertools

import numpy as np
import pytest

from v2m.video.choosing import answer_shares

END = 0
VOCABULARY = 6


def _logits_after(said: tuple[int, ...]) -> np.ndarray:
    """Two rows of logits that depend on what was said."""
    rng = np.random.default_rng([7, *said])
    return rng.normal(size=(2, VOCABULARY)).astype(np.float32)


def _held_to(spellings: list[tuple[int, tuple[int, ...]]], n_answers: int, row: int) -> list[float]:
    """Walk every spelling token by token, sharing out among those still possible."""
    shares = [0.0] * n_answers
    ended = [(answer, (*tokens, END)) for answer, tokens in spellings]
    for answer, tokens in ended:
        probability = 1.0
        for place, token in enumerate(tokens):
            possible = {t[place] for _, t in ended if t[:place] == tokens[:place]}
            logits = np.exp(_logits_after(tokens[:place])[row].astype(float))
            probability *= logits[token] / sum(logits[other] for other in possible)
        shares[answer] += probability
    return shares


@pytest.mark.parametrize(
    "spellings",
    [
        [(0, (1,)), (1, (2,)), (2, (3,))],
        [(0, (1, 2)), (1, (1, 3)), (2, (4, 5))],
        [(0, (1,)), (0, (2,)), (1, (1, 3)), (1, (4,))],
        [(0, (1, 2, 3)), (1, (1, 2, 4)), (2, (1, 5, 5))],
    ],
)
def test_shares_are_those_of_a_model_held_to_the_answers(
    spellings: list[tuple[int, tuple[int, ...]]],
) -> None:
    n_answers = 1 + max(answer for answer, _ in spellings)

    shares = answer_shares(spellings, n_answers, END, _logits_after)

    assert shares.sum(axis=1) == pytest.approx([1, 1])
    for row, answer in itertools.product(range(2), range(n_answers)):
        assert shares[row, answer] == pytest.approx(_held_to(spellings, n_answers, row)[answer])


def test_the_model_is_asked_only_where_answers_part() -> None:
    asked: list[tuple[int, ...]] = []

    def watched(said: tuple[int, ...]) -> np.ndarray:
        asked.append(said)
        return _logits_after(said)

    answer_shares([(0, (1, 2, 3)), (1, (1, 2, 4)), (2, (5, 1))], 3, END, watched)

    assert asked == [(), (1, 2)]
