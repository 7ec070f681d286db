"""A lost database loses no provenance: composed music is indexed from its own folder."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from catalogs.takes import beside
from v2m.library import Library
from v2m.types import Provenance, Track

Rows = tuple[list[Track], dict[str, Provenance | None], dict[str, list[bytes]]]


def _rows(library: Library) -> Rows:
    """Return everything about the tracks but the numbers of vectors and times of writing."""
    tracks = library.tracks()
    vectors: dict[str, list[bytes]] = {}
    for space in (library.profile.text.space, library.profile.music.space):
        table = library.catalogue.vector_table(space, ["title", "description", "track", "section"])
        for place, track in enumerate(table.track_ids):
            where = np.array([table.starts[place], table.ends[place]]).tobytes()
            row = table.kinds[place].encode() + where + table.vectors[place].tobytes()
            vectors.setdefault(str(track), []).append(row)
    made = {t.track_id: library.catalogue.provenance(t.track_id) for t in tracks}
    return tracks, made, {track: sorted(rows) for track, rows in vectors.items()}


@pytest.fixture
def composed(tmp_path: Path) -> Library:
    library = Library(tmp_path / "cat", create=True)
    library.generate("calm piano", 5, seed=1)
    library.generate("fast drums", 4, seed=2, parent_video="a.mp4", parent_scene=3)
    return library


def test_a_lost_database_is_made_again_from_the_folder_of_takes(composed: Library) -> None:
    before = _rows(composed)
    (composed.folder / "catalog.duckdb").unlink()

    again = Library(composed.folder, create=True)
    report = again.index([composed.folder / "generated"], workers=1)

    assert report.added == 2
    assert _rows(again) == before


def test_indexing_takes_that_are_known_changes_nothing(composed: Library, tmp_path: Path) -> None:
    before = _rows(composed)

    composed.index([composed.folder / "generated"], workers=1)
    assert _rows(composed) == before

    moved = tmp_path / "elsewhere"
    (composed.folder / "generated").rename(moved)
    composed.index([moved], workers=1)

    tracks, made, vectors = _rows(composed)
    assert [t.path.parent for t in tracks] == [moved, moved]
    assert [replace(t, path=b.path) for t, b in zip(tracks, before[0], strict=True)] == before[0]
    assert (made, vectors) == before[1:]


def test_a_take_without_its_document_is_known_by_its_tags(composed: Library) -> None:
    before = _rows(composed)
    for track in before[0]:
        beside(track.path).unlink()
    (composed.folder / "catalog.duckdb").unlink()

    again = Library(composed.folder, create=True)
    again.index([composed.folder / "generated"], workers=1)

    assert _rows(again) == before


def test_vector_rows_are_compared_at_all(composed: Library) -> None:
    assert all(len(rows) >= 2 for rows in _rows(composed)[2].values())
