"""What the index of profile lite spends on a track: all of it, from the file on."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmarks.hearing import joined
from benchmarks.rows import LeftOut, Row, Setting, alone, bundled_music, here, value
from indexer.mapper import build_mapper
from v2m.audio.decode import audio_identity
from v2m.encoders.profiles import ProfileSpec


def rows(setting: Setting) -> Iterator[Row]:
    """Analyse bundled tracks of 31 s, each as a worker does."""
    mapper = build_mapper(ProfileSpec())
    tracks = sorted(bundled_music().rglob("*.opus"))[:6]
    if setting.smallest:
        tracks = [joined(bundled_music(), setting.folder / "short.wav", 3)]
    mapper.map(tracks[0], "warm-up")

    def indexed(track: Path) -> None:
        record = mapper.map(track, audio_identity(track))
        if record.fingerprint is None:
            raise LeftOut("this FFmpeg was built without Chromaprint")

    spent = [here(partial(indexed, track))() for track in tracks]
    peaks = [one.peak_mb for one in spent if one.peak_mb is not None]
    yield alone(
        "lite index of a track of 31 s: identity, decoding, all measurements, fingerprint",
        [one.cpu_seconds for one in spent],
        "CPU s",
        goal=value(most=0.6),
        peak_mb=max(peaks, default=None),
    )
