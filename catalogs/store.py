"""The catalogue: what the other rooms ask of it; DuckDB is the truth, vectors included."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from catalogs import health
from catalogs.imports import lose_audio
from catalogs.licence_columns import read_licences
from catalogs.rows import Failure, FileState, IndexedFile, SeenFile, VectorTable
from catalogs.structures import put_structures, read_structures
from catalogs.track_table import TrackTable
from catalogs.vector_rows import put_vectors, vector_table
from catalogs.writing import drop_tracks, put_files, put_tracks, put_words
from v2m.files import path_to_text, text_to_path
from v2m.structure import Structure
from v2m.types import TrackRecord, VectorRow


class Catalogue(TrackTable):
    """A folder with a database of tracks; every call stands alone and may run beside others."""

    # ---- files -------------------------------------------------------------------------------

    def known_files(self) -> dict[Path, FileState]:
        """Return every file that carries a track."""
        rows = self.fetch("SELECT path, track_id, size_bytes, mtime_ns FROM files")
        return {text_to_path(path): FileState(*state) for path, *state in rows}

    def failed_files(self) -> dict[Path, Failure]:
        """Return every file that could not be used."""
        rows = self.fetch("SELECT path, size_bytes, mtime_ns, reason FROM failures")
        return {text_to_path(path): Failure(text_to_path(path), *rest) for path, *rest in rows}

    def track_versions(self) -> dict[str, str]:
        """Return the version of the analysis by track id."""
        return dict(self.fetch("SELECT track_id, analysis_version FROM tracks"))

    def tracks_in_space(self, space: str) -> set[str]:
        """Return the ids of tracks that have a vector of a space."""
        rows = self.fetch("SELECT DISTINCT track_id FROM vectors WHERE space = ?", [space])
        return {track_id for (track_id,) in rows}

    def write_batch(self, files: Sequence[IndexedFile]) -> None:
        """Add or renew tracks with their files and vectors, in one transaction."""
        with self.writing() as con:
            put_tracks(con, [file.record for file in files])
            put_files(con, files)
            con.execute(
                "DELETE FROM failures WHERE list_contains(?, path)",
                [[path_to_text(file.path) for file in files]],
            )

    def touch_files(self, files: Sequence[SeenFile]) -> None:
        """Record where known music lies now and what its tags say; measurements stay.

        Of several files of one track, the words of the last one count.
        """
        if not files:
            return
        with self.writing() as con:
            put_files(con, files)
            tagged = {file.track_id: file for file in files if file.track is not None}.values()
            for file in tagged:
                put_words(con, file)
            put_vectors(con, [(f.track_id, row) for f in tagged for row in f.text_vectors])

    def record_failures(self, failures: Sequence[Failure]) -> None:
        """Remember files that cannot be used, so that they are not tried again unchanged."""
        rows = [[path_to_text(f.path), f.size_bytes, f.mtime_ns, f.reason] for f in failures]
        with self.writing() as con:
            con.executemany(
                "INSERT OR REPLACE INTO failures (path, size_bytes, mtime_ns, reason) "
                "VALUES (?, ?, ?, ?)",
                rows,
            )

    def forget_files(self, paths: Iterable[Path]) -> int:
        """Drop files; tracks left without any file go too. Returns how many went.

        What a source describes stays, marked as without audio.
        """
        texts = [path_to_text(path) for path in paths]
        with self.writing() as con:
            lost = con.execute(
                "DELETE FROM files WHERE path IN (SELECT unnest(?::VARCHAR[])) RETURNING track_id",
                [texts],
            ).fetchall()
            con.execute("DELETE FROM failures WHERE list_contains(?, path)", [texts])
            con.execute(
                "UPDATE tracks SET path = f.path FROM "
                "(SELECT track_id, min(path) AS path FROM files GROUP BY track_id) f "
                "WHERE f.track_id = tracks.track_id AND list_contains(?, tracks.path)",
                [texts],
            )
            gone = con.execute(
                "SELECT track_id FROM tracks WHERE origin = 'imported'"
                " AND track_id IN (SELECT unnest(?::VARCHAR[]))"
                " AND track_id NOT IN (SELECT track_id FROM files)",
                [[track_id for (track_id,) in lost]],
            ).fetchall()
            described = con.execute(
                "SELECT DISTINCT track_id FROM imports WHERE list_contains(?, track_id)",
                [[track_id for (track_id,) in gone]],
            ).fetchall()
            if described:
                lose_audio(con, [track_id for (track_id,) in described])
            drop_tracks(con, [track_id for (track_id,) in gone if (track_id,) not in described])
        return len(gone)

    def put_column(self, rows: Sequence[tuple[str, VectorRow]], kinds: Sequence[str]) -> None:
        """Add or replace vectors of one space for some tracks; all else of the tracks stays.

        Args:
            rows: track id and vector, all of one space.
            kinds: the kinds that are replaced.
        """
        if not rows:
            return
        tracks, space = sorted({track_id for track_id, _ in rows}), rows[0][1].space
        with self.writing() as con:
            con.execute(
                "DELETE FROM vectors WHERE space = ? AND list_contains(?, track_id)"
                " AND list_contains(?, kind)",
                [space, tracks, list(kinds)],
            )
            put_vectors(con, rows)

    # ---- tracks ------------------------------------------------------------------------------

    def add_generated(self, record: TrackRecord) -> None:
        """Add a composed track with what made it; the same take again renews its row."""
        with self.writing() as con:
            put_tracks(con, [record])

    def remove_tracks(self, track_ids: Sequence[str]) -> int:
        """Remove tracks with their vectors; files on disk stay. Returns how many there were."""
        with self.writing() as con:
            return drop_tracks(con, list(track_ids))

    def set_licence(
        self, licence: str, url: str, attribution: str, *, where_origin: str = "imported"
    ) -> None:
        """Give every track of an origin that has no licence of its own this one."""
        with self.writing() as con:
            con.execute(
                "UPDATE tracks SET licence = ?, licence_url = ?, attribution = ? "
                "WHERE licence = '' AND origin = ?",
                [licence, url, attribution, where_origin],
            )
            read_licences(con)

    # ---- structure ---------------------------------------------------------------------------

    def structure_versions(self) -> dict[str, str]:
        """Return the version of the structure by id of tracks with audio; "" where one has none."""
        return dict(
            self.fetch(
                "SELECT track_id, coalesce(version, '') FROM tracks LEFT JOIN structures"
                " USING (track_id) WHERE has_audio"
            )
        )

    def write_structures(self, structures: Mapping[str, Structure]) -> None:
        """Store how tracks are built, by track id; nothing else of them changes."""
        with self.writing() as con:
            put_structures(con, structures)

    def structures(self, track_ids: Sequence[str]) -> dict[str, Structure]:
        """Return how tracks are built, by track id; tracks that were not measured are missing."""
        with self.reading() as con:
            return read_structures(con, track_ids)

    # ---- vectors -----------------------------------------------------------------------------

    def vector_table(self, space: str, kinds: Sequence[str], after: int = 0) -> VectorTable:
        """Return the vectors of a space, ordered by row id, only those after a row id."""
        with self.reading() as con:
            table = con.sql(
                "SELECT row_id, track_id, kind, start_seconds, end_seconds, dim, vector"
                " FROM vectors WHERE space = ? AND list_contains(?, kind) AND row_id > ?"
                " ORDER BY row_id",
                params=[space, list(kinds), after],
            ).to_arrow_table()
        return vector_table(table)

    def set_note(self, name: str, text: str | None) -> None:
        """Keep a text under a name; None takes it away."""
        with self.writing() as con:
            con.execute("DELETE FROM meta WHERE name = ?", [f"note/{name}"])
            if text is not None:
                con.execute("INSERT INTO meta VALUES (?, ?)", [f"note/{name}", text])

    def health(self) -> list[str]:
        """Return what is wrong with the catalogue, one line each; nothing when all is well."""
        return health.problems(self)
