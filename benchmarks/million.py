"""Vector search among a million, as benchmarks/vectors.py does it among 100,000."""

from collections.abc import Iterator

from benchmarks.rows import Row, Setting
from benchmarks.vectors import rows_among


def rows(setting: Setting) -> Iterator[Row]:
    """Search among a million vectors."""
    yield from rows_among(setting.size(1_000_000, 300), 4, setting.size(100, 20))
