"""Searches a catalogue by description, title, sound and words, and joins what the branches say."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from catalogs.conditions import Conditions
from catalogs.image import Image
from catalogs.image_paths import Table
from catalogs.search_index import SearchIndex
from catalogs.stamp import stamp
from retriever.branches import (
    Asked,
    AskedVector,
    Mask,
    Numbers,
    TrackNumbers,
    VectorBranch,
    ask_words,
)
from retriever.calibration import Calibration, stored_calibration
from retriever.chances import Chances, Scores
from retriever.copies import Copies
from retriever.explain import explain
from retriever.fusion import best_first, fuse, reciprocal_ranks
from retriever.query import Query
from retriever.sections import Bars, SectionTable, best_section
from v2m.encoders.profiles import Profile
from v2m.errors import ConfigError, InputError, StateError
from v2m.protocols import TextEncoder
from v2m.types import Span, Track

if TYPE_CHECKING:
    from catalogs.store import Catalogue
    from catalogs.word_index import WordIndex
    from v2m.structure import Structure

log = logging.getLogger(__name__)

DEFAULT_BRANCHES = ("description", "title", "audio")
BRANCHES = (*DEFAULT_BRANCHES, "words")

POOL = 200
"""Candidates that each branch proposes at least."""

Score = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Match:
    """A track that was found.

    Attributes:
        track: its row.
        score: fused score in deviations above what everyday requests score; where words take part,
            the sum of reciprocal ranks; higher is better.
        probability: that it fits the query, 0 to 1.
        branches: by branch, where the branch knows the track: cosine, or for words the share of
            the request that the track's words meet.
        section: the stretch of the track that fits best.
        why: what matched, in plain words.
    """

    track: Track
    score: float
    probability: float
    branches: dict[str, float]
    section: Span
    why: str


@dataclass(frozen=True, slots=True)
class _Scored:
    """What was measured on n candidates.

    Attributes:
        scores: by branch.
        joined: float64, shape (n,), over all branches.
        chances: float64, shape (n,), probabilities.
        order: int64, places, best first.
    """

    scores: Scores
    joined: Score
    chances: Score
    order: Numbers


def tables_of(profile: Profile) -> dict[str, Table]:
    """Return the space and kind of the vectors that a profile searches, by what they are for."""
    text, music = profile.text.space, profile.music.space
    return {
        "description": (text, "description"),
        "title": (text, "title"),
        "audio": (music, "track"),
        "section": (music, "section"),
    }


def _image_of(catalogue: "Catalogue", profile: Profile) -> Image:
    from catalogs.image_building import read_image

    return read_image(catalogue, tables_of(profile).values())


class Searcher:
    """Answers queries over one state of a catalogue with the models of one profile.

    What it loads, it keeps: make one and ask it often. Tracks that are added later are found by a
    new searcher; ``is_current`` tells.
    """

    def __init__(
        self,
        catalogue: "Catalogue | Callable[[], Catalogue]",
        profile: Profile,
        *,
        calibrated: bool = True,
        image: Image | None = None,
        lasting: bool = False,
    ) -> None:
        """Read what searches share.

        Args:
            catalogue: what is searched, or what opens it when it is needed.
            profile: the models.
            calibrated: give the probabilities this library has taught, where it was asked.
            image: of the catalogue; by default of its state now.
            lasting: it answers many queries, by the state it was made in; whoever holds it looks
                when another is due.

        Raises:
            BackendError: the catalogue was written to for too long.
        """
        self._opened = catalogue if callable(catalogue) else lambda: catalogue
        self._profile = profile
        self._calibrated = calibrated
        self._lasting = lasting
        self._image = image or _image_of(self._opened(), profile)
        self._conditions = Conditions(self._image, self._opened, lasting=lasting)
        self._warned = False
        self._structures: dict[str, Structure] = {}

    @property
    def profile_name(self) -> str:
        """Name of the models it answers with."""
        return self._profile.name

    @property
    def stamp(self) -> str:
        """Of the state it answers by; see ``catalogs.stamp``."""
        return self._image.stamp

    def is_current(self) -> bool:
        """Whether the catalogue is as it was when this searcher was made."""
        return self._lasting or (
            self._image.stamp != "" and stamp(self._image.folder.parent) == self._image.stamp
        )

    def search(
        self,
        query: Query,
        k: int,
        *,
        by: Sequence[str] = DEFAULT_BRANCHES,
        where: str | None = None,
        also: str = "",
    ) -> list[Match]:
        """Return the k tracks most likely to fit, best first; of a recording, one copy.

        Args:
            query: what is looked for.
            k: at most this many; fewer only where fewer may be found.
            by: the branches that take part.
            where: SQL condition on columns of the catalogue's tracks.
            also: a condition of our own, such as what a usage asks of licences.

        Raises:
            StateError: the library is empty or was indexed with another profile.
            ConfigError: a branch does not exist.
            InputError: the condition is not valid, or the branches cannot serve this query.
        """
        self._check_library()
        allowed = self._allowed(query, where, also)
        asked = self._asked(query, by)
        tracks = self._candidates(asked, k, allowed)
        return self._ranked(query, asked, tracks, k, self.curve(query, by))

    def likeliest(
        self,
        query: Query,
        k: int,
        *,
        by: Sequence[str] = DEFAULT_BRANCHES,
        among: set[str] | None = None,
    ) -> list[tuple[str, float]]:
        """Return the ids and probabilities that ``search`` finds, without a look at the tracks.

        Raises:
            As ``search``.
        """
        self._check_library()
        asked = self._asked(query, by)
        tracks = self._candidates(asked, k, None if among is None else self._tracks.mask(among))
        if not len(tracks):
            return []
        scored = self._scored(query, asked, tracks, self.curve(query, by))
        return [(self._tracks.ids[tracks[i]], float(scored.chances[i])) for i in scored.order[:k]]

    def judge(
        self, query: Query, track_ids: Sequence[str], *, by: Sequence[str] = DEFAULT_BRANCHES
    ) -> list[Match]:
        """Return a match for each of these tracks, likeliest first, however badly it fits.

        Raises:
            As ``search``.
        """
        self._check_library()
        numbers = self._tracks.of(track_ids)
        known = numbers[numbers >= 0]
        return self._ranked(query, self._asked(query, by), known, len(known), self.curve(query, by))

    def music_vector(self, track_id: str) -> npt.NDArray[np.float32]:
        """Return a track's vector in the music space.

        Raises:
            StateError: it has none of this profile.
        """
        number = int(self._tracks.of([track_id])[0])
        vector = self._branches["audio"].vector(number) if number >= 0 else None
        if vector is None:
            raise StateError(f"{track_id[:12]} was not indexed with profile {self._profile.name!r}")
        return vector

    @property
    def n_tracks(self) -> int:
        """Tracks that are searched: heard by this profile's models, or known by words alone."""
        return len(self._branches["audio"]) + self._image.n_unheard

    @cached_property
    def _judge(self) -> Chances:
        return Chances(self._profile, self._branches, self.n_tracks)

    def caution(self, query: Query, by: Sequence[str]) -> str:
        """What a user should know about the probabilities; "" where they are calibrated."""
        if self._judge.has_lines or self.curve(query, by) is not None:
            return ""
        return (
            f"probabilities are not calibrated for the models of profile {self._profile.name!r}: "
            "they say how far a track stands out in this library, not how often it is right; "
            "'v2m eval calibrate' teaches them"
        )

    @cached_property
    def calibration(self) -> Calibration | None:
        """What this library has taught about its probabilities; None before it was asked."""
        return stored_calibration(self._image, self._profile) if self._calibrated else None

    def curve(self, query: Query, by: Sequence[str]) -> Calibration | None:
        """Return the calibration that holds for a query by words over these branches, if any."""
        learned = self.calibration
        if learned is None or query.by_example or set(by) != set(learned.branches):
            return None
        return learned

    @cached_property
    def _tracks(self) -> TrackNumbers:
        return TrackNumbers(self._image.ids)

    @cached_property
    def _branches(self) -> dict[str, VectorBranch]:
        tables = tables_of(self._profile)
        encoders = {"audio": self._profile.music}

        def branch(name: str, encoder: TextEncoder) -> VectorBranch:
            index = SearchIndex(self._image, tables[name], lasting=self._lasting)
            return VectorBranch(index, encoder)

        return {
            name: branch(name, encoders.get(name, self._profile.text)) for name in DEFAULT_BRANCHES
        }

    @cached_property
    def _words(self) -> "WordIndex":
        from catalogs.word_index import WordIndex

        return WordIndex(self._opened())

    @cached_property
    def _sections(self) -> SectionTable:
        return SectionTable(self._image.rows(tables_of(self._profile)["section"]))

    @cached_property
    def _copies(self) -> Copies:
        recordings = self._image.recordings
        if not recordings:  # numbers of ids are not needed then
            return Copies((), np.empty(0, np.int64), self._image.n_tracks)
        return Copies.of(recordings, self._tracks)

    def _check_library(self) -> None:
        if not self._image.n_tracks:
            raise StateError("the library is empty; run 'v2m index FOLDER' first")
        if not self.n_tracks:
            raise StateError(
                f"nothing in the library was indexed with profile {self._profile.name!r}; "
                f"run 'v2m index FOLDER --profile {self._profile.name}'"
            )
        unheard = self._image.n_tracks - self.n_tracks
        if unheard > 0 and not self._warned:
            self._warned = True
            log.warning(
                "%d of %d tracks are not searched by sound: profile %r has not heard them; "
                "run 'v2m index'",
                unheard,
                self._image.n_tracks,
                self._profile.name,
            )

    def _allowed(self, query: Query, where: str | None, also: str) -> Mask | None:
        """Return which tracks may be found; None where all may."""
        masks = []
        if where or also:
            masks.append(self._conditions.mask(where, also))
        if query.without:
            masks.append(~self._tracks.mask(query.without))
        allowed = np.logical_and.reduce(masks) if masks else None
        return self._copies.one_of_each(allowed)

    def _asked(self, query: Query, by: Sequence[str]) -> dict[str, Asked]:
        for branch in by:
            if branch not in BRANCHES:
                raise ConfigError("by", branch, BRANCHES)
        vectors = {"description": query.words, "title": query.scene, "audio": query.music}
        asked: dict[str, Asked] = {
            name: AskedVector(self._branches[name], vector)
            for name, vector in vectors.items()
            if name in by and vector is not None and len(self._branches[name])
        }
        if "words" in by and query.text:
            asked["words"] = ask_words(self._words, query.text, self._tracks)
        if not asked:
            raise InputError(
                f"nothing to compare by {', '.join(by)}: "
                "the library has no such words, or the query has none; add --by audio"
            )
        return asked

    def _candidates(self, asked: Mapping[str, Asked], k: int, allowed: Mask | None) -> Numbers:
        """Return what the branches propose for the k best, each track once."""
        if allowed is not None and not allowed.any():
            return np.empty(0, np.int64)
        pool = max(POOL, 10 * k)
        found = [branch.candidates(pool, allowed) for branch in asked.values()]
        return np.array(list(dict.fromkeys(np.concatenate(found).tolist())), np.int64)

    def _scored(
        self,
        query: Query,
        asked: Mapping[str, Asked],
        tracks: Numbers,
        curve: Calibration | None,
    ) -> _Scored:
        """Judge candidates.

        Vectors order them by probability; with words, the order by vectors and the order by BM25
        are joined by their ranks.
        """
        scores = {name: branch.scores(tracks) for name, branch in asked.items()}
        vectors = {name: score for name, score in scores.items() if name in self._branches}
        chances = self._chances(query, scores, tracks, curve)
        fused = fuse({n: self._branches[n].scale.normalise(s) for n, s in vectors.items()})
        words = asked.get("words")
        if words is None:
            return _Scored(scores, fused, chances, np.lexsort((-fused, -chances)))
        orders = [best_first(words.strength(tracks))]
        if vectors:
            orders.append(np.lexsort((-fused, -self._chances(query, vectors, tracks, None))))
        joined = reciprocal_ranks(orders, len(tracks))
        return _Scored(scores, joined, chances, np.lexsort((-chances, -joined)))

    def _ranked(
        self,
        query: Query,
        asked: Mapping[str, Asked],
        tracks: Numbers,
        k: int,
        curve: Calibration | None,
    ) -> list[Match]:
        if not len(tracks):
            return []
        scored = self._scored(query, asked, tracks, curve)
        best = scored.order[:k]
        rows = self._image.tracks(int(tracks[i]) for i in best)
        if query.energy is not None:
            self._read_structures([track.track_id for track in rows])
        return [
            self._match(
                query,
                track,
                int(tracks[i]),
                (float(scored.joined[i]), float(scored.chances[i])),
                {b: float(s[i]) for b, s in scored.scores.items() if np.isfinite(s[i])},
            )
            for i, track in zip(best, rows, strict=True)
        ]

    def _read_structures(self, track_ids: Sequence[str]) -> None:
        """Read how tracks are built, where their energy matters."""
        unread = [track_id for track_id in track_ids if track_id not in self._structures]
        if unread:
            self._structures |= self._opened().structures(unread)

    def _chances(
        self, query: Query, scores: Scores, tracks: Numbers, curve: Calibration | None
    ) -> Score:
        """Return how likely each track fits."""
        chances = self._judge.of(query, scores, self._image.generated[tracks])
        if curve is not None:
            chances = np.array([curve.probability(float(chance)) for chance in chances])
        return chances

    def _match(
        self,
        query: Query,
        track: Track,
        number: int,
        judged: tuple[float, float],
        branches: dict[str, float],
    ) -> Match:
        words: list[str] = []
        vector = self._branches["audio"].vector(number) if "audio" in branches else None
        if vector is not None:
            words = self._profile.music.explain(query.music, vector)
        section = self._best_section(query, track, number)
        why = explain(track, branches, words, self._judge.telling)
        return Match(track, *judged, branches, section, why)

    def _best_section(self, query: Query, track: Track, number: int) -> Span:
        """The section that fits best; where a length is wanted, that long, from its start."""
        found = best_section(
            self._sections.of(number),
            query.music,
            query.energy,
            self._structures.get(track.track_id),
            Bars(self._image.bars_seconds(number)),
        )
        best = found or Span(0.0, track.duration_seconds)
        if not query.seconds or query.by_example:
            return best
        start = min(best.start_seconds, max(0.0, track.duration_seconds - query.seconds))
        return Span(start, min(start + query.seconds, track.duration_seconds))
