"""Acoustic fingerprints: whether two files hold the same recording, however they are encoded.

Chromaprint (Lukáš Lalinský, "How does Chromaprint work?", 2011): 32 bits of chroma shape for every
eighth of a second, computed by the FFmpeg binary that imageio-ffmpeg installs: of a file, or for a
quarter of the time of sound that is decoded already. The two differ in one bit of a thousand at
most, where FFmpeg mixes and resamples in other steps than we do. Two recordings are
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
from v2m.types import Mono

Codes = npt.NDArray[np.uint32]
"""uint32, shape (n,), one code for every CODE_SECONDS."""

VERSION = "chromaprint-1"

RATE = 11025
"""Hz, what Chromaprint brings all sound to."""

CODE_SECONDS = 0.1238
"""Chromaprint's default: 4096 samples at 11,025 Hz with two thirds overlap."""

LONGEST_SECONDS = 120
"""As AcoustID does: two minutes are enough to tell recordings apart."""

SHORTEST_OVERLAP = 64
"""Codes, 8 s: less is no evidence."""

SAME = 0.85
"""Likeness from which two tracks are proposed as one recording; benchmarks/duplicates.py."""

SILENCE = 627964279
"""The code of digital silence, which tells nothing of a recording."""

OFFSETS = 5

INPUT = ("-f", "s16le", "-ar", str(RATE), "-ac", "1", "-i", "pipe:0")
OUTPUT = ("-ac", "2", "-f", "chromaprint", "-fp_format", "raw", "pipe:1")
"""Chromaprint refuses more channels than two, and takes the mean of two."""


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
    place = ("-nostdin", "-t", str(LONGEST_SECONDS), "-i", f"file:{path}", "-map", "0:a:0")
    codes, said = _computed(*place)
    if not len(codes):
        raise MediaError(path, f"no fingerprint: {said or 'too short'}")
    return codes


def fingerprint_of(mono: Mono) -> Codes:
    """Return the codes of the first two minutes of a mix at 11,025 Hz; none where it is too short.

    Raises:
        BackendError: this FFmpeg has no Chromaprint, or fails.
    """
    start = mono[: LONGEST_SECONDS * RATE]
    numbers = np.clip(np.rint(start * 32768), -32768, 32767).astype("<i2")
    codes, said = _computed(*INPUT, sound=numbers.tobytes())
    if said:
        raise BackendError("ffmpeg", said)
    return codes


def _computed(*place: str, sound: bytes | None = None) -> tuple[Codes, str]:
    """Return the codes of what lies at a place, and what FFmpeg says of it last."""
    if not available():
        raise BackendError("ffmpeg", "it was built without Chromaprint")
    done = subprocess.run(
        [_ffmpeg(), "-v", "error", *place, *OUTPUT], input=sound, capture_output=True, check=False
    )
    said = done.stderr.decode("utf-8", "replace").strip().splitlines()
    if done.returncode and not said:
        said = [f"it ended with code {done.returncode}"]
    codes = np.frombuffer(done.stdout[: len(done.stdout) // 4 * 4], np.uint32)
    return codes, said[-1] if said else ""


def likeness(one: Codes, other: Codes) -> float:
    """Return the share of equal bits over the best overlap of two fingerprints, 0 to 1.

    What both are silent in does not count. 0 where no offset is agreed on, or the overlap is
    shorter than 8 s and than half of the shorter.
    """
    found = [_agreement(one, other, offset) for offset in _offsets(one, other)]
    return max(found, default=0.0)


def _offsets(one: Codes, other: Codes) -> list[int]:
    """Return the offsets between equal codes that occur most, best first."""
    distinct, first = np.unique(one, return_index=True)
    places = np.searchsorted(distinct, other)
    places[places == len(distinct)] = 0
    equal = np.flatnonzero((distinct[places] == other) & (other != SILENCE))
    offsets, counts = np.unique(first[places[equal]] - equal, return_counts=True)
    return [int(offset) for offset in offsets[np.argsort(-counts, kind="stable")[:OFFSETS]]]


def _agreement(one: Codes, other: Codes, offset: int) -> float:
    left, right = one[max(0, offset) :], other[max(0, -offset) :]
    n = min(len(left), len(right))
    left, right = left[:n], right[:n]
    telling = (left != SILENCE) | (right != SILENCE)
    if telling.sum() < max(1, min(SHORTEST_OVERLAP, min(len(one), len(other)) // 2)):
        return 0.0
    different: Any = np.bitwise_count(left[telling] ^ right[telling])
    return float(1 - different.mean() / 32)


def _ffmpeg() -> str:
    import imageio_ffmpeg

    return str(imageio_ffmpeg.get_ffmpeg_exe())
