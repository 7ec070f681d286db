"""What the index of profile lite spends on a track: all of it, from the file on."""

import shutil
import sys
from collections import deque
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmarks.hearing import joined
from benchmarks.rows import (
    LeftOut,
    Row,
    Setting,
    Side,
    Spent,
    alone,
    bundled_music,
    compare,
    here,
    process,
    share,
    value,
)
from indexer.mapper import build_mapper
from v2m.audio.decode import audio_identity
from v2m.encoders.profiles import ProfileSpec
from v2m.threads import ONE_EACH


def rows(setting: Setting) -> Iterator[Row]:
    """Analyse bundled tracks of 31 s, each as a worker does, and then by the command."""
    mapper = build_mapper(ProfileSpec())
    music = bundled_music()
    if setting.smallest:
        music = setting.folder / "music"
        music.mkdir()
        joined(bundled_music(), music / "short.wav", 3)
    tracks = sorted(path for path in music.rglob("*") if path.suffix in {".opus", ".wav"})
    mapper.map(tracks[0], "warm-up")

    def indexed(track: Path) -> None:
        record = mapper.map(track, audio_identity(track))
        if record.fingerprint is None:
            raise LeftOut("this FFmpeg was built without Chromaprint")

    spent = [here(partial(indexed, track))() for track in tracks[:6]]
    peaks = [one.peak_mb for one in spent if one.peak_mb is not None]
    yield alone(
        "lite index of a track of 31 s: identity, decoding, all measurements, fingerprint",
        [one.cpu_seconds for one in spent],
        "CPU s",
        goal=value(most=0.6),
        peak_mb=max(peaks, default=None),
    )
    yield compare(
        f"`v2m index` of {len(tracks)} tracks, from the start of the program to its end",
        _by_command(music, setting.folder / "catalogue"),
        "the analyses alone, in one process",
        here(lambda: deque(map(indexed, tracks), maxlen=0)),
        goal=share(1.75),
        rounds=setting.rounds,
        note="two workers, and no variable set that limits threads",
    )


def _by_command(music: Path, catalogue: Path) -> Side:
    """Index a folder anew as a person does, in whose environment nothing is set."""
    unset = [part for name in ONE_EACH for part in ("-u", name)]
    command = [sys.executable, "-m", "cli", "index", str(music), "--workers", "2"]
    run = process("env", *unset, *command, "--catalog", str(catalogue))

    def side() -> Spent:
        shutil.rmtree(catalogue, ignore_errors=True)
        return run()

    return side
