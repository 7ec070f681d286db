"""Finds what goes wrong in generated music: silence, a stuck loop, samples that are no numbers.

A model that is stuck says the same tokens again and again, and its codec turns them into the same
samples. So a loop is told by the waveform itself: a stretch that correlates almost perfectly with
what came one period before. Players never repeat so exactly; a steady tone does, and counts too.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import soxr

from v2m.types import Audio, Mono, Span

SILENT_DBFS = -60.0
"""Level (RMS of 0.1 s) under which nothing is heard."""

MOST_SILENCE = 0.5
"""Share of a piece that may be silent."""

LONGEST_HOLE_SECONDS = 4.0
"""Silence inside a piece that is still a pause."""

RATE = 8000
"""Hz at which repetition is looked for."""

BLOCK_SECONDS, HOP_SECONDS = 4.0, 1.0
PERIODS_SECONDS = (0.02, 2.0)
"""Shortest and longest period of a loop that is looked for; a bar of music repeats more slowly."""

ALIKE = 0.95
"""Correlation of a block with itself one period earlier from which it is a repetition. The 28
tracks of immich-memories-music reach 0.83, the arranger's pieces 0.88, a repeated excerpt 0.99."""

STUCK_SECONDS = 8.0
"""So long in all, a repetition is no longer a figure of the music."""

Kind = Literal["not finite", "silent", "stuck"]


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong with a piece.

    Attributes:
        kind: "not finite", "silent" or "stuck".
        span: where, from the first to the last place.
        share: of the piece that is wrong, 0 to 1.
        text: the same in words.
    """

    kind: Kind
    span: Span
    share: float
    text: str


def find_faults(audio: Audio) -> list[Fault]:
    """Return what is wrong with a piece of music; nothing for a sound one.

    Args:
        audio: any number of channels; an empty one is silent.
    """
    if not np.isfinite(audio.samples).all():
        span = Span(0.0, audio.duration_seconds)
        return [Fault("not finite", span, 1.0, "holds samples that are no numbers")]
    mono = audio.mono()
    silence = _silence(mono, audio.sample_rate)
    if silence:
        return [silence]
    loop = _loop(np.asarray(soxr.resample(mono, audio.sample_rate, RATE), np.float32))
    return [loop] if loop else []


def _silence(mono: Mono, rate: int) -> Fault | None:
    step = max(1, rate // 10)
    n = max(1, len(mono) // step)
    blocks = np.resize(mono[: n * step], (n, len(mono[: n * step]) // n))
    quiet = _level_dbfs(blocks) < SILENT_DBFS
    seconds = len(mono) / rate
    share = float(quiet.mean())
    start, length = _longest_run(quiet)
    # a quiet end or beginning is music's own; a hole in the middle is not
    inside = start > 0 and start + length < n
    hole = length * 0.1 if inside else 0.0
    if share <= MOST_SILENCE and hole <= LONGEST_HOLE_SECONDS:
        return None
    where = Span(start * 0.1, min(seconds, (start + length) * 0.1))
    words = f"is silent for {share:.0%} of its length"
    if share <= MOST_SILENCE:
        words = f"falls silent for {hole:.1f} s"
    return Fault("silent", where, share, words)


def _level_dbfs(blocks: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    power = (blocks.astype(np.float64) ** 2).mean(axis=1) if blocks.size else np.zeros(len(blocks))
    return np.asarray(10 * np.log10(np.maximum(power, 1e-12)))


def _longest_run(flags: npt.NDArray[np.bool_]) -> tuple[int, int]:
    """Return first place and length of the longest run of true."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    if not len(edges):
        return 0, 0
    starts, ends = edges[::2], edges[1::2]
    longest = int(np.argmax(ends - starts))
    return int(starts[longest]), int(ends[longest] - starts[longest])


def _loop(mono: Mono) -> Fault | None:
    found = [(start, *_repetition(block)) for start, block in _blocks(mono)]
    stuck = [(start, period) for start, alike, period in found if alike >= ALIKE]
    if not stuck:
        return None
    # blocks overlap: each place counts once
    seconds = len({start + i for start, _ in stuck for i in range(int(BLOCK_SECONDS))})
    if seconds < STUCK_SECONDS:
        return None
    whole = len(mono) / RATE
    span = Span(float(stuck[0][0]), min(whole, stuck[-1][0] + BLOCK_SECONDS))
    period = float(np.median([period for _, period in stuck]))
    return Fault(
        "stuck",
        span,
        min(1.0, seconds / whole),
        f"repeats the same {period:.2f} s for {seconds:.0f} s",
    )


def _blocks(mono: Mono) -> Iterator[tuple[int, Mono]]:
    """Yield the start in whole seconds and the samples of each block, period before it included."""
    before, size, hop = round(PERIODS_SECONDS[1] * RATE), round(BLOCK_SECONDS * RATE), RATE
    for start in range(before, len(mono) - size + 1, hop):
        yield (
            (start - before) // RATE + round(PERIODS_SECONDS[1]),
            mono[start - before : start + size],
        )


def _repetition(stretch: Mono) -> tuple[float, float]:
    """Return how well the end of a stretch is foretold by what came a period before it.

    Returns:
        The highest correlation over all periods, -1 to 1, and its period in seconds; 0 for a
        block in which nothing sounds.
    """
    shortest, longest = (round(seconds * RATE) for seconds in PERIODS_SECONDS)
    block = stretch[longest:].astype(np.float64)
    energy = float(block @ block)
    if energy / len(block) < 10 ** (SILENT_DBFS / 10):
        return 0.0, 0.0
    size = 1 << (len(stretch) - 1).bit_length()
    spectrum = np.fft.rfft(stretch, size) * np.conj(np.fft.rfft(block, size))
    products = np.fft.irfft(spectrum, size)[: longest + 1][::-1]  # by period: 0 first
    squares = np.concatenate([[0.0], np.cumsum(stretch.astype(np.float64) ** 2)])
    starts = longest - np.arange(longest + 1)
    energies = squares[starts + len(block)] - squares[starts]
    alike = products / np.sqrt(np.maximum(energies * energy, 1e-20))
    highest = float(alike[shortest:].max())
    # twice the period is as alike: the shortest one is the loop
    period = shortest + int(np.argmax(alike[shortest:] >= highest - 0.01))
    return highest, period / RATE
