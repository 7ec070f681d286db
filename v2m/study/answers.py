"""Keeps answers in DuckDB: a page is one transaction, so a kill loses at most the open page."""

import secrets
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from catalogs.connection import connected
from v2m.errors import BackendError, StateError, printable
from v2m.study.design import read_study
from v2m.study.questions import Answer

FILE_NAME = "answers.duckdb"

_TABLES = """
CREATE TABLE IF NOT EXISTS raters (
    token VARCHAR PRIMARY KEY, number INTEGER NOT NULL, begun_at TIMESTAMP DEFAULT now());
CREATE TABLE IF NOT EXISTS answers (
    token VARCHAR NOT NULL, page INTEGER NOT NULL, question VARCHAR NOT NULL,
    item INTEGER NOT NULL, configuration INTEGER NOT NULL, other INTEGER NOT NULL,
    value VARCHAR NOT NULL, seconds DOUBLE, answered_at TIMESTAMP DEFAULT now());
CREATE SEQUENCE IF NOT EXISTS rater_numbers START 0 MINVALUE 0;
"""


@dataclass(frozen=True, slots=True)
class Rater:
    """Somebody who answers, known by nothing but a number.

    Attributes:
        number: from 0, in the order of beginning; decides what is shown in which order.
        pages_done: pages answered so far.
    """

    number: int
    pages_done: int


@dataclass(frozen=True, slots=True)
class Given:
    """An answer with who gave it.

    Attributes:
        rater: number of the rater.
        page: index of the page.
        seconds: from showing the page to the answer, None if unknown.
        answer: what was answered.
    """

    rater: int
    page: int
    seconds: float | None
    answer: Answer


@contextmanager
def serving_lock(folder: Path) -> Iterator[None]:
    """Hold a study for the one program that adds answers; a program that dies lets go of it.

    Raises:
        StateError: there is no study, or it is served already.
        BackendError: the folder cannot be written to.
    """
    read_study(folder)
    lock = FileLock(folder / "lock")
    try:
        lock.acquire(timeout=0)
    except Timeout as err:
        raise StateError(f"{printable(folder)}: this study is served already") from err
    except OSError as err:
        raise BackendError("study", f"{printable(folder)}: {err.strerror}") from err
    try:
        yield
    finally:
        lock.release()


class Answers:
    """The answers to one study.

    Every call opens the file for its moment only, so that a report can be made while people
    answer. Who has got how far is kept in memory: only one program at a time may add answers.
    """

    def __init__(self, folder: Path) -> None:
        """Open the answers in a study's folder, or make an empty file."""
        self._path = folder / FILE_NAME
        self._alone = threading.Lock()
        with connected(self._path, write=True) as con:
            con.execute(_TABLES)
            rows = con.execute(
                "SELECT token, any_value(number), count(DISTINCT page) "
                "FROM raters LEFT JOIN answers USING (token) GROUP BY token"
            ).fetchall()
        self._raters = {token: Rater(number, done) for token, number, done in rows}

    def begin(self) -> str:
        """Add a rater and return the token that the resume link carries."""
        token = secrets.token_urlsafe(12)
        with self._alone, connected(self._path, write=True) as con:
            row = con.execute(
                "INSERT INTO raters (token, number) VALUES (?, nextval('rater_numbers')) "
                "RETURNING number",
                [token],
            ).fetchone()
            assert row is not None
        self._raters[token] = Rater(row[0], 0)
        return token

    def rater(self, token: str) -> Rater | None:
        """Return who holds a token, or None."""
        return self._raters.get(token)

    def record(
        self, token: str, page: int, answers: Sequence[Answer], seconds: float | None
    ) -> None:
        """Keep the answers to a rater's next page; any other page is left as it is."""
        rows = [
            [token, page, a.question, a.item, a.configuration, a.other, a.value, seconds]
            for a in answers
        ]
        with self._alone:
            rater = self._raters.get(token)
            if rater is None or rater.pages_done != page:
                return
            with connected(self._path, write=True) as con:
                con.executemany(
                    "INSERT INTO answers (token, page, question, item, configuration, other, "
                    "value, seconds) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    rows,
                )
            self._raters[token] = Rater(rater.number, page + 1)

    def withdraw(self, token: str) -> None:
        """Delete a rater with all answers."""
        with self._alone, connected(self._path, write=True) as con:
            con.execute("DELETE FROM answers WHERE token = ?", [token])
            con.execute("DELETE FROM raters WHERE token = ?", [token])
        self._raters.pop(token, None)

    def all(self) -> list[Given]:
        """Return every answer by rater and page."""
        with connected(self._path, write=False) as con:
            rows = con.execute(
                "SELECT number, page, seconds, question, item, configuration, other, value "
                "FROM answers JOIN raters USING (token) ORDER BY number, page, item, "
                "configuration, question"
            ).fetchall()
        return [Given(n, page, seconds, Answer(*rest)) for n, page, seconds, *rest in rows]
