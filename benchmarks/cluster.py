"""One Ray worker against two over the same music: music per second, in turns.

    python benchmarks/cluster.py [--rounds 3] [--tracks 8]

Two workers cannot be twice as fast where other programs use the processors too: the row beside it,
two busy processes that share nothing, says what this machine gave just now.
"""

import argparse
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from statistics import median

from indexer.chunk import known_identities, orders_of
from indexer.dispatch import dispatch
from indexer.listing import list_music
from indexer.ray_pool import LOCAL, RayPool, ray_pool
from indexer.scan import FoundFile
from v2m.encoders.profiles import ProfileSpec

STEPS = 20_000_000


def main() -> None:
    """Print the ratio of two workers to one, and that of two processes that share nothing."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tracks", type=int, default=8)
    options = parser.parse_args()
    files = _music(options.tracks)
    profile, nothing = ProfileSpec(), known_identities(set())
    with ray_pool(LOCAL, profile, nothing, workers=2) as pool:
        _seconds(pool, 2, files, profile)  # both workers load their models
        pairs = [
            (_seconds(pool, 1, files, profile), _seconds(pool, 2, files, profile))
            for _ in range(options.rounds)
        ]
    bare = [_busy(1) * 2 / _busy(2) for _ in range(options.rounds)]
    ratios = [alone / both for alone, both in pairs]
    one, two = (median(column) for column in zip(*pairs, strict=True))
    print(f"one worker {one:.1f} s, two {two:.1f} s")
    print(f"ratio {median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})")
    print(f"two processes that share nothing: {median(bare):.2f}")


def _music(n: int) -> Sequence[FoundFile]:
    spec = find_spec("immich_memories_music")
    if spec is None or spec.origin is None:
        sys.exit("pip install immich-memories-music")
    return list_music([str(Path(spec.origin).parent)]).files[:n]


def _seconds(
    pool: RayPool, workers: int, files: Sequence[FoundFile], profile: ProfileSpec
) -> float:
    with tempfile.TemporaryDirectory() as shards:
        pool.workers = workers
        began = time.monotonic()
        for _ in dispatch(orders_of(files, shards, profile, 1), pool):
            pass
        return time.monotonic() - began


def _busy(processes: int) -> float:
    """Return how long so many processes count, each by itself."""
    spawn = multiprocessing.get_context("spawn")
    began = time.monotonic()
    running = [spawn.Process(target=_count) for _ in range(processes)]
    for process in running:
        process.start()
    for process in running:
        process.join()
    return time.monotonic() - began


def _count() -> None:
    n = 0
    while n < STEPS:
        n += 1


if __name__ == "__main__":
    main()
