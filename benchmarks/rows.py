"""Rows that set v2m beside a peer or a limit: both do the same work in turns, in processor time."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import av
import numpy as np
import pyloudnorm

from catalogs.store import Catalogue
from indexer.mapper import SAMPLE_RATE
from v2m.audio.decode import decode_audio
from v2m.audio.loudness import integrated_lufs

Work = Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Row:
    """One comparison.

    Attributes:
        name: the work.
        other: what it is compared with.
        ours_seconds: median processor time of v2m.
        other_seconds: median processor time of the other.
        ratio: median of other / ours over the rounds; above 1 v2m is faster.
        lowest: of these ratios.
        highest: of these ratios.
        goal: the least ratio that is good enough; None where the row has none.
    """

    name: str
    other: str
    ours_seconds: float
    other_seconds: float
    ratio: float
    lowest: float
    highest: float
    goal: float | None


def compare(
    name: str, other: str, ours: Work, theirs: Work, *, goal: float | None, rounds: int
) -> Row:
    """Do both in turns after a round that does not count."""
    ours(), theirs()
    pairs = [(_cpu_seconds(ours), _cpu_seconds(theirs)) for _ in range(rounds)]
    ratios = [their / our for our, their in pairs]
    our, their = (median(column) for column in zip(*pairs, strict=True))
    return Row(name, other, our, their, median(ratios), min(ratios), max(ratios), goal)


def decode_row(path: Path, goal: float, *, rounds: int) -> Row:
    """Decode to the rate of the analysis, against decoding alone."""
    return compare(
        f"decode {path.suffix[1:]} to {SAMPLE_RATE} Hz",
        "PyAV, decoding alone",
        lambda: decode_audio(path, sample_rate=SAMPLE_RATE),
        lambda: _decode_only(path),
        goal=goal,
        rounds=rounds,
    )


def loudness_row(seconds: float, *, rounds: int) -> Row:
    """Measure loudness of stereo noise, against pyloudnorm.

    Raises:
        ValueError: the two differ by more than 0.05 LU.
    """
    rate = 48_000
    sound = np.random.default_rng(0).normal(0, 0.1, (2, round(seconds * rate))).astype(np.float32)
    meter = pyloudnorm.Meter(rate)
    far = abs(integrated_lufs(sound, rate) - meter.integrated_loudness(sound.T))
    if far > 0.05:
        raise ValueError(f"loudness differs from pyloudnorm's by {far:.3f} LU")
    return compare(
        f"loudness of {seconds:g} s",
        "pyloudnorm",
        lambda: integrated_lufs(sound, rate),
        lambda: meter.integrated_loudness(sound.T),
        goal=2.5,
        rounds=rounds,
    )


def start_row(folder: Path, *, rounds: int) -> Row:
    """Start a process that lists an empty catalogue, against one that does nothing."""
    Catalogue.open(folder, create=True)
    listing = ["-m", "cli", "tracks", "list", "--catalog", str(folder)]
    return compare(
        "start, open a catalogue and list it",
        "python -c pass",
        lambda: _python(*listing),
        lambda: _python("-c", "pass"),
        goal=None,
        rounds=rounds,
    )


def _decode_only(path: Path) -> int:
    with av.open(str(path)) as container:
        return sum(frame.samples for frame in container.decode(audio=0))


def _python(*arguments: str) -> None:
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True)


def _cpu_seconds(work: Work) -> float:
    """Processor time of this process and of those it started."""
    before = os.times()
    began = time.process_time()
    work()
    spent, after = time.process_time() - began, os.times()
    children = after.children_user - before.children_user
    return max(1e-6, spent + children + after.children_system - before.children_system)
