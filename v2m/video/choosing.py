"""How likely each of several answers is, read off a language model's logits.

The model is held to the answers token by token: where they part, the probabilities of the tokens
they part with are shared out among them, and so on down each branch. That is the distribution the
model would draw from if it could say nothing else.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Spelling = tuple[int, Sequence[int]]
"""Index of an answer and one way to write it in tokens."""

Shares = npt.NDArray[np.float64]
"""float64, shape (rows, answers), rows add up to 1."""

LogitsAfter = Callable[[tuple[int, ...]], npt.NDArray[np.floating]]
"""Returns the logits of the token after some tokens of an answer, shape (rows, vocabulary)."""


def answer_shares(
    spellings: Sequence[Spelling], n_answers: int, end_token: int, logits_after: LogitsAfter
) -> Shares:
    """Return the probability of each answer.

    Args:
        spellings: each answer in one or several ways; the ways add up.
        n_answers: of all.
        end_token: stands for "nothing follows" where one answer begins another.
        logits_after: asks the model; called once for every place where answers part.
    """
    start = logits_after(())
    sharing = _Sharing(np.zeros((len(start), n_answers)), end_token, logits_after)
    sharing.share_out(list(spellings), (), np.ones(len(start)), start)
    return sharing.shares


@dataclass(frozen=True)
class _Sharing:
    shares: Shares
    end_token: int
    logits_after: LogitsAfter

    def share_out(
        self,
        spellings: list[Spelling],
        said: tuple[int, ...],
        weight: npt.NDArray[np.float64],
        logits: npt.NDArray[np.floating] | None = None,
    ) -> None:
        """Divide a weight among the spellings that begin with what was said."""
        if len({answer for answer, _ in spellings}) == 1:
            self.shares[:, spellings[0][0]] += weight  # only one answer is left: it takes all
            return
        groups: dict[int, list[Spelling]] = {}
        for answer, tokens in spellings:
            step = tokens[len(said)] if len(tokens) > len(said) else self.end_token
            groups.setdefault(step, []).append((answer, tokens))
        parts = np.ones((len(weight), 1))
        if len(groups) > 1:
            parts = _softmax((self.logits_after(said) if logits is None else logits)[:, [*groups]])
        for column, (step, group) in enumerate(groups.items()):
            self.share_out(group, (*said, step), weight * parts[:, column])


def _softmax(logits: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    powers = np.exp(np.asarray(logits, np.float64) - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))
