"""Where the files of an image lie, and whether there is one; ``catalogs.image`` reads them."""

import re
from pathlib import Path

from catalogs.stamp import stamp

FOLDER = "vectors"
TRACKS = "tracks"

Table = tuple[str, str]
"""Space and kind of vectors."""


def has_image(folder: Path) -> bool:
    """Whether a catalogue has rows of tracks in a file of its state now; opens nothing."""
    now = stamp(folder)
    return bool(now) and part_file(folder / FOLDER / TRACKS, now).exists()


def table_folder(files: Path, table: Table) -> Path:
    """Return where the files of a space and kind lie."""
    return files / re.sub(r"[^a-z0-9]+", "-", "-".join(table).lower())


def part_file(folder: Path, now: str) -> Path:
    """Return the file of the state of a stamp."""
    return folder / f"of-{now}.safetensors"


def rows_file(folder: Path, digest: str) -> Path:
    """Return the file of rows with these ids."""
    return folder / f"rows-{digest}.safetensors"


def added_file(folder: Path, digest: str) -> Path:
    """Return the file of rows that came later, with these ids."""
    return folder / f"added-{digest}.safetensors"
