"""Questions a library can be asked about itself: what its tracks are called, there or taken away.

A query is some of the words a person gave a track (title, description). Every track that carries
all of these words is a true answer. For half of the queries all true answers are taken out, so that
the library has nothing called so. A track may of course fit without being called so: what is
learned here errs on the careful side.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from retriever.query import text_queries
from retriever.search import BRANCHES, Searcher
from v2m.encoders.profiles import Profile
from v2m.errors import InputError
from v2m.evaluation.intervals import Floats
from v2m.progress import progress
from v2m.types import Track

MOST_QUERIES = 400
MOST_WORDS = 4
PER_TRACK = 3

WORDINGS = ("{} music", "something {}", "{}", "a {} piece for this scene")
"""A library with few words is asked in several ways; these belong together, see ``group``."""

FEWEST_GROUPS = 10
"""Fewer different sets of words teach nothing that an interval would not swallow."""

STOPWORDS = frozenset(
    word
    for line in (
        "the and for with from that this are was has have its into your you our",
        "feat featuring mix remix version edit remaster remastered part take",
        "track music song theme",
        "mono stereo original final loop full short long intro outro",
        "untitled unknown various artists ogg mp3 wav opus flac",
    )
    for word in line.split()
)
"""Words that say nothing about what music is like."""

_WORD = re.compile(r"[^\W\d_]{3,}")


@dataclass(frozen=True, slots=True)
class LibraryQuery:
    """One question.

    Attributes:
        text: as it is asked.
        true_ids: tracks that carry all its words.
        is_removed: they are taken out of the library before it is asked.
        group: its words; queries of one group are no independent evidence.
    """

    text: str
    true_ids: frozenset[str]
    is_removed: bool
    group: str


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """What came back, query by query.

    Attributes:
        queries: as they were asked.
        said: float64, shape (n,), the uncalibrated probability of the best match, 0 to 1.
        correct: bool, shape (n,), whether the best match is a true track.
        n_tracks: of the library before any was taken away.
    """

    queries: tuple[LibraryQuery, ...]
    said: Floats
    correct: npt.NDArray[np.bool_]
    n_tracks: int

    @property
    def by_chance(self) -> Floats:
        """float64, shape (n,), the probability that a random track is a true one."""
        shares = [0 if q.is_removed else len(q.true_ids) / self.n_tracks for q in self.queries]
        return np.array(shares, np.float64)

    @property
    def removed(self) -> npt.NDArray[np.bool_]:
        """bool, shape (n,), whether the true tracks had been taken away."""
        return np.array([query.is_removed for query in self.queries], np.bool_)

    @property
    def groups(self) -> list[str]:
        """The group of every query."""
        return [query.group for query in self.queries]


def track_words(track: Track) -> tuple[str, ...]:
    """Return the telling words a person gave a track, in order, each once.

    >>> from pathlib import Path
    >>> track_words(Track("a", Path("a.mp3"), "Calm Rain 02", description="slow piano"))
    ('calm', 'rain', 'slow', 'piano')
    """
    text = f"{track.title} {track.description if track.origin == 'imported' else ''}".lower()
    return tuple(dict.fromkeys(w for w in _WORD.findall(text) if w not in STOPWORDS))


def library_queries(
    tracks: Sequence[Track], *, at_most: int = MOST_QUERIES, seed: int = 0
) -> tuple[LibraryQuery, ...]:
    """Draw queries from what a library's tracks are called; half have their answers taken away.

    Args:
        tracks: of the library; words of composed tracks do not count, they are prompts.
        at_most: queries.
        seed: of the draws; equal arguments give equal queries.

    Raises:
        InputError: too few tracks carry words.
    """
    words = {t.track_id: track_words(t) for t in tracks if t.origin == "imported"}
    rng = np.random.default_rng(seed)
    answered = _answers(words, rng)
    if len(answered) < FEWEST_GROUPS:
        raise InputError(
            f"the titles and descriptions of {len(words)} tracks give {len(answered)} different "
            f"requests, {FEWEST_GROUPS} are needed; index music whose titles, comments or genres "
            "say what it is like"
        )
    n_wordings = min(len(WORDINGS), max(1, at_most // (2 * len(answered))))
    asked = [
        LibraryQuery(wording.format(" ".join(own)), true_ids, is_removed, " ".join(own))
        for own, true_ids in answered.items()
        for wording in WORDINGS[:n_wordings]
        for is_removed in (False, True)
    ]
    if len(asked) <= at_most:
        return tuple(asked)
    # of many, each is asked once: every other one with its answers taken away
    order = rng.permutation(len(answered))[:at_most]
    return tuple(asked[2 * int(n) + place % 2] for place, n in enumerate(order))


def _answers(
    words: dict[str, tuple[str, ...]], rng: np.random.Generator
) -> dict[tuple[str, ...], frozenset[str]]:
    """Draw sets of words, and find the tracks that carry all of each."""
    drawn = {_some(own, rng) for own in words.values() for _ in range(PER_TRACK)} - {()}
    holders: dict[str, set[str]] = {}
    for track_id, own in words.items():
        for word in own:
            holders.setdefault(word, set()).add(track_id)
    answered = {
        chosen: frozenset(set.intersection(*(holders[word] for word in chosen)))
        for chosen in sorted(drawn)
    }
    # what most of the library answers cannot be missed
    return {own: true for own, true in answered.items() if len(true) <= len(words) / 2}


def ask_library(
    searcher: Searcher,
    profile: Profile,
    tracks: Sequence[Track],
    queries: Sequence[LibraryQuery],
    *,
    by: Sequence[str] = BRANCHES,
    shown: bool = False,
) -> Answers:
    """Ask all queries.

    Args:
        searcher: over the library, uncalibrated.
        profile: the models.
        tracks: of the library; composed ones are left out.
        queries: as ``library_queries`` draws them.
        by: branches of matching.
        shown: show progress.
    """
    everything = {t.track_id for t in tracks if t.origin == "imported"}
    said, correct = [], []
    vectors = text_queries(profile, [query.text for query in queries])
    with progress("asking the library", len(queries), shown=shown) as advance:
        for query, asked in zip(queries, vectors, strict=True):
            among = everything - query.true_ids if query.is_removed else everything
            found = searcher.likeliest(asked, 1, by=by, among=among)
            best, likely = found[0] if found else ("", 0.0)
            said.append(likely)
            correct.append(best in query.true_ids)
            advance(1)
    return Answers(tuple(queries), np.array(said), np.array(correct, np.bool_), len(everything))


def _some(words: tuple[str, ...], rng: np.random.Generator) -> tuple[str, ...]:
    """Choose one to four of the words, in their order."""
    if not words:
        return ()
    n = int(rng.integers(1, min(MOST_WORDS, len(words)) + 1))
    return tuple(words[i] for i in sorted(rng.choice(len(words), n, replace=False)))
