"""Loudness and true peak after ITU-R BS.1770-4."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from v2m.types import Samples

SILENCE_LUFS = -70.0
"""Absolute gate of BS.1770-4; also what digital silence measures here."""

SILENCE_DBTP = -120.0
"""What digital silence measures as true peak."""

OVERSAMPLING = 4
CHUNK = 1 << 18
AT_ONCE = 1 << 16
"""Samples weighted at once; large arrays cost more than the filter."""

WEIGHTED_TOGETHER = 64
"""Samples that one row of a product weights."""

BLOCK = 64
REACH = 24
"""Samples on either side that decide what lies between two samples."""


def integrated_lufs(samples: Samples, sample_rate: int) -> float:
    """Return the gated integrated loudness in LUFS.

    Blocks of 400 ms overlap by 75 %; the absolute gate lies at -70 LUFS, the relative one 10 LU
    below the mean of what passes it. A sound shorter than one block is measured ungated as a whole.

    Args:
        samples: float32, shape (channels, n), one or two channels.
        sample_rate: Hz.

    Returns:
        -70.0 for silence and for what the gates leave nothing of.
    """
    return gated_lufs(gated_blocks(samples, sample_rate))


def gated_blocks(samples: Samples, sample_rate: int) -> npt.NDArray[np.float64]:
    """Return the power of the blocks that ``gated_lufs`` wants, at least one."""
    return _block_power(samples, sample_rate, 0.4, 0.1)


def gated_lufs(power: npt.NDArray[np.float64]) -> float:
    """Return the loudness of blocks that pass both gates."""
    loud = power[power_lufs(power) > SILENCE_LUFS]
    if not len(loud):
        return SILENCE_LUFS
    gated = loud[power_lufs(loud) > power_lufs(loud.mean()) - 10]
    return float(power_lufs(gated.mean()))


def short_term_lufs(
    samples: Samples, sample_rate: int, hop_seconds: float = 1.0
) -> npt.NDArray[np.float64]:
    """Return the loudness of 3 s windows, at least one value, not under -70."""
    power = _block_power(samples, sample_rate, 3.0, hop_seconds)
    return np.maximum(power_lufs(power), SILENCE_LUFS)


def true_peak_dbtp(samples: Samples, sample_rate: int) -> float:
    """Return the highest peak of the sound four times oversampled (annex 2), dBTP."""
    return dbtp(float(peak_envelope(samples).max(initial=0.0)))


def peak_envelope(samples: Samples) -> npt.NDArray[np.float32]:
    """Return the true peak around every sample over all channels, shape (n,), linear."""
    chunks = with_neighbours(of_length([samples], CHUNK))
    blocks = [peaks_around(*chunk) for chunk in chunks]
    return np.concatenate(blocks) if blocks else np.empty(0, np.float32)


def of_length(blocks: Iterable[Samples], length: int) -> Iterator[Samples]:
    """Yield the same sound in blocks of one length, so that results do not depend on the blocks."""
    held: list[Samples] = []
    n = 0
    for block in blocks:
        held.append(block)
        n += block.shape[1]
        if n < length:
            continue
        joined = np.concatenate(held, axis=1)
        whole = n // length * length
        yield from (joined[:, first : first + length] for first in range(0, whole, length))
        held, n = [joined[:, whole:]], n - whole
    if n:
        yield np.concatenate(held, axis=1)


def with_neighbours(chunks: Iterable[Samples]) -> Iterator[tuple[Samples, Samples, Samples]]:
    """Yield each chunk with the samples just before and behind it that decide its peaks."""
    before: Samples | None = None
    chunk: Samples | None = None
    for following in chunks:
        if chunk is not None:
            nothing = chunk[:, :0]
            yield nothing if before is None else before, chunk, following[:, :REACH]
            before = chunk[:, -REACH:]
        chunk = following
    if chunk is not None:
        yield chunk[:, :0] if before is None else before, chunk, chunk[:, :0]


def dbtp(peak: float) -> float:
    """Return a linear peak in dBTP, not under -120."""
    return max(SILENCE_DBTP, 20 * float(np.log10(max(peak, 1e-9))))


def peaks_around(before: Samples, chunk: Samples, after: Samples) -> npt.NDArray[np.float32]:
    """Return the true peak around each sample of a chunk, over all channels."""
    n = chunk.shape[1]
    n_blocks = -(-n // BLOCK)
    matrix = _between_samples()
    width = len(matrix)
    lead = before[:, -(REACH - 1) :]
    padded = np.zeros((len(chunk), (n_blocks - 1) * BLOCK + width), np.float32)
    place = REACH - 1 - lead.shape[1]
    for part in (lead, chunk, after):
        padded[:, place : place + part.shape[1]] = part[:, : padded.shape[1] - place]
        place += part.shape[1]
    peaks = np.abs(chunk).max(axis=0)
    for channel in padded:
        windows = np.lib.stride_tricks.sliding_window_view(channel, width)[::BLOCK]
        between = np.abs(windows @ matrix).reshape(n_blocks, OVERSAMPLING - 1, BLOCK)
        np.maximum(peaks, between.max(axis=1).reshape(-1)[:n], out=peaks)
    return np.asarray(peaks, np.float32)


@lru_cache
def _between_samples() -> npt.NDArray[np.float32]:
    """The three points between each sample and the next, for a block of 64 samples at once.

    A windowed sinc of 48 samples, flat to 20 kHz at 48 kHz within 0.1 dB, as a matrix of shape
    (111, 3 * 64): a matrix product is several times faster than a polyphase filter.
    """
    from scipy.signal import firwin

    window: Any = ("kaiser", 8.0)
    taps = firwin(2 * REACH * OVERSAMPLING + 1, 1 / OVERSAMPLING, window=window) * OVERSAMPLING
    matrix = np.zeros((BLOCK + 2 * REACH - 1, OVERSAMPLING - 1, BLOCK), np.float32)
    for phase in range(1, OVERSAMPLING):
        own = taps[phase::OVERSAMPLING][: 2 * REACH]
        for sample in range(BLOCK):
            matrix[sample : sample + 2 * REACH, phase - 1, sample] = own[::-1]
    return matrix.reshape(len(matrix), -1)


def _block_power(
    samples: Samples, sample_rate: int, block_seconds: float, hop_seconds: float
) -> npt.NDArray[np.float64]:
    """Return the K-weighted power of overlapping blocks, summed over channels, at least one."""
    hop = max(1, round(hop_seconds * sample_rate))
    per_block = max(1, round(block_seconds / hop_seconds))
    n = samples.shape[1]
    if not n:
        return np.zeros(1)
    if n < per_block * hop:
        return np.array([k_squares(samples, sample_rate)[0].mean(dtype=np.float64)])
    return over_blocks(_step_power(samples, sample_rate, hop), per_block)


def _step_power(samples: Samples, sample_rate: int, hop: int) -> npt.NDArray[np.float64]:
    """Return the K-weighted power of every whole step, a few at a time: they stay in the cache."""
    n = samples.shape[1] // hop * hop
    length = max(1, AT_ONCE // hop) * hop
    steps, state = [], None
    for first in range(0, n, length):
        some = samples[:, first : min(n, first + length)]
        squares, state = k_squares(some, sample_rate, state)
        steps.append(squares.reshape(-1, hop).mean(axis=1, dtype=np.float64))
    return np.concatenate(steps)


def over_blocks(steps: npt.NDArray[np.float64], per_block: int) -> npt.NDArray[np.float64]:
    """Return the mean power of every run of so many steps."""
    return np.asarray(np.convolve(steps, np.ones(per_block), "valid") / per_block, np.float64)


def k_squares(
    samples: Samples, sample_rate: int, state: npt.NDArray[np.float64] | None = None
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float64]]:
    """Return the K-weighted squares summed over channels, and the filter's state behind them."""
    from scipy.signal import sosfilt

    weights = _k_weighting(sample_rate)
    if state is None:
        state = np.zeros((len(weights), len(samples), 2))
    whole = samples.shape[1] // WEIGHTED_TOGETHER * WEIGHTED_TOGETHER
    weighted, state = _k_blocks(sample_rate).weighted(samples[:, :whole], state)
    squares = [np.einsum("cn,cn->n", weighted, weighted)]
    if whole < samples.shape[1]:
        rest: Any
        rest, after = sosfilt(weights, samples[:, whole:].astype(np.float64), axis=-1, zi=state)
        squares.append(np.einsum("cn,cn->n", rest, rest).astype(np.float32))
        state = np.asarray(after, np.float64)
    return np.concatenate(squares), state


