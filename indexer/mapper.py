"""Turns one music file into everything the catalogue stores about it."""

import logging
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from catalogs.takes import Take, read_take
from indexer.parts import (
    Encoded,
    Measured,
    Part,
    Stretch,
    joined,
    joined_measured,
    joined_vectors,
    stretches_of,
    without_sound,
)
from indexer.tags import FileTags, read_tags
from v2m.audio.decode import SampleMemory
from v2m.audio.descriptors import ANALYSIS_VERSION
from v2m.audio.fingerprint import Codes, available, fingerprint_of
from v2m.audio.long import joined_structure
from v2m.audio.sections import at_low_rate, split_sections
from v2m.audio.structure import find_structure
from v2m.encoders.profiles import Profile, ProfileSpec, load_profile
from v2m.errors import BackendError, MediaError
from v2m.structure import Groundwork, Structure
from v2m.types import Audio, Mono, Span, Track, TrackRecord, VectorRow

if TYPE_CHECKING:
    from v2m.encoders.beatnet import BeatNet

log = logging.getLogger(__name__)

SILENCE_LUFS = -69.0
"""Below this a file holds no music."""

TITLE_PREFIX = "a piece of music titled "
"""Set before a title when it is encoded: it raised sentence mAP from 0.69 to 0.87 (28 tracks)."""

NO_PHRASE = frozenset({"track", "music", "song", "audio", "untitled", "unknown", "theme", "title"})


@dataclass(frozen=True)
class Mapper:
    """Decodes, measures and encodes music with the models of one profile.

    Not for several threads at once.
    """

    profile: Profile

    def map(self, path: Path, track_id: str) -> TrackRecord:
        """Analyse a music file.

        Raises:
            MediaError: the file cannot be decoded or holds only silence.
        """
        tags = read_tags(path)
        take = read_take(path, track_id, tags.provenance)
        part = joined([self._heard(stretch) for stretch in stretches_of(path, self._memory)])
        if take:
            return self._map_take(part, take, path)
        record = self._record(part, track_id, path, tags)
        if record.track.loudness_lufs <= SILENCE_LUFS:
            raise MediaError(path, "holds only silence")
        return record

    def _map_take(self, part: Part, take: Take, path: Path) -> TrackRecord:
        """Return what is stored of music that a composer made."""
        record = self._record(part, take.track_id, path, FileTags(title=""))
        track = _taken(record.track, take)
        vectors = (*record.vectors, *self.text_rows(track))
        return replace(record, track=track, vectors=vectors, provenance=take.made)

    def told_again(self, track: Track, path: Path) -> tuple[Track, tuple[VectorRow, ...]]:
        """Return known music at its new place with its words of today, and their vectors."""
        tags = read_tags(path)
        moved = replace(track, path=path, has_audio=True)
        take = read_take(path, track.track_id, tags.provenance)
        if take:
            moved = _taken(moved, take)
        elif track.origin != "generated":
            moved = with_tags(moved, tags)
        return moved, self.text_rows(moved)

    def _heard(self, stretch: Stretch) -> Part:
        """Measure and encode a stretch of music, and keep nothing of its sound."""
        place, audio = stretch.place, stretch.audio
        low = at_low_rate(audio)
        heard = self.profile.listen(audio, split_sections(audio, low))
        whole = heard[0]
        spans = tuple(place.moved(part.span) for part in heard[1:])
        return Part(
            Encoded(place, spans, self.profile.music.encode_track(whole, heard[1:])),
            without_sound(whole),
            stretch.power,
            self._structure(audio, whole.ground),
            None if place.start_seconds else _fingerprint(low),
        )

    def _record(self, part: Part, track_id: str, path: Path, tags: FileTags) -> TrackRecord:
        whole = part.whole
        words = self.profile.describe_track(whole)
        track = with_tags(
            Track(
                track_id=track_id,
                path=path,
                title=tags.title,
                summary=words.summary,
                duration_seconds=part.encoded.place.seconds,
                tempo_bpm=whole.tempo_bpm,
                key=whole.facts.key,
                mode=whole.facts.mode,
                loudness_lufs=whole.facts.loudness_lufs,
                instrumental=words.instrumental,
                tags=words.tags,
            ),
            tags,
        )
        return TrackRecord(
            track,
            (*self._rows(part.encoded), *self.text_rows(track)),
            ANALYSIS_VERSION,
            structure=part.structure,
            fingerprint=part.codes,
        )

    def measured(self, path: Path) -> Measured:
        """Measure and encode the music in a file as what is searched with, and store nothing.

        Raises:
            MediaError: the file cannot be decoded.
        """
        return joined_measured(
            [self._measured(stretch) for stretch in stretches_of(path, self._memory)]
        )

    def _measured(self, stretch: Stretch) -> Measured:
        """Measure a stretch; it is one section, or none where it is silent."""
        (whole,) = self.profile.listen(stretch.audio, [])
        spans = (stretch.place.moved(whole.span),) * (stretch.loudness_lufs > SILENCE_LUFS)
        vectors = np.repeat(self.profile.music.encode_audio([whole]), 1 + len(spans), axis=0)
        return Measured(Encoded(stretch.place, spans, vectors), without_sound(whole), stretch.power)

    def structure(self, path: Path) -> Structure:
        """Find how the music in a file is built, and nothing else.

        Raises:
            MediaError: the file cannot be decoded.
        """
        found = [
            (self.structure_of(stretch.audio), stretch.place, stretch.loudness_lufs)
            for stretch in stretches_of(path, self._memory)
        ]
        built, places, loudness = zip(*found, strict=True)
        return joined_structure(built, places, loudness)

    def structure_of(self, audio: Audio) -> Structure:
        """Find how music in memory is built."""
        return self._structure(audio, None)

    def _structure(self, audio: Audio, ground: Groundwork | None) -> Structure:
        if ground is None:
            from v2m.encoders.listening import listen_closely

            _, ground = listen_closely(audio, self._beat_network)
        return find_structure(ground)

    @cached_property
    def _memory(self) -> SampleMemory:
        return SampleMemory()

    @cached_property
    def _beat_network(self) -> "BeatNet":
        from v2m.encoders.beatnet import BeatNet  # needs torch, and most runs change nothing

        return BeatNet()

    def map_column(self, track: Track, path: Path) -> TrackRecord:
        """Encode music that was measured before, for a model that has not heard it.

        The row stays as it is but for its place and the words of its file.

        Raises:
            MediaError: the file cannot be decoded.
        """
        tags = read_tags(path)  # before the sound: a file that goes away then fails as a whole
        rows = self.sound_rows(path)
        tagged = with_tags(replace(track, path=path), tags)
        return TrackRecord(tagged, (*rows, *self.text_rows(tagged)), ANALYSIS_VERSION)

    def sound_rows(self, path: Path) -> tuple[VectorRow, ...]:
        """Encode a track and its sections, without measuring what is known already.

        Raises:
            MediaError: the file cannot be decoded.
        """
        return self._rows(
            joined_vectors([self._encoded(one) for one in stretches_of(path, self._memory)])
        )

    def _encoded(self, stretch: Stretch) -> Encoded:
        sections = split_sections(stretch.audio)
        vectors = self.profile.encode_music(stretch.audio, sections)
        spans = tuple(stretch.place.moved(span) for span in sections)
        return Encoded(stretch.place, spans, vectors)

    def _rows(self, encoded: Encoded) -> tuple[VectorRow, ...]:
        spans = [Span(0.0, encoded.place.seconds), *encoded.spans]
        kinds = ["track", *["section"] * len(encoded.spans)]
        return tuple(
            VectorRow(self.profile.music.space, kind, span, vector)
            for kind, span, vector in zip(kinds, spans, encoded.vectors, strict=True)
        )

    def text_rows(self, track: Track) -> tuple[VectorRow, ...]:
        """Encode what people wrote about a track: its title, if it says something, and words."""
        texts = track_texts(track)
        if not texts:
            return ()
        span = Span(0.0, track.duration_seconds)
        vectors = self.profile.text.encode_text(list(texts.values()))
        return tuple(
            VectorRow(self.profile.text.space, kind, span, np.asarray(vector, np.float32))
            for kind, vector in zip(texts, vectors, strict=True)
        )


