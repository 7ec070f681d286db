"""Measures loudness and peaks of a sound in one pass.

``measure`` keeps their course, in memory that is a hundredth of the sound; ``measure_into`` keeps
it elsewhere, in memory that does not grow; ``gauge`` keeps only what the whole comes to.
"""

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from v2m.audio.loudness import (
    CHUNK,
    SILENCE_LUFS,
    dbtp,
    gated_lufs,
    k_squares,
    of_length,
    over_blocks,
    peaks_around,
    power_lufs,
    with_neighbours,
)
from v2m.types import Samples

FRAMES_PER_SECOND = 500
"""What ``measure`` keeps of a sound: a level and a peak for every 2 ms."""

FRAMES_PER_STEP = FRAMES_PER_SECOND // 10
STEPS_PER_BLOCK = 4
STEPS_AT_ONCE = 1 << 12


class Course(Protocol):
    """float32 values, one for every 2 ms, that are read in stretches; an array is one."""

    def __len__(self) -> int: ...

    def __getitem__(self, part: slice, /) -> npt.NDArray[np.float32]: ...


class Gains(Protocol):
    """Linear gains, one for every 2 ms, that are read in stretches; an array is one."""

    def __getitem__(self, part: slice, /) -> npt.NDArray[np.floating]: ...


class Store(Course, Protocol):
    """A course that values are appended to."""

    def append(self, values: npt.NDArray[np.float32]) -> None:
        """Take the next values."""
        ...

    def clear(self) -> None:
        """Forget all values."""
        ...


