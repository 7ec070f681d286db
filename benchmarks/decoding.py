"""Decoding to the rate of the analysis, beside decoding alone, and by two processes."""

import multiprocessing
import subprocess
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, wait
from pathlib import Path

import av
import imageio_ffmpeg

from benchmarks.rows import Row, Setting, bundled_music, compare, faster, here
from indexer.parts import stretches_of
from v2m.audio.decode import SampleMemory, decode_audio

SAMPLE_RATE = 44100
CODECS: dict[str, tuple[float, tuple[str, ...]]] = {
    ".opus": (0.75, ("libopus", "-b:a", "128k")),
    ".ogg": (0.55, ("libvorbis", "-b:a", "160k")),
    ".mp3": (0.55, ("libmp3lame", "-b:a", "192k")),
    ".flac": (0.55, ("flac",)),
    ".m4a": (0.55, ("aac", "-b:a", "192k")),
}
"""The goal of each format, and how FFmpeg writes it."""


def rows(setting: Setting) -> Iterator[Row]:
    """Decode one piece in each format."""
    from benchmarks.hearing import joined  # the processes below import this file too

    seconds = setting.size(180, 2)
    sound = joined(bundled_music(), setting.folder / "long.wav", seconds)
    for suffix, (goal, codec) in CODECS.items():
        track = _encoded(sound, suffix, codec)
        yield decode_row(track, seconds, goal, rounds=setting.rounds)
    track = sound.with_suffix(".opus")
    times = setting.size(6, 1)
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(setting.size(2, 1), mp_context=spawn) as pool:
        yield compare(
            f"decode {seconds} s of opus {2 * times} times, by two processes",
            here(
                lambda: wait([pool.submit(_decode, track, times) for _ in range(2)]), memory=False
            ),
            "one",
            here(lambda: pool.submit(_decode, track, 2 * times).result(), memory=False),
            goal=faster(1.9),
            rounds=setting.rounds,
            wall=True,
        )


def decode_row(path: Path, seconds: float, goal: float, *, rounds: int) -> Row:
    """Decode one file."""
    return compare(
        f"decode {seconds:g} s of {path.suffix[1:]} to {SAMPLE_RATE} Hz",
        here(lambda: decode_audio(path, sample_rate=SAMPLE_RATE)),
        "PyAV, decoding alone",
        here(lambda: _decode_only(path)),
        goal=faster(goal),
        rounds=rounds,
    )


def _encoded(sound: Path, suffix: str, codec: tuple[str, ...]) -> Path:
    target = sound.with_suffix(suffix)
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", str(sound), "-c:a"]
    subprocess.run([*command, *codec, str(target)], check=True)
    return target


def _decode(path: Path, times: int) -> None:
    """Decode a file over and over, as the workers of an index run decode file after file."""
    memory = SampleMemory()
    for _ in range(times):
        for _ in stretches_of(path, memory):
            pass


def _decode_only(path: Path) -> int:
    with av.open(str(path)) as container:
        return sum(frame.samples for frame in container.decode(audio=0))
