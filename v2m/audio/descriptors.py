"""Measures what signal processing can tell about music, without any model."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from v2m.audio.banks import mel_bank
from v2m.audio.key import chroma_frames, estimate_key, mean_chroma
from v2m.audio.loudness import integrated_lufs
from v2m.audio.spectra import magnitude_blocks
from v2m.audio.tempo import tempo_curve
from v2m.types import Audio, Mono, SoundFacts

ANALYSIS_VERSION = "2"
"""Stored with every track; raised when a measurement changes, so that only then it is repeated."""

RATE = 22050
N_FFT = 2048
HOP = 512
LONGEST_SECONDS = 90.0
"""Longer tracks are judged by their middle."""

STRUCTURE_BANDS, ONSET_BANDS, SHARE_BANDS = 24, 40, 64

HARMONIC_FRAMES = 31
PERCUSSIVE_BANDS = 11
"""Lengths of the median filters of D. FitzGerald, "Harmonic/percussive separation using median
filtering" (DAFx 2010)."""

Grid = npt.NDArray[np.float32]


class Timbre(NamedTuple):
    """What is kept of magnitudes; each float32 and as long as there are frames.

    Attributes:
        bands: shape (frames, 24), in mel bands, by which structure is told.
        onset_bands: shape (frames, 40), in mel bands.
        share_bands: shape (frames, 64), energy in mel bands.
        energy: shape (frames,).
        centroid_hz: shape (frames,), 0 in silence.
    """

    bands: Grid
    onset_bands: Grid
    share_bands: Grid
    energy: Grid
    centroid_hz: Grid


@dataclass(frozen=True, slots=True)
class Spectra:
    """What music is measured by.

    Attributes:
        mono: the mix at 22,050 Hz.
        timbre: of frames 512 samples apart; None for more than 90 s, of which nothing is measured
            by it.
        chroma: float64, shape (frames, 12), 4,096 samples apart.
    """

    mono: Mono
    timbre: Timbre | None
    chroma: npt.NDArray[np.float64]


def spectra_of(mono: Mono, *, pitched: bool = True) -> Spectra:
    """Return the spectra of a mix at 22,050 Hz; without pitch no frames of chroma."""
    chroma = chroma_frames(mono, RATE) if pitched else np.zeros((0, 12))
    short = len(mono) <= LONGEST_SECONDS * RATE
    return Spectra(mono, _timbre(mono) if short else None, chroma)


def _timbre(mono: Mono) -> Timbre:
    """Sum the magnitudes up block by block: all of them are 0.2 MB a second."""
    bands, onset_bands, share_bands = (
        mel_bank(RATE, N_FFT, n) for n in (STRUCTURE_BANDS, ONSET_BANDS, SHARE_BANDS)
    )
    hertz = np.fft.rfftfreq(N_FFT, 1 / RATE).astype(np.float32)
    found = []
    for block in magnitude_blocks(mono, N_FFT, HOP):
        power = block**2
        found.append(
            Timbre(
                bands.through(block),
                onset_bands.through(block),
                share_bands.through(power),
                power.sum(axis=1),
                (block @ hertz) / (block.sum(axis=1) + 1e-9),
            )
        )
    return Timbre(*map(np.concatenate, zip(*found, strict=True)))


def measure(
    audio: Audio,
    *,
    pitched: bool = True,
    spectra: Spectra | None = None,
    loudness_lufs: float | None = None,
) -> SoundFacts:
    """Measure a stretch of music of any length and rate; silence gives neutral values.

    Args:
        audio: the music.
        pitched: also estimate the key and the tempo curve, which a section takes from its track.
        spectra: of the same music, if they are known already; of no use where only its middle is
            to be judged.
        loudness_lufs: of the same music, if it is known already.
    """
    if spectra is None or spectra.timbre is None or len(spectra.mono) < N_FFT:
        spectra = spectra_of(middle(audio), pitched=pitched)
    timbre = spectra.timbre
    assert timbre is not None  # the middle is short
    envelope = onset_envelope(timbre.onset_bands)
    percussive, harmonic = _shares(timbre.share_bands)
    key = estimate_key(mean_chroma(spectra.chroma) if pitched else np.zeros(12))
    if loudness_lufs is None:
        loudness_lufs = integrated_lufs(audio.samples, audio.sample_rate)
    return SoundFacts(
        loudness_lufs=max(-70.0, loudness_lufs),
        loudness_range_db=_level_range(spectra.mono),
        centroid_hz=_centroid(timbre),
        onsets_per_second=_onset_rate(envelope),
        percussive_share=percussive,
        harmonic_share=harmonic,
        majorness=key.majorness,
        key=key.key,
        mode=key.mode,
        tempo_curve=tempo_curve(envelope if pitched else envelope[:0], RATE / HOP),
    )


