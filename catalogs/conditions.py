"""Finds the tracks that meet a condition, from columns in memory where several are asked for.

Asking the file costs opening it, which is more than a search. The first condition goes there all
the same; with the second, the columns that conditions name are copied into a database in memory.
"""

import re
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from catalogs.image import Image
from catalogs.stamp import stamp
from v2m.errors import StateError

if TYPE_CHECKING:
    import duckdb

    from catalogs.store import Catalogue

MOST_CONDITIONS = 256
"""Conditions whose tracks are kept; then all are forgotten."""

ALWAYS = "has_audio"
"""A small column that is there for conditions that name none."""

Mask = npt.NDArray[np.bool_]


class Conditions:
    """Answers conditions on the tracks of an image; threads may share it."""

    def __init__(
        self, image: Image, opened: Callable[[], "Catalogue"], *, lasting: bool = False
    ) -> None:
        """Make one.

        Args:
            image: whose tracks are meant.
            opened: opens the catalogue it was made from.
            lasting: many conditions will come.
        """
        self._image = image
        self._opened = opened
        self._columns = Columns(image, opened)
        self._asked = lasting
        self._kept: dict[tuple[str | None, str], Mask] = {}

    def mask(self, where: str | None, also: str = "") -> Mask:
        """Return which tracks meet a person's SQL condition and one of our own.

        What was asked before is answered from memory.

        Returns:
            bool, shape (n_tracks,), read-only.

        Raises:
            InputError: the condition is not valid; names the columns.
        """
        if (where, also) not in self._kept:
            if len(self._kept) >= MOST_CONDITIONS:
                self._kept = {}
            found = self._found(where, also)
            found.setflags(write=False)
            self._kept[where, also] = found
        return self._kept[where, also]

    def _found(self, where: str | None, also: str) -> Mask:
        found = np.zeros(self._image.n_tracks, np.bool_)
        first, self._asked = not self._asked, True
        if not first and (numbers := self._columns.numbers(where, also)) is not None:
            found[numbers] = True
            return found
        meeting = self._opened().filter_ids(where, also)
        return np.array([track_id in meeting for track_id in self._image.ids], np.bool_)


class Columns:
    """The columns of tracks that conditions have named, in the order of the tracks' numbers."""

    def __init__(self, image: Image, opened: Callable[[], "Catalogue"]) -> None:
        self._image = image
        self._opened = opened
        self._lock = threading.Lock()
        self._names: re.Pattern[str] | None = None
        self._held: set[str] = set()
        self._memory: duckdb.DuckDBPyConnection | None = None

    def numbers(self, where: str | None, also: str) -> npt.NDArray[np.int64] | None:
        """Return the numbers of the tracks that meet conditions; None where the file must be asked.

        That is so when the file has changed, and when a condition is wrong: there the message is.

        Raises:
            InputError: the text is not one condition.
        """
        import duckdb

        from catalogs.where import check_condition

        if where:
            check_condition(where)
        sql = f"SELECT rowid AS n FROM tracks WHERE (\n{where or 'true'}\n) AND ({also or 'true'})"  # noqa: S608 - checked, and nothing but columns in memory is within reach
        try:
            with self._lock:
                memory = self._holding(f"{where} {also}")
            with memory.cursor() as con:
                return np.asarray(con.execute(sql).fetchnumpy()["n"], np.int64)
        except (StateError, duckdb.Error):
            return None

    def _holding(self, text: str) -> "duckdb.DuckDBPyConnection":
        """Return the database with every column that a text may name.

        Raises:
            StateError: the file is no longer in the state of the image.
        """
        if self._memory is None or not self._named(text) <= self._held:
            self._memory = self._loaded(text)
        return self._memory

    def _named(self, text: str) -> set[str]:
        """Return the columns that may be meant by a text: all whose names stand in it."""
        return {name.lower() for name in self._names.findall(text)} if self._names else set()

    def _loaded(self, text: str) -> "duckdb.DuckDBPyConnection":
        """Copy the columns that texts have named into a database in memory."""
        import duckdb

        from catalogs.arrow import registered

        with self._opened().reading() as con:
            if stamp(self._image.folder.parent) != self._image.stamp:
                raise StateError("the catalogue has changed")
            names = [row[0] for row in con.execute("DESCRIBE tracks").fetchall()]
            self._names = re.compile(rf"\b(?:{'|'.join(map(re.escape, names))})\b", re.IGNORECASE)
            self._held |= self._named(text) | {ALWAYS}
            listed = ", ".join(f'"{name}"' for name in sorted(self._held))
            table = con.sql(f"SELECT {listed} FROM tracks ORDER BY track_id").to_arrow_table()  # noqa: S608 - our own column names
        # to wake a second thread takes longer than to read 100,000 rows
        memory = duckdb.connect(config={"enable_external_access": "false", "threads": 1})
        with registered(memory, columns=table):
            memory.execute("CREATE TABLE tracks AS SELECT * FROM columns")
        memory.execute("SET lock_configuration = true")
        return memory
