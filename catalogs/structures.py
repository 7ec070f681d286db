"""Writes and reads how tracks are built."""

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import numpy as np

from v2m.structure import STRUCTURE_VERSION, Join, Section, Structure
from v2m.types import Span

COLUMNS = (
    "metre", "tempo_bpm", "clarity", "beats_seconds", "beat_numbers", "bars_seconds", "sections",
    "energy", "sounding_start_seconds", "sounding_end_seconds", "intro_end_seconds",
    "ending_seconds", "climax_seconds", "joins",
)  # fmt: skip


def put_structures(con: duckdb.DuckDBPyConnection, structures: Mapping[str, Structure]) -> None:
    """Add or renew structures by track id, inside the caller's transaction."""
    if not structures:
        return
    marks = ", ".join("?" * (2 + len(COLUMNS)))
    con.executemany(
        f"INSERT OR REPLACE INTO structures (track_id, version, {', '.join(COLUMNS)})"  # noqa: S608
        f" VALUES ({marks})",
        [[track, STRUCTURE_VERSION, *_values(built)] for track, built in structures.items()],
    )


def read_structures(
    con: duckdb.DuckDBPyConnection, track_ids: Sequence[str]
) -> dict[str, Structure]:
    """Return structures by track id; tracks that have none are missing."""
    rows = con.execute(
        f"SELECT track_id, {', '.join(COLUMNS)} FROM structures WHERE list_contains(?, track_id)",  # noqa: S608
        [list(track_ids)],
    ).fetchall()
    return {track_id: _structure(dict(zip(COLUMNS, row, strict=True))) for track_id, *row in rows}


def _values(built: Structure) -> list[Any]:
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


def _structure(row: dict[str, Any]) -> Structure:
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