def _fingerprint(low: Mono) -> Codes | None:
    """Return the codes of a recording; None where this FFmpeg cannot tell them, or failed."""
    if not available():
        return None
    try:
        return fingerprint_of(low)
    except BackendError as err:  # the run asks again at its end, out of the file
        log.warning("no fingerprint yet: %s", err)
        return None


def _taken(track: Track, take: Take) -> Track:
    """Return a track with the words of the take it is."""
    return replace(
        track,
        title=take.title,
        artist=take.artist,
        description=take.made.prompt,
        licence=take.licence,
        origin="generated",
        retrieved_at="",
    )


def track_texts(track: Track) -> dict[str, str]:
    """Return what is encoded of a track's words, by kind; nothing where they say nothing.

    The prompt of a composed track is its description; as title too it would count twice.
    """
    texts = {}
    if track.origin != "generated" and is_phrase(track.title):
        texts["title"] = TITLE_PREFIX + track.title
    if track.description:
        texts["description"] = track.description
    return texts


def with_tags(track: Track, tags: FileTags) -> Track:
    """Return the track with the words of its file's tags."""
    return replace(
        track,
        title=tags.title,
        artist=tags.artist,
        album=tags.album,
        description=tags.description,
        licence=tags.licence,
        licence_url=tags.licence_url,
        source_url=tags.source_url,
        retrieved_at=datetime.now(UTC).date().isoformat(),
    )


def is_phrase(title: str) -> bool:
    """Tell whether a title has a word that means something.

    >>> is_phrase("calm acoustic 1"), is_phrase("Track 07"), is_phrase("003")
    (True, False, False)
    """
    words = re.findall(r"[^\W\d_]{3,}", title.lower())
    return any(word not in NO_PHRASE for word in words)


def build_mapper(profile: ProfileSpec) -> Mapper:
    """Load the models of a profile."""
    return Mapper(load_profile(profile))
