"""Sounds of a study: clips at a loudness, silence, tones to count, random music as a floor."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np

from indexer.scan import scan
from v2m.audio.decode import audio_blocks
from v2m.audio.loudness import integrated_lufs
from v2m.errors import InputError, MediaError, printable
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
        sound = random_stretch(files[order[number % len(files)]], n, rng)
        made[name] = out / f"{name}{fitting_suffix(facts.video_codec)}"
        mux(path, sound, RATE, made[name], start_seconds=facts.start_seconds)
    return made


def random_stretch(path: Path, n: int, rng: np.random.Generator) -> Iterator[Samples]:
    """Yield n samples from a random place of a file, from its start over where it is too short.

    The file is decoded once to know its length and once more up to the end of the stretch, so that
    no more of it is held than a block.

    Raises:
        MediaError: the file cannot be read.
    """
    length = sum(block.shape[1] for block in audio_blocks(path, sample_rate=RATE))
    if not length:
        raise MediaError(path, "holds no sound")
    first = int(rng.integers(max(1, length - n)))
    return _faded(_over_and_over(path, first), n)


def _over_and_over(path: Path, first: int) -> Iterator[Samples]:
    """Yield a file's sound without its first samples, again and again."""
    while True:
        ahead = first
        for block in audio_blocks(path, sample_rate=RATE):
            if block.shape[1] > ahead:
                yield block[:, ahead:]
            ahead = max(0, ahead - block.shape[1])


def _faded(blocks: Iterator[Samples], n: int) -> Iterator[Samples]:
    """Yield the first n samples of a sound, faded in and out."""
    fade = min(n // 2, round(FADE_SECONDS * RATE))
    rise, fall = (np.linspace(*ends, fade, dtype=np.float32) for ends in ((0, 1), (1, 0)))
    at = 0
    while at < n:
        piece = next(blocks)[:, : n - at].copy()
        end = at + piece.shape[1]
        if at < fade:
            piece[:, : fade - at] *= rise[at:end]
        if end > n - fade:
            start = max(at, n - fade)
            piece[:, start - at :] *= fall[start - n + fade : end - n + fade]
        yield piece
        at = end
