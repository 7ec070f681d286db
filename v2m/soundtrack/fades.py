"""Fades at equal power, sample by sample, so that any stretch of one can be had alone."""

import numpy as np
import numpy.typing as npt


def rise(first: int, stop: int, length: int) -> npt.NDArray[np.float32]:
    """Return samples [first, stop) of a fade in: 0 before it, 1 behind it.

    A quarter sine: two of them, one reversed, add up to constant power.

    Args:
        first: first sample, counted from the start of the fade; may be negative.
        stop: exclusive.
        length: of the fade, in samples, at least 1.

    >>> [round(value, 2) for value in rise(-1, 3, 2).tolist()]
    [0.0, 0.38, 0.92, 1.0]
    """
    share = np.clip((np.arange(first, stop) + 0.5) / length, 0, 1)
    return np.sin(np.pi / 2 * share).astype(np.float32)
