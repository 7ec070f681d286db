"""How music goes with picture: beats against cuts, loudness against motion, words against sound.

Beat-to-cut distance after the beat coverage and hit scores of dance generation, turned round: how
far the nearest beat lies from each cut. Energy correlation is Spearman's, so that neither scale
matters. The score of words and sound is the cosine in a music-text space (with CLAP: the CLAP
score).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from v2m.audio.beats import find_beats
from v2m.audio.structure import at_structure_rate
from v2m.encoders.beatnet import FRAMES_PER_SECOND, BeatNet
from v2m.evaluation.intervals import Estimate, Floats, bootstrap
from v2m.types import Audio

HIT_SECONDS = 0.1
"""A beat so near to a cut is felt as on it."""

STEP_SECONDS = 0.5
"""Grid on which motion and loudness are compared."""


@dataclass(frozen=True, slots=True)
class Alignment:
    """How one piece goes with one video.

    Attributes:
        cut_distance: mean seconds from a cut to the nearest beat; NaN without cuts or beats.
        cut_distance_by_chance: the same for cuts at random: a quarter of a beat.
        cut_hits: share of cuts with a beat within 0.1 s, 0 to 1; NaN as above.
        energy_correlation: of motion and loudness, -1 to 1; NaN where one of them stands still.
    """

    cut_distance: float
    cut_distance_by_chance: float
    cut_hits: float
    energy_correlation: float


def align(
    audio: Audio,
    cuts: Sequence[float],
    motion_times: npt.ArrayLike,
    motion: npt.ArrayLike,
) -> Alignment:
    """Measure music against the picture it lies under; both start at 0.

    Args:
        audio: the music.
        cuts: seconds, inside the video.
        motion_times: shape (n,), seconds, rising.
        motion: shape (n,), change of the picture at these times.
    """
    beats = beat_times(audio)
    distance, hits = cut_distances(cuts, beats)
    usual = float(np.median(np.diff(beats))) / 4 if len(beats) > 1 else float("nan")
    return Alignment(distance, usual, hits, energy_correlation(audio, motion_times, motion))


def cut_distances(cuts: Sequence[float], beats: npt.ArrayLike) -> tuple[float, float]:
    """Return the mean distance from cuts to their nearest beats, and the share of hits."""
    grid = np.asarray(beats, np.float64)
    if not len(cuts) or not len(grid):
        return float("nan"), float("nan")
    gaps = np.abs(np.asarray(cuts, np.float64)[:, None] - grid[None]).min(axis=1)
    return float(gaps.mean()), float((gaps <= HIT_SECONDS).mean())


def energy_correlation(audio: Audio, motion_times: npt.ArrayLike, motion: npt.ArrayLike) -> float:
    """Return Spearman's correlation of motion and loudness every half second.

    Loudness is of the half second before and after; motion the mean of what was measured there.
    """
    from scipy.stats import spearmanr

    times, moved = np.asarray(motion_times, np.float64), np.asarray(motion, np.float64)
    if not len(times):
        return float("nan")
    levels = _levels(audio)
    places = np.minimum((times / STEP_SECONDS).astype(np.int64), max(0, len(levels) - 1))
    counts = np.bincount(places, minlength=len(levels))
    means = np.bincount(places, moved, minlength=len(levels)) / np.maximum(counts, 1)
    known = counts > 0
    x, y = means[known], levels[known]
    if len(x) < 3 or np.ptp(x) < 1e-9 or np.ptp(y) < 1e-6:
        return float("nan")
    ranked: Any = spearmanr(x, y)
    return float(ranked.statistic)


def beat_times(audio: Audio) -> Floats:
    """Return where the beats are, seconds; none without a pulse."""
    heard = _beat_network().hear(at_structure_rate(audio))
    return find_beats(heard, FRAMES_PER_SECOND).seconds


@lru_cache(maxsize=1)
def _beat_network() -> BeatNet:
    return BeatNet()


def word_scores(prompts: npt.ArrayLike, sounds: npt.ArrayLike, *, seed: int = 0) -> Estimate:
    """Return the mean cosine of texts and the music made for them, with its interval.

    Args:
        prompts: shape (n, dim), unit rows.
        sounds: shape (n, dim), unit rows of the same space.
        seed: of the resampling.
    """
    words, heard = np.asarray(prompts, np.float64), np.asarray(sounds, np.float64)
    return bootstrap((words * heard).sum(axis=1), seed=seed)


def _levels(audio: Audio) -> Floats:
    """Return the mean power of each half second with half a second around, decibels."""
    step = max(1, round(STEP_SECONDS * audio.sample_rate))
    mono = audio.mono().astype(np.float64)
    n = max(1, len(mono) // step)
    power = np.resize(mono[: n * step] ** 2, (n, max(1, len(mono[: n * step]) // n))).mean(axis=1)
    smooth = np.convolve(np.pad(power, 1, "edge"), np.ones(3) / 3, "valid")
    return np.asarray(10 * np.log10(smooth + 1e-10))
