"""Whole queries with a filter, beside the same queries without: time, and whether all places fill.

    python benchmarks/filters.py [TRACKS] [--queries 40]

A catalogue of tracks with random unit vectors for title, description and sound; ``find --text`` as
a program calls it, on a warm library, every request with and without the filter in turns. Two ways
to hold the library: opening the catalogue for each query, as a script does, and a snapshot that
remembers what it was asked, as ``v2m serve`` does.
"""

import argparse
import tempfile
import time
from statistics import median

import numpy as np

from benchmarks.bulk import BATCH, MUSIC, made_up_tracks
from catalogs.rows import IndexedFile
from v2m.library import Library
from v2m.types import Span, TrackRecord, VectorRow
from v2m.vectors.arithmetic import unit_rows

SHARES = (0.001, 0.01, 0.1, 0.5)
TOP = 10
TEXTS = ("calm piano", "fast drums for a chase", "a sad farewell", "summer on the beach", "epic")


def fill(library: Library, n_tracks: int, seed: int = 0) -> None:
    """Write tracks whose tempo is uniform over 0 to 1, so that a share is one condition."""
    rng = np.random.default_rng(seed)
    text, music = library.profile.text, library.profile.music
    whole = Span(0, 180)
    tracks = made_up_tracks(rng.uniform(0, 1, n_tracks).tolist())
    while batch := [track for _, track in zip(range(BATCH), tracks, strict=False)]:
        words = unit_rows(rng.standard_normal((2 * len(batch), text.dim), np.float32))
        sound = unit_rows(rng.standard_normal((len(batch), music.dim), np.float32))
        records = [
            TrackRecord(
                track,
                (
                    VectorRow(music.space, "track", whole, sound[n]),
                    VectorRow(text.space, "title", whole, words[2 * n]),
                    VectorRow(text.space, "description", whole, words[2 * n + 1]),
                ),
                "1",
            )
            for n, track in enumerate(batch)
        ]
        library.catalogue.write_batch(
            [IndexedFile(record.track.path, 1, 1, MUSIC, record) for record in records]
        )


def measure(library: Library, share: float, n_queries: int) -> tuple[float, float]:
    """Return the median seconds of a query without and with a filter that keeps a share.

    Raises:
        ValueError: a place of the answer stayed empty, or holds what the filter forbids.
    """
    free, filtered = [], []
    most = min(TOP, len(library.tracks(f"tempo_bpm < {share}")))
    for n in range(n_queries):
        text = f"{TEXTS[n % len(TEXTS)]} {n}"
        # other words each time: a library keeps the vectors of texts it has encoded
        free.append(_seconds(library, f"{share} {text}", None)[0])
        seconds, tempos = _seconds(library, text, f"tempo_bpm < {share}")
        filtered.append(seconds)
        if len(tempos) != most or max(tempos) >= share:
            raise ValueError(f"{text!r}: {len(tempos)} of {most} places, up to {max(tempos):.3f}")
    return median(free), median(filtered)


def _seconds(library: Library, text: str, where: str | None) -> tuple[float, list[float]]:
    began = time.perf_counter()
    found = library.find(text=text, top=TOP, where=where)
    seconds = time.perf_counter() - began
    return seconds, [match.track.tempo_bpm for match in found.scenes[0].matches]


def main() -> None:
    """Print a table; fail where a place that can be filled stays empty."""
    parser = argparse.ArgumentParser(description="Time queries with filters.")
    parser.add_argument("tracks", type=int, nargs="?", default=100_000)
    parser.add_argument("--queries", type=int, default=40)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        library = Library(folder, create=True)
        fill(library, asked.tracks)
        for held in ("script", "serve"):
            if held == "serve":
                library.refresh()
            library.find(text="warm up", top=TOP)
            for share in SHARES:
                free, filtered = measure(library, share, asked.queries)
                print(
                    f"{held:6}  {share:6.1%} of {asked.tracks:,} tracks: {1000 * filtered:.1f} ms,"
                    f" unfiltered {1000 * free:.1f} ms, ratio {filtered / free:.2f}, all places"
                    " full"
                )


if __name__ == "__main__":
    main()
