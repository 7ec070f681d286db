"""Acoustic fingerprints: whether two files hold the same recording, however they are encoded.

Chromaprint (Lukáš Lalinský, "How does Chromaprint work?", 2011): 32 bits of chroma shape for every
eighth of a second, computed by the FFmpeg binary that imageio-ffmpeg installs. Two recordings are
laid over each other at every offset that some of their codes agree on; the share of equal bits over
the best overlap says how alike they are. Chance is one half.
"""

import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from v2m.errors import BackendError, MediaError

Codes = npt.NDArray[np.uint32]
"""uint32, shape (n,), one code for every CODE_SECONDS."""

VERSION = "chromaprint-1"
CODE_SECONDS = 0.1238
"""Chromaprint's default: 4096 samples at 11,025 Hz with two thirds overlap."""

LONGEST_SECONDS = 120
"""As AcoustID does: two minutes are enough to tell recordings apart."""

SHORTEST_OVERLAP = 64
"""Codes, 8 s: less is no evidence."""

SAME = 0.85
"""Likeness from which two tracks are proposed as one recording; benchmarks/duplicates.py."""

OFFSETS = 5

OUTPUT = ("-f", "chromaprint", "-fp_format", "raw", "-")


@cache
def available() -> bool:
    """Whether the FFmpeg here can compute Chromaprint."""
    listed = subprocess.run(
        [_ffmpeg(), "-hide_banner", "-muxers"], capture_output=True, text=True, check=False
    )
    return " chromaprint " in listed.stdout


def fingerprint(path: Path) -> Codes:
    """Return the codes of a file's first two minutes.

    Raises:
        MediaError: the file cannot be decoded or is too short.
        BackendError: this FFmpeg has no Chromaprint.
    """
    if not available():
        raise BackendError("ffmpeg", "it was built without Chromaprint")
    command = [_ffmpeg(), "-v", "error", "-nostdin", "-t", str(LONGEST_SECONDS)]
    done = subprocess.run(
        [*command, "-i", f"file:{path}", "-map", "0:a:0", *OUTPUT],
        capture_output=True,
        check=False,
    )
    codes = np.frombuffer(done.stdout[: len(done.stdout) // 4 * 4], np.uint32)
    if not len(codes):
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise MediaError(path, f"no fingerprint: {said[-1] if said else 'too short'}")
    return codes


def likeness(one: Codes, other: Codes) -> float:
    """Return the share of equal bits over the best overlap of two fingerprints, 0 to 1.

    0 where no offset is agreed on, or the overlap is shorter than 8 s and than half of the shorter.
    """
    found = [_agreement(one, other, offset) for offset in _offsets(one, other)]
    return max(found, default=0.0)


def _offsets(one: Codes, other: Codes) -> list[int]:
    """Return the offsets between equal codes that occur most, best first."""
    distinct, first = np.unique(one, return_index=True)
    places = np.searchsorted(distinct, other)
    places[places == len(distinct)] = 0
    equal = np.flatnonzero(distinct[places] == other)
    offsets, counts = np.unique(first[places[equal]] - equal, return_counts=True)
    return [int(offset) for offset in offsets[np.argsort(-counts, kind="stable")[:OFFSETS]]]


def _agreement(one: Codes, other: Codes, offset: int) -> float:
    left, right = one[max(0, offset) :], other[max(0, -offset) :]
    n = min(len(left), len(right))
    if n < min(SHORTEST_OVERLAP, min(len(one), len(other)) // 2):
        return 0.0
    different: Any = np.bitwise_count(left[:n] ^ right[:n])
    return float(1 - different.mean() / 32)


def _ffmpeg() -> str:
    import imageio_ffmpeg

    return str(imageio_ffmpeg.get_ffmpeg_exe())