@dataclass(frozen=True, slots=True)
class Measured:
    """Loudness and peaks of a sound, kept for every 2 ms: a hundredth of the sound itself.

    Attributes:
        frame_energies: float32, shape (frames,), sum of the K-weighted squares over channels and
            samples, divided by the samples of a whole frame.
        frame_peaks: float32, shape (frames,), highest true peak over all channels, linear.
        n: samples that were measured.
        sample_rate: Hz.
    """

    frame_energies: npt.NDArray[np.float32]
    frame_peaks: npt.NDArray[np.float32]
    n: int
    sample_rate: int

    @property
    def duration_seconds(self) -> float:
        """Length, in seconds."""
        return self.n / self.sample_rate

    @property
    def true_peak_dbtp(self) -> float:
        """Highest true peak, -120 for silence."""
        return dbtp(float(self.frame_peaks.max(initial=0.0)))

    def lufs(self, gains: Gains | None = None, gain: float = 1.0) -> float:
        """Return the integrated loudness, as ``integrated_lufs`` measures it.

        Args:
            gains: linear, one per frame: the loudness they would give.
            gain: linear, for everything.
        """
        return _course_lufs(self.frame_energies, self.n, self.sample_rate, gains, gain)

    def curve_lufs(self, window_seconds: float) -> npt.NDArray[np.float64]:
        """Return the ungated loudness around every 0.1 s, not under -70; 400 ms is momentary."""
        filled = np.pad(self.frame_energies, (0, -len(self.frame_energies) % FRAMES_PER_STEP))
        steps = filled.reshape(-1, FRAMES_PER_STEP).mean(axis=1, dtype=np.float64)
        n = max(1, round(10 * window_seconds))
        padded = np.pad(steps, ((n - 1) // 2, n // 2), mode="edge") if len(steps) else np.zeros(n)
        return np.maximum(power_lufs(over_blocks(padded, n)), SILENCE_LUFS)

    def scaled(self, gain: npt.ArrayLike) -> "Measured":
        """Return what the sound would measure with a linear gain, one or one per frame."""
        energies = self.frame_energies * np.square(gain, dtype=np.float64)
        peaks = self.frame_peaks * np.asarray(gain)
        return Measured(
            energies.astype(np.float32), peaks.astype(np.float32), self.n, self.sample_rate
        )

    def span(self, start_seconds: float, end_seconds: float) -> "Measured":
        """Return the measurement of a stretch, to 2 ms."""
        first, last = (round(at * FRAMES_PER_SECOND) for at in (start_seconds, end_seconds))
        energies = self.frame_energies[max(0, first) : max(0, last)]
        peaks = self.frame_peaks[max(0, first) : max(0, last)]
        n = len(energies) * self.sample_rate // FRAMES_PER_SECOND
        return Measured(energies, peaks, n, self.sample_rate)


@dataclass(frozen=True, slots=True)
class Filed:
    """What ``Measured`` holds, kept in stores and read from there in stretches.

    Attributes:
        frame_energies: as in ``Measured``.
        frame_peaks: as in ``Measured``.
        true_peak_dbtp: highest true peak, -120 for silence.
        n: samples that were measured.
        sample_rate: Hz.
    """

    frame_energies: Course
    frame_peaks: Course
    true_peak_dbtp: float
    n: int
    sample_rate: int

    def lufs(self, gains: Gains | None = None, gain: float = 1.0) -> float:
        """Return the integrated loudness, as ``Measured`` does."""
        return _course_lufs(self.frame_energies, self.n, self.sample_rate, gains, gain)


def _course_lufs(
    frame_energies: Course, n: int, sample_rate: int, gains: Gains | None, gain: float
) -> float:
    def energies(first: int, stop: int) -> npt.NDArray[np.float64]:
        some = frame_energies[first:stop].astype(np.float64)
        return some if gains is None else some * np.square(gains[first:stop], dtype=np.float64)

    whole = n // (sample_rate // 10)
    if whole < STEPS_PER_BLOCK:
        frame = sample_rate // FRAMES_PER_SECOND
        power = energies(0, len(frame_energies)).sum() * frame / max(1, n)
        return gated_lufs(np.array([gain**2 * power]))
    steps = np.empty(whole)
    for first in range(0, whole, STEPS_AT_ONCE):
        stop = min(whole, first + STEPS_AT_ONCE)
        some = energies(first * FRAMES_PER_STEP, stop * FRAMES_PER_STEP)
        steps[first:stop] = some.reshape(-1, FRAMES_PER_STEP).mean(axis=1)
    return gated_lufs(gain**2 * over_blocks(steps, STEPS_PER_BLOCK))


def measure(blocks: Iterable[Samples], sample_rate: int) -> Measured:
    """Measure a sound that comes in blocks of any length, in one pass.

    Args:
        blocks: float32, shape (channels, n) each, one or two channels.
        sample_rate: Hz, a multiple of 500.

    Raises:
        ValueError: the rate is not a multiple of 500.
    """
    energies, peaks, n = array("f"), array("f"), 0
    for some, highest, length in _frames(blocks, sample_rate):
        energies.frombytes(some.tobytes())
        peaks.frombytes(highest.tobytes())
        n += length
    return Measured(_floats(energies), _floats(peaks), n, sample_rate)


def measure_into(
    blocks: Iterable[Samples], sample_rate: int, energies: Store, peaks: Store
) -> Filed:
    """Measure a sound as ``measure`` does, and keep its course in stores that are empty.

    Raises:
        ValueError: the rate is not a multiple of 500.
    """
    peak, n = 0.0, 0
    for some, highest, length in _frames(blocks, sample_rate):
        energies.append(some)
        peaks.append(highest)
        peak = max(peak, float(highest.max(initial=0.0)))
        n += length
    return Filed(energies, peaks, dbtp(peak), n, sample_rate)


@dataclass(frozen=True, slots=True)
class Gauged:
    """What a whole sound comes to.

    Attributes:
        lufs: integrated loudness, as ``integrated_lufs`` measures it.
        true_peak_dbtp: highest true peak, -120 for silence.
        duration_seconds: length.
    """

    lufs: float
    true_peak_dbtp: float
    duration_seconds: float


def gauge(blocks: Iterable[Samples], sample_rate: int) -> Gauged:
    """Measure a sound as ``measure`` does, but keep 80 bytes of a second instead of 4,000.

    Raises:
        ValueError: the rate is not a multiple of 500.
    """
    steps, held = array("d"), np.empty(0, np.float32)
    peak, n = 0.0, 0
    for some, highest, length in _frames(blocks, sample_rate):
        held = np.concatenate([held, some])
        whole = len(held) // FRAMES_PER_STEP * FRAMES_PER_STEP
        full = held[:whole].reshape(-1, FRAMES_PER_STEP).mean(axis=1, dtype=np.float64)
        steps.frombytes(full.tobytes())
        held = held[whole:]
        peak = max(peak, float(highest.max(initial=0.0)))
        n += length
    power = np.array(steps[: n // (sample_rate // 10)])
    if len(power) >= STEPS_PER_BLOCK:
        loudness = gated_lufs(over_blocks(power, STEPS_PER_BLOCK))
    else:
        energy = FRAMES_PER_STEP * sum(steps) + float(held.sum())
        loudness = gated_lufs(np.array([energy * (sample_rate // FRAMES_PER_SECOND) / max(1, n)]))
    return Gauged(loudness, dbtp(peak), n / sample_rate)


def _frames(
    blocks: Iterable[Samples], sample_rate: int
) -> Iterator[tuple[npt.NDArray[np.float32], npt.NDArray[np.float32], int]]:
    """Yield energies and peaks of the frames, and of how many samples they are."""
    if sample_rate % FRAMES_PER_SECOND:
        raise ValueError(f"{sample_rate} Hz is not a multiple of {FRAMES_PER_SECOND}")
    frame = sample_rate // FRAMES_PER_SECOND
    state = None
    for before, chunk, after in with_neighbours(of_length(blocks, CHUNK // frame * frame)):
        squares, state = k_squares(chunk, sample_rate, state)
        energies = _framed(squares, frame).mean(axis=1, dtype=np.float64).astype(np.float32)
        peaks = _framed(peaks_around(before, chunk, after), frame).max(axis=1)
        yield energies, np.asarray(peaks, np.float32), chunk.shape[1]


def _floats(values: "array[float]") -> npt.NDArray[np.float32]:
    """Return the values without a copy of them: they may be many."""
    return np.frombuffer(values, np.float32) if values else np.empty(0, np.float32)


def _framed(values: npt.NDArray[Any], frame: int) -> npt.NDArray[Any]:
    """Return values as rows of a frame each, the last one filled up with zeros."""
    return np.pad(values, (0, -len(values) % frame)).reshape(-1, frame)
