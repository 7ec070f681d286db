"""Retrieval over a library whose music carries labels or captions, or belongs to videos."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from retriever.query import audio_query, text_queries
from retriever.search import Searcher
from v2m.audio.decode import decode_audio
from v2m.errors import InputError, StateError
from v2m.evaluation.chance import chance_of
from v2m.evaluation.datasets.items import MusicItem
from v2m.evaluation.intervals import Floats
from v2m.evaluation.moments import Moment, MomentFigures, moment_figures
from v2m.evaluation.retrieval import (
    RetrievalFigures,
    evaluate,
    first_rank,
    ranked_relevance,
    retrieval_table,
)
from v2m.evaluation.tables import Table
from v2m.library import Library
from v2m.progress import progress
from v2m.types import Audio, Span

MOST_TEXTS = 400
EXCERPT_SECONDS = 10.0
NOISE_DB = 30.0
"""How far under the music the noise lies that is put over an excerpt."""

SAMPLE_RATE = 22050
GRADED = "nDCG@10"


@dataclass(frozen=True, slots=True)
class Known:
    """Texts with the tracks they are true for.

    Attributes:
        texts: queries.
        track_ids: the pool, in order.
        strict: bool, shape (texts, tracks): all that the text says is true of the track.
        grades: shape (texts, tracks): how much of it is true, from 0.
    """

    texts: tuple[str, ...]
    track_ids: tuple[str, ...]
    strict: npt.NDArray[np.bool_]
    grades: Floats


@dataclass(frozen=True, slots=True)
class Direction:
    """Figures of one direction of search.

    Attributes:
        title: of the direction.
        systems: figures by system.
        chance: what a random order scores.
        ranks: of the first true item by system, shape (queries,), for the histogram.
        n_items: of the pool.
    """

    title: str
    systems: dict[str, RetrievalFigures]
    chance: dict[str, float]
    ranks: dict[str, Floats]
    n_items: int

    @property
    def table(self) -> Table:
        """One system a row, chance below."""
        return retrieval_table(self.title, self.systems, self.chance)

    def to_json(self) -> dict[str, Any]:
        """Return figures and chance as plain data."""
        systems = {name: asdict(figures) for name, figures in self.systems.items()}
        return {"pool": self.n_items, "systems": systems, "chance": self.chance}


def known_texts(library: Library, items: Sequence[MusicItem], *, seed: int = 0) -> Known:
    """Match a data set's music with a library's tracks, and make queries of what it says.

    Captions are asked as they are, each true for its own track. Without captions, every set of
    labels that occurs is asked: a track with all of them is right, and shares of them are grades.

    Args:
        library: that holds the music.
        items: with sound.
        seed: of the draw where there are too many texts.

    Raises:
        StateError: none of the music is in the library.
        InputError: nothing is said about the music.
    """
    by_path = {track.path.resolve(): track.track_id for track in library.tracks()}
    held = [
        (by_path[item.audio.resolve()], item)
        for item in items
        if item.audio is not None and item.audio.resolve() in by_path
    ]
    if not held:
        raise StateError(
            f"none of the {len(items)} pieces is in the library; run 'v2m index' on their folder"
        )
    ids = tuple(track_id for track_id, _ in held)
    texts, strict, grades = _of_captions(held) if held[0][1].captions else _of_labels(held)
    if not texts:
        raise InputError("the data set says nothing about its music: no captions, no labels")
    chosen = np.sort(np.random.default_rng(seed).permutation(len(texts))[:MOST_TEXTS])
    return Known(tuple(texts[n] for n in chosen), ids, strict[chosen], grades[chosen])


def text_and_music(library: Library, known: Known, *, seed: int = 0) -> list[Direction]:
    """Measure text to music and music to text.

    Two systems: the music-text space alone, and the whole of ``find`` (only text to music), which
    also reads titles and descriptions: where these spell the labels out, it is no test of hearing.
    """
    searcher = Searcher(library.catalogue, library.profile, calibrated=False)
    vectors = track_vectors(library, known.track_ids)
    heard = library.profile.music.encode_text(known.texts) @ vectors.T
    place = {track_id: n for n, track_id in enumerate(known.track_ids)}
    whole = np.full(heard.shape, -np.inf)
    for row, query in enumerate(text_queries(library.profile, known.texts)):
        among = set(known.track_ids)
        for track_id, chance in searcher.likeliest(query, len(place), among=among):
            whole[row, place[track_id]] = chance
    space = library.profile.music.space
    forward = {space: heard.astype(np.float64), "find, all branches": whole}
    backward = {space: heard.T.astype(np.float64)}
    return [
        direction("Text to music", forward, known.strict, known.grades, seed=seed),
        direction("Music to text", backward, known.strict.T, known.grades.T, seed=seed),
    ]


def direction(
    title: str,
    scores: Mapping[str, npt.ArrayLike],
    strict: npt.ArrayLike,
    grades: npt.ArrayLike,
    *,
    seed: int = 0,
) -> Direction:
    """Measure systems: all but nDCG by strict relevance, nDCG by grades."""
    right, worth = np.asarray(strict), np.asarray(grades, np.float64)
    systems = {}
    for name, own in scores.items():
        figures = evaluate(own, right, seed=seed)
        graded = evaluate(own, worth, seed=seed).measures[GRADED]
        systems[name] = replace(figures, measures={**figures.measures, GRADED: graded})
    chance = {**chance_of(right), GRADED: chance_of(worth)[GRADED]}
    ranks = {name: first_rank(ranked_relevance(own, right)) for name, own in scores.items()}
    return Direction(title, systems, chance, ranks, right.shape[1])


def excerpts(
    library: Library,
    *,
    n_queries: int = 16,
    seconds: float = EXCERPT_SECONDS,
    seed: int = 0,
    shown: bool = False,
) -> MomentFigures:
    """Ask a library for noisy seconds of its own tracks: the track, and the place in it.

    Args:
        library: with tracks half as long again as an excerpt.
        n_queries: at most; each of another track.
        seconds: of an excerpt.
        seed: of tracks, places and noise.
        shown: show progress.

    Raises:
        InputError: no track is long enough.
    """
    rng = np.random.default_rng(seed)
    long = [t for t in library.tracks() if t.duration_seconds >= 1.5 * seconds]
    if not long:
        raise InputError(f"no track is long enough to ask for {seconds:g} s of it")
    drawn = [long[n] for n in rng.permutation(len(long))[:n_queries]]
    searcher = Searcher(library.catalogue, library.profile)
    true, found = [], []
    with progress("asking for excerpts", len(drawn), shown=shown) as advance:
        for track in drawn:
            start = float(rng.uniform(0, track.duration_seconds - seconds))
            span = Span(start, start + seconds)
            sound = decode_audio(track.path, sample_rate=SAMPLE_RATE, span=span)
            heard = library.profile.listen(_noisy(sound, rng), [])
            vector = library.profile.music.encode_audio(heard)[0]
            query = audio_query(vector, sound.duration_seconds)
            matches = searcher.search(query, 10, by=["audio"])
            true.append(Moment(track.track_id, span))
            found.append([Moment(m.track.track_id, m.section) for m in matches])
            advance(1)
    durations = [track.duration_seconds for track in drawn]
    return moment_figures(found, true, durations, library.catalogue.count(), seed=seed)


def _of_captions(
    held: Sequence[tuple[str, MusicItem]],
) -> tuple[list[str], npt.NDArray[np.bool_], Floats]:
    texts = [caption for _, item in held for caption in item.captions]
    owners = np.array([n for n, (_, item) in enumerate(held) for _ in item.captions])
    strict = owners[:, None] == np.arange(len(held))
    return texts, strict, strict.astype(np.float64)


def _of_labels(
    held: Sequence[tuple[str, MusicItem]],
) -> tuple[list[str], npt.NDArray[np.bool_], Floats]:
    sets = sorted({item.labels for _, item in held if item.labels}, key=sorted)
    shared = np.zeros((len(sets), len(held)))
    for row, asked in enumerate(sets):
        shared[row] = [len(asked & item.labels) for _, item in held]
    sizes = np.array([len(asked) for asked in sets], float)
    texts = [f"{' '.join(sorted(asked))} music" for asked in sets]
    return texts, shared == sizes[:, None], shared


def track_vectors(library: Library, track_ids: Sequence[str]) -> npt.NDArray[np.float32]:
    """Return the vectors of whole tracks in the music space, in this order, shape (n, dim).

    Raises:
        StateError: a track has none of this profile.
    """
    table = library.catalogue.vector_table(library.profile.music.space, ["track"])
    row = {track_id: n for n, track_id in enumerate(table.track_ids)}
    if missing := [track_id for track_id in track_ids if track_id not in row]:
        raise StateError(
            f"{len(missing)} tracks were not indexed with profile {library.profile.name!r}; "
            f"run 'v2m index FOLDER --profile {library.profile.name}'"
        )
    return table.vectors[[row[track_id] for track_id in track_ids]]


def _noisy(sound: Audio, rng: np.random.Generator) -> Audio:
    level = float(np.sqrt((sound.samples**2).mean())) * 10 ** (-NOISE_DB / 20)
    noise = rng.normal(0, level, sound.samples.shape).astype(np.float32)
    return Audio(sound.samples + noise, sound.sample_rate)
