"""What goes beyond one machine: music that a cluster indexes, and shards that are folded in."""

from collections.abc import Sequence
from pathlib import Path

from catalogs.lock import index_lock
from indexer.folding import Folded, finish, fold
from indexer.options import Options
from indexer.reports import IndexReport
from indexer.runner import default_workers
from v2m.encoders.profiles import ProfileSpec
from v2m.errors import InputError, printable
from v2m.library import DEFAULT_PROFILE, Library


def merge_shards(
    library: Library, shards: Sequence[str], *, music: Path | None = None, shown: bool = False
) -> tuple[Folded, IndexReport]:
    """Fold shards into a library: each track once, and a second time nothing.

    Args:
        library: where they go.
        shards: shards, folders of shards, addresses of buckets.
        music: the folder where their music lies on this machine; music that lies in a bucket and
            not here is found, marked, and taken by no plan.
        shown: show progress on standard error.

    Raises:
        InputError: a place does not exist.
        BackendError: a store does not answer.
        StateError: another run works on this catalogue.
    """
    report = IndexReport()
    with index_lock(library.folder, "catalog merge"):
        empty = not library.catalogue.count()
        here = music.expanduser().absolute() if music else None
        folded = fold(library.catalogue, shards, music=here, shown=shown)
        spec = ProfileSpec(folded.profile, library.spec.models) if folded.profile else library.spec
        if empty and folded.profile:
            library.catalogue.set_note(DEFAULT_PROFILE, folded.profile)
        finish(
            library.catalogue, folded.merged, Options(spec, default_workers(), shown=shown), report
        )
    merged = folded.merged
    report.files = merged.unchanged + len(merged.failed) + report.encoded + merged.placed
    return folded, report


def refuse_broken(folded: Folded) -> None:
    """Say which shards could not be read, after the others were folded in.

    Raises:
        InputError: there were such.
    """
    if not folded.broken:
        return
    shard, reason = folded.broken[0]
    more = f", and {len(folded.broken) - 1} more" if len(folded.broken) > 1 else ""
    raise InputError(f"{printable(shard)}: {reason}{more}; the others were merged")
