"""Draws the tokens of every piece in a batch from a generator of its own.

transformers draws a whole batch from one generator, so that a piece would depend on its neighbours.
Here each piece has its own: the row of a batch gets the draws it would get alone. All goes through
the public ``generate``: this processor does what guidance, temperature, top-k and the draw would
do, and leaves only the drawn tokens possible, so that "take the likeliest" takes them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch


@dataclass(frozen=True, slots=True)
class Sampling:
    """How tokens are drawn; the defaults are AudioCraft's.

    Attributes:
        guidance: weight of the prompt (classifier-free guidance); 1 or less switches it off, and
            halves the work.
        temperature: above 0; lower is safer.
        top_k: draw among so many likeliest tokens.
    """

    guidance: float = 3.0
    temperature: float = 1.0
    top_k: int = 250


class AllDrawn(Exception):  # noqa: N818 - the end of the work, not an error
    """Leaves ``generate`` at the last token: what it would do then, is done piece by piece."""


class RowSampler:
    """A logits processor that draws, and keeps what it drew.

    MusicGen's codebooks lie one frame behind one another. Where a piece of a batch is over, it gets
    the padding it would get alone, so that its last frames are drawn in the same context.

    Args:
        generators: one per piece; their state goes on from call to call.
        n_frames: to be drawn, by piece.
        delays: frames by which each codebook lies behind the first.
        padding: token outside the codebooks that stands where nothing is played.
        sampling: how to draw.
        step: is called after each token.
    """

    def __init__(
        self,
        generators: Sequence[torch.Generator],
        n_frames: Sequence[int],
        *,
        delays: Sequence[int],
        padding: int,
        sampling: Sampling,
        step: Callable[[], None],
    ) -> None:
        from transformers import (
            ClassifierFreeGuidanceLogitsProcessor,
            TemperatureLogitsWarper,
            TopKLogitsWarper,
        )

        self._generators, self._n_frames = generators, n_frames
        self._delays, self._padding = delays, padding
        self._step = step
        self._drawn: list[torch.Tensor] = []  # (pieces, codebooks) each
        self._guided = sampling.guidance > 1
        self._warpers: list[Any] = []
        if self._guided:
            self._warpers.append(ClassifierFreeGuidanceLogitsProcessor(sampling.guidance))
        if sampling.temperature != 1:
            self._warpers.append(TemperatureLogitsWarper(sampling.temperature))
        self._warpers.append(TopKLogitsWarper(sampling.top_k))

    @property
    def n_steps(self) -> int:
        """Tokens to be drawn one after the other."""
        return max(self._n_frames) + max(self._delays)

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Return scores that leave one token per row, for prompted and unprompted rows alike.

        Raises:
            AllDrawn: nothing is left to draw.
        """
        for warp in self._warpers:
            scores = warp(input_ids, scores)
        shares = torch.split(torch.nn.functional.softmax(scores, dim=-1), len(self._delays))
        drawn = torch.stack(
            [
                torch.multinomial(rows, 1, generator=generator)[:, 0]
                for rows, generator in zip(shares, self._generators, strict=True)
            ]
        )
        self._drawn.append(drawn)
        self._step()
        if len(self._drawn) == self.n_steps:
            raise AllDrawn
        return self._only(self._padded(drawn).reshape(-1, 1), scores)

    def _padded(self, drawn: torch.Tensor) -> torch.Tensor:
        """Put padding where a codebook has come to the end of its piece."""
        here = len(self._drawn) - 1 - torch.tensor(self._delays)
        over = here[None, :] >= torch.tensor(self._n_frames)[:, None]
        return drawn.masked_fill(over.to(drawn.device), self._padding)

    def _only(self, tokens: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        only = scores.new_zeros(len(tokens), self._padding + 1).scatter_(1, tokens, 1.0)
        # guidance comes after us: of two equal halves it makes the same again
        return torch.cat([only, only]) if self._guided else only

    def tokens(self) -> list[torch.Tensor]:
        """Return what was drawn, the delays undone: int64 (codebooks, frames) for each piece."""
        drawn = torch.stack(self._drawn, dim=-1)
        return [
            torch.stack([book[d : d + n] for book, d in zip(piece, self._delays, strict=True)])
            for piece, n in zip(drawn, self._n_frames, strict=True)
        ]
