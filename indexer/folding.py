"""Folds the shards in a folder or bucket into a catalogue."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from catalogs.merging import Merged, merge_rows
from catalogs.shards import SUFFIX, ShardRow, read_shard
from catalogs.store import Catalogue
from indexer.index import forget, settle, touch
from indexer.options import Options
from indexer.reports import IndexReport
from indexer.scan import Scan
from v2m.errors import InputError
from v2m.progress import progress
from v2m.remote import joined, names_in, read_bytes

ROWS = 256
"""Files per transaction: looking up what is stored costs a pass over the catalogue."""


@dataclass(slots=True)
class Folded:
    """What became of shards.

    Attributes:
        shards: how many were read.
        broken: those that cannot be read, with the reason.
        profile: name of the models that made the first of them; "" without any.
        merged: what became of their rows.
    """

    shards: int = 0
    broken: list[tuple[str, str]] = field(default_factory=list)
    profile: str = ""
    merged: Merged = field(default_factory=Merged)


def fold(
    catalogue: Catalogue, places: Sequence[str], *, music: Path | None = None, shown: bool = True
) -> Folded:
    """Fold shards into a catalogue; one that cannot be read is told and keeps no other back.

    Args:
        catalogue: where they go.
        places: shards, and folders of shards; addresses of buckets too.
        music: the folder where their music lies on this machine.
        shown: show progress.

    Raises:
        InputError: a place does not exist.
        BackendError: a store does not answer.
    """
    files = [file for place in places for file in shards_in(place)]
    folded = Folded()
    waiting: list[ShardRow] = []
    with progress("merging shards", len(files), shown=shown) as advance:
        for rows in _read(files, folded):
            waiting += rows
            advance(1)
            if len(waiting) >= ROWS:
                folded.merged.add(merge_rows(catalogue, waiting, music))
                waiting = []
    if waiting:
        folded.merged.add(merge_rows(catalogue, waiting, music))
    return folded


def shards_in(place: str) -> list[str]:
    """Return the shards of a folder or bucket; a shard itself is taken as it is."""
    if place.endswith(SUFFIX):
        return [place]
    return [joined(place, name) for name in names_in(place, SUFFIX)]


def _read(files: Sequence[str], folded: Folded) -> Iterator[Sequence[ShardRow]]:
    for file in files:
        try:
            shard = read_shard(read_bytes(file))
        except InputError as err:
            folded.broken.append((file, str(err)))
            yield []
            continue
        folded.shards += 1
        folded.profile = folded.profile or shard.profile
        yield shard.rows


def finish(
    catalogue: Catalogue,
    merged: Merged,
    options: Options,
    report: IndexReport,
    found: Scan | None = None,
) -> None:
    """Count what was folded in, and do what follows when tracks have come in.

    Args:
        catalogue: where it was folded in.
        merged: what became of the rows.
        options: how the run works.
        report: is added to.
        found: all the music of some folders; what is gone from them is forgotten. None forgets
            nothing.
    """
    report.added += merged.added
    report.updated += merged.updated
    report.unchanged += merged.unchanged
    report.duplicates += merged.placed
    report.failed += merged.failed
    report.away += merged.away
    report.note_long(merged.long)
    here = [place for place in merged.known if place.path.is_file()]
    catalogue.touch_files([place for place in merged.known if place not in here])
    touch(catalogue, here, options.profile, report)
    if found:  # not before moved files have their new places
        forget(catalogue, found, report)
    settle(catalogue, options, report)
