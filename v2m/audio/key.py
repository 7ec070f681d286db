"""Chroma and musical key."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from v2m.audio.banks import Bank
from v2m.types import Mono

NOTES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")

MAJOR = (0.238, 0.006, 0.111, 0.006, 0.137, 0.094, 0.016, 0.214, 0.009, 0.080, 0.008, 0.081)
MINOR = (0.220, 0.006, 0.104, 0.123, 0.019, 0.103, 0.012, 0.214, 0.062, 0.022, 0.061, 0.052)
"""Scale-degree profiles of Albrecht and Shanahan, "The Use of Large Corpora to Train a New Type of
Key-Finding Algorithm" (Music Perception, 2013)."""

LOWEST_HERTZ = 32.703
"""C1."""

N_OCTAVES = 7
BINS_PER_SEMITONE = 3
WINDOW_SECONDS = 0.74
"""Long enough to tell semitones apart from 65 Hz up."""

NEGLIGIBLE = 1e-12
"""Weight of a line that single precision cannot tell from none."""


@dataclass(frozen=True, slots=True)
class KeyEstimate:
    """The key a chroma fits best.

    Attributes:
        key: tonic, one of ``NOTES``; "" where there is no pitch.
        mode: "major" or "minor"; "" where there is no pitch.
        majorness: best correlation with a major key minus best with a minor key.
        clarity: best correlation, -1 to 1.
    """

    key: str
    mode: str
    majorness: float
    clarity: float


def mean_chroma(frames: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return how strong each pitch class is on average, (frames, 12) -> (12,); 0 in silence."""
    sounding = frames.any(axis=1)
    return frames[sounding].mean(axis=0) if sounding.any() else np.zeros(12)


def chroma_frames(mono: Mono, sample_rate: int) -> npt.NDArray[np.float64]:
    """Return how strong each pitch class is, shape (frames, 12), ``chroma_hop`` samples apart.

    A constant-Q spectrum of seven octaves from C1 in thirds of a semitone, laid over a long Fourier
    transform, shifted to the track's own tuning, folded to one octave, each frame scaled to its
    strongest class; frames far quieter than the loudest are zeros.
    """
    n_fft = 4 * chroma_hop(sample_rate)
    bins = _constant_q_bank(sample_rate, n_fft).through_sound(mono, n_fft, n_fft // 4)
    if not bins.any():
        return np.zeros((len(bins), 12))
    thirds = bins.reshape(len(bins), N_OCTAVES, 12, BINS_PER_SEMITONE).sum(axis=1)
    thirds = np.roll(thirds.reshape(len(bins), -1), 1 - _tuning(thirds), axis=1)
    classes = thirds.reshape(len(bins), 12, BINS_PER_SEMITONE).sum(axis=2)
    strongest = classes.max(axis=1, keepdims=True)
    sounding = strongest > 1e-3 * strongest.max()
    return np.asarray(np.where(sounding, classes / np.maximum(strongest, 1e-12), 0), np.float64)


def chroma_hop(sample_rate: int) -> int:
    """Return how many samples lie between two frames of chroma, about 0.19 s."""
    return int(1 << round(np.log2(WINDOW_SECONDS * sample_rate))) // 4


def estimate_key(chroma_mean: npt.NDArray[np.floating]) -> KeyEstimate:
    """Return the key whose profile correlates best with a chroma, shape (12,)."""
    deviation = float(np.std(chroma_mean))
    if deviation < 1e-9:
        return KeyEstimate("", "", 0.0, 0.0)
    standard = (chroma_mean - np.mean(chroma_mean)) / deviation
    best = {
        mode: max((float(np.mean(standard * np.roll(row, k))), NOTES[k]) for k in range(12))
        for mode, row in _profiles().items()
    }
    mode = "major" if best["major"][0] >= best["minor"][0] else "minor"
    clarity, key = best[mode]
    return KeyEstimate(key, mode, best["major"][0] - best["minor"][0], clarity)


@lru_cache
def _profiles() -> dict[str, npt.NDArray[np.float64]]:
    rows = {"major": np.array(MAJOR), "minor": np.array(MINOR)}
    return {mode: (row - row.mean()) / row.std() for mode, row in rows.items()}


def _tuning(thirds: npt.NDArray[np.floating]) -> int:
    """Return which third of a semitone (0, 1, 2) holds most of the energy."""
    return int(np.argmax((thirds**2).sum(axis=(0, 1))))


@lru_cache
def _constant_q_bank(sample_rate: int, n_fft: int) -> Bank:
    return Bank(_constant_q(sample_rate, n_fft))


def _constant_q(sample_rate: int, n_fft: int) -> npt.NDArray[np.float32]:
    """Return bell-shaped filters, equally wide in pitch, shape (252, lines).

    Lines of the spectrum above the highest bell are left out. The middle third of each semitone
    lies on equal temperament at A4 = 440 Hz.
    """
    hertz = np.fft.rfftfreq(n_fft, 1 / sample_rate)
    pitch = 12 * np.log2(np.maximum(hertz, 1e-6) / LOWEST_HERTZ)
    centres = (np.arange(12 * N_OCTAVES * BINS_PER_SEMITONE) - 1) / BINS_PER_SEMITONE
    width = np.full_like(centres, 0.5 / BINS_PER_SEMITONE)
    # low down a bell would fall between two Fourier bins
    spacing = 12 / np.log(2) * (sample_rate / n_fft) / (LOWEST_HERTZ * 2 ** (centres / 12))
    width = np.maximum(width, 0.5 * spacing)
    bells = np.exp(-0.5 * ((pitch[None] - centres[:, None]) / width[:, None]) ** 2)
    bells[:, 0] = 0
    bells /= np.maximum(bells.sum(axis=1, keepdims=True), 1e-9)
    bells[bells < NEGLIGIBLE] = 0
    n_lines = 1 + int(np.flatnonzero(bells.any(axis=0))[-1])
    return np.ascontiguousarray(bells[:, :n_lines], np.float32)
