"""Vectors between the catalogue's table and NumPy, through Arrow."""

from collections.abc import Sequence

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from catalogs.arrow import registered
from catalogs.rows import VectorTable
from v2m.errors import StateError
from v2m.types import Ids, VectorRow, Vectors


def put_vectors(con: duckdb.DuckDBPyConnection, rows: Sequence[tuple[str, VectorRow]]) -> None:
    """Insert vectors; each gets a row id that was never used."""
    if not rows:
        return
    flat = np.concatenate([row.vector for _, row in rows]).astype(np.float32)
    lengths = np.cumsum([0, *(len(row.vector) for _, row in rows)]).astype(np.int32)
    new_vectors = pa.table(
        {
            "track_id": [track_id for track_id, _ in rows],
            "space": [row.space for _, row in rows],
            "kind": [row.kind for _, row in rows],
            "start_seconds": [float(row.span.start_seconds) for _, row in rows],
            "end_seconds": [float(row.span.end_seconds) for _, row in rows],
            "dim": np.diff(lengths),
            "vector": pa.ListArray.from_arrays(lengths, flat),
        }
    )
    with registered(con, new_vectors=new_vectors):
        con.execute("INSERT INTO vectors SELECT nextval('vector_rows'), * FROM new_vectors")


def vectors_of(
    con: duckdb.DuckDBPyConnection, space: str, kind: str, row_ids: Sequence[int]
) -> tuple[Ids, Vectors]:
    """Return the rows that are there of a few rising row ids: ids (n,) and vectors (n, dim).

    One at a time, for which DuckDB looks into one group of rows; a list makes it read all.
    """
    found = [vectors_between(con, space, kind, int(row), int(row)) for row in row_ids]
    there = [pair for pair in found if len(pair[0])] or [
        (np.empty(0, np.int64), np.empty((0, 0), np.float32))
    ]
    return np.concatenate([ids for ids, _ in there]), np.concatenate([rows for _, rows in there])


def vectors_between(
    con: duckdb.DuckDBPyConnection, space: str, kind: str, first: int, last: int
) -> tuple[Ids, Vectors]:
    """Return the rows from one row id to another: ids (n,) and vectors (n, dim)."""
    return _ids_and_vectors(con, "row_id BETWEEN ? AND ?", [space, kind, first, last])


def _ids_and_vectors(
    con: duckdb.DuckDBPyConnection, which: str, values: Sequence[object]
) -> tuple[Ids, Vectors]:
    table = con.sql(
        "SELECT row_id, dim, vector FROM vectors WHERE space = ? AND kind = ?"  # noqa: S608 - our own words
        f" AND {which} ORDER BY row_id",
        params=list(values),
    ).to_arrow_table()
    return table["row_id"].to_numpy().astype(np.int64), _matrix(table)


def vector_table(table: pa.Table) -> VectorTable:
    """Read an Arrow table of vectors of one space.

    Raises:
        StateError: the vectors are of several lengths.
    """
    return VectorTable(
        ids=table["row_id"].to_numpy().astype(np.int64),
        track_ids=table["track_id"].to_pylist(),
        kinds=table["kind"].to_pylist(),
        starts=table["start_seconds"].to_numpy().astype(np.float64),
        ends=table["end_seconds"].to_numpy().astype(np.float64),
        vectors=_matrix(table),
    )


def _matrix(table: pa.Table) -> Vectors:
    """Return the vectors of a table, float32, shape (n, dim); (0, 0) where there are none."""
    dims = set(np.unique(table["dim"].to_numpy()).tolist())  # Arrow's unique imports all of compute
    if len(dims) > 1:
        raise StateError(f"vectors of several lengths in one space: {sorted(dims)}")
    dim = dims.pop() if dims else 0
    flat = table["vector"].combine_chunks()
    if isinstance(flat, pa.ChunkedArray):
        flat = pa.concat_arrays(flat.chunks) if flat.num_chunks else None
    values = _numbers(flat) if flat is not None and len(flat) else np.empty(0, np.float32)
    return values.astype(np.float32, copy=False).reshape(len(table), dim)


def _numbers(lists: pa.ListArray) -> npt.NDArray[np.float32]:
    """Return the numbers of all lists; ``flatten`` would import all of Arrow's functions."""
    first, last = lists.offsets[0].as_py(), lists.offsets[-1].as_py()
    return np.asarray(lists.values.to_numpy()[first:last], np.float32)
