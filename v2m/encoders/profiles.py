"""What a profile is, and how one is loaded by name, only when needed."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Protocol

import numpy as np
import numpy.typing as npt

from v2m.errors import ConfigError
from v2m.patience import USUAL, Budget, Patience
from v2m.protocols import Composer, Describer, FrameEncoder, PromptWriter, TextEncoder
from v2m.types import Audio, Description, Heard, Span, Vectors


@dataclass(frozen=True, slots=True)
class TrackWords:
    """What can be said about a track in words.

    Attributes:
        tags: what the tagger heard, best first.
        summary: one English sentence.
        instrumental: probability that nobody sings, 0 to 1.
    """

    tags: tuple[str, ...]
    summary: str
    instrumental: float


@dataclass(frozen=True, slots=True)
class ProfileSpec:
    """What makes a profile; small, so that worker processes can be told.

    Attributes:
        name: "lite" or "full".
        models: role and model of each part that is not the profile's default.
        patience: with an endpoint that writes prompts.
    """

    name: str = "lite"
    models: tuple[tuple[str, str], ...] = ()
    patience: Patience = USUAL


class MusicEncoder(Protocol):
    """A space that music and text both reach."""

    @property
    def space(self) -> str:
        """Identity of the vector space."""
        ...

    @property
    def dim(self) -> int:
        """Length of a vector."""
        ...

    def encode_audio(self, clips: Sequence[Heard]) -> Vectors:
        """Return float32 (len(clips), dim), unit rows."""
        ...

    def encode_track(self, whole: Heard, sections: Sequence[Heard]) -> Vectors:
        """Return float32 (1 + len(sections), dim), unit rows: a track, then its sections."""
        ...

    def encode_text(self, texts: Sequence[str]) -> Vectors:
        """Return float32 (len(texts), dim), unit rows."""
        ...

    def explain(
        self, query: npt.NDArray[np.float32], track: npt.NDArray[np.float32], top: int = 3
    ) -> list[str]:
        """Name what query and track have in common, best first, in plain words."""
        ...


class Profile(Protocol):
    """A named set of models."""

    @property
    def name(self) -> str:
        """The profile's name."""
        ...

    @property
    def text(self) -> TextEncoder:
        """The text side of the picture-text space."""
        ...

    @property
    def frames(self) -> FrameEncoder:
        """The picture side of the picture-text space."""
        ...

    @property
    def music(self) -> MusicEncoder:
        """The music-text space."""
        ...

    @property
    def describer(self) -> Describer:
        """Says what scenes show."""
        ...

    @property
    def composer(self) -> Composer:
        """Makes music on a miss."""
        ...

    def writer(self, style: str, budget: Budget | None = None) -> PromptWriter:
        """Return what writes music prompts in a style, within the budget of a run.

        Raises:
            ConfigError: there is no such style.
        """
        ...

    def listen(self, audio: Audio, sections: Sequence[Span]) -> list[Heard]:
        """Measure a track: first the whole, then one entry per section."""
        ...

    def encode_music(self, audio: Audio, sections: Sequence[Span]) -> Vectors:
        """Encode a track and its sections, float32 (1 + len(sections), dim of the music space)."""
        ...

    @property
    def most_workers(self) -> int | None:
        """Processes that can hold these models at once; None where it does not matter."""
        ...

    def describe_track(self, heard: Heard) -> TrackWords:
        """Say what a track is like."""
        ...

    def scene_vector(self, description: Description, prompt: str) -> npt.NDArray[np.float32]:
        """Return what music a scene wants, shape (dim of the music space,), unit."""
        ...

    def versions(self) -> dict[str, str]:
        """Return the identity of every model, by role."""
        ...


PROFILES = {"lite": "v2m.profiles.lite:LiteProfile", "full": "v2m.profiles.full:FullProfile"}
"""By name, where the class lies; listing them imports nothing. A profile knows all its parts, so
its class lies above the rooms that ask for one here."""

_loaded: dict[ProfileSpec, Profile] = {}


def load_profile(asked: ProfileSpec | str) -> Profile:
    """Return a profile; models are loaded when first used, once per process.

    Raises:
        ConfigError: there is no such profile or model.
    """
    spec = ProfileSpec(asked) if isinstance(asked, str) else asked
    if spec.name not in PROFILES:
        raise ConfigError("profile", spec.name, sorted(PROFILES))
    if spec not in _loaded:
        module, _, kind = PROFILES[spec.name].partition(":")
        made = getattr(import_module(module), kind)
        _loaded[spec] = made(dict(spec.models), spec.patience)
    return _loaded[spec]
