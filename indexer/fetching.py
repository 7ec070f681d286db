"""Fetches the sound of rows that a source describes, into a folder of the catalogue's own."""

from pathlib import Path, PurePosixPath
from typing import Protocol

from catalogs import imports
from catalogs.imports import Wanted
from catalogs.store import Catalogue
from indexer.reports import ImportReport
from indexer.scan import SUFFIXES
from v2m.errors import BackendError
from v2m.progress import progress

PATIENCE = 5
"""Downloads that may fail one after the other before the server is left in peace."""


class Downloader(Protocol):
    """What fetches files; ``catalogs.sources.client.PoliteClient`` is one."""

    def download(self, url: str, path: Path) -> None:
        """Fetch a file; it appears whole.

        Raises:
            BackendError: the server cannot be reached or refuses.
        """
        ...


def audio_folder(catalogue: Catalogue, source: str) -> Path:
    """Return where the sound of a source is kept."""
    return catalogue.folder / "audio" / source


def fetch_audio(
    catalogue: Catalogue,
    client: Downloader,
    report: ImportReport,
    *,
    limit: int,
    shown: bool = False,
) -> None:
    """Download what rows without audio offer; what is here already is left alone.

    Args:
        catalogue: whose rows.
        client: fetches.
        report: of the import; says which source, and is told what came of it.
        limit: at most this many files.
        shown: show progress.
    """
    folder = audio_folder(catalogue, report.source)
    wanted = imports.wanted_audio(catalogue, report.source, limit)
    failures = 0
    with progress("fetching", len(wanted), shown=shown) as advance:
        for row in wanted:
            advance(1)
            try:
                fetched = _fetch(row, folder, client)
            except BackendError as err:
                report.failed.append((row.key, err.reason))
                failures += 1
                if failures == PATIENCE:
                    report.notices.append(f"fetching stopped after {PATIENCE} failures in a row")
                    return
                continue
            report.fetched += fetched
            failures = 0


def _fetch(row: Wanted, folder: Path, client: Downloader) -> bool:
    """Download one file; False where it is here already."""
    name = PurePosixPath(row.audio_name)
    if ".." in name.parts or name.is_absolute() or "\\" in row.audio_name:
        raise BackendError(row.source, f"{row.audio_name!r} leads out of its folder")
    if name.suffix.lower() not in SUFFIXES:
        raise BackendError(row.source, f"{row.audio_name!r} is no kind of sound file we read")
    path = folder / name
    if path.exists():
        return False
    client.download(row.audio_url, path)
    return True
