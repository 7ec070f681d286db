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
from generator.prompts import TemplateWriter
from v2m.encoders import profiles
from v2m.library import Library
from v2m.patience import Budget
from v2m.types import (
    Audio,
    Description,
    Heard,
    SoundFacts,
    Span,
    Track,
    TrackRecord,
    VectorRow,
    Vectors,
)
from v2m.vectors.arithmetic import unit_rows
from v2m.video.describe import LiteDescriber

DIM = 48
RATE = 22050


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

    def name_frames(self, frames: Any, top: int) -> list[tuple[str, float]]:
        """Name the strongest colour of all frames together."""
        return [(("red", "green", "blue")[int(frames.mean(axis=(0, 1, 2)).argmax())], 0.9)]

    def encode_audio(self, clips: Sequence[Heard]) -> Vectors:
        """Return one row per clip: music is the word "tone" with its strongest frequency."""
        return self.encode_text([f"tone{_hertz(clip.audio)}" for clip in clips])

    def explain(self, query: object, track: object, top: int = 3) -> list[str]:
        """Name nothing."""
        return []


def _hertz(audio: Audio) -> int:
    spectrum = np.abs(np.fft.rfft(audio.mono()))
    hertz: float = float(spectrum.argmax()) * audio.sample_rate / audio.samples.shape[1]
    return round(hertz)


class ToyComposer:
    """Plays a scale from a pitch that prompt and seed decide."""

    name, revision, weights_licence, max_seconds = "toy", "1", "", 60.0

    def compose(self, prompt: str, duration_seconds: float, *, seed: int) -> Audio:
        """Return a scale of half-second notes."""
        time = np.arange(round(duration_seconds * RATE)) / RATE
        steps = np.array([0, 2, 4, 5, 7, 9, 11, 12])[(time / 0.5).astype(int) % 8]
        root = 48 + (zlib.crc32(prompt.encode()) + seed) % 12
        hertz = 440 * 2 ** ((root + steps - 69) / 12)
        tune = 0.3 * np.exp(-3 * (time % 0.5)) * np.sin(2 * np.pi * np.cumsum(hertz) / RATE)
        return Audio(np.stack([tune, tune]).astype(np.float32), RATE)


class ToyProfile:
    """Words, pictures and music in one space."""

    name = "toy"
    text = frames = music = ToyEncoder()
    describer = LiteDescriber(ToyEncoder())
    composer = ToyComposer()

    def __init__(self, *_asked: object) -> None:
        """Take what every profile is told, models and patience, and need none of it."""

    def writer(self, style: str, budget: Budget | None = None) -> TemplateWriter:
        """Return the template in a style."""
        return TemplateWriter(style)

    def listen(self, audio: Audio, sections: Sequence[Span]) -> list[Heard]:
        """Hear the sound and measure nothing."""
        facts = SoundFacts(-20, 0, 0, 0, 0, 0, 0, "", "", np.zeros(720, np.float32))
        whole = Span(0, audio.duration_seconds)
        return [Heard(whole, audio, facts, np.zeros(0, np.float32), 0.0)]

    def scene_vector(self, description: Description, prompt: str) -> npt.NDArray[np.float32]:
        """Return the prompt's vector."""
        return np.asarray(self.text.encode_text([prompt])[0])

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
    folder: Path,
    titles: Sequence[str],
    *,
    noise: float = 0.5,
    seed: int = 0,
    named: bool = False,
) -> Library:
    """Fill a catalogue with tracks whose vectors are their titles' with noise; no sound is made."""
    catalogue = Catalogue.open(folder, create=True)
    encoder, rng = ToyEncoder(), np.random.default_rng(seed)
    files = []
    for number, title in enumerate(titles):
        heard = encoder.encode_text([title]) + noise * rng.normal(size=(1, DIM)) / DIM**0.5
        row = unit_rows(heard)[0]
        path = folder / (f"{title}.flac" if named else f"{number}.flac")
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
