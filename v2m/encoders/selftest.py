"""What an encoder must show before it is trusted with a library.

A published checkpoint can be broken without a word: ``laion/larger_clap_music`` gives every text
the same vector through transformers, and an offline tokenizer can come up empty. Both would fill a
catalogue with noise. So unlike texts must come out unlike, known pairs must rank right, numbers
must be finite, and sizes must be those the card names.

What the bounds were tried on: the dozen texts of towers with trained weights have a mean cosine of
0.12 (MiniLM) and 0.04 (WordLlama's static vectors), and both rank every pair right. A collapsed
tower is at 0.99 and more. Between them lie towers whose vectors all lean one way, as CLIP's do:
MiniLM moved by half to its mean is at 0.69, by four fifths at 0.96, and still ranks every pair
right. So the cards' 0.9 and 0.95 refuse the collapsed and spare the leaning; the ranking tells
noise from meaning. Of 20,000 towers of random vectors 1.5 % pass 0.75 of it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from v2m.encoders.sounds import SOUNDS, sounds_at
from v2m.errors import BackendError
from v2m.models.cards import ModelCard, cards
from v2m.vectors.arithmetic import unit_rows

Rows = npt.NDArray[np.float32]

TEXTS = (
    "a slow sad piano piece",
    "heavy metal with distorted guitars",
    "a brass band marching through the street",
    "people laughing at a birthday party",
    "a snowy mountain under a clear sky",
    "an electronic dance track with a deep bass",
    "a surgeon at work in a hospital",
    "children's choir singing in a church",
    "a racing car on wet asphalt",
    "an old man fishing at dawn",
    "fast bluegrass banjo",
    "a plate of spaghetti on a table",
)
"""A dozen texts that have nothing to do with each other."""

NEARER = (
    ("a melancholic piano ballad", "a slow sad piano piece", "a racing car on wet asphalt"),
    ("loud rock with electric guitars", "heavy metal with distorted guitars", "a calm lullaby"),
    ("club music for dancing", "an electronic dance track", "a solo violin in a quiet hall"),
    ("winter landscape in the Alps", "a snowy mountain", "a plate of spaghetti on a table"),
    ("friends celebrating together", "people laughing at a party", "a car engine"),
    ("a fast vehicle in the rain", "a racing car on wet asphalt", "an old man fishing at dawn"),
    ("young singers in a chapel", "a children's choir in a church", "fast bluegrass banjo"),
    ("pasta for dinner", "a plate of spaghetti", "a snowy mountain under a clear sky"),
)
"""A text, one that means about the same, and one that does not."""

COLOURS = {
    "a plain red picture": (220, 20, 20),
    "a plain green picture": (20, 180, 30),
    "a plain blue picture": (20, 40, 220),
    "a plain black picture": (0, 0, 0),
}
FEWEST_TOKENS = 3


class Towers(Protocol):
    """A loaded model whose text side, and picture or sound side, share a space."""

    @property
    def sample_rate(self) -> int:
        """Hz its sound side hears; 0 where it has none."""
        ...

    def tokens(self, text: str) -> Sequence[int] | None:
        """Return the tokens of a text, padding left out; None where the package hides them."""
        ...

    def texts(self, texts: Sequence[str]) -> Rows:
        """Return raw vectors, (len(texts), dim)."""
        ...


@dataclass
class Outcome:
    """What a self-test found.

    Attributes:
        name: of the model.
        figures: measured, by name.
        problems: what is wrong, one line each; nothing when the model may be used.
    """

    name: str
    figures: dict[str, float] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether the model may be used."""
        return not self.problems


def examine(card: ModelCard, towers: Towers) -> Outcome:
    """Run every test that the card has a figure for."""
    outcome = Outcome(card.name)
    _check_tokens(towers, outcome)
    if outcome.ok:
        _check_texts(card, towers, outcome)
    if card.sample_rate and towers.sample_rate != card.sample_rate:
        outcome.problems.append(
            f"it hears {towers.sample_rate} Hz where its card says {card.sample_rate} Hz"
        )
    if outcome.ok and card.expected.pairs_right is not None:
        _check_pairs(card.expected.pairs_right, towers, outcome)
    windows = getattr(towers, "windows", None)
    if outcome.ok and windows and card.expected.sounds_right is not None:
        _check_sounds(card.expected.sounds_right, towers, windows, outcome)
    return outcome


