"""Checks the SQL conditions that users write: a condition on one track's columns, nothing more."""

from functools import cache
from typing import TYPE_CHECKING

import duckdb

from catalogs.columns import COLUMNS
from catalogs.connection import first_line
from v2m.errors import InputError

if TYPE_CHECKING:
    import pyarrow as pa


def check_condition(where: str) -> None:
    """Refuse what is more than one condition: statements, clauses, sub-selects, lone brackets.

    Raises:
        InputError: the text is not one condition.
    """
    problem = None
    try:
        # in brackets no clause may follow; without them none closes a bracket of ours
        for text in (_in_brackets(where), f"SELECT 1 FROM t WHERE\n{where}\n"):  # noqa: S608 - parsed, never run
            if len(duckdb.extract_statements(text)) != 1:
                problem = "several statements"
    except duckdb.Error as err:
        problem = first_line(err)
    if problem is None and "(" in where and _has_subquery(where):  # none stands without brackets
        problem = "a condition may not hold a SELECT of its own"
    if problem:
        raise InputError(f"--where {where!r}: {problem}; columns are {', '.join(COLUMNS)}")


def run_guarded(con: duckdb.DuckDBPyConnection, sql: str, where: str) -> "pa.Table":
    """Return the Arrow table of a query that holds a person's condition.

    It reaches no file outside the catalogue.

    Args:
        con: a connection that cannot write.
        sql: the query, ``where`` included.
        where: the condition, checked already.

    Raises:
        InputError: the condition does not fit the columns; names them.
    """
    if not con.execute("SELECT current_setting('lock_configuration')").fetchall()[0][0]:
        con.execute("SET enable_external_access = false; SET lock_configuration = true")
    try:
        return con.sql(sql).to_arrow_table()
    except duckdb.Error as err:
        raise InputError(
            f"--where {where!r}: {first_line(err)}; columns are {', '.join(COLUMNS)}"
        ) from err


def _has_subquery(where: str) -> bool:
    with _parser().cursor() as con:
        row = con.execute("SELECT json_serialize_sql(?)", [_in_brackets(where)]).fetchone()
    return row is not None and '"class":"SUBQUERY"' in str(row[0])


@cache
def _parser() -> duckdb.DuckDBPyConnection:
    """Return an empty database that reads SQL; opening one takes 12 ms, more than most searches."""
    return duckdb.connect(config={"threads": 1})


def _in_brackets(where: str) -> str:
    return f"SELECT 1 FROM t WHERE (\n{where}\n)"  # noqa: S608 - parsed, never run
