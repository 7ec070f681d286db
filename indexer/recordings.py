"""Finds tracks that are the same recording in another encoding, and proposes them as such."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from catalogs.duplicates import propose
from catalogs.fingerprints import (
    fingerprints_of,
    lacking_fingerprint,
    put_fingerprints,
    sharing_codes,
    uncompared,
)
from catalogs.store import Catalogue
from indexer.options import Options
from v2m.audio.fingerprint import SAME, Codes, available, fingerprint, likeness
from v2m.errors import MediaError
from v2m.progress import progress

BATCH = 64

NO_CHROMAPRINT = (
    "this FFmpeg was built without Chromaprint: copies of a recording in other encodings are not "
    "found; IMAGEIO_FFMPEG_EXE=PATH names another one"
)
"""Said where copies cannot be looked for."""


def find_recordings(catalogue: Catalogue, options: Options) -> int:
    """Fingerprint the tracks that lack it, compare the new ones, and propose what sounds alike.

    A track is fingerprinted when it is measured; it lacks it where an older version of v2m or an
    FFmpeg without Chromaprint was at work. What is killed in between goes on with the next run.

    Returns:
        How many pairs of tracks sound alike; 0 where this FFmpeg has no Chromaprint.
    """
    if not available():
        return 0
    _complete(catalogue, options)
    fresh = uncompared(catalogue)
    alike = list(_alike(catalogue, fresh))
    propose(catalogue, alike, compared=fresh)
    return len(alike)


def _complete(catalogue: Catalogue, options: Options) -> None:
    lacking = [found for found in lacking_fingerprint(catalogue) if found[1].is_file()]
    with (
        progress("fingerprints", len(lacking), shown=options.shown) as advance,
        ThreadPoolExecutor(max(1, options.workers)) as pool,
    ):
        for start in range(0, len(lacking), BATCH):
            batch = lacking[start : start + BATCH]
            paths = [path for _, path in batch]
            codes = zip([track_id for track_id, _ in batch], pool.map(_codes, paths), strict=True)
            put_fingerprints(catalogue, {i: found for i, found in codes if found is not None})
            advance(len(batch))


def _codes(path: Path) -> Codes | None:
    """Return a file's codes; empty where it is too short or FFmpeg cannot read what we could.

    None where the file went away: the next run asks again.
    """
    try:
        return fingerprint(path)
    except MediaError:
        return np.empty(0, np.uint32) if path.is_file() else None


def _alike(catalogue: Catalogue, fresh: Sequence[str]) -> Iterator[tuple[str, str, float]]:
    if not fresh:
        return
    pairs = sharing_codes(catalogue, fresh)
    codes = fingerprints_of(catalogue, sorted({track for pair in pairs for track in pair}))
    for one, other in pairs:
        if (score := likeness(codes[one], codes[other])) >= SAME:
            yield one, other, score
