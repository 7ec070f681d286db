"""Lists the music in folders and in buckets, so that a cluster can be told what there is."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

from indexer.scan import SUFFIXES, FoundFile, Scan, scan
from v2m.errors import InputError, printable
from v2m.remote import address, is_address, list_files

WRITTEN = ("mtime", "LastModified", "last_modified", "updated", "created")
"""Under which of these a store says when a file was last written."""


def list_music(places: Sequence[str]) -> Scan:
    """Find music below folders and addresses, such as "s3://bucket/music".

    The path of a file in a bucket has one slash after the scheme, as any path does.

    Raises:
        InputError: a place does not exist or cannot be read.
        BackendError: a store does not answer.
    """
    here = scan([Path(place).expanduser() for place in places if not is_address(place)])
    away = [file for place in places if is_address(place) for file in _in_bucket(place)]
    files = {file.path: file for file in (*here.files, *away)}
    buckets = {file.root for file in away}
    return Scan(tuple(files.values()), (*here.roots, *buckets), here.unreadable)


def _in_bucket(place: str) -> Iterable[FoundFile]:
    found = list_files(place)
    if not found:
        raise InputError(f"{printable(address(place))}: there is nothing")
    root = Path(place)
    for name in sorted(found):
        path = PurePosixPath(name)
        hidden = any(part.startswith(".") for part in path.parts)
        if path.suffix.lower() in SUFFIXES and not hidden:
            facts = found[name]
            yield FoundFile(Path(name), int(facts.get("size") or 0), _written_ns(facts), root)


def _written_ns(facts: Mapping[str, Any]) -> int:
    """Return when a file was written, nanoseconds since 1970; 0 where the store does not say."""
    value = next((facts[name] for name in WRITTEN if facts.get(name)), 0)
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    seconds = value.timestamp() if isinstance(value, datetime) else float(value)
    return round(seconds * 1e6) * 1000
