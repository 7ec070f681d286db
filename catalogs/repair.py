"""Mends a catalogue: what can be made again is made again, what has no owner goes."""

from collections.abc import Sequence
from dataclasses import dataclass

from catalogs.image_building import forget_image, read_image
from catalogs.search_index import SearchIndex
from catalogs.store import Catalogue
from catalogs.word_index import WordIndex
from v2m.files import text_to_path
from v2m.types import Track

OWNED = ("vectors", "provenance", "structures", "files", "fingerprints", "duplicates")
"""Tables whose rows hang on a track."""

SEARCHED = ("track", "section", "title", "description")
"""Kinds of vectors that have a file."""


@dataclass(frozen=True, slots=True)
class Missing:
    """Tracks whose file is not where the catalogue saw it last.

    Attributes:
        gone: from folders that are there: the files were deleted or moved.
        unreachable: from folders that are not there, such as a disk that is not plugged in.
    """

    gone: tuple[Track, ...]
    unreachable: tuple[Track, ...]


def mend(catalogue: Catalogue) -> list[str]:
    """Drop rows without an owner and build every file that can be built again; say what was done.

    Tracks and their files stay untouched.
    """
    done = []
    with catalogue.writing() as con:
        for table in OWNED:
            dropped = con.execute(
                f"DELETE FROM {table} WHERE track_id NOT IN (SELECT track_id FROM tracks)"  # noqa: S608
                " RETURNING 1"
            ).fetchall()
            if dropped:
                done.append(f"dropped {len(dropped)} rows of {table} that belong to no track")
        twice = con.execute(
            "DELETE FROM vectors WHERE row_id IN (SELECT row_id FROM vectors"
            " WHERE kind <> 'section' QUALIFY row_number()"
            " OVER (PARTITION BY track_id, space, kind ORDER BY row_id DESC) > 1) RETURNING 1"
        ).fetchall()
        if twice:
            done.append(f"dropped {len(twice)} vectors that stood there twice")
    return done + _rebuild(catalogue)


def _rebuild(catalogue: Catalogue) -> list[str]:
    spaces = catalogue.fetch(
        "SELECT space, kind, count(*) FROM vectors WHERE list_contains(?, kind)"
        " GROUP BY ALL ORDER BY ALL",
        [list(SEARCHED)],
    )
    forget_image(catalogue.folder)
    image = read_image(catalogue, [(space, kind) for space, kind, _ in spaces])
    for space, kind, _ in spaces:
        SearchIndex(image, (space, kind)).rebuild()
    WordIndex(catalogue)
    return [f"built the index of {count} vectors, {space} {kind}" for space, kind, count in spaces]


def missing_files(catalogue: Catalogue) -> Missing:
    """Return the tracks none of whose files is there any more."""
    rows = catalogue.fetch(
        "SELECT t.track_id, list(coalesce(f.path, t.path)), list(coalesce(f.root, ''))"
        " FROM tracks t LEFT JOIN files f USING (track_id) WHERE t.has_audio GROUP BY t.track_id"
    )
    gone: list[str] = []
    unreachable: list[str] = []
    for track_id, paths, roots in rows:
        if any(text_to_path(path).exists() for path in paths):
            continue
        away = roots != [""] and not any(text_to_path(root).exists() for root in roots)
        (unreachable if away else gone).append(track_id)
    return Missing(_tracks(catalogue, gone), _tracks(catalogue, unreachable))


def _tracks(catalogue: Catalogue, ids: Sequence[str]) -> tuple[Track, ...]:
    return tuple(catalogue.tracks(ids=ids)) if ids else ()


def remove_missing(catalogue: Catalogue) -> int:
    """Remove the tracks whose files are gone from folders that are there; return how many."""
    gone = [track.track_id for track in missing_files(catalogue).gone]
    return catalogue.remove_tracks(gone) if gone else 0
