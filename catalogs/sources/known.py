"""The sources by name, with what each is given; listing them imports nothing heavy."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from v2m.errors import BackendError, ConfigError
from v2m.protocols import Source

if TYPE_CHECKING:
    from catalogs.sources.client import PoliteClient

SOURCES: Mapping[str, str] = {
    "folder": "a folder of music with a table beside it (CSV, TSV or JSON), or the table",
    "fma": "the folder with FMA's tracks.csv and raw_tracks.csv",
    "jamendo": "a checkout of MTG-Jamendo, or one of its tables",
    "netlabels": "the folder with releases.csv and tracks.csv",
    "openverse": "words to search Openverse for",
    "archive": "a query for the Internet Archive, such as 'collection:netlabels AND piano'",
}
"""Name of a source -> what PATH means to it."""

ONLINE = frozenset({"openverse", "archive"})


def open_source(
    name: str,
    path: str,
    client: "Callable[[], PoliteClient]",
    *,
    limit: int = 200,
    server: str = "",
) -> Source:
    """Return a source.

    Args:
        name: one of ``SOURCES``.
        path: a folder, a file or a query, as the source wants it.
        client: makes what asks servers; called for sources that are online only.
        limit: rows that a source that is online is asked for at most.
        server: address of another server of the same kind; "" for the source's own.

    Raises:
        ConfigError: there is no such source.
        InputError: a file is missing.
    """
    from catalogs.sources.fma import Fma
    from catalogs.sources.jamendo import Jamendo
    from catalogs.sources.netlabels import Netlabels
    from catalogs.sources.sidecar import Sidecar

    local: Mapping[str, Callable[[Path], Source]] = {
        "folder": Sidecar,
        "fma": Fma,
        "jamendo": Jamendo,
        "netlabels": Netlabels,
    }
    if name in local:
        return local[name](Path(path).expanduser())
    if name not in ONLINE:
        raise ConfigError("source", name, tuple(SOURCES))
    from catalogs.sources.archive import Archive
    from catalogs.sources.openverse import Openverse

    kind = Openverse if name == "openverse" else Archive
    where = {"server": server} if server else {}
    return kind(path, client(), limit=limit, **where)


def new_client(folder: Path) -> "PoliteClient":
    """Return what asks servers; its answers are kept in a folder.

    Raises:
        BackendError: the packages it needs are not installed.
    """
    try:
        from catalogs.sources.client import PoliteClient

        return PoliteClient(folder)
    except ImportError as err:
        raise BackendError(
            "online sources", f"{err.name} is not installed; run pip install 'v2m[online]'"
        ) from err
