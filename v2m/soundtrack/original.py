"""The video's own sound: in step with the picture, as loud as the plan wants it."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from v2m.audio import voice
from v2m.audio.decode import audio_blocks
from v2m.audio.loudness import SILENCE_LUFS
from v2m.audio.measure import gauge
from v2m.audio.reader import Reader, SoundReader
from v2m.ffmpeg import av
from v2m.soundtrack.ahead import ahead
from v2m.soundtrack.mix import BLOCK, RATE
from v2m.types import Samples, Span, VideoFacts

READ_AHEAD = 1
"""Blocks that lie ready, decoded, while one is measured."""

RAISED_MUCH_DB = 12.0
"""From here on what else a quiet recording holds comes up: hiss, and knocks above all music."""


class OriginalSound:
    """A video's first sound stream, counted in samples from the first frame of its picture."""

    def __init__(self, facts: VideoFacts) -> None:
        with facts.path.open("rb") as file, av.open(file, metadata_errors="replace") as container:
            stream = container.streams.audio[0]
            start = float((stream.start_time or 0) * (stream.time_base or 0))
        self._path, self._seconds = facts.path, facts.duration_seconds
        self._late_seconds = start - facts.start_seconds
        self._late = round(self._late_seconds * RATE)
        self._sound: Reader = SoundReader(facts.path, RATE)
        self._length = round(facts.duration_seconds * RATE)

    def read(self, first: int, n: int) -> Samples:
        """Return samples [first, first + n) of the video: float32, shape (2, n), 48 kHz.

        Raises:
            MediaError: the sound cannot be read.
        """
        return self._sound.read(first - self._late, n)

    def blocks(self) -> Iterator[Samples]:
        """Yield the whole sound, as long as the picture."""
        for first in range(0, self._length, BLOCK):
            yield self.read(first, min(BLOCK, self._length - first))

    def for_voices(self) -> Iterator[Samples]:
        """Yield the whole sound as a voice detector takes it, not yet in step with the picture."""
        return audio_blocks(self._path, sample_rate=voice.RATE)

    def in_step(self, spans: Sequence[Span]) -> list[Span]:
        """Return spans of that sound as spans of the picture; what lies outside is left out."""
        late, end = self._late_seconds, self._seconds
        moved = [
            Span(max(0.0, span.start_seconds + late), min(end, span.end_seconds + late))
            for span in spans
        ]
        return [span for span in moved if span.duration_seconds > 0]


def original_gain_db(
    original: OriginalSound, under_lu: float, music_lufs: Callable[[], float]
) -> float | None:
    """Return the gain that brings a video's own sound so far under the music.

    Args:
        original: the video's own sound.
        under_lu: how far it is to lie under the music, loudness units.
        music_lufs: measures the music; asked only where there is something to lay under it.

    Returns:
        0 where there is no music; None where the original is silent.
    """
    with ahead(original.blocks(), READ_AHEAD) as blocks:
        own = gauge(blocks, RATE).lufs
    if own <= SILENCE_LUFS:
        return None
    music = music_lufs()
    return 0.0 if music <= SILENCE_LUFS else music - under_lu - own


def raised_much(gain_db: float) -> tuple[str, ...]:
    """Say that a video's own sound is raised by much, and how to do without it; else nothing."""
    if gain_db < RAISED_MUCH_DB:
        return ()
    return (
        f"the video's own sound is quiet and is raised by {gain_db:.0f} dB; "
        "--original-audio replace leaves it out",
    )


def with_original(
    music: Iterator[Samples], original: OriginalSound, gain_db: float
) -> Iterator[Samples]:
    """Add a video's own sound to the music, block by block."""
    gain = np.float32(10 ** (gain_db / 20))
    first = 0
    for block in music:
        yield np.asarray(block + original.read(first, block.shape[1]) * gain, np.float32)
        first += block.shape[1]
