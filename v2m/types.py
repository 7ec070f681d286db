"""The words of the field as frozen data, with the shapes and units of every array."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from v2m.music import Provenance as Provenance
from v2m.music import Refused as Refused
from v2m.music import SourceRow as SourceRow
from v2m.music import Track as Track
from v2m.spans import Span as Span

if TYPE_CHECKING:
    from v2m.structure import Groundwork, Structure

Vectors = npt.NDArray[np.float32]
"""float32, shape (n, dim), rows of length 1 (a row of zeros means "nothing known")."""

Samples = npt.NDArray[np.float32]
"""float32, shape (channels, n), full scale is [-1, 1]."""

Mono = npt.NDArray[np.float32]
"""float32, shape (n,), full scale is [-1, 1]."""

Frames = npt.NDArray[np.uint8]
"""uint8, shape (n, height, width, 3), RGB."""

Ids = npt.NDArray[np.int64]
"""int64, shape (n,), row ids of the catalogue's vectors, unique and never used again."""


@dataclass(frozen=True, slots=True)
class Audio:
    """Sound in memory.

    Attributes:
        samples: float32, shape (channels, n), full scale [-1, 1].
        sample_rate: Hz.
    """

    samples: Samples
    sample_rate: int

    @property
    def duration_seconds(self) -> float:
        """Length, in seconds."""
        return float(self.samples.shape[1] / self.sample_rate)

    def mono(self) -> Mono:
        """Mean over the channels, shape (n,)."""
        mix = np.array(self.samples[0], np.float32)
        for channel in self.samples[1:]:  # a third of the time of NumPy's mean
            mix += channel
        mix /= len(self.samples)
        return mix

    def excerpt(self, span: Span) -> "Audio":
        """Cut out a span; what lies outside the sound is left out."""
        first = max(0, round(span.start_seconds * self.sample_rate))
        last = max(first, round(span.end_seconds * self.sample_rate))
        return Audio(self.samples[:, first:last], self.sample_rate)


@dataclass(frozen=True, slots=True)
class VideoFacts:
    """What a container says about its picture and sound.

    Attributes:
        path: the file.
        duration_seconds: length of the picture: end of the last frame minus start of the first.
        fps: average frames per second.
        n_frames: frames in the picture stream; 0 where only decoding would tell.
        width: pixels, after rotation.
        height: pixels, after rotation.
        video_codec: FFmpeg's name, such as "h264".
        has_audio: whether there is a sound stream.
        start_seconds: time stamp of the first frame.
    """

    path: Path
    duration_seconds: float
    fps: float
    n_frames: int
    width: int
    height: int
    video_codec: str
    has_audio: bool
    start_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Scene:
    """A stretch of video between two cuts.

    Attributes:
        index: from 0.
        span: seconds from the first frame of the picture.
        start_frame: first frame, from 0, inclusive.
        end_frame: exclusive.
        cuts_seconds: cuts inside, between shots too short for scenes of their own, rising.
    """

    index: int
    span: Span
    start_frame: int
    end_frame: int
    cuts_seconds: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class SceneFrames:
    """Frames of one scene.

    Attributes:
        stills: uint8 (n, height, width, 3), short side 256, spread evenly; n may be 0 where
            nothing could be decoded.
        thumbnails: uint8 (m, 36, 64, 3), at most 8 a second and 240 in all.
    """

    stills: Frames
    thumbnails: Frames


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model answered when it was asked about a stretch of video.

    Attributes:
        question: short name of the question, such as "emotion".
        text: the answer, the likeliest where several were to choose from.
        probabilities: of the answers to choose from, best first, adding up to 1; () for an open
            question.
    """

    question: str
    text: str
    probabilities: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a composer should play, in words.

    Attributes:
        text: one line of English, at most 256 characters.
        by: who wrote it: "template", "caption", "a person" or the name of a language model.
        notice: what the user should know about how it came about; "" where nothing.
    """

    text: str
    by: str
    notice: str = ""


