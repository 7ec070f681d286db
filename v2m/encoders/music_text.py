"""Music and words in one space, whichever package runs the model."""

from collections.abc import Sequence
from functools import cached_property
from typing import Protocol

import numpy as np
import numpy.typing as npt

from v2m.audio.windows import cut_windows, window_starts, windows_in
from v2m.encoders import selftest
from v2m.encoders.kept import kept_vectors
from v2m.encoders.towers import TextTower
from v2m.encoders.vocabulary import MSD_TAGS, MTT_TAGS
from v2m.types import Audio, Heard, Mono, Span, Vectors
from v2m.vectors.arithmetic import unit_rows

Rows = npt.NDArray[np.float32]

WINDOW_BATCH = 8

MOST_WINDOWS = 30
"""Windows heard of a track, five minutes of ten seconds; longer ones are sampled evenly."""

VERSION = 1
"""Of how a track becomes vectors; a higher one makes a space of its own."""


class MusicTowers(selftest.Towers, Protocol):
    """A loaded music-text model."""

    @property
    def window_samples(self) -> int:
        """Longest sound it hears at once, samples."""
        ...

    def windows(self, windows: Sequence[Mono]) -> Rows:
        """Return raw vectors of sounds at its sample rate, (len(windows), dim), not scaled."""
        ...


class MusicText(TextTower[MusicTowers]):
    """Encodes text and music into one space; a subclass says how the model is loaded.

    A model hears ten seconds at once, so music is cut into windows here: left to itself, CLAP crops
    at random. What the windows give is averaged before it is scaled to length 1.

    Args:
        checkpoint: the model.
    """

    @property
    def space(self) -> str:
        """Identity of the vector space: model, its version, and that of the windows."""
        return f"{self.checkpoint.identity}/w{VERSION}"

    def encode_audio(self, clips: Sequence[Heard]) -> Vectors:
        """Return float32 (len(clips), dim), unit rows; each clip is heard by itself."""
        if not clips:
            return np.empty((0, self.dim), np.float32)
        return np.concatenate([self.encode_track(clip, []) for clip in clips])

    def encode_track(self, whole: Heard, sections: Sequence[Heard]) -> Vectors:
        """Encode a track and its sections from the same windows: it is heard once.

        Returns:
            float32 (1 + len(sections), dim), unit rows, the whole first.
        """
        return self.encode_spans(whole.audio, [part.span for part in sections])

    def encode_spans(self, audio: Audio, spans: Sequence[Span]) -> Vectors:
        """Encode sound in memory and stretches of it, as ``encode_track``."""
        rate, length = self._towers.sample_rate, self._towers.window_samples
        sound = _at_rate(audio, rate)
        starts = window_starts(len(sound), length, MOST_WINDOWS)
        windows = cut_windows(sound, starts, length)
        heard = np.concatenate(
            [
                self._towers.windows(windows[first : first + WINDOW_BATCH])
                for first in range(0, len(windows), WINDOW_BATCH)
            ]
        )
        inside = [windows_in(starts, length, rate, span) for span in spans]
        return unit_rows(np.stack([heard.mean(axis=0), *(heard[own].mean(0) for own in inside)]))

    def explain(
        self, query: npt.NDArray[np.float32], track: npt.NDArray[np.float32], top: int = 3
    ) -> list[str]:
        """Name the tags that query and track have most in common, in plain words, best first."""
        tags, vectors = self._tags
        # relative to the mean tag, or what is near every music would be named each time
        shared = np.minimum(_standing_out(vectors @ query), _standing_out(vectors @ track))
        return [tags[n] for n in np.argsort(-shared)[:top] if shared[n] > 0]

    @cached_property
    def _tags(self) -> tuple[list[str], Vectors]:
        phrases = list(dict.fromkeys([*MTT_TAGS.values(), *MSD_TAGS.values()]))
        return [p.removesuffix(" music") for p in phrases], kept_vectors(self, phrases)


def _standing_out(cosines: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    return np.asarray((cosines - cosines.mean()) / max(float(cosines.std()), 1e-6), np.float64)


def _at_rate(audio: Audio, rate: int) -> Mono:
    import soxr

    mono = audio.mono()
    if audio.sample_rate == rate:
        return mono
    return np.asarray(soxr.resample(mono, audio.sample_rate, rate), np.float32)
