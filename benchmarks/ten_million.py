"""Codes of ten million vectors that lie in a file: memory of building, recall and time of a search.

The file takes 20 GB. Pages of it that the system keeps in memory and may drop at any time are not
counted: the memory of these rows is what the process holds of its own.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from benchmarks.rows import LeftOut, Row, Setting, alone, memory_mb, value
from benchmarks.vectors import CHUNK, DIM, Data, K
from v2m.types import Ids, Vectors
from v2m.vectors.coarse import CoarseIndex

MOST_MB = 4_000
"""A fifth of the vectors: codes of 128 bytes, ids, and what FAISS takes to make room for more."""

EVERY_SECONDS = 0.02


def rows(setting: Setting) -> Iterator[Row]:
    """Build codes of ten million vectors and search with each set of queries.

    Raises:
        LeftOut: the system does not tell memory from pages of files.
    """
    if not Path("/proc/self/status").exists():
        raise LeftOut("a Linux system")
    n_rows, n_queries = setting.size(10_000_000, 3_000), setting.size(20, 5)
    data = Data(n_rows, file=setting.folder / "rows.f32")
    index = CoarseIndex("benchmark", DIM)
    began = time.perf_counter()
    with own_memory() as held:
        index.add(np.arange(n_rows), data.rows)
    seconds = time.perf_counter() - began
    name = f"codes of {n_rows:,} vectors of {DIM}, {data.rows.nbytes / 1e6:.0f} MB in a file"
    yield alone(name, [seconds], "s")
    yield alone(f"{name}: memory", [max(held)], "MB", goal=value(most=MOST_MB))
    for asked, queries in data.queries(n_queries).items():
        right = exact(data.rows, queries)
        took, found = list[float](), list[int]()
        for query in queries:
            began = time.perf_counter()
            hits = index.search(query[None], K).ids[0]
            took.append(1000 * (time.perf_counter() - began))
            found.append(len(np.intersect1d(hits, right[len(found)])))
        said = f"find among {n_rows:,}, {asked}"
        yield alone(said, took, "ms")
        yield alone(f"{said}: recall@{K}", [sum(found) / K / n_queries], "", goal=value(least=0.99))


def exact(rows: Vectors, queries: Vectors) -> Ids:
    """Return the places of the best rows of each query, shape (n, K), reading the rows once."""
    places = np.zeros((len(queries), 0), np.int64)
    scores = np.zeros((len(queries), 0), np.float32)
    for start in range(0, len(rows), CHUNK):
        products = queries @ rows[start : start + CHUNK].T
        scores = np.concatenate([scores, products], axis=1)
        numbers = np.arange(start, start + products.shape[1])
        places = np.concatenate([places, np.broadcast_to(numbers, products.shape)], axis=1)
        best = np.argsort(-scores, axis=1)[:, :K]
        scores = np.take_along_axis(scores, best, axis=1)
        places = np.take_along_axis(places, best, axis=1)
    return places


@contextmanager
def own_memory() -> Iterator[list[float]]:
    """Yield a list that grows by the MB held beyond those at the start, without pages of files."""
    before, held, done = memory_mb("RssAnon"), [0.0], threading.Event()

    def look() -> None:
        while not done.wait(EVERY_SECONDS):
            held.append(memory_mb("RssAnon") - before)

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield held
    finally:
        done.set()
        looking.join()
