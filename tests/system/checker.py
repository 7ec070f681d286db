"""Judges a catalogue with SQL of its own: it shares no code with what it checks but the stamp.

    python tests/system/checker.py CATALOGUE

Lost: a track without the rows that must hang on it. Doubled: rows that may stand there once stand
there twice. Stale: rows or files that belong to nothing, or speak of another state.
"""

import json
import sys
from itertools import pairwise
from pathlib import Path

import duckdb
import numpy as np
from safetensors import safe_open
from safetensors.numpy import load_file

from catalogs.stamp import stamp

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
    """Files of vectors must be true; those of the state the catalogue is in must hold all."""
    found = []
    now = stamp(folder)
    for file in folder.glob("vectors/*/*-*.safetensors"):
        facts = _facts(file)
        if "space" in facts:
            held, truth = load_file(file), _truth(con, facts["space"], facts["kind"])
            place = {row: n for n, row in enumerate(held["ids"].tolist())}
            if any(
                row in place
                and not np.array_equal(np.array(vector, np.float32), held["vectors"][place[row]])
                for row, vector in truth
            ):
                found.append(f"stale: {file.parent.name}: vectors of other rows")
    for current in folder.glob(f"vectors/*/of-{now}.safetensors"):
        found += _tracks(con, current) if current.parent.name == "tracks" else _rows(con, current)
    return found


def _truth(con: duckdb.DuckDBPyConnection, space: str, kind: str) -> list[tuple[int, list[float]]]:
    return con.execute(
        "SELECT row_id, vector FROM vectors WHERE space = ? AND kind = ? ORDER BY row_id",
        [space, kind],
    ).fetchall()


def _wide(current: Path, name: str) -> list[np.ndarray]:
    """Return an array of the large file that the file of a state names, and of the small one."""
    facts = _facts(current)
    files = [f"rows-{facts['rows']}", *([f"added-{facts['added']}"] if facts["added"] else [])]
    return [load_file(current.parent / f"{file}.safetensors")[name] for file in files]


def _rows(con: duckdb.DuckDBPyConnection, current: Path) -> list[str]:
    base = current.parent / f"rows-{_facts(current)['rows']}.safetensors"
    if not base.exists():  # a kill came between them
        return []
    listed, facts = load_file(current), _facts(base)
    held = np.concatenate(_wide(current, "ids"))
    truth = [row for row, _ in _truth(con, facts["space"], facts["kind"])]
    ids = held[listed["places"]] if "places" in listed else held
    right = listed["ids"].tolist() == truth == ids.tolist()
    return [] if right else [f"stale: {current.parent.name}: {len(ids)} rows, not {len(truth)}"]


def _tracks(con: duckdb.DuckDBPyConnection, current: Path) -> list[str]:
    truth = con.execute("SELECT track_id, title FROM tracks ORDER BY track_id").fetchall()
    listed, titles = load_file(current), []
    told = [
        bytes(text[start:end])
        for text, ends in zip(_wide(current, "tracks"), _wide(current, "track_ends"), strict=True)
        for start, end in pairwise([0, *ends.tolist()])
    ]
    for place in listed["places"].tolist():
        row = json.loads(told[place])
        titles.append((row["track_id"], row["title"]))
    ids = "\n".join(track_id for track_id, _ in truth)
    right = listed["ids"].tobytes().decode() == ids and titles == truth
    return [] if right else ["stale: the image has other tracks"]


def _facts(file: Path) -> dict[str, str]:
    with safe_open(file, "numpy") as opened:
        return dict(opened.metadata())


if __name__ == "__main__":
    lines = problems(Path(sys.argv[1]))
    sys.stdout.write("\n".join([*lines, ""]) or "sound\n")
    sys.exit(bool(lines))
