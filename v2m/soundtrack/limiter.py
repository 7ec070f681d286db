"""Brings sound to a loudness without letting its true peaks through a ceiling."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import minimum_filter1d, uniform_filter1d

from v2m.audio.loudness import SILENCE_LUFS, integrated_lufs, peak_envelope, true_peak_dbtp
from v2m.types import Samples

LOOK_AHEAD_SECONDS = 0.02
"""The gain starts to fall this long before a peak, and rises as slowly after it."""

MOST_ROUNDS = 8
TOLERANCE_LU = 0.05


@dataclass(frozen=True, slots=True)
class Mastered:
    """Sound at its final loudness.

    Attributes:
        samples: float32, shape (channels, n).
        lufs: integrated loudness.
        true_peak_dbtp: highest true peak.
        gain_db: applied to everything.
        limited_db: the most that a peak was turned down.
    """

    samples: Samples
    lufs: float
    true_peak_dbtp: float
    gain_db: float
    limited_db: float


def true_peak_limit(
    samples: Samples,
    sample_rate: int,
    ceiling_dbtp: float,
    envelope: npt.NDArray[np.float32] | None = None,
) -> tuple[Samples, float]:
    """Turn down what would pass the ceiling; the rest stays as it is to the bit.

    Args:
        samples: shape (channels, n).
        sample_rate: Hz.
        ceiling_dbtp: highest true peak of the result, dBTP.
        envelope: true peak around every sample, linear, where it is known.

    Returns:
        The sound, and its true peak in dBTP.
    """
    around = peak_envelope(samples) if envelope is None else envelope
    aim = ceiling_dbtp
    rounds = 0
    while True:
        rounds += 1
        limited = np.asarray(samples * limiting_gain(around, sample_rate, aim), np.float32)
        peak = true_peak_dbtp(limited, sample_rate)
        if peak <= ceiling_dbtp or rounds == MOST_ROUNDS:
            return limited, peak
        # gain that changes within a peak's oversampled neighbourhood lets a little through
        aim -= peak - ceiling_dbtp + 0.01


def limiting_gain(
    envelope: npt.NDArray[np.float32], sample_rate: int, ceiling_dbtp: float
) -> npt.NDArray[np.float32]:
    """Return the gain per sample, shape (n,), in (0, 1], that holds peaks under a ceiling.

    The smallest gain needed within the look-ahead, smoothed by a window no longer than it: so the
    gain at a peak is never more than the peak allows.

    Args:
        envelope: true peak around every sample, linear.
        sample_rate: Hz.
        ceiling_dbtp: dBTP.
    """
    ceiling = 10 ** (ceiling_dbtp / 20)
    needed = np.minimum(1.0, ceiling / np.maximum(envelope, 1e-9)).astype(np.float32)
    if not len(needed) or needed.min() >= 1:
        return needed
    reach = max(1, round(LOOK_AHEAD_SECONDS * sample_rate))
    lowest = minimum_filter1d(needed, 2 * reach + 1, mode="nearest")
    half = reach // 2 * 2 + 1
    smooth = uniform_filter1d(uniform_filter1d(lowest, half, mode="nearest"), half, mode="nearest")
    return np.asarray(np.minimum(smooth, 1), np.float32)


def master(samples: Samples, sample_rate: int, target_lufs: float, ceiling_dbtp: float) -> Mastered:
    """Bring sound to a loudness under a ceiling.

    Gain and limiter are tried until the loudness is within 0.05 LU of the target, at most eight
    times; material that cannot get there (a lone click) ends as near as it came. Silence stays.
    """
    loudness = integrated_lufs(samples, sample_rate)
    if loudness <= SILENCE_LUFS:
        peak = true_peak_dbtp(samples, sample_rate)
        return Mastered(samples, loudness, peak, 0.0, 0.0)
    envelope = peak_envelope(samples)
    gain_db = target_lufs - loudness
    best: tuple[float, float, float] | None = None
    for _ in range(MOST_ROUNDS):
        gain = np.float32(10 ** (gain_db / 20))
        curve = limiting_gain(envelope * gain, sample_rate, ceiling_dbtp)
        out = np.asarray(samples * (gain * curve), np.float32)
        loudness = integrated_lufs(out, sample_rate)
        off = target_lufs - loudness
        if best is None or abs(off) < best[0]:
            best = (abs(off), gain_db, float(curve.min()) if len(curve) else 1.0)
        if abs(off) <= TOLERANCE_LU:
            break
        gain_db = float(np.clip(gain_db + off, -80, 60))
    _, gain_db, lowest = best or (0.0, 0.0, 1.0)
    gain = np.float32(10 ** (gain_db / 20))
    out, peak = true_peak_limit(samples * gain, sample_rate, ceiling_dbtp, envelope * gain)
    limited_db = -20 * float(np.log10(max(lowest, 1e-6)))
    return Mastered(out, integrated_lufs(out, sample_rate), peak, gain_db, limited_db)