def middle(audio: Audio) -> Mono:
    """Return the middle 90 s at most, mono at 22,050 Hz, at least one analysis window long."""
    longest = int(LONGEST_SECONDS * audio.sample_rate)
    start = max(0, audio.samples.shape[1] - longest) // 2
    mono = Audio(audio.samples[:, start : start + longest], audio.sample_rate).mono()
    if audio.sample_rate != RATE and len(mono):
        import soxr

        mono = np.asarray(soxr.resample(mono, audio.sample_rate, RATE), np.float32)
    return np.pad(mono, (0, N_FFT - len(mono))) if len(mono) < N_FFT else mono


def onset_envelope(bands: Grid) -> npt.NDArray[np.float64]:
    """Return the rise of the logarithmic mel spectrum per frame, (frames, 40) -> (frames - 1,)."""
    level = np.log1p(1000 * bands / (bands.max() + 1e-9))
    return np.asarray(np.maximum(0, np.diff(level, axis=0)).mean(axis=1), np.float64)


def _onset_rate(envelope: npt.NDArray[np.float64]) -> float:
    from scipy.signal import find_peaks

    spread = float(envelope.std()) if len(envelope) else 0.0
    if spread < 1e-9:
        return 0.0
    rate = RATE / HOP
    peaks, _ = find_peaks(
        envelope,
        height=float(np.median(envelope)) + 0.5 * spread,
        distance=max(1, int(0.07 * rate)),
        prominence=0.3 * spread,
    )
    return float(len(peaks) * rate / len(envelope))


def _centroid(timbre: Timbre) -> float:
    if timbre.energy.max() < 1e-9:
        return 0.0
    active = timbre.energy >= np.percentile(timbre.energy, 10)
    return float(np.median(timbre.centroid_hz[active]))


def _shares(energy: Grid) -> tuple[float, float]:
    """Return the percussive and the harmonic share of energy in bands, each 0 to 1."""
    level = np.sqrt(energy)
    total = float(energy.sum())
    if total < 1e-9:
        return 0.0, 0.0
    steady = _medians(level.T, HARMONIC_FRAMES).T
    broad = _medians(level, PERCUSSIVE_BANDS)
    mask = steady**2 / (steady**2 + broad**2 + 1e-9)
    percussive = float(((1 - mask) * energy).sum()) / total
    harmonic = float((energy * (steady > 2 * broad)).sum()) / total
    return percussive, harmonic


def _medians(rows: Grid, size: int) -> Grid:
    """Return the median around every value of each row, the ends mirrored; size is odd.

    All rows lie behind one another: SciPy's filter of one dimension is ten times as fast as that
    of two, and gives the same.
    """
    from scipy.ndimage import median_filter

    reach = size // 2
    padded = np.pad(rows, ((0, 0), (reach, reach)), "symmetric")
    filtered = median_filter(padded.ravel(), size).reshape(padded.shape)
    return np.asarray(filtered[:, reach:-reach], np.float32)


def _level_range(mono: Mono) -> float:
    """Return the 95th minus the 10th percentile of 3 s levels taken every second, decibels."""
    window = 3 * RATE
    starts = range(0, max(1, len(mono) - window), RATE)
    parts = [mono[start : start + window] for start in starts]
    levels = [10 * np.log10(np.dot(part, part) / len(part) + 1e-10) for part in parts]
    return float(np.percentile(levels, 95) - np.percentile(levels, 10))
