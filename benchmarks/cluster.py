"""One Ray worker against two over the same music, in turns.

Two workers cannot be twice as fast where the processors are busy with something else: the row of
two processes that share nothing says what this machine gave just now.
"""

import multiprocessing
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from itertools import count
from pathlib import Path

from benchmarks.rows import LeftOut, Row, Setting, bundled_music, compare, faster, here
from indexer.chunk import known_identities, orders_of
from indexer.dispatch import dispatch
from indexer.listing import list_music
from indexer.ray_pool import LOCAL, RayPool, ray_pool
from indexer.scan import FoundFile
from v2m.encoders.profiles import ProfileSpec

GOAL = faster(1.7)
LITE = ProfileSpec()
STEPS = 20_000_000


def rows(setting: Setting) -> Iterator[Row]:
    """Analyse the bundled music with one worker and with two.

    Raises:
        LeftOut: Ray is not installed.
    """
    if find_spec("ray") is None:
        raise LeftOut("Ray is missing; pip install -e '.[ray]' brings it")
    files = list_music([str(bundled_music())]).files[: setting.size(16, 2)]
    fresh = (setting.folder / str(n) for n in count())
    said = f"{len(files)} tracks by two Ray workers"
    with ray_pool(LOCAL, LITE, known_identities(set()), workers=2) as pool:
        yield compare(
            f"{said}, once they run",
            here(lambda: _analysed(pool, 2, files, next(fresh)), memory=False),
            "one worker",
            here(lambda: _analysed(pool, 1, files, next(fresh)), memory=False),
            goal=GOAL,
            rounds=setting.rounds,
            wall=True,
        )
    yield compare(
        f"{said}, from the start of Ray on",
        here(lambda: _from_the_start(2, files, next(fresh)), memory=False),
        "one worker",
        here(lambda: _from_the_start(1, files, next(fresh)), memory=False),
        rounds=1,
        wall=True,
    )
    steps = setting.size(STEPS, 1000)
    yield compare(
        "twice the work by two processes that share nothing",
        here(lambda: _counted([steps, steps]), memory=False),
        "one",
        here(lambda: _counted([2 * steps]), memory=False),
        rounds=setting.rounds,
        wall=True,
    )


def _analysed(pool: RayPool, workers: int, files: Sequence[FoundFile], shards: Path) -> None:
    shards.mkdir()
    pool.workers = workers
    for _ in dispatch(orders_of(files, str(shards), LITE, 1), pool):
        pass


def _from_the_start(workers: int, files: Sequence[FoundFile], shards: Path) -> None:
    with ray_pool(LOCAL, LITE, known_identities(set()), workers=workers) as pool:
        _analysed(pool, workers, files, shards)


def _counted(steps: Sequence[int]) -> None:
    """Have processes count so far, each by itself."""
    spawn = multiprocessing.get_context("spawn")
    running = [spawn.Process(target=_count, args=(some,)) for some in steps]
    for process in running:
        process.start()
    for process in running:
        process.join()


def _count(steps: int) -> None:
    n = 0
    while n < steps:
        n += 1
