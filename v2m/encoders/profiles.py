"""What a profile is, and how one is loaded by name, only when needed."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Protocol

import numpy as np
import numpy.typing as npt

from v2m.errors import ConfigError
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

    def writer(self, style: str) -> PromptWriter:
        """Return what writes music prompts in a style.

        Raises:
            ConfigError: there is no such style.
        """
        ...

    def listen(self, audio: Audio, sections: Sequence[Span]) -> list[Heard]:
        """Measure a track: first the whole, then one entry per section."""
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


PROFILES = {"lite": "v2m.profiles.lite:LiteProfile"}
"""By name, where the class lies; listing them imports nothing. A profile knows all its parts, so
its class lies above the rooms that ask for one here."""

_loaded: dict[str, Profile] = {}


def load_profile(name: str) -> Profile:
    """Return a profile by name; models are loaded when first used, once per process.

    Raises:
        ConfigError: there is no such profile.
    """
    if name not in PROFILES:
        raise ConfigError("profile", name, sorted(PROFILES))
    if name not in _loaded:
        module, _, kind = PROFILES[name].partition(":")
        _loaded[name] = getattr(import_module(module), kind)()
    return _loaded[name]