class _KBlocks:
    """The K filter as products of matrices: what 64 samples and the state ahead of them make.

    Only the states depend on one another. In the basis of the filter's poles each is a number that
    the next block shrinks, turns and adds to.
    """

    def __init__(self, weights: npt.NDArray[np.float64]) -> None:
        from scipy.signal import sosfilt

        n, order = WEIGHTED_TOGETHER, 2 * len(weights)
        # rows: an impulse in every place, then every state alone
        sound = np.vstack([np.eye(n), np.zeros((order, n))])
        states = np.vstack([np.zeros((n, order)), np.eye(order)])
        ahead = states.reshape(-1, len(weights), 2).transpose(1, 0, 2)
        out: Any
        out, after = sosfilt(weights, sound, axis=-1, zi=ahead)
        after = after.transpose(1, 0, 2).reshape(-1, order)
        self._out = out.astype(np.float32)  # (64 samples and the state, 64 weighted samples)
        # poles of one sample, not of 64: by then some states have died away below rounding
        poles, basis = np.linalg.eig(_after_one_sample(weights))
        turns: npt.NDArray[np.float64] = np.imag(poles)
        of_pair = turns >= 0  # of two conjugate poles one tells all
        self._poles = poles[of_pair] ** n
        self._to_poles = np.linalg.inv(basis)[of_pair].T
        self._driven = (after[:n] @ self._to_poles).astype(np.complex64)
        twice = np.where(turns[of_pair] > 0, 2, 1)
        self._from_poles = (basis[:, of_pair] * twice).T

    def weighted(
        self, samples: Samples, state: npt.NDArray[np.float64]
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float64]]:
        """Return a whole number of blocks weighted, (channels, n), and the state behind them."""
        from scipy.signal import lfilter

        n_channels, n = samples.shape
        if not n:
            return np.zeros((n_channels, 0), np.float32), state
        blocks = samples.reshape(n_channels, -1, WEIGHTED_TOGETHER)
        driven = blocks @ self._driven.real + 1j * (blocks @ self._driven.imag)
        first = state.transpose(1, 0, 2).reshape(n_channels, -1) @ self._to_poles
        along = [
            lfilter([1], [1, -pole], driven[..., m], zi=pole * first[:, m, None])[0]
            for m, pole in enumerate(self._poles)
        ]
        states = np.concatenate([first[:, None], np.stack(along, axis=-1)], axis=1)
        states = (states @ self._from_poles).real  # ahead of every block, and behind the last
        ahead = states[:, :-1].astype(np.float32)
        weighted = np.concatenate([blocks, ahead], axis=2) @ self._out
        behind = states[:, -1].reshape(n_channels, -1, 2).transpose(1, 0, 2)
        return weighted.reshape(n_channels, n), np.ascontiguousarray(behind)


