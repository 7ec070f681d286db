"""What the index of profile lite holds in memory for a file of ten hours."""

import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import imageio_ffmpeg

from benchmarks.hearing import joined
from benchmarks.rows import Row, Setting, alone, bundled_music, here, value
from indexer.mapper import build_mapper
from v2m.audio.decode import audio_identity
from v2m.encoders.profiles import ProfileSpec

PIECE_SECONDS = 880
"""All the bundled music once."""


def rows(setting: Setting) -> Iterator[Row]:
    """Analyse one long file, as a worker does; once, for it takes minutes."""
    seconds = setting.size(36000, 3)
    track = _tiled(setting, seconds)
    mapper = build_mapper(ProfileSpec())
    spent = here(lambda: mapper.map(track, audio_identity(track)))()
    hours = f"{seconds / 3600:.3g} hours"
    yield alone(
        f"lite index of one Opus file of {hours}: all memory of the process",
        [_most_memory_mb()],
        "MB",
        goal=value(most=1200),
        note="measured once; at most 15 minutes of the file are held at a time",
    )
    yield alone(
        f"lite index of one Opus file of {hours}, for every 31 s of it",
        [spent.cpu_seconds / seconds * 31],
        "CPU s",
        note="measured once, the start of the models included",
    )


def _tiled(setting: Setting, seconds: float) -> Path:
    """Write the bundled music over and over, encoded once."""
    piece = setting.folder / "piece.opus"
    sound = joined(bundled_music(), setting.folder / "piece.wav", setting.size(PIECE_SECONDS, 2))
    ffmpeg = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error"]
    subprocess.run([*ffmpeg, "-i", str(sound), "-b:a", "96k", str(piece)], check=True)
    target = setting.folder / "long.opus"
    tile = ["-stream_loop", "-1", "-i", str(piece), "-c", "copy", "-t", str(seconds)]
    subprocess.run([*ffmpeg, *tile, str(target)], check=True)
    return target


def _most_memory_mb() -> float:
    """Return what this process has held at most."""
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return held / 1e6 if sys.platform == "darwin" else held * 1024 / 1e6
