"""What a command costs before it does anything."""

from collections.abc import Iterator

from benchmarks.rows import Row, Setting, compare, python
from catalogs.store import Catalogue


def rows(setting: Setting) -> Iterator[Row]:
    """Start a process that lists an empty catalogue, against one that does nothing."""
    Catalogue.open(setting.folder, create=True)
    yield compare(
        "start, open a catalogue and list it",
        python("-m", "cli", "tracks", "list", "--catalog", str(setting.folder)),
        "python -c pass",
        python("-c", "pass"),
        rounds=setting.rounds,
        wall=True,
    )