def require(outcome: Outcome, card: ModelCard) -> None:
    """Refuse a model that failed.

    Raises:
        BackendError: it failed; says why, and names a model to take in its place.
    """
    if not outcome.ok:
        raise BackendError(
            "model",
            f"{card.name} fails its self-test: {'; '.join(outcome.problems)}. "
            f"Take {_another(card)} in its place",
        )


def _another(card: ModelCard) -> str:
    names = [c.name for c in cards().values() if c.role == card.role and c.name != card.name]
    return names[0] if names else "another model"


def _check_tokens(towers: Towers, outcome: Outcome) -> None:
    seen = [tuple(tokens) for text in TEXTS if (tokens := towers.tokens(text)) is not None]
    if not seen:
        return
    outcome.figures["tokens"] = float(np.mean([len(tokens) for tokens in seen]))
    if len(set(seen)) < len(seen) or min(len(tokens) for tokens in seen) < FEWEST_TOKENS:
        outcome.problems.append(
            "its tokenizer is empty: texts that differ look alike to it; tokenizer files are "
            "missing or damaged"
        )


def _check_texts(card: ModelCard, towers: Towers, outcome: Outcome) -> None:
    raw = towers.texts(TEXTS)
    if not np.isfinite(raw).all() or not np.linalg.norm(raw, axis=1).all():
        outcome.problems.append("its vectors are not finite")
        return
    if card.dim and raw.shape[1] != card.dim:
        outcome.problems.append(f"its vectors are {raw.shape[1]} long, its card says {card.dim}")
    alike = mean_cosine(raw)
    outcome.figures["texts_alike"] = alike
    if alike > card.expected.most_alike:
        outcome.problems.append(
            f"its text tower is collapsed: unlike texts have a mean cosine of {alike:.4f} "
            f"(at most {card.expected.most_alike:g} allowed)"
        )


def _check_pairs(wanted: float, towers: Towers, outcome: Outcome) -> None:
    share = _text_pairs(towers)
    if frames := getattr(towers, "frames", None):
        share = min(share, _colour_pairs(towers, frames))
    outcome.figures["pairs_right"] = share
    if share < wanted:
        outcome.problems.append(
            f"it ranks {share:.0%} of known pairs right (at least {wanted:.0%} asked)"
        )


def _check_sounds(
    wanted: float, towers: Towers, windows: Callable[[Any], Rows], outcome: Outcome
) -> None:
    """Ask of each sound whether its own words are nearer than those of each other sound."""
    heard = unit_rows(windows(sounds_at(towers.sample_rate)))
    share = _own_nearest(heard @ unit_rows(towers.texts(list(SOUNDS))).T)
    outcome.figures["sounds_right"] = share
    if share < wanted:
        outcome.problems.append(
            f"it names {share:.0%} of known sounds right (at least {wanted:.0%} asked): its sound "
            "side and its text side do not share a space"
        )


def _text_pairs(towers: Towers) -> float:
    """Ask of each text whether its like is nearer than what is unlike, its own and the others'."""
    rows = unit_rows(towers.texts([text for triple in NEARER for text in triple]))
    asked, near, far = rows.reshape(len(NEARER), 3, -1).transpose(1, 0, 2)
    alike, unlike = asked @ near.T, (asked * far).sum(axis=1)
    return _own_nearest(np.concatenate([alike, unlike[:, None]], axis=1))


def _colour_pairs(towers: Towers, frames: Callable[[Any], Rows]) -> float:
    pictures = np.zeros((len(COLOURS), 64, 64, 3), np.uint8)
    pictures[:] = np.array(list(COLOURS.values()), np.uint8)[:, None, None, :]
    return _own_nearest(unit_rows(frames(pictures)) @ unit_rows(towers.texts(list(COLOURS))).T)


def _own_nearest(near: Rows) -> float:
    """Return how often the cosine on the diagonal is above another of its row, 0 to 1."""
    others = np.ones(near.shape, np.bool_)
    np.fill_diagonal(others, val=False)
    return float((np.diag(near)[:, None] > near)[others].mean())


def mean_cosine(rows: Rows) -> float:
    """Return the mean cosine between different rows; 1 when all are the same."""
    unit = unit_rows(rows).astype(np.float64)
    n = len(unit)
    return float((np.square(unit.sum(axis=0)).sum() - n) / (n * (n - 1)))
