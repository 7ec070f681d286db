"""Splits a track into sections that can stand alone."""

from itertools import pairwise

import numpy as np
import numpy.typing as npt

from v2m.audio.spectra import magnitudes, mel_filters
from v2m.types import Audio, Mono, Span

USUAL_SECONDS = 15.0
MOST_SECTIONS = 24
SILENCE_DBFS = -60.0
RATE = 11025
HOP = 512
STEP_FRAMES = 11
STEP_SECONDS = STEP_FRAMES * HOP / RATE
"""Resolution of boundaries, about half a second."""

N_MELS = 24


def split_sections(audio: Audio, low: Mono | None = None) -> list[Span]:
    """Split the sounding part of a track into sections of about 15 s.

    Silence before and after is left out. Boundaries lie where the spectrum changes most near each
    ideal place. A track under 16 s is one section; silence gives none.

    Args:
        audio: the track.
        low: ``at_low_rate`` of it, where that is there already.
    """
    mono = at_low_rate(audio) if low is None else low
    sounding = sounding_part(mono, RATE)
    if sounding is None:
        return []
    length = sounding.duration_seconds
    n_sections = min(MOST_SECTIONS, max(1, round(length / USUAL_SECONDS)))
    if length < USUAL_SECONDS + 1 or n_sections == 1:
        return [sounding]
    novelty = _novelty(mono)
    ideal = length / n_sections
    edges = [sounding.start_seconds]
    edges += [
        _strongest(novelty, sounding.start_seconds + n * ideal, ideal / 3)
        for n in range(1, n_sections)
    ]
    edges.append(sounding.end_seconds)
    return [Span(a, b) for a, b in pairwise(edges)]


def sounding_part(mono: Mono, sample_rate: int) -> Span | None:
    """Return the stretch from the first to the last sound above -60 dBFS; None for silence."""
    block = max(1, sample_rate // 100)
    n_blocks = -(-len(mono) // block)
    padded = np.pad(mono, (0, n_blocks * block - len(mono)))
    level = np.sqrt((padded.reshape(-1, block) ** 2).mean(axis=1)) if n_blocks else np.empty(0)
    loud = np.flatnonzero(level > 10 ** (SILENCE_DBFS / 20))
    if not len(loud):
        return None
    end = min(len(mono), (int(loud[-1]) + 1) * block)
    return Span(int(loud[0]) * block / sample_rate, end / sample_rate)


def at_low_rate(audio: Audio) -> Mono:
    """Return a mono mix at 11,025 Hz: enough to tell where music changes and recordings apart."""
    mono = audio.mono()
    if audio.sample_rate == RATE or not len(mono):
        return mono
    import soxr

    return np.asarray(soxr.resample(mono, audio.sample_rate, RATE, quality="LQ"), np.float32)


def _novelty(mono: Mono) -> npt.NDArray[np.float64]:
    """Return how much the spectrum changes every half second, the 4 s after against before."""
    mel = magnitudes(mono, 1024, HOP) @ mel_filters(RATE, 1024, N_MELS).T
    level = np.log10(mel + 1e-5)
    n = len(level) // STEP_FRAMES
    steps = level[: n * STEP_FRAMES].reshape(n, STEP_FRAMES, -1).mean(axis=1)
    summed = np.cumsum(np.vstack([np.zeros((1, steps.shape[1])), steps]), axis=0)
    places = np.arange(n)
    before, after = np.maximum(0, places - 8), np.minimum(n, places + 8)
    past = (summed[places] - summed[before]) / np.maximum(1, places - before)[:, None]
    future = (summed[after] - summed[places]) / np.maximum(1, after - places)[:, None]
    return np.asarray(np.linalg.norm(future - past, axis=1))


def _strongest(novelty: npt.NDArray[np.float64], ideal: float, reach: float) -> float:
    first = max(0, int((ideal - reach) / STEP_SECONDS))
    last = min(len(novelty), int((ideal + reach) / STEP_SECONDS) + 1)
    if last <= first:
        return ideal
    return float((first + int(np.argmax(novelty[first:last]))) * STEP_SECONDS)