def _after_one_sample(weights: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the matrix by which a sample of silence moves the states of sections, as columns."""
    from scipy.signal import sosfilt

    order = 2 * len(weights)
    ahead = np.eye(order).reshape(-1, len(weights), 2).transpose(1, 0, 2)
    after: Any = sosfilt(weights, np.zeros((order, 1)), axis=-1, zi=ahead)[1]
    return np.asarray(after.transpose(1, 0, 2).reshape(-1, order).T, np.float64)


@lru_cache
def _k_blocks(sample_rate: int) -> _KBlocks:
    return _KBlocks(_k_weighting(sample_rate))


def power_lufs(power: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return the loudness of K-weighted power summed over channels."""
    return np.asarray(-0.691 + 10 * np.log10(np.maximum(power, 1e-12)), np.float64)


@lru_cache
def _k_weighting(sample_rate: int) -> npt.NDArray[np.float64]:
    """Return the two stages of the K filter as second-order sections.

    The analogue prototypes behind the standard's 48 kHz coefficients, after B. De Man, "Evaluation
    of implementations of the EBU R128 loudness measurement" (2018).
    """
    shelf = _section(sample_rate, 1681.974450955533, 0.7071752369554196, 3.999843853973347)
    cut = _section(sample_rate, 38.13547087602444, 0.5003270373238773, None)
    return np.array([shelf, cut])


def _section(rate: int, hertz: float, q: float, gain_db: float | None) -> list[float]:
    k = float(np.tan(np.pi * hertz / rate))
    below = 1 + k / q + k * k
    a1, a2 = 2 * (k * k - 1) / below, (1 - k / q + k * k) / below
    if gain_db is None:
        return [1.0, -2.0, 1.0, 1.0, a1, a2]
    high = 10 ** (gain_db / 20)
    band = high**0.4996667741545416
    b0 = (high + band * k / q + k * k) / below
    b1 = 2 * (k * k - high) / below
    b2 = (high - band * k / q + k * k) / below
    return [b0, b1, b2, 1.0, a1, a2]
