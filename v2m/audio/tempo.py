"""Tempo from the autocorrelation of an onset envelope and from the beats a network heard."""

import numpy as np
import numpy.typing as npt

TEMPI = np.arange(40, 220, 0.25)
"""Tempi considered, beats per minute."""

HARMONICS = ((1, 1.0), (2, 0.5), (4, 0.5), (0.5, 0.25))
"""Multiples of a beat's length at which the envelope should resemble itself, and their weights."""

USUAL_BPM = 120.0
SPREAD_OCTAVES = 1.0
"""The tempi people prefer, a bell over octaves: the defaults of librosa's tempo estimator."""

FEEL_OCTAVES = 0.2
"""How far a track that sounds fast or slow moves the usual tempo; chosen on 28 labelled tracks."""

LEVELS = (0.5, 1.0, 2.0)
"""The metrical levels at which one and the same pulse may be counted."""

LEVEL_REACH_OCTAVES = 0.03
"""How far from a level the curve's peak may lie: 2 %."""


def tempo_curve(
    onset_envelope: npt.NDArray[np.floating], frames_per_second: float
) -> npt.NDArray[np.float32]:
    """Return how salient every tempo is, float32, shape (720,); zeros where there is no pulse.

    Args:
        onset_envelope: shape (frames,), not negative.
        frames_per_second: its rate.
    """
    n = len(onset_envelope)
    width = max(1, int(frames_per_second))
    if n < 2 * width:
        return np.zeros(len(TEMPI), np.float32)
    mean = np.convolve(onset_envelope, np.ones(width) / width, "same")
    peaks = np.maximum(onset_envelope - mean, 0)
    peaks = peaks - peaks.mean()
    spectrum = np.abs(np.fft.rfft(peaks, 2 * n)) ** 2
    similar = np.fft.irfft(spectrum)[:n] / np.maximum(n - np.arange(n), 0.3 * n)
    if similar[0] <= 1e-12:
        return np.zeros(len(TEMPI), np.float32)
    similar /= similar[0]
    lag = 60 * frames_per_second / TEMPI
    places = np.arange(n)
    curve = sum(weight * np.interp(k * lag, places, similar) for k, weight in HARMONICS)
    return np.asarray(curve, np.float32)


def pick_tempo(
    curve: npt.NDArray[np.float32], *, feel: float = 0.0, pulse_bpm: float = 0.0
) -> float:
    """Return the most likely tempo, beats per minute; 0 where there is no pulse.

    Beats that were heard leave open only whether to count them, every second of them or twice as
    many: the curve and what people prefer decide. Without beats they decide alone.

    Args:
        curve: as ``tempo_curve`` returns it.
        feel: about [-1.5, 1.5], whether the music sounds slow or fast; settles the octave.
        pulse_bpm: tempo of the beats that were heard; 0 where there are none.
    """
    octaves = np.log2(TEMPI / USUAL_BPM) - FEEL_OCTAVES * feel
    likely = np.maximum(curve, 0) * np.exp(-0.5 * (octaves / SPREAD_OCTAVES) ** 2)
    if pulse_bpm and likely.any():
        return max((pulse_bpm * level for level in LEVELS), key=lambda bpm: _peak(likely, bpm))
    best = int(np.argmax(likely))
    return float(TEMPI[best]) if likely[best] > 0 else 0.0


def _peak(likely: npt.NDArray[np.floating], bpm: float) -> float:
    """Return the highest value near a tempo, -1 outside the range of tempi."""
    near = np.abs(np.log2(TEMPI / bpm)) < LEVEL_REACH_OCTAVES
    return float(likely[near].max()) if near.any() else -1.0
