"""Small libraries without models: a profile whose vectors are counted words."""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np

from catalogs.rows import IndexedFile
from catalogs.store import Catalogue
from v2m.encoders.profiles import Profile
from v2m.types import Span, Track, TrackRecord, VectorRow, Vectors
from v2m.vectors.arithmetic import unit_rows

DIM = 256


class CountedWords:
    """Encodes text by its words; words that mean the same get the same place."""

    def __init__(self, space: str, meaning: Mapping[str, str] | None = None) -> None:
        self.space = space
        self.dim = DIM
        self._meaning = meaning or {}

    def encode_text(self, texts: Sequence[str]) -> Vectors:
        rows = np.zeros((len(texts), DIM))
        for row, text in zip(rows, texts, strict=True):
            for word in text.lower().split():
                digest = hashlib.blake2b(self._meaning.get(word, word).encode()).digest()
                np.add.at(row, [digest[0], digest[1]], [1.0, 0.5])
        return unit_rows(rows)

    def explain(self, query: object, track: object, top: int = 3) -> list[str]:
        return []


class CountingProfile:
    """A profile of counted words."""

    name = "counting"

    def __init__(self, meaning: Mapping[str, str] | None = None) -> None:
        self.text = CountedWords("counting/text", meaning)
        self.music = CountedWords("counting/music", meaning)


def counting_profile(meaning: Mapping[str, str] | None = None) -> Profile:
    """Return a profile that needs no models."""
    return cast(Profile, CountingProfile(meaning))


def record(track: Track, profile: Profile, sound: str = "") -> TrackRecord:
    """Return a track with vectors; ``sound`` says what is heard, else its tags do."""
    whole = Span(0, 10)
    heard = sound or " ".join(track.tags) or track.title
    words = {"title": track.title, "description": track.description}
    rows = [VectorRow(profile.music.space, "track", whole, profile.music.encode_text([heard])[0])]
    rows += [
        VectorRow(profile.text.space, kind, whole, profile.text.encode_text([text])[0])
        for kind, text in words.items()
        if text
    ]
    return TrackRecord(track, tuple(rows), "1")


def track(n: int, title: str, **columns: Any) -> Track:
    """Return a track with a made-up id and path."""
    return Track(f"t{n:05d}", Path(f"/music/{n:05d}.mp3"), title, **columns)


def fill(catalogue: Catalogue, tracks: Sequence[Track], profile: Profile) -> None:
    """Write tracks as if their files had been indexed."""
    catalogue.write_batch(
        [IndexedFile(t.path, 1, 1, Path("/music"), record(t, profile)) for t in tracks]
    )
