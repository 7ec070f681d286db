"""Plain sounds that anybody can name, for the self-test of models that hear."""

from collections.abc import Callable

import numpy as np

from v2m.types import Mono

SECONDS = 5.0


def sine(time: Mono) -> Mono:
    """Return a steady tone of 440 Hz."""
    return np.asarray(0.3 * np.sin(2 * np.pi * 440 * time), np.float32)


def noise(time: Mono) -> Mono:
    """Return white noise."""
    return np.random.default_rng(0).normal(0, 0.1, len(time)).astype(np.float32)


def drum(time: Mono) -> Mono:
    """Return two strokes a second on a bass drum: 60 Hz that dies away, and the click before."""
    since = time % 0.5
    skin = np.sin(2 * np.pi * 60 * since) * np.exp(-12 * since)
    return np.asarray(0.8 * skin + noise(time) * np.exp(-150 * since) * 3, np.float32)


def siren(time: Mono) -> Mono:
    """Return a tone that goes up and down between 500 and 1500 Hz, once in two seconds."""
    phase = 1000 * time - 500 / np.pi * np.cos(np.pi * time)
    return np.asarray(0.3 * np.sin(2 * np.pi * phase), np.float32)


SOUNDS: dict[str, Callable[[Mono], Mono]] = {
    "a sine wave": sine,
    "white noise": noise,
    "a bass drum": drum,
    "a siren": siren,
}
"""By the words for it, names of AudioSet's ontology: models of sound were trained on them."""


def sounds_at(sample_rate: int) -> list[Mono]:
    """Return every sound, in order, five seconds at a sample rate in Hz."""
    time = (np.arange(round(SECONDS * sample_rate)) / sample_rate).astype(np.float32)
    return [make(time) for make in SOUNDS.values()]
