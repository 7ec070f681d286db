"""Searches the words of tracks by BM25, through a file that can be thrown away at any time.

DuckDB is the truth. The index lies in a folder whose name carries a digest of every word in it, so
a file that does not fit the catalogue has another name and is never read; it is built again from
the catalogue, under a temporary name, and renamed.

BM25: Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009, in
the variant whose weights are never negative (as Lucene's), so that words in every track count too.
"""

import logging
import math
import shutil
import tempfile
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from catalogs.database import Database
from catalogs.terms import meant_terms, terms, weights_of_content
from v2m.errors import printable

FORMAT = 1
K1 = 1.2
B = 0.75

NAME_WEIGHT = 2
"""How often a word of title or artist counts: who types a name looks for it there."""

MISSPELT = 0.8
"""What a term counts that was not written but meant."""

_TEXTS = (
    "SELECT track_id, title, artist, album, array_to_string(tags, ' ') AS tags, description,"
    " CASE WHEN p.prompt IS NULL OR p.prompt = description THEN '' ELSE p.prompt END AS prompt"
    " FROM tracks LEFT JOIN provenance p USING (track_id)"
)

log = logging.getLogger(__name__)


class WordIndex:
    """The words of all tracks, as they were when the index was made.

    Attributes:
        track_ids: n track ids; a row of the index is a place in this list.
    """

    def __init__(self, database: Database) -> None:
        digest, rows = _read(database)
        self._folder = database.folder / f"words-{digest}"
        self.track_ids: list[str] = rows["track_id"].to_pylist()
        self._bm25: Any = self._loaded(rows) if self.track_ids else None

    @cached_property
    def _vocabulary(self) -> list[str]:
        return [term for term in self._bm25.vocab_dict if term]

    def scores(self, text: str) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Score every track for a request in words.

        Returns:
            float64 (n,) twice. BM25, 0 where no term occurs; and how much of the request the
            track's words meet: the share of its terms that occur, weighed by how rare they are,
            0 to 1.
        """
        asked = list(dict.fromkeys(terms(text)))
        bm25 = np.zeros(len(self.track_ids))
        met = np.zeros(len(self.track_ids))
        if not (asked and self.track_ids):
            return bm25, met
        whole = 0.0
        for term, content in zip(asked, weights_of_content(asked), strict=True):
            found, trust = self._term_scores(term)
            rarity = content * self._rarity(int(np.count_nonzero(found)))
            whole += rarity
            bm25 += trust * found
            met += rarity * trust * (found > 0)
        return bm25, met / whole

    def _term_scores(self, term: str) -> tuple[npt.NDArray[np.float32], float]:
        """Return one term's scores and what they count; a term nobody wrote may be misspelt."""
        if term in self._bm25.vocab_dict:
            return self._bm25.get_scores([term]), 1.0
        meant = meant_terms(term, self._vocabulary)
        if not meant:
            return np.zeros(len(self.track_ids), np.float32), 1.0
        return np.max([self._bm25.get_scores([near]) for near in meant], axis=0), MISSPELT

    def _rarity(self, n_with: int) -> float:
        """Inverse document frequency, as BM25 has it."""
        return math.log(1 + (len(self.track_ids) - n_with + 0.5) / (n_with + 0.5))

    def _loaded(self, rows: Any) -> Any:
        """Return the index from its file, or build it and write the file for the next time."""
        import bm25s

        try:
            index = bm25s.BM25.load(str(self._folder), verbosity=0)
            if index.scores["num_docs"] == len(self.track_ids):
                return index
            reason = "another number of tracks"
        except (OSError, ValueError, KeyError, EOFError) as err:
            reason = str(err)
        log.info("building the index of words again: %s", reason)
        index = bm25s.BM25(k1=K1, b=B, method="lucene")
        index.index(_documents(rows), show_progress=False)
        self._write(index)
        return index

    def _write(self, index: Any) -> None:
        """Write under a temporary name and rename; older states go."""
        parent = self._folder.parent
        try:
            shutil.rmtree(self._folder, ignore_errors=True)
            with tempfile.TemporaryDirectory(prefix=".words-", dir=parent) as beside:
                index.save(str(Path(beside) / "new"), show_progress=False)
                with suppress(FileExistsError):  # another process was faster
                    (Path(beside) / "new").rename(self._folder)
            for old in parent.glob("words-*"):
                if old != self._folder:
                    shutil.rmtree(old, ignore_errors=True)
        except OSError as err:
            log.info("the index of words stays in memory: %s: %s", printable(parent), err)


def _read(database: Database) -> tuple[str, Any]:
    """Return a digest of all words and the words, both of one state of the catalogue."""
    with database.reading() as con:
        digest = con.execute(
            f"SELECT count(*), sum(hash(t)), bit_xor(hash(t)) FROM ({_TEXTS}) t"  # noqa: S608
        ).fetchall()[0]
        rows = con.sql(f"{_TEXTS} ORDER BY track_id").to_arrow_table()
    total = int(digest[1] or 0) & (2**64 - 1)
    return f"{FORMAT}-{digest[0]}-{total:016x}{int(digest[2] or 0):016x}", rows


def _documents(rows: Any) -> list[list[str]]:
    columns = [rows[name].to_pylist() for name in rows.column_names[1:]]
    return [
        NAME_WEIGHT * terms(f"{title} {artist}") + terms(" ".join(rest))
        for title, artist, *rest in zip(*columns, strict=True)
    ]
