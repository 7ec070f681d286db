"""Writes and reads how tracks are built."""

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from catalogs.arrow import registered
from v2m.structure import STRUCTURE_VERSION, Join, Section, Structure
from v2m.types import Span

NUMBER, NUMBERS = pa.float64(), pa.list_(pa.float64())

COLUMNS = {
    "metre": pa.string(),
    "tempo_bpm": NUMBER,
    "clarity": NUMBER,
    "beats_seconds": NUMBERS,
    "beat_numbers": pa.list_(pa.int8()),
    "bars_seconds": NUMBERS,
    "sections": pa.list_(
        pa.struct(
            {"start_seconds": NUMBER, "end_seconds": NUMBER, "label": pa.string(), "energy": NUMBER}
        )
    ),
    "energy": pa.list_(pa.float32()),
    "sounding_start_seconds": NUMBER,
    "sounding_end_seconds": NUMBER,
    "intro_end_seconds": NUMBER,
    "ending_seconds": NUMBER,
    "climax_seconds": NUMBER,
    "joins": pa.list_(
        pa.struct({"first_seconds": NUMBER, "second_seconds": NUMBER, "likeness": NUMBER})
    ),
}
"""What is stored of a structure, with its type in Arrow."""


def put_structures(con: duckdb.DuckDBPyConnection, structures: Mapping[str, Structure]) -> None:
    """Add or renew structures by track id, inside the caller's transaction."""
    if not structures:
        return
    rows = [structure_values(built) for built in structures.values()]
    columns = {
        name: pa.array([row[place] for row in rows], kind)
        for place, (name, kind) in enumerate(COLUMNS.items())
    }
    ids, versions = list(structures), [STRUCTURE_VERSION] * len(rows)
    table = pa.table({"track_id": ids, "version": versions, **columns})
    with registered(con, new_structures=table):
        con.execute("INSERT OR REPLACE INTO structures BY NAME FROM new_structures")


def read_structures(
    con: duckdb.DuckDBPyConnection, track_ids: Sequence[str]
) -> dict[str, Structure]:
    """Return structures by track id; tracks that have none are missing."""
    rows = con.execute(
        f"SELECT track_id, {', '.join(COLUMNS)} FROM structures WHERE list_contains(?, track_id)",  # noqa: S608
        [list(track_ids)],
    ).fetchall()
    return {
        track_id: structure_of_row(dict(zip(COLUMNS, row, strict=True))) for track_id, *row in rows
    }


def structure_values(built: Structure) -> list[Any]:
    """Return what the columns hold, in the order of ``COLUMNS``."""
    sections = [
        {
            "start_seconds": section.span.start_seconds,
            "end_seconds": section.span.end_seconds,
            "label": section.label,
            "energy": section.energy,
        }
        for section in built.sections
    ]
    joins = [
        {"first_seconds": j.first_seconds, "second_seconds": j.second_seconds,
         "likeness": j.likeness}
        for j in built.joins
    ]  # fmt: skip
    return [
        built.metre,
        built.tempo_bpm,
        built.clarity,
        built.beats_seconds.tolist(),
        built.beat_numbers.tolist(),
        built.bars_seconds.tolist(),
        sections,
        built.energy.tolist(),
        built.sounding.start_seconds,
        built.sounding.end_seconds,
        built.intro_end_seconds,
        built.ending_seconds,
        built.climax_seconds,
        joins,
    ]


def structure_of_row(row: dict[str, Any]) -> Structure:
    """Read a row, by the names of ``COLUMNS``."""
    return Structure(
        metre=row["metre"],
        tempo_bpm=row["tempo_bpm"],
        clarity=row["clarity"],
        beats_seconds=np.asarray(row["beats_seconds"], np.float64),
        beat_numbers=np.asarray(row["beat_numbers"], np.int8),
        bars_seconds=np.asarray(row["bars_seconds"], np.float64),
        sections=tuple(
            Section(Span(s["start_seconds"], s["end_seconds"]), s["label"], s["energy"])
            for s in row["sections"]
        ),
        energy=np.asarray(row["energy"], np.float32),
        sounding=Span(row["sounding_start_seconds"], row["sounding_end_seconds"]),
        intro_end_seconds=row["intro_end_seconds"],
        ending_seconds=row["ending_seconds"],
        climax_seconds=row["climax_seconds"],
        joins=tuple(Join(**join) for join in row["joins"]),
    )
