"""Measures profile full's models at their real size, with random weights, against upstream's loop.

    python benchmarks/models.py [--only NAME] [--seconds S] [--json FILE]

Every row is measured in a process of its own, ours and the plain loop over upstream's own call in
turns, so that both meet the same noise, after one call of each that is not counted; memory is that
process's peak. Speeds are per processor second, all threads together. Random weights cost what
trained ones cost. Judge by the ratio; "far" says how far both results lie apart at most.
"""

import argparse
import json
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import numpy.typing as npt

from v2m.models.shelf import free_memory_megabytes

ROWS: dict[str, str] = {
    "open_clip ViT-B-32, frames": "benchmarks.model_rows:open_clip_frames",
    "CLIP ViT-B/32 (transformers), frames": "benchmarks.model_rows:clip_frames",
    "CLIP ViT-B/32 (transformers), texts": "benchmarks.model_rows:clip_texts",
    "CLAP HTSAT-base, minutes of music": "benchmarks.model_rows:clap_minutes",
    "CLAP HTSAT-base, texts": "benchmarks.model_rows:clap_texts",
    "BLIP-2 2.7B, frames": "benchmarks.generation_rows:blip2",
    "BLIP-2 2.7B, a quarter deep, frames": "benchmarks.generation_rows:blip2_quarter",
    "MusicGen small, seconds, 4 at once": "benchmarks.generation_rows:musicgen_small",
    "MusicGen small, seconds, 8 at once": "benchmarks.generation_rows:musicgen_small_of_eight",
}
"""By name, the function that prepares a row: given a scratch folder, it returns a ``Contest``."""

NEEDS = {
    "BLIP-2 2.7B, frames": 20_000,
    "MusicGen small, seconds, 4 at once": 6_000,
    "MusicGen small, seconds, 8 at once": 6_000,
}
"""By row, megabytes that must be free, or it is left out and said so."""


@dataclass(frozen=True, slots=True)
class Contest:
    """Two ways to the same vectors.

    Attributes:
        items: how many are done by one call.
        ours: our way.
        upstream: the plain loop over upstream's own call.
        parameters: of the model.
    """

    items: float
    ours: Callable[[], npt.NDArray[np.float32]]
    upstream: Callable[[], npt.NDArray[np.float32]]
    parameters: int


@dataclass(frozen=True, slots=True)
class Row:
    """The outcome of a contest."""

    name: str
    million_parameters: float
    ours_per_second: float
    upstream_per_second: float
    ratio: float
    far: float
    peak_megabytes: float


def main() -> None:
    """Measure every row and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", default="", help="rows whose name holds this")
    parser.add_argument("--seconds", type=float, default=10.0, help="for each row, at least")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    options = parser.parse_args()
    names = [name for name in ROWS if options.only in name]
    print(
        f"{'model':38} {'M par.':>7} {'ours/s':>8} {'loop/s':>8} {'ratio':>6} {'far':>8} {'MB':>6}"
    )
    rows = []
    context = multiprocessing.get_context("spawn")
    for name in names:
        print(f"measuring {name} ...", file=sys.stderr, flush=True)  # some take minutes
        if (free := free_memory_megabytes() or 0) < NEEDS.get(name, 0):
            print(f"{name:38} left out: {free:.0f} of {NEEDS[name]} MB are free", flush=True)
            continue
        try:
            with ProcessPoolExecutor(1, mp_context=context) as pool:
                row = pool.submit(measure, name, options.seconds).result()
        except BrokenProcessPool:
            print(f"{name:38} no figure: its process was ended from outside, as where memory is "
                  f"short; {free:.0f} MB were free at its start", flush=True)  # fmt: skip
            continue
        except Exception as err:  # noqa: BLE001 - a row that fails does not take the others along
            print(f"{name:38} no figure: {type(err).__name__}: {err}", flush=True)
            continue
        rows.append(asdict(row))
        speeds = f"{row.ours_per_second:8.2f} {row.upstream_per_second:8.2f} {row.ratio:6.2f}"
        rest = f"{row.far:8.1e} {row.peak_megabytes:6.0f}"
        print(f"{row.name:38} {row.million_parameters:7.1f} {speeds} {rest}", flush=True)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


def measure(name: str, seconds: float) -> Row:
    """Run a contest for some seconds."""
    module, _, function = ROWS[name].partition(":")
    with tempfile.TemporaryDirectory() as scratch:
        contest: Contest = getattr(import_module(module), function)(Path(scratch))
        far = float(np.abs(contest.ours() - contest.upstream()).max())
        ours, upstream = _in_turns(contest, seconds)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return Row(
        name,
        contest.parameters / 1e6,
        contest.items / ours,
        contest.items / upstream,
        upstream / ours,
        far,
        peak / (1e6 if sys.platform == "darwin" else 1e3),
    )


def _in_turns(contest: Contest, seconds: float) -> tuple[float, float]:
    """Return the median processor seconds of a call, ours and upstream's, taken in turns."""
    spent: dict[str, list[float]] = {"ours": [], "upstream": []}
    end = time.monotonic() + seconds
    while time.monotonic() < end or not spent["ours"]:
        for name, call in (("ours", contest.ours), ("upstream", contest.upstream)):
            start = time.process_time()
            call()
            spent[name].append(time.process_time() - start)
    return median(spent["ours"]), median(spent["upstream"])


def unit(rows: Any) -> npt.NDArray[np.float32]:
    """Return a stack of vectors, each of length 1."""
    array = np.asarray(rows, np.float64)
    return np.asarray(array / np.linalg.norm(array, axis=1, keepdims=True), np.float32)


if __name__ == "__main__":
    main()
