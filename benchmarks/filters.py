"""Whole queries with a filter, beside the same queries without: time, and whether all places fill.

``find`` by text as a program calls it, on a warm library of made-up tracks with random vectors for
title, description and sound, every request with and without a filter in turns, each filter a new
one. Two ways to hold the library: looking for changes before each query, as a script does, and
staying with one state until the library is refreshed, as ``v2m serve`` does.
"""

import time
from collections.abc import Iterator

from benchmarks.made_up import HIGHEST_BPM, MadeUp
from benchmarks.rows import Row, Setting, Spread, share
from v2m.library import Library

SHARES = (0.01, 0.1)
TOP = 10
TEXTS = ("calm piano", "fast drums for a chase", "a sad farewell", "summer on the beach", "epic")
GOAL = share(1.1)


def rows(setting: Setting) -> Iterator[Row]:
    """Ask a library of 100,000 tracks."""
    n = setting.size(100_000, 200)
    library = Library(setting.folder, create=True)
    MadeUp(library.catalogue, library.profile).grow(n)
    for held in ("a script", "a server"):
        if held == "a server":
            library.refresh()
        for warm in range(2):  # what stays in memory is read with the second query
            library.find(text=f"warm up {warm}", top=TOP)
            library.find(text=f"warm up {warm}", top=TOP, where=f"tempo_bpm < {HIGHEST_BPM + warm}")
        for kept in SHARES if not setting.smallest else (0.1,):
            pairs = asked(library, kept, setting.size(30, 1))
            yield Row(
                f"whole find among {n:,}, keeping {100 * kept:g} %, by {held}",
                "ms",
                Spread.of(1000 * filtered for _, filtered in pairs),
                "without a filter",
                Spread.of(1000 * free for free, _ in pairs),
                Spread.of(filtered / free for free, filtered in pairs),
                GOAL.judged,
                GOAL,
                note="every place was filled",
            )


def asked(library: Library, kept: float, n_queries: int) -> list[tuple[float, float]]:
    """Return the seconds of queries without and with a filter that keeps a share.

    Raises:
        ValueError: a place of the answer stayed empty, or holds what the filter forbids.
    """
    most_bpm = HIGHEST_BPM * kept
    places = min(TOP, len(library.tracks(f"tempo_bpm < {most_bpm}")))
    pairs = []
    for n in range(n_queries):
        text = f"{TEXTS[n % len(TEXTS)]} {n}"
        # other words each time: a library keeps the vectors of texts it has encoded
        free, _ = _seconds(library, f"{kept} {text}", None)
        # and another condition: the tracks that meet one are kept too
        filtered, tempi = _seconds(library, text, f"tempo_bpm < {most_bpm} AND {n} < 1e9")
        pairs.append((free, filtered))
        if len(tempi) != places or max(tempi) >= most_bpm:
            raise ValueError(f"{text!r}: {len(tempi)} of {places} places, up to {max(tempi):.3f}")
    return pairs


def _seconds(library: Library, text: str, where: str | None) -> tuple[float, list[float]]:
    began = time.perf_counter()
    found = library.find(text=text, top=TOP, where=where)
    seconds = time.perf_counter() - began
    return seconds, [match.track.tempo_bpm for match in found.scenes[0].matches]
