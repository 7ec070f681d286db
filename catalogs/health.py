"""What can be wrong with a catalogue, each said by one query that counts it."""

from catalogs.database import Database

CHECKS = {
    "tracks without a vector": "SELECT count(*) FROM tracks WHERE has_audio AND track_id NOT IN"
    " (SELECT track_id FROM vectors WHERE kind = 'track')",
    "vectors without a track": "SELECT count(*) FROM vectors WHERE track_id NOT IN"
    " (SELECT track_id FROM tracks)",
    "rows of sources without a track": "SELECT count(*) FROM imports WHERE track_id NOT IN"
    " (SELECT track_id FROM tracks)",
    "files without a track": "SELECT count(*) FROM files WHERE track_id NOT IN"
    " (SELECT track_id FROM tracks)",
    "structures without a track": "SELECT count(*) FROM structures WHERE track_id NOT IN"
    " (SELECT track_id FROM tracks)",
    "row ids used twice": "SELECT count(*) - count(DISTINCT row_id) FROM vectors",
    "tracks with two vectors of one kind, not of sections": "SELECT count(*) FROM (SELECT 1"
    " FROM vectors WHERE kind <> 'section' GROUP BY track_id, space, kind HAVING count(*) > 1)",
}


def problems(database: Database) -> list[str]:
    """Return what is wrong, one line each; nothing when all is well."""
    with database.reading() as con:
        counts = {name: con.execute(sql).fetchall()[0][0] for name, sql in CHECKS.items()}
    return [f"{count} {name}" for name, count in counts.items() if count]
