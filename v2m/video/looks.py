"""Measures colour and motion of a scene and turns them into a mood."""

from dataclasses import asdict, dataclass

import numpy as np

from v2m.types import Frames


@dataclass(frozen=True, slots=True)
class Looks:
    """Colour and motion of a scene.

    Attributes:
        brightness: mean luminance, 0 to 1.
        contrast: deviation of luminance, 0 to 0.5.
        saturation: mean chroma relative to full colour, 0 to 1.
        warmth: mean red minus blue, -1 to 1.
        motion: median change of luminance from one thumbnail to the next, 0 to 1.
        cuts_per_minute: hard changes of the histogram inside the scene.
    """

    brightness: float
    contrast: float
    saturation: float
    warmth: float
    motion: float
    cuts_per_minute: float

    def by_name(self) -> dict[str, float]:
        """Return the measures by name."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Mood:
    """What looks feel like.

    Attributes:
        arousal: about [-3, 3], calm to exciting.
        valence: about [-3, 3], dark to bright.
        words: the same in words that music is described by.
    """

    arousal: float
    valence: float
    words: str


def measure_looks(thumbnails: Frames, duration_seconds: float) -> Looks:
    """Measure thumbnails, uint8 (m, 36, 64, 3); none at all give a neutral grey."""
    if not len(thumbnails):
        return Looks(0.5, 0.0, 0.2, 0.0, 0.03, 8.0)
    rgb = thumbnails.astype(np.float32) / 255
    light = rgb @ np.array([0.299, 0.587, 0.114], np.float32)
    strongest, weakest = rgb.max(axis=3), rgb.min(axis=3)
    change = np.abs(np.diff(light, axis=0)).mean(axis=(1, 2))
    return Looks(
        brightness=float(light.mean()),
        contrast=float(light.std()),
        saturation=float((strongest - weakest).mean()),
        warmth=float((rgb[..., 0] - rgb[..., 2]).mean()),
        motion=float(np.median(change)) if len(change) else 0.0,
        cuts_per_minute=60 * _n_cuts(rgb, change) / max(duration_seconds, 1.0),
    )


def mood_of(looks: Looks) -> Mood:
    """Turn looks into a mood; the scales were set by eye on a dozen clips.

    Motion, cuts and colour excite; light, colour and warmth please.
    """
    clip = np.clip
    colour = float(clip((looks.saturation - 0.2) / 0.15, -1, 1.5))
    arousal = (
        clip((looks.motion - 0.03) / 0.025, -1.5, 2)
        + clip((looks.cuts_per_minute - 8) / 12, -0.5, 1.5)
        + 0.5 * colour
    )
    valence = (
        clip((looks.brightness - 0.4) / 0.15, -2, 1.5)
        + 0.8 * colour
        + 0.5 * clip(looks.warmth / 0.1, -1, 1)
    )
    return Mood(float(arousal), float(valence), mood_words(arousal, valence))


def mood_words(arousal: float, valence: float) -> str:
    """Return words of feeling for arousal and valence.

    >>> mood_words(-2, 2)
    'slow calm peaceful, happy bright cheerful'
    """
    return f"{_energy(arousal)}, {_feeling(valence)}"


def energy_of(looks: Looks) -> float:
    """Return how lively a scene is by motion and cuts alone, 0 to 1.

    A still picture without cuts is 0, one that moves as much as a hand-held walk or is cut every
    two seconds 1; the scale of motion is that of ``mood_of``.
    """
    moving = np.clip(looks.motion / 0.08, 0, 1)
    cutting = np.clip(looks.cuts_per_minute / 30, 0, 1)
    return float(max(moving, cutting, 0.5 * (moving + cutting)))


def _energy(arousal: float) -> str:
    if arousal > 1:
        return "fast energetic exciting"
    if arousal > 0:
        return "moderately lively"
    return "slow calm peaceful" if arousal < -1 else "gentle"


def _feeling(valence: float) -> str:
    if valence > 1:
        return "happy bright cheerful"
    if valence > 0:
        return "warm pleasant"
    return "dark sad moody" if valence < -1 else "wistful"


def _n_cuts(rgb: np.ndarray, change: np.ndarray) -> int:
    bins = (rgb * 3.999).astype(np.int64)
    codes = (bins[..., 0] * 4 + bins[..., 1]) * 4 + bins[..., 2]
    histograms = np.stack([np.bincount(c.ravel(), minlength=64) / c.size for c in codes])
    moved = 0.5 * np.abs(np.diff(histograms, axis=0)).sum(axis=1)
    return int(((moved > 0.35) & (change > 0.08)).sum())
