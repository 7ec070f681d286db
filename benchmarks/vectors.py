"""Vector search against NumPy's exact product: recall, time, filters, building, memory.

python benchmarks/vectors.py [--rows 100000] [--json]

Clusters of sizes by a power law; queries from clusters drawn by size ("large") and evenly
("small"), spread as the rows are ("near") or farther out than any row ("far"). NumPy's time is that
of the product alone; calls alternate in blocks, times are medians. A million rows take 3 GB and
some minutes.
"""

import argparse
import json
import resource
import sys
import time
from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from v2m.types import Ids, Vectors
from v2m.vectors.arithmetic import unit_rows
from v2m.vectors.coarse import CoarseIndex, depth

DIM = 512
CENTRES = 2_000
K = 10
CHUNK = 50_000
SPREADS = {"near": 0.7, "far": 2.0}
"""Length of the noise about a centre of length 1; rows have .7."""


class Data:
    """Rows in clusters, and queries about them."""

    def __init__(self, n_rows: int, seed: int = 0) -> None:
        """Make the rows, a chunk at a time."""
        self._random = np.random.default_rng(seed)
        sizes = self._random.permutation(1 / np.arange(1, CENTRES + 1))
        self._share = sizes / sizes.sum()
        self._centres = unit_rows(self._random.standard_normal((CENTRES, DIM), np.float32))
        of_row = self._random.choice(CENTRES, n_rows, p=self._share)
        self.rows = np.empty((n_rows, DIM), np.float32)
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
    return np.asarray(np.argpartition(-answer, K)[:K])


def timed(
    calls: Mapping[str, Call], queries: Vectors
) -> tuple[dict[str, float], dict[str, list[Ids]]]:
    """Ask twenty queries of each in turn; return medians in milliseconds, and the answers."""
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    answers: dict[str, list[Ids]] = {name: [] for name in calls}
    for start in range(0, len(queries), 20):
        for name, call in calls.items():
            for query in queries[start : start + 20]:
                begun = time.perf_counter()
                found = call(query)
                seconds[name].append(time.perf_counter() - begun)
                answers[name].append(top(found))
    return {name: 1000 * float(np.median(s)) for name, s in seconds.items()}, answers


def compared(data: Data, index: CoarseIndex, queries: Vectors) -> dict[str, float]:
    """Return what one set of queries shows."""
    masks = {"all": None, "1 %": data.kept(0.01), "10 %": data.kept(0.1)}
    calls = {name: _asking(index, mask) for name, mask in masks.items()}
    took, found = timed({"numpy": lambda query: data.rows @ query, **calls}, queries)
    shown = {"numpy_ms": took["numpy"], "times_numpy": took["numpy"] / took["all"]}
    for name, mask in masks.items():
        right = found["numpy"]
        if mask is not None:
            places = np.flatnonzero(mask)
            right = [places[top(data.rows[places] @ query)] for query in queries[:20]]
        hits = [len(np.intersect1d(a, b)) for a, b in zip(right, found[name], strict=False)]
        shown[f"{name}_ms"] = took[name]
        shown[f"{name}_recall"] = sum(hits) / K / len(hits)
        shown[f"{name}_least_filled"] = min(int((ids >= 0).sum()) for ids in found[name])
    return shown


def measure(n_rows: int, n_queries: int) -> dict[str, object]:
    """Return the figures of one size."""
    data = Data(n_rows)
    begun, cpu = time.perf_counter(), time.process_time()
    index = CoarseIndex("benchmark", DIM)
    index.add(np.arange(n_rows), data.rows)
    built = time.perf_counter() - begun, time.process_time() - cpu
    return {
        "rows": n_rows,
        "depth": depth(n_rows, K),
        "build_s": built[0],
        "build_cpu_s": built[1],
        "rows_mb": data.rows.nbytes / 1e6,
        "peak_mb_after_build": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000,
        "queries": {
            name: compared(data, index, queries)
            for name, queries in data.queries(n_queries).items()
        },
    }


def _asking(index: CoarseIndex, mask: npt.NDArray[np.bool_] | None) -> Call:
    return lambda query: index.search(query[None], K, mask).ids[0]


def _page(shown: dict[str, object]) -> str:
    lines = [", ".join(f"{name} {v:.6g}" for name, v in shown.items() if name != "queries")]
    sets = shown["queries"]
    assert isinstance(sets, dict)
    for name, row in sets.items():
        lines.append(f"{name}: " + "  ".join(f"{key} {value:.4g}" for key, value in row.items()))
    return "\n".join(lines)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--queries", type=int, default=100)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    shown = measure(given.rows, given.queries)
    sys.stdout.write((json.dumps(shown, indent=2) if given.json else _page(shown)) + "\n")


if __name__ == "__main__":
    main()
