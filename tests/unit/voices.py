"""A made voice: buzz and hiss through formants, enough like speech for a detector of it.

After D. H. Klatt, "Software for a cascade/parallel formant synthesizer" (1980): a glottal pulse
train with a falling pitch, filtered by resonators at the formants of vowels, between them short
stops and hisses. Formant frequencies after Peterson and Barney (1952), men's voices.
"""

import numpy as np
import numpy.typing as npt
from scipy.signal import lfilter

from v2m.types import Samples

VOWELS = (
    (730, 1090, 2440),
    (270, 2290, 3010),
    (570, 840, 2410),
    (530, 1840, 2480),
    (300, 870, 2240),
    (660, 1720, 2410),
)
Wave = npt.NDArray[np.float64]


def speak(seconds: float, rate: int, seed: int = 0) -> Samples:
    """Return speech without words: float32, shape (2, n), peaks near 0.5."""
    rng = np.random.default_rng(seed)
    n = round(seconds * rate)
    sound = np.zeros(n)
    place = 0
    while place < n:
        syllable = _syllable(rng, rate)[: n - place]
        sound[place : place + len(syllable)] = syllable
        place += len(syllable)
    mono = (0.5 * sound / np.abs(sound).max()).astype(np.float32)
    return np.stack([mono, mono])


def _syllable(rng: np.random.Generator, rate: int) -> Wave:
    hiss = rng.normal(0, 0.03, round(rng.uniform(0.03, 0.07) * rate))
    hiss = lfilter([1, -0.95], [1], hiss) * np.hanning(len(hiss))
    n = round(rng.uniform(0.12, 0.22) * rate)
    pitch = rng.uniform(105, 140) * np.linspace(1.05, 0.9, n)
    pitch *= 1 + 0.01 * np.sin(2 * np.pi * 5 * np.arange(n) / rate)
    phase = np.cumsum(pitch / rate)
    pulses = np.diff(np.floor(phase), prepend=0) + rng.normal(0, 0.01, n)
    start, end = (np.array(VOWELS[k], float) for k in rng.integers(0, len(VOWELS), 2))
    buzz = lfilter([1], [1, -0.96], pulses)
    states = [np.zeros(2) for _ in range(4)]
    vowel = np.zeros(0)
    for step, sound in enumerate(np.array_split(buzz, 8)):
        for k, hertz in enumerate([*(start + (end - start) * step / 7), 3500.0]):
            sound, states[k] = _resonate(sound, states[k], hertz, 60 + 40 * k, rate)  # noqa: PLW2901
        vowel = np.concatenate([vowel, sound])
    vowel *= np.clip(np.minimum(np.arange(n), np.arange(n)[::-1]) / (0.02 * rate), 0, 1)
    return np.concatenate([hiss * np.abs(vowel).max() * 8, vowel])


def _resonate(x: Wave, state: Wave, hertz: float, width: float, rate: int) -> tuple[Wave, Wave]:
    r = np.exp(-np.pi * width / rate)
    angle = 2 * np.pi * hertz / rate
    a = [1, -2 * r * np.cos(angle), r * r]
    y, after = lfilter([1 + a[1] + a[2]], a, x, zi=state)
    return np.asarray(y), np.asarray(after)
