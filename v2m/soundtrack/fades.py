"""Fades at equal power, sample by sample, so that any stretch of one can be had alone."""

import numpy as np
import numpy.typing as npt

from v2m.types import Samples


def rise(first: int, stop: int, length: int, likeness: float = 0.0) -> npt.NDArray[np.float32]:
    """Return samples [first, stop) of a fade in: 0 before it, 1 behind it.

    A quarter sine: two of them, one reversed, add up to constant power where the sounds have
    nothing in common. Sounds that are alike would be up to 3 dB louder in the middle; the gain
    gives way by what they have in common (M. Fink, M. Holters and U. Zölzer, "Signal-matched
    power-complementary cross-fading and dry-wet mixing", DAFx 2016).

    Args:
        first: first sample, counted from the start of the fade; may be negative.
        stop: exclusive.
        length: of the fade, in samples, at least 1.
        likeness: of the two sounds, as ``likeness`` returns it: 0 to 1.

    >>> [round(value, 2) for value in rise(-1, 3, 2).tolist()]
    [0.0, 0.38, 0.92, 1.0]
    >>> [round(value, 2) for value in rise(-1, 3, 2, likeness=1.0).tolist()]
    [0.0, 0.29, 0.71, 1.0]
    """
    angle = np.pi / 2 * np.clip((np.arange(first, stop) + 0.5) / length, 0, 1)
    gain = np.sin(angle) / np.sqrt(1 + likeness * np.sin(2 * angle))
    return np.asarray(gain, np.float32)


def likeness(one: Samples, other: Samples) -> float:
    """Return the normalised correlation of two sounds of one shape, 0 where they are opposed.

    >>> tone = np.sin(np.arange(400, dtype=np.float32)).reshape(2, 200)
    >>> round(likeness(tone, 0.1 * tone), 3), likeness(tone, -tone), likeness(tone, 0 * tone)
    (1.0, 0.0, 0.0)
    """
    a, b = one.ravel().astype(np.float64), other.ravel().astype(np.float64)
    power = float(np.sqrt((a @ a) * (b @ b)))
    return min(1.0, max(0.0, float(a @ b) / power)) if power > 0 else 0.0
