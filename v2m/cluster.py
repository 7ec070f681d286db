"""What goes beyond one machine: music that a cluster indexes, and shards that are folded in."""

from collections.abc import Sequence
from pathlib import Path

from catalogs.lock import index_lock
from indexer.cluster import fill
from indexer.folding import Folded, finish, fold
from indexer.listing import list_music
from indexer.options import Options
from indexer.ray_pool import ray_pool
from indexer.reports import IndexReport
from retriever.preparing import prepare
from v2m.devices import usable_processors
from v2m.encoders.profiles import ProfileSpec, load_profile
from v2m.errors import InputError, printable
from v2m.files import path_to_text
from v2m.library import DEFAULT_PROFILE, Library
from v2m.remote import is_address


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
            library.catalogue,
            folded.merged,
            Options(spec, usable_processors(), shown=shown),
            report,
        )
    prepare(library.catalogue, load_profile(spec), shown=shown)
    merged = folded.merged
    report.files = merged.unchanged + len(merged.failed) + report.encoded + merged.placed
    return folded, report


def index_on_cluster(
    library: Library,
    places: Sequence[str],
    address: str,
    *,
    shards: str = "",
    workers: int = 0,
    batch: int = 8,
    retry: bool = False,
    shown: bool = False,
) -> IndexReport:
    """Bring a library up to date with music that a Ray cluster analyses.

    Args:
        library: to be filled.
        places: folders that all machines mount at the same place, and addresses of buckets.
        address: of the cluster: "HOST:6379", "ray://HOST:10001" or "auto"; "local" is this machine.
        shards: folder or bucket that all machines see, where shards are left; "" puts them into
            the catalogue's folder until they are folded in.
        workers: most orders at a time; 0 takes the whole cluster.
        batch: files of a shard; so many at a time are lost to a kill.
        retry: try files again that failed before and have not changed.
        shown: show progress on standard error.

    Raises:
        InputError: a place does not exist, or Ray is not installed.
        BackendError: the cluster or a store does not answer, or a machine does not see a folder.
        StateError: another run works on this catalogue.
    """
    found = list_music(places)
    options = Options(library.spec, usable_processors(), batch, retry, shown)
    with index_lock(library.folder, "index --cluster"):
        library.adopt(library.spec.name)
        report = fill(
            library.catalogue,
            found,
            options,
            _shards_folder(library, shards),
            lambda known: ray_pool(address, library.spec, known, workers=workers),
            keep=bool(shards),
        )
    library.prepare(shown=shown)
    return report


def _shards_folder(library: Library, shards: str) -> str:
    """Make the folder of the shards; a bucket needs none."""
    if is_address(shards):
        return shards
    folder = Path(shards).expanduser().absolute() if shards else library.folder / "shards"
    try:
        folder.mkdir(exist_ok=True)
    except OSError as err:
        raise InputError(f"{printable(folder)}: cannot make this folder: {err.strerror}") from err
    return path_to_text(folder)


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
