"""Judges a catalogue with SQL of its own: it shares no code with what it checks.

    python tests/system/checker.py CATALOGUE

Lost: a track without the rows that must hang on it. Doubled: rows that may stand there once stand
there twice. Stale: rows or files that belong to nothing, or speak of another state.
"""

import json
import sys
from pathlib import Path
from typing import Any

import duckdb
import faiss
import numpy as np

LOST = {
    "tracks without a whole vector": "SELECT track_id FROM tracks ANTI JOIN"
    " (SELECT track_id FROM vectors WHERE kind = 'track') USING (track_id) WHERE has_audio",
    "imported tracks without a file": "SELECT track_id FROM tracks ANTI JOIN files USING (track_id)"
    " WHERE origin = 'imported' AND has_audio",
    "composed tracks without what made them": "SELECT track_id FROM tracks ANTI JOIN provenance"
    " USING (track_id) WHERE origin = 'generated'",
    "vectors of another length": "SELECT row_id FROM vectors WHERE len(vector) <> dim",
}
DOUBLED = {
    "tracks": "SELECT track_id FROM tracks GROUP BY ALL HAVING count(*) > 1",
    "paths of tracks": "SELECT path FROM tracks GROUP BY ALL HAVING count(*) > 1",
    "files": "SELECT path FROM files GROUP BY ALL HAVING count(*) > 1",
    "row ids": "SELECT row_id FROM vectors GROUP BY ALL HAVING count(*) > 1",
    "vectors of one place": "SELECT track_id FROM vectors"
    " GROUP BY track_id, space, kind, start_seconds, end_seconds HAVING count(*) > 1",
}
STALE = {
    f"{table} of no track": f"SELECT track_id FROM {table} ANTI JOIN tracks USING (track_id)"
    for table in ("vectors", "files", "provenance", "fingerprints", "duplicates", "structures")
} | {"failures of files that work": "SELECT path FROM failures SEMI JOIN files USING (path)"}


def problems(folder: Path) -> list[str]:
    """Return every problem, one a line; nothing for a sound catalogue."""
    con = duckdb.connect(str(folder / "catalog.duckdb"), read_only=True)
    try:
        found = [
            f"{kind}: {name}: {rows[:3]}"
            for kind, checks in (("lost", LOST), ("doubled", DOUBLED), ("stale", STALE))
            for name, sql in checks.items()
            if (rows := con.execute(sql).fetchall())
        ]
        return found + _composed(con) + _stale_files(con, folder)
    finally:
        con.close()


def _composed(con: duckdb.DuckDBPyConnection) -> list[str]:
    rows = con.execute("SELECT path FROM tracks WHERE origin = 'generated'").fetchall()
    return [f"lost: the sound of {path}" for (path,) in rows if not Path(path).is_file()]


def _stale_files(con: duckdb.DuckDBPyConnection, folder: Path) -> list[str]:
    """An index file whose manifest fits the catalogue must hold exactly its rows."""
    found = []
    generation = con.execute("SELECT value FROM meta WHERE name = 'generation'").fetchone()
    assert generation is not None
    for manifest in folder.glob("vectors/*/manifest.json"):
        facts = json.loads(manifest.read_text())
        if facts["generation"] != int(generation[0]):
            continue  # announced as old: no reader trusts it
        kinds = manifest.parent.name.rsplit("-", 1)[-1:]
        expected = con.execute(
            "SELECT row_id FROM vectors WHERE space = ? AND list_contains(?, kind)"
            " AND row_id <= ? ORDER BY row_id",
            [facts["space"], kinds, facts["last_row_id"]],
        ).fetchnumpy()["row_id"]
        index: Any = faiss.read_index(str(manifest.parent / "rows.faiss"))
        ids = np.sort(faiss.vector_to_array(index.id_map))
        if not np.array_equal(ids, expected):
            found.append(f"stale: {manifest.parent.name}: {len(ids)} rows, not {len(expected)}")
    return found


if __name__ == "__main__":
    lines = problems(Path(sys.argv[1]))
    sys.stdout.write("\n".join([*lines, ""]) or "sound\n")
    sys.exit(bool(lines))
