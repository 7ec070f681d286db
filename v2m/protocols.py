"""What the replaceable parts promise; implementations need to import nothing from here."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

from v2m.progress import Report
from v2m.types import (
    Audio,
    Description,
    Frames,
    Heard,
    Hits,
    Ids,
    Prompt,
    Refused,
    Scene,
    SceneFrames,
    SourceRow,
    Take,
    TakeRequest,
    Vectors,
)


class Encoder(Protocol):
    """Turns something into vectors of one space."""

    @property
    def space(self) -> str:
        """Identity of the vector space; equal means comparable."""
        ...

    @property
    def dim(self) -> int:
        """Length of a vector, known without loading weights."""
        ...


class TextEncoder(Encoder, Protocol):
    """Encodes English text."""

    def encode_text(self, texts: Sequence[str]) -> Vectors:
        """Return float32 (len(texts), dim), unit rows; nothing in gives (0, dim)."""
        ...


class FrameEncoder(Encoder, Protocol):
    """Encodes pictures into the space of a text encoder."""

    def encode_frames(self, frames: Frames) -> Vectors:
        """Return float32 (len(frames), dim), unit rows; nothing in gives (0, dim)."""
        ...

    def name_frames(self, frames: Frames, top: int) -> list[tuple[str, float]]:
        """Return what all the frames together show: names with weights in [0, 1], best first."""
        ...


class AudioEncoder(Encoder, Protocol):
    """Encodes music into a space that text reaches too."""

    def encode_audio(self, clips: Sequence[Heard]) -> Vectors:
        """Return float32 (len(clips), dim), unit rows; the same clip gives the same row."""
        ...


class VectorIndex(Protocol):
    """Finds the nearest rows by cosine."""

    @property
    def space(self) -> str:
        """Identity of the vector space."""
        ...

    @property
    def dim(self) -> int:
        """Length of a vector."""
        ...

    def __len__(self) -> int:
        """Number of rows."""
        ...

    def add(self, ids: Ids, vectors: Vectors) -> None:
        """Add rows; ids are unique, vectors are unit rows of this space.

        Raises:
            ValueError: shapes do not fit together or an id is there already.
        """
        ...

    def search(self, queries: Vectors, k: int) -> Hits:
        """Return the k best rows of each query, always 2-D, padded with -1 and -inf."""
        ...

    def save(self, folder: Path) -> None:
        """Write the index into a folder; files appear by rename."""
        ...


class Describer(Protocol):
    """Says what scenes of a video show."""

    def describe(self, video: Path, scenes: Sequence[Scene]) -> list[Description]:
        """Return one description per scene, in order.

        Raises:
            MediaError: the video cannot be read.
        """
        ...

    def describe_scene(self, scene: Scene, frames: SceneFrames) -> Description:
        """Describe a scene by frames that were taken of it."""
        ...

    def describe_frames(self, frames: Frames) -> Description:
        """Describe still pictures, at least one, all of one scene."""
        ...


class PromptWriter(Protocol):
    """Writes what a composer should play."""

    def write(self, description: Description) -> Prompt:
        """Return one line of English, at most 256 characters, and who wrote it."""
        ...


class Composer(Protocol):
    """Makes music from words."""

    @property
    def name(self) -> str:
        """Name of the composer, such as "arranger"."""
        ...

    @property
    def revision(self) -> str:
        """Version of the composer or its weights."""
        ...

    @property
    def weights_licence(self) -> str:
        """Licence of its weights, such as "CC-BY-NC-4.0"; "" for a composer without any.

        Its music is marked and filtered by it. Weights whose licence nobody knows say "unknown".
        """
        ...

    @property
    def max_seconds(self) -> float:
        """Longest piece it makes."""
        ...

    def parameters(
        self, prompt: str, duration_seconds: float, seed: int
    ) -> dict[str, str | int | float]:
        """Return everything else that decides the sound, by name, for the record."""
        ...

    def compose(self, prompt: str, duration_seconds: float, *, seed: int) -> Audio:
        """Return music exactly round(duration_seconds * sample_rate) samples long.

        Equal arguments give equal samples.

        Raises:
            InputError: the duration is not positive or longer than the composer can make.
        """
        ...

    def compose_all(self, requests: Sequence[TakeRequest], *, report: Report = ...) -> list[Take]:
        """Compose several pieces, together where that is faster; each as ``compose`` would.

        A composer that follows a melody says so by ``hears_melody = True``, one that puts the
        climax where it is asked for by ``places_climax = True``; the others pass over it.

        Args:
            requests: in any order and of any lengths.
            report: is told how much is done, and of how much.
        """
        ...


class Source(Protocol):
    """A catalogue of open music that somebody else keeps."""

    @property
    def name(self) -> str:
        """Name of the source, such as "fma"; with a row's key it names the track for good."""
        ...

    def n_rows(self) -> int:
        """Return about how many rows there are, 0 where only reading would tell."""
        ...

    def notices(self) -> Sequence[str]:
        """Return what a person should know about the whole, such as a table that is missing."""
        ...

    def rows(self) -> Iterator[SourceRow | Refused]:
        """Yield every row in its order, each either read or refused with a reason.

        Raises:
            InputError: a file is missing, or is not what this source reads.
            BackendError: a server cannot be reached.
        """
        ...
