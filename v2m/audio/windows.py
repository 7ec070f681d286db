"""Fixed windows over music, for models that hear only a few seconds at a time."""

import numpy as np
import numpy.typing as npt

from v2m.types import Mono, Span


def window_starts(n_samples: int, length: int, most: int) -> npt.NDArray[np.int64]:
    """Return where windows begin so that all of the sound is heard once, as far as ``most`` allows.

    Args:
        n_samples: length of the sound.
        length: of a window, samples.
        most: windows at most; longer sound gets windows spread evenly over it.

    Returns:
        int64, shape (n,), n >= 1. Windows lie end to end; the last one is flush with the end of the
        sound. Sound shorter than a window gets one window.

    >>> window_starts(25, 10, 9).tolist(), window_starts(7, 10, 9).tolist()
    ([0, 10, 15], [0])
    """
    last = max(0, n_samples - length)
    wanted = -(-n_samples // length)  # rounded up
    if wanted > most:
        return np.linspace(0, last, most).round().astype(np.int64)
    return np.minimum(np.arange(max(1, wanted), dtype=np.int64) * length, last)


def cut_windows(sound: Mono, starts: npt.NDArray[np.int64], length: int) -> list[Mono]:
    """Return the windows, each at most ``length`` samples."""
    return [sound[start : start + length] for start in starts]


def windows_in(
    starts: npt.NDArray[np.int64], length: int, sample_rate: int, span: Span
) -> npt.NDArray[np.bool_]:
    """Tell which windows have their middle in a span, else the nearest one, shape (n,)."""
    centres = (starts + length / 2) / sample_rate
    inside = (centres >= span.start_seconds) & (centres < span.end_seconds)
    if not inside.any():
        middle = (span.start_seconds + span.end_seconds) / 2
        inside[np.argmin(np.abs(centres - middle))] = True
    return np.asarray(inside)
