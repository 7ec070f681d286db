"""Decoding to the rate of the analysis, beside decoding alone."""

from collections.abc import Iterator
from pathlib import Path

import av

from benchmarks.rows import Row, Setting, bundled_music, compare, faster, here
from indexer.mapper import SAMPLE_RATE
from v2m.audio.decode import decode_audio


def rows(setting: Setting) -> Iterator[Row]:
    """Decode a track as it is bundled."""
    track = min(bundled_music().rglob("*.opus"))
    yield decode_row(track, 0.75, rounds=setting.rounds)


def decode_row(path: Path, goal: float, *, rounds: int) -> Row:
    """Decode one file."""
    return compare(
        f"decode {path.suffix[1:]} to {SAMPLE_RATE} Hz",
        here(lambda: decode_audio(path, sample_rate=SAMPLE_RATE)),
        "PyAV, decoding alone",
        here(lambda: _decode_only(path)),
        goal=faster(goal),
        rounds=rounds,
    )


def _decode_only(path: Path) -> int:
    with av.open(str(path)) as container:
        return sum(frame.samples for frame in container.decode(audio=0))
