"""What was found of music that is heard in stretches, and how it is joined."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from v2m.audio.decode import STRETCH_SECONDS, WHOLE_SECONDS, SampleMemory, decode_in_stretches
from v2m.audio.fingerprint import Codes
from v2m.audio.long import (
    Place,
    joined_facts,
    joined_structure,
    joined_tempo,
    mean_of,
)
from v2m.audio.loudness import gated_blocks, gated_lufs
from v2m.structure import Structure
from v2m.types import Audio, Heard, Span, Vectors
from v2m.vectors.arithmetic import unit_rows

SAMPLE_RATE = 44100
"""Hz at which music is measured; resampled further where a model wants less."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Sound of a stretch of a file.

    Attributes:
        place: where it lies.
        audio: its sound, for as long as no other stretch is asked for.
        power: of the blocks that loudness is measured by; empty where this is all of the file.
    """

    place: Place
    audio: Audio
    power: npt.NDArray[np.float64]

    @property
    def loudness_lufs(self) -> float:
        """Its own loudness; -70 where this is all of the file, and it was not asked for."""
        return gated_lufs(self.power)


def stretches_of(path: Path, memory: SampleMemory) -> Iterator[Stretch]:
    """Decode a file, a long one in stretches.

    Args:
        path: the file.
        memory: what it is decoded into; the sound of the file before is gone.

    Raises:
        MediaError: the file cannot be decoded.
    """
    return placed(
        decode_in_stretches(
            path,
            sample_rate=SAMPLE_RATE,
            whole_seconds=WHOLE_SECONDS,
            stretch_seconds=STRETCH_SECONDS,
            memory=memory,
        )
    )


def placed(sounds: Iterable[Audio]) -> Iterator[Stretch]:
    """Say of stretches where they lie."""
    start = 0.0
    for audio in sounds:
        seconds = audio.duration_seconds
        # the first one of several has its full length
        one_of_many = start > 0 or seconds == STRETCH_SECONDS
        power = gated_blocks(audio.samples, audio.sample_rate) if one_of_many else np.zeros(0)
        yield Stretch(Place(start, seconds), audio, power)
        start += seconds


@dataclass(frozen=True, slots=True)
class Encoded:
    """The vectors of a stretch, or of all.

    Attributes:
        place: where it lies.
        spans: of its sections, in the file.
        vectors: float32, shape (1 + sections, dim): of the stretch and of its sections.
    """

    place: Place
    spans: tuple[Span, ...]
    vectors: Vectors

    @property
    def sounds(self) -> bool:
        """Whether it is more than silence, which has no sections."""
        return bool(self.spans)


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured and encoded of a stretch, or of all, besides its sound.

    Attributes:
        encoded: its vectors.
        whole: what was measured on it; neither sound nor ground.
        power: as in ``Stretch``.
    """

    encoded: Encoded
    whole: Heard
    power: npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Part(Measured):
    """What the catalogue keeps of a stretch, or of all.

    Attributes:
        structure: how it is built.
        codes: of its recording, as in ``TrackRecord``.
    """

    structure: Structure
    codes: Codes | None


def joined(parts: Sequence[Part]) -> Part:
    """Return what was found of all of a file; one part stays as it is."""
    first = parts[0]
    if len(parts) == 1:
        return first
    all_of_it = joined_measured(parts)
    structure = joined_structure(
        [part.structure for part in parts],
        [part.encoded.place for part in parts],
        [part.whole.facts.loudness_lufs for part in parts],
    )
    return Part(all_of_it.encoded, all_of_it.whole, all_of_it.power, structure, first.codes)


def joined_measured(parts: Sequence[Measured]) -> Measured:
    """Return what was measured of all of a file; one part stays as it is."""
    first = parts[0]
    if len(parts) == 1:
        return first
    power = np.concatenate([part.power for part in parts])
    encoded = joined_vectors([part.encoded for part in parts])
    sounding = [part for part in parts if part.encoded.sounds] or parts
    wholes, places = zip(*((part.whole, part.encoded.place) for part in sounding), strict=True)
    whole = Heard(
        Span(0.0, encoded.place.seconds),
        first.whole.audio,
        joined_facts([whole.facts for whole in wholes], places, gated_lufs(power)),
        mean_of([whole.tag_probabilities for whole in wholes], places).astype(np.float32),
        joined_tempo([whole.tempo_bpm for whole in wholes]),
    )
    return Measured(encoded, whole, power)


def without_sound(heard: Heard) -> Heard:
    """Return what was measured, and let go of what it was measured on."""
    audio = heard.audio
    return replace(heard, audio=Audio(audio.samples[:, :0].copy(), audio.sample_rate), ground=None)


def joined_vectors(parts: Sequence[Encoded]) -> Encoded:
    """Return the vectors of all of a file: the mean of its stretches, and all their sections."""
    if len(parts) == 1:
        return parts[0]
    sounding, last = [part for part in parts if part.sounds] or parts, parts[-1].place
    mean = mean_of([part.vectors[0] for part in sounding], [part.place for part in sounding])
    return Encoded(
        Place(0.0, last.start_seconds + last.seconds),
        tuple(span for part in parts for span in part.spans),
        np.concatenate([unit_rows(mean[None]), *(part.vectors[1:] for part in parts)]).astype(
            np.float32
        ),
    )
