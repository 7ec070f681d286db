"""Music as rows say it: what needs no arrays, so that listing a library imports no NumPy."""

from dataclasses import dataclass
from pathlib import Path

IPTC = "http://cv.iptc.org/newscodes/digitalsourcetype"
"""The vocabulary that says by what kind of process a medium was made."""


@dataclass(frozen=True, slots=True)
class Track:
    """A row of the catalogue: one piece of music.

    Attributes:
        track_id: identity: a hash of the encoded audio stream, so that it survives moves and tags.
        path: where the file was last seen; empty without a file.
        title: from the tags, else from the file name.
        artist: "" where unknown.
        album: "" where unknown.
        description: a person's words about it (comment, genre, mood tags) or, for a generated
            track, its prompt; "" where there are none.
        summary: an English sentence made from the measurements, for people to read.
        origin: "imported" or "generated".
        duration_seconds: length.
        tempo_bpm: beats per minute, 0 where there is no pulse.
        key: tonic, such as "C#"; "" where unknown.
        mode: "major", "minor" or "".
        loudness_lufs: integrated loudness.
        instrumental: probability that nobody sings, 0 to 1.
        tags: what the tagger heard, best first.
        licence: licence as its source writes it; "" where unknown.
        licence_url: "" where unknown.
        attribution: the credit line its source asks for; "" where none.
        source_url: where it came from; "" where unknown.
        retrieved_at: day on which licence and credit were read there, as "2026-01-31"; "" for
            music that was composed here, and for rows older than this column.
        has_audio: False for a track that a source describes and whose sound is not here yet.
    """

    track_id: str
    path: Path
    title: str
    artist: str = ""
    album: str = ""
    description: str = ""
    summary: str = ""
    origin: str = "imported"
    duration_seconds: float = 0.0
    tempo_bpm: float = 0.0
    key: str = ""
    mode: str = ""
    loudness_lufs: float = -70.0
    instrumental: float = 0.0
    tags: tuple[str, ...] = ()
    licence: str = ""
    licence_url: str = ""
    attribution: str = ""
    source_url: str = ""
    retrieved_at: str = ""
    has_audio: bool = True


@dataclass(frozen=True, slots=True)
class Provenance:
    """What made a generated track.

    Attributes:
        model: composer and model, such as "arranger".
        revision: version of the composer or its weights.
        prompt: the words it was asked for.
        seed: the seed of its random choices.
        parameters: everything else that decides the sound, by name.
        code_version: version of v2m.
        parent_video: the video it was made for; "" where none.
        parent_scene: index of the scene it was made for; -1 where none.
        weights_licence: licence of the model's weights, such as "CC-BY-NC-4.0"; "" where it has
            none.
        made_at: when, UTC, as "2026-01-31T12:00:00Z"; "" where unknown.
    """

    model: str
    revision: str
    prompt: str
    seed: int
    parameters: dict[str, str | int | float]
    code_version: str
    parent_video: str = ""
    parent_scene: int = -1
    weights_licence: str = ""
    made_at: str = ""

    @property
    def digital_source_type(self) -> str:
        """How it was made, as a term of the IPTC's vocabulary of digital source types.

        ``trainedAlgorithmicMedia`` is made by "a model derived from sampled content",
        ``algorithmicMedia`` "purely by an algorithm not based on any sampled training data".
        """
        term = "trainedAlgorithmicMedia" if self.weights_licence else "algorithmicMedia"
        return f"{IPTC}/{term}"


@dataclass(frozen=True, slots=True)
class SourceRow:
    """What a source of open music says about one track.

    Attributes:
        key: its id in that source, unique there.
        line: line of the file it was read from, from 1; 0 where there are no lines.
        title: its name.
        artist: "" where not named.
        album: "" where not named.
        description: words about it: genre, mood, tags, notes; "" where there are none.
        duration_seconds: length; 0 where not named.
        instrumental: 1 where the source says that nobody sings, else 0.
        licence: licence as the source writes it; "" where none is named.
        licence_url: "" where none is named.
        attribution: the credit line; "" where the source writes none.
        source_url: the page of the track.
        audio_name: how the path of its sound file ends, such as "000/000002.mp3".
        audio_url: where the sound can be fetched; "" where nowhere.
    """

    key: str
    line: int
    title: str
    artist: str = ""
    album: str = ""
    description: str = ""
    duration_seconds: float = 0.0
    instrumental: float = 0.0
    licence: str = ""
    licence_url: str = ""
    attribution: str = ""
    source_url: str = ""
    audio_name: str = ""
    audio_url: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """A row of a source that cannot be used.

    Attributes:
        line: line of the file, from 1; 0 where there are no lines.
        key: id of the row, "" where it has none.
        reason: why, in plain words.
    """

    line: int
    key: str
    reason: str
