"""Finds music that is stuck: a short loop that repeats exactly, or a sound that stands still.

Generators fall into both. Music repeats too, but people and instruments never play a bar twice the
same; what is stuck differs from itself a moment ago by less than a decibel in every band.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from v2m.audio.spectra import magnitudes, mel_filters
from v2m.types import Audio

RATE = 22050
N_FFT = 2048
HOP = 441
"""20 ms, the step of MusicGen's tokens: its loops are a whole number of them."""
N_MELS = 40

SHORTEST_LAG_SECONDS = 0.1
LONGEST_LAG_SECONDS = 2.0
"""Loops of more than a bar are arrangement, not accident."""

SAME_DB = 1.0
"""Mean difference of levels under which two moments are the same."""

CLEARLY_DB = 0.3
"""A longer loop has to be so much nearer than a shorter one to be believed."""

FLOOR_DB = 60.0
"""What lies so far under the loudest band counts as silence, which is not what is looked for."""

LONGEST_SECONDS = 8.0
"""So long may music stand still or repeat a moment: longer than any held chord or drum intro that
is short enough to be meant."""

MOST_SHARE = 0.5
"""A shorter piece is stuck when more than this share of it is."""


@dataclass(frozen=True, slots=True)
class Stuckness:
    """How far music is stuck.

    Attributes:
        share: of the time, 0 to 1; NaN for sound shorter than half a second.
        longest_seconds: the longest stretch without a break.
        period_seconds: of the loop in that stretch; 0 where the sound stands still or nothing is
            stuck.
    """

    share: float
    longest_seconds: float
    period_seconds: float

    @property
    def is_degenerate(self) -> bool:
        """Whether a generator should try again."""
        return self.longest_seconds >= LONGEST_SECONDS or self.share > MOST_SHARE


def find_stuck(audio: Audio) -> Stuckness:
    """Look for stuck loops and standing sound; silence is neither.

    Args:
        audio: of any length and rate.
    """
    levels = _levels_db(audio)  # (frames, bands)
    rate = RATE / HOP
    lags = range(
        round(SHORTEST_LAG_SECONDS * rate),
        min(round(LONGEST_LAG_SECONDS * rate), len(levels) // 2 - 1) + 1,
    )
    if not lags:
        return Stuckness(float("nan"), 0.0, 0.0)
    sounding = levels.max(axis=1) > -FLOOR_DB
    best = np.full(len(levels), np.inf)
    period = np.zeros(len(levels), np.int64)
    for lag in lags:
        difference = np.abs(levels[lag:] - levels[:-lag]).mean(axis=1)
        over = max(lag, round(rate))  # a whole turn of the loop, at least a second
        if len(difference) < over:
            continue
        smooth = np.convolve(difference, np.ones(over) / over, "valid")
        reached = _spread(smooth, over + lag, len(levels))
        better = reached < best - CLEARLY_DB
        best[better], period[better] = reached[better], lag
    stuck = (best < SAME_DB) & sounding
    start, end = _longest_run(stuck)
    lag = int(np.median(period[start:end])) if end > start else 0
    standing = lag <= lags[0]
    return Stuckness(
        float(stuck.mean()), float((end - start) / rate), 0.0 if standing else float(lag / rate)
    )


def _levels_db(audio: Audio) -> npt.NDArray[np.float64]:
    """Return mel levels under the loudest, decibels, held at the floor; shape (frames, bands)."""
    mono = audio.mono()
    if audio.sample_rate != RATE and len(mono):
        import soxr

        mono = soxr.resample(mono, audio.sample_rate, RATE)
    mel = magnitudes(mono, N_FFT, HOP) @ mel_filters(RATE, N_FFT, N_MELS).T
    loudest = float(mel.max(initial=0.0))
    if loudest < 1e-6:
        return np.full(mel.shape, -FLOOR_DB)
    return np.asarray(np.maximum(20 * np.log10(np.maximum(mel / loudest, 1e-9)), -FLOOR_DB))


def _spread(smooth: npt.NDArray[np.float64], width: int, n: int) -> npt.NDArray[np.float64]:
    """Give every frame the least of the windows that hold it, shape (n,)."""
    from scipy.ndimage import minimum_filter1d

    padded = np.full(n, np.inf)
    padded[: len(smooth)] = smooth
    # window k holds the frames k to k + width - 1
    return np.asarray(minimum_filter1d(padded, width, origin=(width - 1) // 2, mode="nearest"))


def _longest_run(marks: npt.NDArray[np.bool_]) -> tuple[int, int]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], marks, [False]]).astype(np.int8)))
    starts, ends = edges[::2], edges[1::2]
    if not len(starts):
        return 0, 0
    best = int(np.argmax(ends - starts))
    return int(starts[best]), int(ends[best])
