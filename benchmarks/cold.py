"""A first search in a new process, over libraries of 28 and of 100,000 tracks.

The work is ``v2m find --text`` as a person types it, beside a Python that does nothing; both write
and read byte code, as an installed program does. The library is made up (random vectors, four
sections a track) and was searched once before, so that its image is there and in the page cache.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.bulk import BATCH, MUSIC, made_up_tracks
from benchmarks.rows import Row, Setting, compare, more, process
from catalogs.rows import IndexedFile
from v2m.library import Library
from v2m.types import Span, TrackRecord, VectorRow
from v2m.vectors.arithmetic import unit_rows

SECTIONS = 4
GOAL_SECONDS = 0.25


def rows(setting: Setting) -> Iterator[Row]:
    """Find by words, against ``python -c pass``."""
    written = {"PYTHONPYCACHEPREFIX": str(setting.folder / "pycache")}
    for tracks in (28, setting.size(100_000, 56)):
        folder = setting.folder / str(tracks)
        fill(Library(folder, create=True), tracks)
        Library(folder).find(text="warm up")
        find = ["-m", "cli", "find", "--text", "calm piano", "--catalog", str(folder)]
        yield compare(
            f"find --text in a new process, {tracks:,} tracks",
            process(*_python(written), *find),
            "python -c pass",
            process(*_python(written), "-c", "pass"),
            goal=more(GOAL_SECONDS),
            rounds=max(setting.rounds, setting.size(7, 1)),
            wall=True,
        )


def fill(library: Library, n_tracks: int, seed: int = 0) -> None:
    """Write tracks with vectors of title, description, sound and sections."""
    rng = np.random.default_rng(seed)
    text, music = library.profile.text, library.profile.music
    spans = [Span(0, 180), *(Span(40 * n, 40 * n + 40) for n in range(SECTIONS))]
    tracks = made_up_tracks(rng.uniform(60, 180, n_tracks).tolist())
    while batch := [track for _, track in zip(range(BATCH), tracks, strict=False)]:
        words = unit_rows(rng.standard_normal((2 * len(batch), text.dim), np.float32))
        sound = unit_rows(rng.standard_normal((len(spans) * len(batch), music.dim), np.float32))
        records = [
            TrackRecord(
                track,
                (
                    VectorRow(text.space, "title", spans[0], words[2 * n]),
                    VectorRow(text.space, "description", spans[0], words[2 * n + 1]),
                    *(
                        VectorRow(
                            music.space,
                            "section" if m else "track",
                            span,
                            sound[len(spans) * n + m],
                        )
                        for m, span in enumerate(spans)
                    ),
                ),
                "1",
            )
            for n, track in enumerate(batch)
        ]
        library.catalogue.write_batch(
            [IndexedFile(record.track.path, 1, 1, MUSIC, record) for record in records]
        )


def _python(variables: dict[str, str]) -> list[str]:
    """Return what runs this Python with byte code, whatever the environment says of it."""
    settings = [f"{name}={value}" for name, value in variables.items()]
    here = os.environ.get("PYTHONPATH", str(Path(__file__).parents[1]))
    return ["env", "-u", "PYTHONDONTWRITEBYTECODE", f"PYTHONPATH={here}", *settings, sys.executable]
