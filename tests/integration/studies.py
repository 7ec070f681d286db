"""Finished videos of a second, and the study made of them."""

from pathlib import Path

import numpy as np

from tests.unit.videos import BLUE, RED, SIZE, plain, write_video
from v2m.soundtrack.mix import RATE
from v2m.soundtrack.mux import mux
from v2m.types import Samples

PITCHES = {"random": 180.0, "simple": 260.0, "brief": 380.0, "human": 520.0}
FILMS = {"beach": RED, "night": BLUE}


def chord(hertz: float, seconds: float, level: float = 0.1) -> Samples:
    """Return a steady chord: float32, shape (2, n), 48 kHz."""
    time = np.arange(round(seconds * RATE)) / RATE
    mono = sum(np.sin(2 * np.pi * hertz * ratio * time) for ratio in (1, 5 / 4, 3 / 2))
    return np.repeat(np.asarray(level * mono, np.float32)[None], 2, axis=0)


def write_film(
    path: Path,
    *,
    n_frames: int = 25,
    hertz: float = 260.0,
    level: float = 0.1,
    film: str = "beach",
    size: tuple[int, int] = SIZE,
    codec: str = "libx264",
) -> Path:
    """Write a finished video: one colour, one chord."""
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = path.with_name(f".{path.name}")
    write_video(picture, plain(FILMS[film], n_frames, size), codec=codec)
    mux(picture, [chord(hertz, n_frames / 25, level)], RATE, path, start_seconds=0.0)
    picture.unlink()
    return path


def write_configurations(root: Path) -> dict[str, Path]:
    """Write two films under four configurations, each louder than the one before."""
    for number, (name, hertz) in enumerate(PITCHES.items(), 1):
        for film in FILMS:
            write_film(root / name / f"{film}.mp4", hertz=hertz, level=0.05 * number, film=film)
    return {name: root / name for name in PITCHES}
