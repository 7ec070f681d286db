"""Loudness, beside pyloudnorm."""

from collections.abc import Iterator

import numpy as np

from benchmarks.rows import Row, Setting, alone, compare, faster, here, value
from v2m.audio.loudness import integrated_lufs

RATE = 48_000


def rows(setting: Setting) -> Iterator[Row]:
    """Measure stereo noise."""
    import pyloudnorm

    seconds = setting.size(180, 1)
    noise = np.random.default_rng(0).normal(0, 0.1, (2, seconds * RATE)).astype(np.float32)
    meter = pyloudnorm.Meter(RATE)
    yield compare(
        f"loudness of {seconds} s",
        here(lambda: integrated_lufs(noise, RATE)),
        "pyloudnorm",
        here(lambda: meter.integrated_loudness(noise.T)),
        goal=faster(2.5),
        rounds=setting.rounds,
    )
    far = abs(integrated_lufs(noise, RATE) - meter.integrated_loudness(noise.T))
    yield alone("loudness, distance from pyloudnorm", [far], "LU", goal=value(most=0.05))
