"""What is asked of the rows of tracks: to be listed, found by their ids, or by a condition."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from catalogs.columns import COLUMNS, MADE_AT, track_of_row
from catalogs.database import Database
from catalogs.where import check_condition, run_guarded
from v2m.errors import InputError
from v2m.music import Provenance, Track

if TYPE_CHECKING:
    import pyarrow as pa


class TrackTable(Database):
    """A catalogue as far as it can be listed; a process that does no more imports no arrays."""

    def count(self) -> int:
        """Return the number of tracks."""
        return int(self.fetch("SELECT count(*) FROM tracks")[0][0])

    def lacks_audio(self) -> bool:
        """Whether there are tracks that a source describes and whose sound is not here."""
        return bool(self.fetch("SELECT 1 FROM tracks WHERE NOT has_audio LIMIT 1"))

    def tracks(self, where: str | None = None, ids: Sequence[str] | None = None) -> list[Track]:
        """Return tracks by title.

        Args:
            where: SQL condition on columns of tracks.
            ids: only these.

        Raises:
            InputError: the condition is not valid.
        """
        if where:
            allowed = self.filter_ids(where)
            ids = sorted(allowed if ids is None else allowed & set(ids))
        sql = f"SELECT {', '.join(COLUMNS)} FROM tracks"  # noqa: S608 - our own column names
        if ids is None:
            return [
                track_of_row(row) for row in self.fetch(f"{sql} ORDER BY lower(title), track_id")
            ]
        wanted = (
            f"{sql} WHERE track_id IN (SELECT unnest(?::VARCHAR[])) ORDER BY lower(title), track_id"
        )
        return [track_of_row(row) for row in self.fetch(wanted, [list(ids)])]

    def track(self, track_id: str) -> Track:
        """Return the track with this id, or the only one whose id begins so.

        Raises:
            InputError: there is none, or several.
        """
        sql = f"SELECT {', '.join(COLUMNS)} FROM tracks WHERE starts_with(track_id, ?) LIMIT 3"  # noqa: S608
        found = [track_of_row(row) for row in self.fetch(sql, [track_id])] if track_id else []
        if len(found) != 1:
            problem = "several tracks begin" if found else "no track begins"
            raise InputError(f"{problem} with id {track_id!r}; see 'v2m tracks list'")
        return found[0]

    def track_ids(self) -> list[str]:
        """Return the ids of all tracks, sorted."""
        return [row[0] for row in self.fetch("SELECT track_id FROM tracks ORDER BY track_id")]

    def filter_ids(self, where: str | None, also: str = "") -> set[str]:
        """Return the ids of tracks that meet a condition; see ``matching_ids``."""
        return set(self.matching_ids(where, also).to_pylist())

    def matching_ids(self, where: str | None, also: str = "") -> "pa.ChunkedArray":
        """Return the ids of tracks that meet a person's SQL condition.

        The condition can read the columns of tracks and nothing else: it runs on a connection
        that cannot write and reaches no file outside the catalogue.

        Raises:
            InputError: the condition is not valid; names the columns.
        """
        if where:
            check_condition(where)
        # checked, and run by a connection that cannot write
        sql = f"SELECT track_id FROM tracks WHERE (\n{where or 'true'}\n) AND ({also or 'true'})"  # noqa: S608
        with self.reading() as con:
            return run_guarded(con, sql, where or "")["track_id"]

    def provenance(self, track_id: str) -> Provenance | None:
        """Return what made a track; None for imported music."""
        rows = self.fetch(
            "SELECT model, revision, prompt, seed, parameters, code_version, parent_video,"
            " parent_scene, weights_licence, strftime(made_at, ?) FROM provenance"
            " WHERE track_id = ?",
            [MADE_AT, track_id],
        )
        if not rows:
            return None
        model, revision, prompt, seed, parameters, *rest = rows[0]
        return Provenance(model, revision, prompt, seed, json.loads(parameters), *rest)

    def note(self, name: str) -> str | None:
        """Return what was kept under a name; None where there is nothing."""
        rows = self.fetch("SELECT value FROM meta WHERE name = ?", [f"note/{name}"])
        return str(rows[0][0]) if rows else None

    def notes(self) -> dict[str, str]:
        """Return everything that is kept under a name."""
        rows = self.fetch("SELECT name[6:], value FROM meta WHERE starts_with(name, 'note/')")
        return dict(rows)
