"""Profile full: the paper's models and better, on a person's own GPU or CPU."""

import os
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from v2m.devices import choose_device
from v2m.encoders.profiles import TrackWords
from v2m.errors import ConfigError
from v2m.models.cards import ROLES, Role
from v2m.models.checkpoint import Checkpoint, find_checkpoint
from v2m.patience import Budget, Patience
from v2m.profiles.lite import LiteProfile
from v2m.profiles.parts import make_part
from v2m.types import Audio, Description, Heard, Span, Vectors
from v2m.vectors.arithmetic import unit_rows
from v2m.wheels import cache_folder

if TYPE_CHECKING:
    from v2m.encoders.music_text import MusicText
    from v2m.encoders.picture_text import PictureText
    from v2m.protocols import Composer, Describer, PromptWriter

WORKER_MEGABYTES = 900
"""Memory of a process besides its weights: PyTorch, a decoded track, profile lite's measuring."""

AUDIOCRAFT = "audiocraft:"
"""Before a model's name: AudioCraft composes with it."""

ENDPOINT = "@http"
"""In "MODEL@ADDRESS": an endpoint writes the prompts."""

LITE = "lite"
"""In place of a model's name: profile lite's describer, prompt writer or composer."""


class FullProfile:
    """Large models by name or folder; each is loaded when first used.

    Tempo, key, loudness and tags of music are measured as profile lite does.

    Args:
        models: by role, what ``find_checkpoint`` takes; "lite" takes profile lite's part. Roles
            that are not named take the default of their role.
        patience: with an endpoint that writes prompts.

    Raises:
        ConfigError: there is no such role.
    """

    name = "full"

    def __init__(
        self, models: Mapping[str, str] | None = None, patience: Patience | None = None
    ) -> None:
        self._patience = patience
        self._named = dict(models or {})
        for role in self._named:
            if role not in ROLES:
                raise ConfigError("role of a model", role, ROLES)
        self._lite = LiteProfile()

    @cached_property
    def text(self) -> "PictureText":
        """The text side of the picture-text model."""
        part: PictureText = make_part(self._checkpoint("picture-text"))
        return part

    @property
    def frames(self) -> "PictureText":
        """The picture side of the picture-text model."""
        return self.text

    @cached_property
    def music(self) -> "MusicText":
        """The music-text model."""
        part: MusicText = make_part(self._checkpoint("music-text"))
        return part

    @cached_property
    def describer(self) -> "Describer":
        """The model that describes, or what the picture-text model names where "lite" is named."""
        if self._named.get("describer") == LITE:
            from v2m.video.describe import LiteDescriber

            return LiteDescriber(self.frames)
        made: Describer = make_part(self._checkpoint("describer"), self.frames)
        return made

    @cached_property
    def composer(self) -> "Composer":
        """The model that composes, or profile lite's arranger where "lite" is named.

        "audiocraft:MODEL" composes with AudioCraft, which names its models its own way.
        """
        named = self._named.get("composer", "")
        if named == LITE:
            return self._lite.composer
        if named.startswith(AUDIOCRAFT):
            from generator.audiocraft import AudioCraft

            return AudioCraft(named.removeprefix(AUDIOCRAFT))
        made: Composer = make_part(self._checkpoint("composer"))
        return made

    def writer(self, style: str, budget: Budget | None = None) -> "PromptWriter":
        """Return the chat model that is named, in a style; the template where none is.

        "MODEL@ADDRESS" asks an OpenAI-compatible endpoint, within the budget of the run.
        """
        named = self._named.get("prompt-writer", LITE)
        if named == LITE:
            return self._lite.writer(style)
        if ENDPOINT in named:
            from generator.endpoint import endpoint_writer

            folder = cache_folder() / "prompts"
            return endpoint_writer(
                named, style, os.environ, folder, patience=self._patience, budget=budget
            )
        made: PromptWriter = make_part(self._checkpoint("prompt-writer"), style)
        return made

    def listen(self, audio: Audio, sections: Sequence[Span]) -> list[Heard]:
        """Measure a track: first the whole, then one entry per section."""
        return self._lite.listen(audio, sections)

    def encode_music(self, audio: Audio, sections: Sequence[Span]) -> Vectors:
        """Encode a track and its sections, float32 (1 + len(sections), dim of the music space)."""
        return self.music.encode_spans(audio, sections)

    @property
    def most_workers(self) -> int | None:
        """One on a graphics card; else as many as memory holds."""
        from v2m.models.shelf import SPARE_MEGABYTES, free_memory_megabytes

        if choose_device().type != "cpu":
            return 1
        free = free_memory_megabytes()
        if free is None:
            return 1
        each = WORKER_MEGABYTES + sum(part.checkpoint.megabytes for part in (self.text, self.music))
        return max(1, int((free - SPARE_MEGABYTES) // each))

    def describe_track(self, heard: Heard) -> TrackWords:
        """Say what a track is like."""
        return self._lite.describe_track(heard)

    def scene_vector(self, description: Description, prompt: str) -> npt.NDArray[np.float32]:
        """Return what music a scene wants: its prompt and its mood, half of each."""
        words = [prompt, description.mood] if description.mood else [prompt]
        return np.asarray(unit_rows(self.music.encode_text(words).mean(axis=0)[None])[0])

    def versions(self) -> dict[str, str]:
        """Return the identity of every model, by role."""
        others: tuple[Role, ...] = ("describer", "prompt-writer", "composer")
        named: dict[Role, str] = {
            role: self._named.get(role, LITE if role == "prompt-writer" else "") for role in others
        }
        return {
            "picture-text": self.text.space,
            "music-text": self.music.space,
            **{role: self._identity(role, name) for role, name in named.items()},
        }

    def _identity(self, role: Role, named: str) -> str:
        """Return what a plan records of a part; what is not a checkpoint goes by its name."""
        if named == LITE or named.startswith(AUDIOCRAFT) or ENDPOINT in named:
            return named
        return self._checkpoint(role).identity

    def _checkpoint(self, role: Role) -> Checkpoint:
        return find_checkpoint(role, self._named.get(role, ""))
