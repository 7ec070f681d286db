"""Brings sound to a loudness without letting its true peaks through a ceiling."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from v2m.audio.loudness import SILENCE_LUFS
from v2m.audio.measure import FRAMES_PER_SECOND, Course, Filed, Measured, Store
from v2m.types import Samples

LOOK_AHEAD_SECONDS = 0.02
"""The gain starts to fall this long before a peak, and rises as slowly after it."""

REACH = round(LOOK_AHEAD_SECONDS * FRAMES_PER_SECOND)

FRAMES_AT_ONCE = 1 << 16
"""Gains that are found together, 131 s."""

MOST_ROUNDS = 8
TOLERANCE_LU = 0.02

Gains = npt.NDArray[np.float32]
"""float32, shape (frames,), in (0, 1], one per 2 ms."""


@dataclass(frozen=True, slots=True)
class Mastering:
    """What is done to a sound to bring it to a loudness under a ceiling.

    Attributes:
        gain_db: applied to everything.
        gains: the limiter's, per frame of 2 ms, in (0, 1].
        lufs: the integrated loudness it gives.
    """

    gain_db: float
    gains: Course
    lufs: float

    @property
    def limited_db(self) -> float:
        """The most that a peak is turned down, 0 or more."""
        parts = range(0, len(self.gains), FRAMES_AT_ONCE)
        least = min((self.gains[n : n + FRAMES_AT_ONCE].min() for n in parts), default=1.0)
        return -20 * float(np.log10(max(float(least), 1e-6)))


def limiting_gains(peaks: Course, ceiling_dbtp: float, gain: float = 1.0) -> Gains:
    """Return the gain per frame that holds every peak under a ceiling.

    The smallest gain needed within the look-ahead, smoothed by two windows that together reach one
    frame less: so the gain at a frame and at its neighbours, between which it is drawn straight, is
    never more than the frame's peak allows.

    Args:
        peaks: true peak of every frame of 2 ms, linear.
        ceiling_dbtp: dBTP.
        gain: linear, applied to the peaks before.
    """
    parts = list(_limiting(peaks, ceiling_dbtp, gain))
    return np.concatenate(parts) if parts else np.empty(0, np.float32)


def _limiting(peaks: Course, ceiling_dbtp: float, gain: float) -> Iterator[Gains]:
    for first in range(0, len(peaks), FRAMES_AT_ONCE):
        begin, stop = max(0, first - 2 * REACH), min(len(peaks), first + FRAMES_AT_ONCE)
        some = _gains(peaks[begin : stop + 2 * REACH] * np.float32(gain), ceiling_dbtp)
        yield some[first - begin : stop - begin]


def _gains(peaks: npt.NDArray[np.float32], ceiling_dbtp: float) -> Gains:
    ceiling = 10 ** (ceiling_dbtp / 20)
    needed = np.minimum(1.0, ceiling / np.maximum(peaks, 1e-9)).astype(np.float32)
    if needed.min() >= 1:
        return needed
    from scipy.ndimage import minimum_filter1d, uniform_filter1d

    lowest = minimum_filter1d(needed, 2 * REACH + 1, mode="nearest")
    wide, narrow = REACH // 2, REACH - 1 - REACH // 2
    smooth = uniform_filter1d(lowest.astype(np.float64), 2 * wide + 1, mode="nearest")
    smooth = uniform_filter1d(smooth, 2 * narrow + 1, mode="nearest")
    return np.asarray(np.minimum(smooth, 1), np.float32)


def find_mastering(
    sound: Measured | Filed, target_lufs: float, ceiling_dbtp: float, store: Store | None = None
) -> Mastering:
    """Find gain and limiter that bring a measured sound to a loudness under a ceiling.

    Both are tried on the measurement until the loudness is within 0.02 LU of the target, at most
    eight times; material that cannot get there (a lone click) ends as near as it came. Silence
    stays.

    Args:
        sound: what was measured.
        target_lufs: LUFS.
        ceiling_dbtp: dBTP.
        store: keeps the gains instead of memory; what it held is forgotten.
    """
    loudness = sound.lufs()
    if loudness <= SILENCE_LUFS:
        return Mastering(0.0, np.broadcast_to(np.float32(1), len(sound.frame_peaks)), loudness)
    gain_db = target_lufs - loudness
    best_off, best = math.inf, gain_db  # of a long film two lists of gains would be too many
    for _ in range(MOST_ROUNDS):
        made = _made(sound, gain_db, ceiling_dbtp, store)
        off = target_lufs - made.lufs
        if abs(off) <= TOLERANCE_LU:
            return made
        if abs(off) < best_off:
            best_off, best = abs(off), gain_db
        del made
        gain_db = float(np.clip(gain_db + off, -80, 60))
    return _made(sound, best, ceiling_dbtp, store)


def _made(
    sound: Measured | Filed, gain_db: float, ceiling_dbtp: float, store: Store | None
) -> Mastering:
    gain = 10 ** (gain_db / 20)
    gains: Course
    if store is None:
        gains = limiting_gains(sound.frame_peaks, ceiling_dbtp, gain)
    else:
        store.clear()
        for some in _limiting(sound.frame_peaks, ceiling_dbtp, gain):
            store.append(some)
        gains = store
    return Mastering(gain_db, gains, sound.lufs(gains, gain))


def mastered(
    blocks: Iterable[Samples], sample_rate: int, made: Mastering, first: int = 0
) -> Iterator[Samples]:
    """Apply gain and limiter to a sound, block by block.

    The limiter's gain runs straight from the middle of a frame to the middle of the next; where it
    is 1 the sound is multiplied by the gain and nothing else.

    Args:
        blocks: the sound from its sample ``first`` on.
        sample_rate: Hz.
        made: what is to be done.
        first: sample of the whole sound.
    """
    gain = np.float32(10 ** (made.gain_db / 20))
    frame = sample_rate // FRAMES_PER_SECOND
    for block in blocks:
        stop = first + block.shape[1]
        low, high = max(0, first // frame - 1), stop // frame + 2
        gains = made.gains[low:high]
        if gains.min(initial=1.0) < 1:
            middles = (np.arange(low, low + len(gains)) + 0.5) * frame - 0.5
            curve = np.interp(np.arange(first, stop), middles, gains).astype(np.float32)
            yield np.asarray(block * (gain * curve), np.float32)
        else:
            yield np.asarray(block * gain, np.float32)
        first = stop
