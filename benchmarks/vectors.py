"""Vector search against NumPy's exact product: recall, time, filters, building, memory.

Clusters of sizes by a power law; queries from clusters drawn by size ("large") and evenly
("small"), spread as the rows are ("near") or farther out than any row ("far"). NumPy's time is that
of the product alone; calls alternate in blocks of queries. A million rows take 4 GB and some
minutes (benchmarks/million.py).
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.rows import (
    Goal,
    Row,
    Setting,
    Spread,
    alone,
    faster,
    here,
    share,
    value,
)
from v2m.types import Ids, Vectors
from v2m.vectors.arithmetic import unit_rows
from v2m.vectors.coarse import CoarseIndex

DIM = 512
CENTRES = 2_000
K = 10
CHUNK = 50_000
NUMPY, ALL = "NumPy, all products", "without a filter"
FILTERS = {ALL: 1.0, "keeping 1 %": 0.01, "keeping 10 %": 0.1}
SPREADS = {"near": 0.7, "far": 2.0}
"""Length of the noise about a centre of length 1; rows have .7."""


class Data:
    """Rows in clusters, and queries about them."""

    def __init__(self, n_rows: int, seed: int = 0, *, file: Path | None = None) -> None:
        """Make the rows, a chunk at a time, in memory or mapped from a file that is written."""
        self._random = np.random.default_rng(seed)
        sizes = self._random.permutation(1 / np.arange(1, CENTRES + 1))
        self._share = sizes / sizes.sum()
        self._centres = unit_rows(self._random.standard_normal((CENTRES, DIM), np.float32))
        of_row = self._random.choice(CENTRES, n_rows, p=self._share)
        self.rows: Vectors = (
            np.memmap(file, np.float32, "w+", shape=(n_rows, DIM))
            if file
            else np.empty((n_rows, DIM), np.float32)
        )
        for start in range(0, n_rows, CHUNK):
            chunk = slice(start, start + CHUNK)
            self.rows[chunk] = self._near(of_row[chunk], SPREADS["near"])

    def queries(self, n: int) -> dict[str, Vectors]:
        """Return n queries of each kind."""
        return {
            f"{size}, {spread}": self._near(self._random.choice(CENTRES, n, p=share), length)
            for size, share in (("large", self._share), ("small", None))
            for spread, length in SPREADS.items()
        }

    def kept(self, share: float) -> npt.NDArray[np.bool_]:
        """Return a mask that keeps a share of the rows."""
        return self._random.random(len(self.rows)) < share

    def _near(self, centres: Ids, length: float) -> Vectors:
        noise = self._random.standard_normal((len(centres), DIM), np.float32)
        return unit_rows(self._centres[centres] + length / np.sqrt(DIM) * noise)


Answer = npt.NDArray[np.int64] | npt.NDArray[np.float32]
Call = Callable[[npt.NDArray[np.float32]], Answer]


def top(answer: Answer) -> Ids:
    """Return the best ten: an answer is their ids, or a score per row."""
    if answer.dtype == np.int64:
        return np.asarray(answer, np.int64)
    return np.asarray(
        np.argsort(-answer)[:K] if len(answer) <= K else np.argpartition(-answer, K)[:K]
    )


def rows(setting: Setting) -> Iterator[Row]:
    """Search among 100,000 vectors."""
    yield from rows_among(setting.size(100_000, 2_000), 8, setting.size(100, 20))


def rows_among(n_rows: int, times: float, n_queries: int) -> Iterator[Row]:
    """Build an index and search it with each set of queries.

    Args:
        n_rows: vectors.
        times: how often faster than NumPy it should be.
        n_queries: of each set; a multiple of 20.
    """
    data = Data(n_rows)
    index = CoarseIndex("benchmark", DIM)
    spent = here(lambda: index.add(np.arange(n_rows), data.rows))()
    yield alone(
        f"codes of {n_rows:,} vectors of {DIM}, {data.rows.nbytes / 1e6:.0f} MB",
        [spent.seconds],
        "s",
        peak_mb=spent.peak_mb,
    )
    took, recalls = _searched(data, index, n_queries)
    name = f"find among {n_rows:,}"
    for asked in took:
        yield _row(f"{name}, {asked}", took[asked], ALL, NUMPY, faster(times))
    for kept in FILTERS:
        said = name if kept == ALL else f"{name}, {kept}"
        if kept != ALL:
            whole = {side: [ms for one in took.values() for ms in one[side]] for side in FILTERS}
            yield _row(said, whole, kept, ALL, share(1.1))
        yield alone(
            f"{said}: recall@{K} of the set it is lowest in",
            [min(recalls[kept])],
            "",
            goal=value(least=0.99),
            note=f"an empty place counts as missed; all sets: {_listed(recalls[kept])}",
        )


Took = dict[str, list[float]]


def _searched(
    data: Data, index: CoarseIndex, n_queries: int
) -> tuple[dict[str, Took], dict[str, list[float]]]:
    """Search with every set of queries; return times by set and side, and recalls by filter."""
    masks = {kept: data.kept(part) if part < 1 else None for kept, part in FILTERS.items()}
    calls = {kept: _asking(index, mask) for kept, mask in masks.items()}
    took: dict[str, Took] = {}
    recalls: dict[str, list[float]] = {kept: [] for kept in FILTERS}
    for name, queries in data.queries(n_queries).items():
        took[name], found = timed({NUMPY: lambda query: data.rows @ query, **calls}, queries)
        for kept, mask in masks.items():
            right = found[NUMPY] if mask is None else _exact(data, mask, queries)
            hits = [len(np.intersect1d(a, b)) for a, b in zip(right, found[kept], strict=True)]
            recalls[kept].append(float(np.mean(hits)) / K)
    return took, recalls


def _exact(data: Data, mask: npt.NDArray[np.bool_], queries: Vectors) -> list[Ids]:
    places = np.flatnonzero(mask)
    kept = data.rows[places]
    return [places[top(kept @ query)] for query in queries]


def _row(name: str, took: Took, ours: str, beside: str, goal: Goal) -> Row:
    pairs = zip(took[ours], took[beside], strict=True)
    return Row(
        name,
        "ms",
        Spread.of(took[ours]),
        beside,
        Spread.of(took[beside]),
        Spread.of(goal.judged.figure(our, their) for our, their in pairs),
        goal.judged,
        goal,
    )


def _listed(numbers: Sequence[float]) -> str:
    return ", ".join(f"{number:.3f}" for number in numbers)


def timed(calls: Mapping[str, Call], queries: Vectors) -> tuple[Took, dict[str, list[Ids]]]:
    """Ask twenty queries of each in turn; return medians of those in ms, and all answers."""
    took: Took = {name: [] for name in calls}
    answers: dict[str, list[Ids]] = {name: [] for name in calls}
    for start in range(0, len(queries), 20):
        for name, call in calls.items():
            seconds = []
            for query in queries[start : start + 20]:
                begun = time.perf_counter()
                found = call(query)
                seconds.append(time.perf_counter() - begun)
                answers[name].append(top(found))
            took[name].append(1000 * float(np.median(seconds)))
    return took, answers


def _asking(index: CoarseIndex, mask: npt.NDArray[np.bool_] | None) -> Call:
    return lambda query: index.search(query[None], K, mask).ids[0]
