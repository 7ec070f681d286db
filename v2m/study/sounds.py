"""Sounds of a study: clips at a loudness, silence, tones to count, random music as a floor."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np

from indexer.scan import scan
from v2m.audio.decode import decode_audio
from v2m.audio.loudness import integrated_lufs
from v2m.errors import InputError, printable
from v2m.soundtrack.mix import BLOCK, RATE
from v2m.soundtrack.mux import fitting_suffix, mux
from v2m.soundtrack.original import OriginalSound
from v2m.types import Samples, VideoFacts
from v2m.video.probe import probe_video

TONE_HERTZ = 660.0
TONE_SECONDS = 0.25
GAP_SECONDS = 0.45
LEAD_SECONDS = 0.5
FADE_SECONDS = 1.0


def louder(facts: VideoFacts, gain_db: float) -> Iterator[Samples]:
    """Yield a video's sound, as long as its picture, turned up by a gain: 48 kHz, in blocks."""
    gain = np.float32(10 ** (gain_db / 20))
    return (block * gain for block in OriginalSound(facts).blocks())


def silence(facts: VideoFacts) -> Iterator[Samples]:
    """Yield silence as long as a video's picture: 48 kHz, in blocks."""
    n = round(facts.duration_seconds * RATE)
    return (np.zeros((2, min(BLOCK, n - first)), np.float32) for first in range(0, n, BLOCK))


def tones(n_tones: int, target_lufs: float) -> Samples:
    """Return tones to be counted: float32, shape (2, n), 48 kHz, at a loudness."""
    time = np.arange(round(TONE_SECONDS * RATE)) / RATE
    edges = np.minimum(1, np.minimum(time, TONE_SECONDS - time) / 0.02)
    tone = np.sin(2 * np.pi * TONE_HERTZ * time) * edges
    step = round((TONE_SECONDS + GAP_SECONDS) * RATE)
    lead = round(LEAD_SECONDS * RATE)
    mono = np.zeros(lead + n_tones * step)
    for number in range(n_tones):
        mono[lead + number * step :][: len(tone)] = tone
    sound = np.repeat(mono[None], 2, axis=0).astype(np.float32)
    gain = 10 ** ((target_lufs - integrated_lufs(sound, RATE)) / 20)
    return np.asarray(np.clip(sound * gain, -0.9, 0.9), np.float32)


def write_sound_file(sound: Iterable[Samples], path: Path) -> None:
    """Write blocks of sound at 48 kHz as 16-bit FLAC, which every browser plays."""
    import soundfile

    with soundfile.SoundFile(path, "w", RATE, 2, subtype="PCM_16") as file:
        for block in sound:
            file.write(block.T)


def put_random_music(
    videos: Mapping[str, Path], music_folder: Path, out: Path, seed: int
) -> dict[str, Path]:
    """Lay a random stretch of random music under each picture, in place of its sound.

    Args:
        videos: finished videos by name, whose pictures are used.
        music_folder: music files; they may lie in folders below.
        out: where the videos are written; made if need be.
        seed: decides which music.

    Raises:
        InputError: the folder does not exist or holds no music.
        MediaError: a file drawn cannot be read.
    """
    files = [found.path for found in scan([music_folder]).files]
    if not files:
        raise InputError(f"{printable(music_folder)}: holds no music for the random floor")
    out.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(files))
    made = {}
    for number, (name, path) in enumerate(sorted(videos.items())):
        facts = probe_video(path)
        n = round(facts.duration_seconds * RATE)
        sound = _stretch(files[order[number % len(files)]], n, rng)
        made[name] = out / f"{name}{fitting_suffix(facts.video_codec)}"
        mux(path, [sound], RATE, made[name], start_seconds=facts.start_seconds)
    return made


def _stretch(path: Path, n: int, rng: np.random.Generator) -> Samples:
    """Return n samples from a random place of a file, from its start over where it is too short."""
    sound = decode_audio(path, sample_rate=RATE).samples
    first = int(rng.integers(max(1, sound.shape[1] - n)))
    piece = np.resize(sound[:, first:].T, (n, 2)).T.copy()
    fade = min(n // 2, round(FADE_SECONDS * RATE))
    piece[:, :fade] *= np.linspace(0, 1, fade, dtype=np.float32)
    piece[:, n - fade :] *= np.linspace(1, 0, fade, dtype=np.float32)
    return piece
