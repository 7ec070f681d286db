"""Work on a catalogue as commands do it, by a process of its own that may be killed at any moment.

    python tests/system/laborer.py CATALOGUE TASK SEED [SECONDS]

The music is made up and its vectors are counted words, so that hundreds of runs fit into minutes;
every write goes the way of the real commands.
"""

import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from catalogs.backup import read_backup, write_backup
from catalogs.fingerprints import put_fingerprints
from catalogs.lock import index_lock
from catalogs.repair import mend
from catalogs.rows import Failure, IndexedFile
from catalogs.store import Catalogue
from catalogs.word_index import WordIndex
from retriever.query import text_query
from retriever.search import Searcher
from tests.libraries import counting_profile, record, track
from v2m.files import replacing
from v2m.types import Provenance, TrackRecord

PROFILE = counting_profile()
MUSIC = Path("/music")
WORDS = ["slow", "fast", "dark", "bright", "piano", "drums", "river", "night", "dance", "snow"]
LIBRARY = 60
"""Tracks that index runs bring in, over and over."""


def _file(n: int, version: str) -> IndexedFile:
    words = random.Random(n).sample(WORDS, 2)
    made = record(track(n, f"{words[0]} {n}", tags=tuple(words)), PROFILE)
    renewed = TrackRecord(made.track, made.vectors, version)
    return IndexedFile(made.track.path, 1, 1, MUSIC, renewed)


def index(catalogue: Catalogue, rng: random.Random) -> None:
    """Bring in or renew tracks batch by batch, forget some, fail on some."""
    with index_lock(catalogue.folder, "index"):
        version = str(rng.randrange(1000))
        order = rng.sample(range(LIBRARY), 24)
        for start in range(0, len(order), 4):
            catalogue.write_batch([_file(n, version) for n in order[start : start + 4]])
        codes = {f"t{n:05d}": np.array([n, n + 1], np.uint32) for n in order[:4]}
        put_fingerprints(catalogue, codes)
        catalogue.record_failures([Failure(MUSIC / "broken.mp3", 1, 1, "holds no sound")])
        catalogue.forget_files([MUSIC / f"{n:05d}.mp3" for n in rng.sample(range(LIBRARY), 3)])


def generate(catalogue: Catalogue, rng: random.Random) -> None:
    """Keep a composed take: its sound by rename, then its row with what made it."""
    n = 10_000 + rng.randrange(400)
    path = catalogue.folder / "generated" / f"{n}.flac"
    path.parent.mkdir(exist_ok=True)
    with replacing(path) as temporary:
        temporary.write_bytes(bytes(2000))
    made = record(track(n, f"take {n}", origin="generated"), PROFILE)
    object.__setattr__(made.track, "path", path)
    how = Provenance("arranger", "1", "calm", n, {}, "0.1")
    catalogue.add_generated(TrackRecord(made.track, made.vectors, "1", how))


def rebuild(catalogue: Catalogue, rng: random.Random) -> None:
    """Build every file that can be built anew."""
    with index_lock(catalogue.folder, "doctor --repair"):
        mend(catalogue)


def restore(catalogue: Catalogue, rng: random.Random) -> None:
    """Write a backup once and read it back into the same catalogue."""
    with index_lock(catalogue.folder, "tracks import"):
        backup = catalogue.folder.parent / "backup"
        if not backup.exists() and catalogue.count():
            write_backup(catalogue, backup)
        if backup.exists():
            read_backup(catalogue, backup)


def find(catalogue: Catalogue, rng: random.Random) -> None:
    """Ask by sound and by words, with a filter; the answer must hold what it may hold."""
    query = text_query(PROFILE, " ".join(rng.sample(WORDS, 2)))
    found = Searcher(catalogue, PROFILE).search(
        query, 5, by=["audio", "words"], where="origin = 'imported'"
    )
    assert all(match.track.origin == "imported" for match in found)
    assert len({match.track.track_id for match in found}) == len(found)


def words(catalogue: Catalogue, rng: random.Random) -> None:
    """Read or build the index of words."""
    WordIndex(catalogue).scores("slow river")


TASKS: dict[str, Callable[[Catalogue, random.Random], None]] = {
    "index": index, "generate": generate, "rebuild": rebuild, "restore": restore, "find": find,
    "words": words,
}  # fmt: skip


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main() -> None:
    """Work at one task until the time is over, and print how long each turn took."""
    folder, task, seed, *seconds = sys.argv[1:]
    rng = random.Random(int(seed))
    end = time.monotonic() + float(seconds[0] if seconds else 3600)
    _say("ready")
    while time.monotonic() < end:
        began = time.monotonic()
        TASKS[task](Catalogue.open(Path(folder), create=True), rng)
        _say(f"{time.monotonic() - began:.3f}")


if __name__ == "__main__":
    main()