@dataclass(frozen=True, slots=True)
class Description:
    """What a stretch of video shows, in words and numbers.

    Attributes:
        text: one English sentence for people.
        words: what is seen, best first, each with a weight in [0, 1].
        mood: words of feeling, such as "slow calm peaceful, warm pleasant".
        arousal: about [-3, 3], calm to exciting.
        valence: about [-3, 3], dark to bright.
        looks: measured colour and motion, by name.
        picture_vector: float32, shape (dim,), the frames in the picture-text space; length 1,
            or zeros where nothing was recognised.
        answers: what a model answered when asked about it; () where none was.
        energy: how lively the picture is by motion and cuts, 0 to 1; None where not measured.
    """

    text: str
    words: tuple[tuple[str, float], ...]
    mood: str
    arousal: float
    valence: float
    looks: dict[str, float]
    picture_vector: npt.NDArray[np.float32]
    answers: tuple[Answer, ...] = ()
    energy: float | None = None


@dataclass(frozen=True, slots=True)
class SoundFacts:
    """Measured properties of a stretch of music that need no model.

    Attributes:
        loudness_lufs: integrated loudness (ITU-R BS.1770-4), -70 for silence.
        loudness_range_db: 95th minus 10th percentile of 3 s levels, decibels.
        centroid_hz: median spectral centroid.
        onsets_per_second: rate of onsets.
        percussive_share: share of percussive energy, 0 to 1.
        harmonic_share: share of harmonic energy, 0 to 1.
        majorness: best major-key correlation minus best minor-key correlation.
        key: tonic, one of C C# D Eb E F F# G Ab A Bb B; "" where there is no pitch.
        mode: "major" or "minor"; "" where there is no pitch.
        tempo_curve: float32, shape (720,), salience of the tempi 40 to 219.75 bpm in steps of 0.25.
    """

    loudness_lufs: float
    loudness_range_db: float
    centroid_hz: float
    onsets_per_second: float
    percussive_share: float
    harmonic_share: float
    majorness: float
    key: str
    mode: str
    tempo_curve: npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Heard:
    """A stretch of music together with everything measured on it.

    Attributes:
        span: where it lies in its track, seconds.
        audio: the sound itself.
        facts: what signal processing measured.
        tag_probabilities: float32, shape (n_tags,), by the tagger; the order is the tagger's.
        tempo_bpm: beats per minute, 0 where there is no pulse.
        ground: what the structure of the track is found from; None for a part of a track.
    """

    span: Span
    audio: Audio
    facts: SoundFacts
    tag_probabilities: npt.NDArray[np.float32]
    tempo_bpm: float
    ground: "Groundwork | None" = None


@dataclass(frozen=True, slots=True)
class Hits:
    """What a vector search found, best first.

    Attributes:
        ids: int64, shape (queries, k), padded with -1.
        scores: float32, shape (queries, k), cosine in [-1, 1], padded with -inf.
    """

    ids: npt.NDArray[np.int64]
    scores: npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class VectorRow:
    """A vector to be stored with its track.

    Attributes:
        space: identity of the vector space.
        kind: "title", "description", "track" or "section".
        span: the stretch of music it stands for.
        vector: float32, shape (dim,), length 1.
    """

    space: str
    kind: str
    span: Span
    vector: npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class TrackRecord:
    """A track with everything the catalogue stores about it in one transaction.

    Attributes:
        track: the row.
        vectors: its vectors in all spaces.
        analysis_version: version of the code that measured it.
        provenance: what made it, for a generated track.
        structure: how it is built; None leaves what is stored.
        fingerprint: uint32, shape (n,), the codes of its recording; None leaves what is stored.
    """

    track: Track
    vectors: tuple[VectorRow, ...]
    analysis_version: str
    provenance: Provenance | None = field(default=None)
    structure: "Structure | None" = field(default=None)
    fingerprint: npt.NDArray[np.uint32] | None = field(default=None)


@dataclass(frozen=True, slots=True)
class TakeRequest:
    """A piece of music that a composer is asked for.

    Attributes:
        prompt: what it should be like.
        duration_seconds: exact length.
        seed: of its random choices.
        melody: a tune to follow, for composers that can; None for none.
        climax_seconds: where the piece should culminate, for composers that can; None anywhere.
    """

    prompt: str
    duration_seconds: float
    seed: int
    melody: Audio | None = None
    climax_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Take:
    """What a composer made of a request.

    Attributes:
        audio: the music.
        seed: that made it; another than asked for where the first take was faulty.
        notices: what the user should know, such as a take that had to be repeated.
    """

    audio: Audio
    seed: int
    notices: tuple[str, ...] = ()
