"""Fills a catalogue by a cluster: the mapper of every index run, carried out elsewhere."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from catalogs.merging import Merged
from catalogs.shards import SUFFIX
from catalogs.store import Catalogue
from indexer.chunk import Known, known_identities, orders_of
from indexer.columns import fill_columns
from indexer.dispatch import Pool, dispatch
from indexer.folding import finish, fold, shards_in
from indexer.index import current_tracks, set_apart
from indexer.options import Options
from indexer.reports import IndexReport
from indexer.scan import Scan
from v2m.encoders.profiles import load_profile
from v2m.errors import BackendError, printable
from v2m.files import text_to_path
from v2m.progress import progress
from v2m.remote import is_address, list_files, remove

OpenPool = Callable[[Known], AbstractContextManager[Pool]]
"""Opens the workers, who are told which sounds need no analysis."""


def fill(
    catalogue: Catalogue,
    found: Scan,
    options: Options,
    shards: str,
    open_pool: OpenPool,
    *,
    keep: bool,
) -> IndexReport:
    """Bring a catalogue up to date by workers that write shards, folded in as they come.

    What an earlier run left among the shards is folded in first, so that a run which was killed
    goes on with the orders that were open then.

    Args:
        catalogue: to be filled.
        found: the music.
        options: how the run works; its batch is the files of a shard.
        shards: folder or bucket that all workers see.
        open_pool: opens the workers.
        keep: leave shards where they are after they were folded in.
    """
    report = IndexReport(files=len(found.files), skipped=list(found.unreadable))
    merged = _left_over(catalogue, shards, report, keep=keep, shown=options.shown)
    changed = set_apart(catalogue, found.files, options, report)
    report.unchanged = max(0, report.unchanged - merged.added - merged.updated)
    orders = orders_of(changed, shards, options.profile, options.batch)
    if orders:
        known = known_identities(current_tracks(catalogue, options.profile))
        with (
            progress("analysing music", len(changed), shown=options.shown) as advance,
            open_pool(known) as pool,
        ):
            for order in dispatch(orders, pool):
                merged.add(_folded(catalogue, order.place))
                advance(len(order.files))
                if not keep:
                    remove(order.place)
    report.updated += fill_columns(catalogue, load_profile(options.profile), shown=options.shown)
    finish(catalogue, merged, options, report, found)
    return report


def _left_over(
    catalogue: Catalogue, shards: str, report: IndexReport, *, keep: bool, shown: bool
) -> Merged:
    """Fold in what an earlier run left; its failures and known files are met again anyway."""
    # a bucket has no empty folders: what is not there yet holds nothing
    there = list_files(shards) if is_address(shards) else shards_in(shards)
    files = [file for file in there if file.endswith(SUFFIX)]
    folded = fold(catalogue, files, shown=shown)
    report.skipped += [(text_to_path(shard), reason) for shard, reason in folded.broken]
    for file in files if not keep else ():
        remove(file)
    left = folded.merged
    return Merged(left.added, left.updated, long=left.long)


def _folded(catalogue: Catalogue, shard: str) -> Merged:
    folded = fold(catalogue, [shard], shown=False)
    if folded.broken:
        _, reason = folded.broken[0]
        raise BackendError("cluster", f"a worker wrote {printable(shard)}, but here: {reason}")
    return folded.merged
