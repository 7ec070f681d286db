"""A profile without weights, and libraries whose music sounds like its title."""

import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from catalogs.rows import IndexedFile
from catalogs.store import Catalogue
from v2m.encoders import profiles
from v2m.library import Library
from v2m.types import Span, Track, TrackRecord, VectorRow, Vectors
from v2m.vectors.arithmetic import unit_rows

DIM = 48


def _of_word(word: str) -> npt.NDArray[np.float64]:
    return np.random.default_rng(zlib.crc32(word.encode())).normal(size=DIM)


class ToyEncoder:
    """Encodes a text as the sum of a random vector per word; frames by their mean colour's name."""

    dim = DIM
    space = "toy/words"

    def encode_text(self, texts: Sequence[str]) -> Vectors:
        """Return one row per text."""
        rows = [sum((_of_word(w) for w in t.lower().split()), np.zeros(DIM)) for t in texts]
        return unit_rows(np.array(rows).reshape(-1, DIM))

    def encode_frames(self, frames: Any) -> Vectors:
        """Return one row per frame: what is red is "red", else "green" or "blue"."""
        names = ["red", "green", "blue"]
        return self.encode_text([names[int(f.mean(axis=(0, 1)).argmax())] for f in frames])

    def explain(self, query: object, track: object, top: int = 3) -> list[str]:
        """Name nothing."""
        return []


class ToyProfile:
    """Words, pictures and music in one space."""

    name = "toy"
    text = frames = music = ToyEncoder()

    def versions(self) -> dict[str, str]:
        """Return the identity of every model, by role."""
        return {"text": "toy/words", "music": "toy/words"}


@pytest.fixture
def toy_profile(monkeypatch: pytest.MonkeyPatch) -> str:
    """Make profile toy known for one test."""
    monkeypatch.setitem(profiles.PROFILES, "toy", "tests.toys:ToyProfile")
    monkeypatch.delitem(profiles._loaded, profiles.ProfileSpec("toy"), raising=False)
    return "toy"


def toy_library(
    folder: Path, titles: Sequence[str], *, noise: float = 0.5, seed: int = 0
) -> Library:
    """Fill a catalogue with tracks whose vectors are their titles' with noise; no sound is made."""
    catalogue = Catalogue.open(folder, create=True)
    encoder, rng = ToyEncoder(), np.random.default_rng(seed)
    files = []
    for number, title in enumerate(titles):
        heard = encoder.encode_text([title]) + noise * rng.normal(size=(1, DIM)) / DIM**0.5
        row = unit_rows(heard)[0]
        path = folder / f"{number}.flac"
        track = Track(f"toy{number:04d}", path, title, duration_seconds=30.0)
        rows = (
            VectorRow("toy/words", "track", Span(0, 30), row),
            VectorRow("toy/words", "title", Span(0, 30), encoder.encode_text([title])[0]),
        )
        files.append(IndexedFile(path, 1, number, folder, TrackRecord(track, rows, "1")))
    catalogue.write_batch(files)
    return Library(folder, profile="toy")


MOODS = ("calm", "tense", "merry", "solemn", "wild", "tender")
PLAYERS = ("piano", "strings", "drums", "organ", "guitar")
TITLES = [f"{mood} {player} {n}" for mood in MOODS for player in PLAYERS for n in (1, 2)]
"""Sixty tracks of thirty kinds."""
