"""Short-time spectra and mel filters in NumPy."""

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from v2m.audio.transforms import magnitudes_of_rows
from v2m.types import Mono

Magnitudes = npt.NDArray[np.float32]
"""float32, shape (frames, n_fft // 2 + 1)."""

SAMPLES_AT_ONCE = 1 << 17
"""What is transformed at once stays in the cache."""


def magnitudes(mono: Mono, n_fft: int, hop: int) -> Magnitudes:
    """Return the magnitudes of a centred short-time Fourier transform with a Hann window.

    Frame t is centred on sample ``t * hop``; outside the sound there is silence.
    """
    out = np.empty((_n_frames(mono, n_fft, hop), n_fft // 2 + 1), np.float32)
    first = 0
    for block in magnitude_blocks(mono, n_fft, hop):
        out[first : first + len(block)] = block
        first += len(block)
    return out


def _n_frames(mono: Mono, n_fft: int, hop: int) -> int:
    return 1 + max(0, len(mono) + n_fft // 2 * 2 - n_fft) // hop


def magnitude_blocks(mono: Mono, n_fft: int, hop: int) -> Iterator[Magnitudes]:
    """Yield what ``magnitudes`` returns, some frames at a time, at least one."""
    padded = np.pad(np.asarray(mono, np.float32), n_fft // 2)
    n_frames = _n_frames(mono, n_fft, hop)
    frames = np.lib.stride_tricks.sliding_window_view(padded, n_fft)[::hop][:n_frames]
    window = hann(n_fft)
    step = max(1, SAMPLES_AT_ONCE // n_fft)
    for start in range(0, n_frames, step):
        yield magnitudes_of_rows(frames[start : start + step] * window)


@lru_cache
def hann(n: int) -> npt.NDArray[np.float32]:
    """Return a periodic Hann window, shape (n,)."""
    return np.hanning(n + 1)[:-1].astype(np.float32)


@lru_cache
def mel_filters(sample_rate: int, n_fft: int, n_mels: int) -> npt.NDArray[np.float32]:
    """Return triangular mel filters of unit area, shape (n_mels, n_fft // 2 + 1).

    The mel scale is Slaney's (Auditory Toolbox, 1998): linear below 1 kHz, logarithmic above.
    """
    hertz = np.linspace(0, sample_rate / 2, 1 + n_fft // 2)
    edges = _mel_to_hertz(np.linspace(0, _hertz_to_mel(sample_rate / 2), n_mels + 2))
    widths = np.diff(edges)
    ramps = edges[:, None] - hertz[None]
    rising, falling = -ramps[:-2] / widths[:-1, None], ramps[2:] / widths[1:, None]
    triangles = np.maximum(0, np.minimum(rising, falling))
    return (triangles * (2 / (edges[2:] - edges[:-2]))[:, None]).astype(np.float32)


_LOG_STEP = np.log(6.4) / 27


def _hertz_to_mel(hertz: float) -> float:
    return hertz * 3 / 200 if hertz < 1000 else 15 + float(np.log(hertz / 1000) / _LOG_STEP)


def _mel_to_hertz(mel: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    above = 1000 * np.exp(_LOG_STEP * (mel - 15))
    return np.where(mel < 15, mel * 200 / 3, above)
