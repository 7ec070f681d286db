"""Imports a catalogue of open music: its rows, its sound where it is, and its words."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from catalogs.lock import index_lock
from catalogs.sources.known import new_client, open_source
from catalogs.store import Catalogue
from indexer.fetching import audio_folder, fetch_audio
from indexer.importing import finish, import_rows
from indexer.reports import ImportReport, IndexReport
from v2m.encoders.profiles import Profile

if TYPE_CHECKING:
    from catalogs.sources.client import PoliteClient

Index = Callable[[Sequence[Path]], IndexReport]
"""Brings the catalogue up to date with folders of music."""


def import_source(
    catalogue: Catalogue,
    profile: Profile,
    index: Index,
    source: str,
    path: str,
    *,
    audio: Sequence[Path] = (),
    fetch: bool = False,
    limit: int = 200,
    server: str = "",
    shown: bool = False,
) -> ImportReport:
    """Take over what a source says; see ``Library.import_source``.

    The catalogue is held for rows and for words, not while files are fetched.
    """
    folders = [*audio, *([_folder(Path(path))] if source == "folder" else [])]
    with ExitStack() as open_until_here:

        @cache
        def client() -> "PoliteClient":
            return open_until_here.enter_context(closing(new_client(catalogue.folder / "answers")))

        opened = open_source(source, path, client, limit=limit, server=server)
        with index_lock(catalogue.folder):
            report = import_rows(catalogue, opened, profile, shown=shown)
        if fetch:
            fetch_audio(catalogue, client(), report, limit=limit, shown=shown)
            fetched = audio_folder(catalogue, source)
            folders += [fetched] if fetched.is_dir() else []
    if folders:
        report.files = index(folders)
    with index_lock(catalogue.folder):
        finish(catalogue, profile, report, shown=shown)
    return report


def _folder(path: Path) -> Path:
    """Return a folder, or the one a table lies in."""
    there = path.expanduser()
    return there if there.is_dir() else there.parent
