"""Shards: what one worker found out about some files, as one Parquet file that stands alone.

A row is a file. It carries the record of its track, or the reason why it cannot be used, or
neither where the catalogue that asked has its sound already. Shards may be read by anything that
reads Parquet; each column says what it is by its name.
"""

import io
import json
from dataclasses import asdict, dataclass, fields
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from catalogs.columns import COLUMNS, track_of_row
from catalogs.structures import COLUMNS as STRUCTURE_COLUMNS
from catalogs.structures import structure_of_row, structure_values
from catalogs.tracks import ARROW_TYPES, track_values
from v2m.audio.fingerprint import Codes
from v2m.errors import InputError
from v2m.structure import STRUCTURE_VERSION
from v2m.types import Provenance, Span, Track, TrackRecord, VectorRow

FORMAT = "v2m-shard/1"
SUFFIX = ".parquet"
AWAY = "went away while it was read"
"""Reason that says nothing about the music: the file is tried again by the next run."""

_TRACK = pa.struct([(field.name, ARROW_TYPES[field.type]) for field in fields(Track)])
_VECTOR = pa.struct(
    [
        ("space", pa.string()),
        ("kind", pa.string()),
        ("start_seconds", pa.float64()),
        ("end_seconds", pa.float64()),
        ("vector", pa.list_(pa.float32())),
    ]
)
_STRUCTURE = pa.struct(list(STRUCTURE_COLUMNS.items()))
SCHEMA = pa.schema(
    [
        ("path", pa.string()),
        ("root", pa.string()),
        ("size_bytes", pa.int64()),
        ("mtime_ns", pa.int64()),
        ("track_id", pa.string()),
        ("reason", pa.string()),
        ("track", _TRACK),
        ("analysis_version", pa.string()),
        ("vectors", pa.list_(_VECTOR)),
        ("structure", _STRUCTURE),
        ("structure_version", pa.string()),
        ("provenance", pa.string()),
        ("fingerprint", pa.list_(pa.uint32())),
    ]
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a music file lies and how it was when it was listed.

    Attributes:
        path: absolute, as ``v2m.files.path_to_text`` writes it; of a file in a bucket "s3:/…".
        root: the folder or address it was found below.
        size_bytes: its size.
        mtime_ns: when it was last written, nanoseconds since 1970.
    """

    path: str
    root: str
    size_bytes: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class ShardRow:
    """What was found out about one file.

    Attributes:
        place: the file.
        track_id: identity of its sound; "" where it cannot be read.
        record: the track; None on failure, and where the sound is known.
        reason: why the file cannot be used; "" otherwise.
        fingerprint: of the recording; None where it was not computed.
    """

    place: Place
    track_id: str = ""
    record: TrackRecord | None = None
    reason: str = ""
    fingerprint: Codes | None = None


@dataclass(frozen=True, slots=True)
class Shard:
    """The rows of one file.

    Attributes:
        profile: name of the models that made it.
        rows: one a file.
    """

    profile: str
    rows: tuple[ShardRow, ...]


def shard_bytes(shard: Shard) -> bytes:
    """Return a shard as the bytes of a Parquet file; the same shard gives the same bytes."""
    table = pa.Table.from_pylist([_values(row) for row in shard.rows], schema=SCHEMA)
    marked = table.replace_schema_metadata({"format": FORMAT, "profile": shard.profile})
    sink = io.BytesIO()
    pq.write_table(marked, sink, compression="zstd", write_page_checksum=True)
    return sink.getvalue()


def read_shard(data: bytes) -> Shard:
    """Read what ``shard_bytes`` wrote.

    Raises:
        InputError: it is no shard, is damaged, or another version wrote it; names no file.
    """
    try:
        table = pq.read_table(io.BytesIO(data), page_checksum_verification=True)
        facts = {
            key.decode(): value.decode() for key, value in (table.schema.metadata or {}).items()
        }
        form = facts.get("format", "")
        if not form.startswith("v2m-shard/"):
            raise InputError("a Parquet file, and no shard of v2m")
        if form != FORMAT or not table.schema.equals(SCHEMA):
            raise InputError("written by another version of v2m; index its music again")
        return Shard(facts["profile"], tuple(_rows(table)))
    except (pa.ArrowException, OSError, ValueError, KeyError, TypeError) as err:
        reason = str(err).strip().splitlines()[0] if str(err).strip() else type(err).__name__
        raise InputError(f"damaged, or no shard: {reason}") from err


def _values(row: ShardRow) -> dict[str, Any]:
    values = {**asdict(row.place), "track_id": row.track_id, "reason": row.reason}
    if row.fingerprint is not None:
        values["fingerprint"] = row.fingerprint
    if row.record is not None:
        values |= _record_values(row.record)
    return values


def _record_values(record: TrackRecord) -> dict[str, Any]:
    values = {
        "track": dict(zip(COLUMNS, track_values(record.track), strict=True)),
        "analysis_version": record.analysis_version,
        "vectors": [
            {
                "space": row.space,
                "kind": row.kind,
                "start_seconds": float(row.span.start_seconds),
                "end_seconds": float(row.span.end_seconds),
                "vector": row.vector,
            }
            for row in record.vectors
        ],
    }
    if record.structure is not None:
        built = zip(STRUCTURE_COLUMNS, structure_values(record.structure), strict=True)
        values |= {"structure": dict(built), "structure_version": STRUCTURE_VERSION}
    if record.provenance is not None:
        values["provenance"] = json.dumps(asdict(record.provenance), sort_keys=True)
    return values


def _rows(table: pa.Table) -> list[ShardRow]:
    vectors = _vectors(table["vectors"].combine_chunks()) if len(table) else []
    plain = table.drop_columns(["vectors"]).to_pylist()
    return [_row(values, rows) for values, rows in zip(plain, vectors, strict=True)]


def _row(values: dict[str, Any], vectors: tuple[VectorRow, ...]) -> ShardRow:
    place = Place(*(values[field.name] for field in fields(Place)))
    codes = values["fingerprint"]
    return ShardRow(
        place,
        values["track_id"],
        _record(values, vectors) if values["track"] is not None else None,
        values["reason"],
        None if codes is None else np.asarray(codes, np.uint32),
    )


def _record(values: dict[str, Any], vectors: tuple[VectorRow, ...]) -> TrackRecord:
    """Read a record; a structure that an older method found is left out, to be found anew."""
    current = values["structure_version"] == STRUCTURE_VERSION
    made = values["provenance"]
    return TrackRecord(
        track_of_row(tuple(values["track"][name] for name in COLUMNS)),
        vectors,
        values["analysis_version"],
        Provenance(**json.loads(made)) if made else None,
        structure_of_row(values["structure"]) if current else None,
    )


def _vectors(column: pa.ListArray) -> list[tuple[VectorRow, ...]]:
    """Read the vectors of each row from one block of memory, without a Python number apiece."""
    rows = column.values
    numbers = rows.field("vector")
    flat, edges = numbers.values.to_numpy(), numbers.offsets.to_pylist()
    names = ("space", "kind", "start_seconds", "end_seconds")
    facts = zip(*(rows.field(name).to_pylist() for name in names), strict=True)
    made = [
        VectorRow(space, kind, Span(start, end), flat[edges[n] : edges[n + 1]])
        for n, (space, kind, start, end) in enumerate(facts)
    ]
    bounds = column.offsets.to_pylist()
    return [tuple(made[first:last]) for first, last in pairwise(bounds)]
