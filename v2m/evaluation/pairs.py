"""Video to music and back, over a table of videos and the music that belongs to them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from catalogs.sources.reading import columns_of, csv_lines
from retriever.query import Query, scene_query
from retriever.search import Searcher
from v2m.errors import InputError, MediaError, StateError, printable
from v2m.evaluation.intervals import Floats
from v2m.evaluation.library_retrieval import Direction, direction
from v2m.library import Library
from v2m.progress import progress
from v2m.types import Description
from v2m.video.probe import probe_video
from v2m.video.scenes import find_scenes

COLUMNS = ("video", "music")


@dataclass(frozen=True, slots=True)
class Pairs:
    """Videos, and how well each track goes with each.

    Attributes:
        videos: files, in order.
        track_ids: the pool: the whole library.
        grades: float64, shape (videos, tracks), from 0; 0 where nothing is known.
    """

    videos: tuple[Path, ...]
    track_ids: tuple[str, ...]
    grades: Floats


def read_pairs(library: Library, table: Path) -> Pairs:
    """Read a table with columns video, music and, if wanted, grade (1 where there is none).

    Files are named relative to the table. One video may stand in several rows.

    Raises:
        InputError: the table is missing or malformed, or a video is not there; names the line.
        StateError: a piece of music is not in the library.
    """
    by_path = {track.path.resolve(): track.track_id for track in library.tracks()}
    lines = csv_lines(table)
    header = next(lines, (1, []))[1]
    at = columns_of(table, header, COLUMNS)
    grade_at = header.index("grade") if "grade" in header else None
    found: dict[Path, dict[str, float]] = {}
    for number, cells in lines:
        where = f"{printable(table)}: line {number}"
        if len(cells) < len(header):
            raise InputError(f"{where}: {len(cells)} cells, {len(header)} columns")
        video, music = (table.parent / cells[at[name]] for name in COLUMNS)
        if not video.is_file():
            raise InputError(f"{where}: {printable(video)}: no such video")
        if music.resolve() not in by_path:
            raise StateError(f"{where}: {printable(music)} is not in the library; index it first")
        grade = _grade(cells[grade_at], where) if grade_at is not None else 1.0
        found.setdefault(video, {})[by_path[music.resolve()]] = grade
    if not found:
        raise InputError(f"{printable(table)}: no pairs in it")
    return graded(found, tuple(by_path.values()))


def graded(found: Mapping[Path, Mapping[str, float]], track_ids: Sequence[str]) -> Pairs:
    """Put grades by video and track into a matrix."""
    rows = np.array([[own.get(t, 0.0) for t in track_ids] for own in found.values()], np.float64)
    return Pairs(tuple(found), tuple(track_ids), rows)


def video_and_music(
    library: Library, pairs: Pairs, *, style: str = "brief", seed: int = 0, shown: bool = False
) -> list[Direction]:
    """Measure video to music, and music to video, by the whole of ``find``.

    A video's score for a track is the mean probability over its scenes, each by its length.
    """
    searcher = Searcher(library.catalogue, library.profile, calibrated=False)
    place = {track_id: n for n, track_id in enumerate(pairs.track_ids)}
    scores = np.zeros(pairs.grades.shape)
    with progress("searching for videos", len(pairs.videos), shown=shown) as advance:
        for row, video in enumerate(pairs.videos):
            for query, weight in _queries(library, video, style):
                found = searcher.likeliest(query, len(place), among=set(place))
                for track_id, chance in found:
                    scores[row, place[track_id]] += weight * chance
            advance(1)
    strict = pairs.grades >= np.maximum(1e-9, pairs.grades.max(axis=1, keepdims=True))
    systems, backward = {"find, all branches": scores}, {"find, all branches": scores.T}
    return [
        direction("Video to music", systems, strict, pairs.grades, seed=seed),
        direction("Music to video", backward, strict.T, pairs.grades.T, seed=seed),
    ]


def _queries(library: Library, video: Path, style: str) -> list[tuple[Query, float]]:
    """Return what each scene asks for, with its share of the video."""
    try:
        facts = probe_video(video)
        scenes = find_scenes(video, facts)
        described: Sequence[Description] = library.profile.describer.describe(video, scenes)
    except MediaError as err:
        raise InputError(f"{err}; take it out of the table of pairs") from err
    writer = library.profile.writer(style)
    whole = sum(scene.span.duration_seconds for scene in scenes)
    return [
        (
            scene_query(library.profile, seen, writer.write(seen).text),
            scene.span.duration_seconds / max(whole, 1e-9),
        )
        for scene, seen in zip(scenes, described, strict=True)
    ]


def _grade(text: str, where: str) -> float:
    try:
        grade = float(text)
    except ValueError:
        grade = -1.0
    if not 0 <= grade < 1000:
        raise InputError(f"{where}: grade {text!r} is not a number from 0")
    return grade
