"""Searches a catalogue by description, title and sound, and fuses what the branches say."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from catalogs.search_index import SearchIndex
from catalogs.store import Catalogue
from retriever.calibration import Calibration, stored_calibration
from retriever.explain import explain
from retriever.fusion import Scale, fuse, scale_of
from retriever.miss import PROMPT, SAME_PROMPT, TEMPLATE, probability, relative_probability
from retriever.probes import PROBES
from retriever.query import Query
from v2m.encoders.attributes import AttributeSpace
from v2m.encoders.profiles import Profile
from v2m.errors import ConfigError, InputError, StateError
from v2m.types import Span, Track

log = logging.getLogger(__name__)

BRANCHES = ("description", "title", "audio")

OWN_SAMPLE = 256
"""Tracks whose cosines with all others tell how near two pieces of music are."""

WITH_LINES = frozenset({AttributeSpace.space})
"""Music spaces whose cosines ``retriever.miss`` has lines for."""

POOL = 200
"""Candidates that each branch proposes at least."""


@dataclass(frozen=True, slots=True)
class Match:
    """A track that was found.

    Attributes:
        track: its row.
        score: fused score in deviations above what everyday requests score; higher is better.
        probability: that it fits the query, 0 to 1.
        branches: cosine by branch, where the branch knows the track.
        section: the stretch of the track that fits best.
        why: what matched, in plain words.
    """

    track: Track
    score: float
    probability: float
    branches: dict[str, float]
    section: Span
    why: str


class _Branch:
    """One way of matching: an index, its scale, and where each track's row lies."""

    def __init__(self, catalogue: Catalogue, space: str, kind: str, profile: Profile) -> None:
        self._index = SearchIndex(catalogue, space, [kind])
        self._encoder = profile.music if kind == "track" else profile.text

    def __len__(self) -> int:
        return len(self._index.rows.ids)

    @cached_property
    def scale(self) -> Scale:
        return scale_of(self._encoder.encode_text(PROBES), self._index.rows.vectors)

    @cached_property
    def own_scale(self) -> Scale:
        """The scale of rows among one another."""
        rows = self._index.rows.vectors
        return scale_of(rows[:: max(1, len(rows) // OWN_SAMPLE)], rows)

    @cached_property
    def row_of(self) -> dict[str, int]:
        return {track: row for row, track in enumerate(self._index.rows.track_ids)}

    @cached_property
    def _row_of_id(self) -> dict[int, int]:
        return {int(row_id): row for row, row_id in enumerate(self._index.rows.ids)}

    def vector(self, track_id: str) -> npt.NDArray[np.float32]:
        return np.asarray(self._index.rows.vectors[self.row_of[track_id]])

    def candidates(
        self, query: npt.NDArray[np.float32], k: int, allowed: set[str] | None
    ) -> list[str]:
        rows = self._index.rows
        ids = None
        if allowed is not None:
            ids = {int(rows.ids[self.row_of[t]]) for t in allowed if t in self.row_of}
        hits = self._index.search(query[None], k, ids)
        return [str(rows.track_ids[self._row_of_id[int(i)]]) for i in hits.ids[0] if i >= 0]

    def cosines(
        self, query: npt.NDArray[np.float32], tracks: Sequence[str]
    ) -> npt.NDArray[np.float64]:
        """Cosine by track, NaN where this branch has no row."""
        out = np.full(len(tracks), np.nan)
        known = [(n, self.row_of[track]) for n, track in enumerate(tracks) if track in self.row_of]
        if known:
            places, rows = zip(*known, strict=True)
            out[list(places)] = self._index.rows.vectors[list(rows)] @ query
        return out


@dataclass(frozen=True, slots=True)
class _Scored:
    """What was measured on n candidates: cosines by branch, fused scores, probabilities."""

    cosines: Mapping[str, npt.NDArray[np.float64]]
    fused: npt.NDArray[np.float64]
    chances: npt.NDArray[np.float64]

    def best(self, k: int) -> npt.NDArray[np.int64]:
        """Return the places of the k likeliest; of equally likely ones the better score first."""
        return np.lexsort((-self.fused, -self.chances))[:k]


class Searcher:
    """Answers queries over one catalogue with the models of one profile.

    What it loads, it keeps: make one and ask it often. Tracks that are added later are found by a
    new searcher.

    Args:
        catalogue: what is searched.
        profile: the models.
        calibrated: give the probabilities this library has taught, where it was asked.
    """

    def __init__(self, catalogue: Catalogue, profile: Profile, *, calibrated: bool = True) -> None:
        self._catalogue = catalogue
        self._profile = profile
        self._calibrated = calibrated
        self._warned = False

    def search(
        self,
        query: Query,
        k: int,
        *,
        by: Sequence[str] = BRANCHES,
        where: str | None = None,
        also: str = "",
    ) -> list[Match]:
        """Return the k tracks most likely to fit, best first.

        Args:
            query: what is looked for.
            k: at most this many.
            by: the branches that take part.
            where: SQL condition on columns of the catalogue's tracks.
            also: a condition of our own, such as what a usage asks of licences.

        Raises:
            StateError: the library is empty or was indexed with another profile.
            ConfigError: a branch does not exist.
            InputError: the condition is not valid, or the branches cannot serve this query.
        """
        self._check_library()
        allowed = self._catalogue.filter_ids(where, also) if where or also else None
        asked = self._vectors(query, by)
        tracks = self._candidates(asked, k, allowed)
        return self._ranked(query, asked, tracks, k, self.curve(query, by))

    def likeliest(
        self,
        query: Query,
        k: int,
        *,
        by: Sequence[str] = BRANCHES,
        among: set[str] | None = None,
    ) -> list[tuple[str, float]]:
        """Return the ids and probabilities that ``search`` finds, without a look at the tracks.

        Raises:
            As ``search``.
        """
        self._check_library()
        asked = self._vectors(query, by)
        tracks = self._candidates(asked, k, among)
        scored = self._scored(query, asked, tracks, self.curve(query, by))
        return [(tracks[i], float(scored.chances[i])) for i in scored.best(k)]

    def judge(
        self, query: Query, track_ids: Sequence[str], *, by: Sequence[str] = BRANCHES
    ) -> list[Match]:
        """Return a match for each of these tracks, likeliest first, however badly it fits.

        Raises:
            As ``search``.
        """
        self._check_library()
        asked = self._vectors(query, by)
        curve = self.curve(query, by)
        return self._ranked(query, asked, list(track_ids), len(track_ids), curve)

    @cached_property
    def n_tracks(self) -> int:
        """Tracks that are searched: those that this profile's models have heard."""
        return len(self._branches["audio"])

    @cached_property
    def has_lines(self) -> bool:
        """Whether probabilities rest on lines that were fitted for these models."""
        return self._profile.music.space in WITH_LINES

    def caution(self, query: Query, by: Sequence[str]) -> str:
        """What a user should know about the probabilities; "" where they are calibrated."""
        if self.has_lines or self.curve(query, by) is not None:
            return ""
        return (
            f"probabilities are not calibrated for the models of profile {self._profile.name!r}: "
            "they say how far a track stands out in this library, not how often it is right; "
            "'v2m eval calibrate' teaches them"
        )

    @cached_property
    def calibration(self) -> Calibration | None:
        """What this library has taught about its probabilities; None before it was asked."""
        return stored_calibration(self._catalogue, self._profile) if self._calibrated else None

    def curve(self, query: Query, by: Sequence[str]) -> Calibration | None:
        """Return the calibration that holds for a query by words over these branches, if any."""
        learned = self.calibration
        if learned is None or query.kind == "audio" or set(by) != set(learned.branches):
            return None
        return learned

    @cached_property
    def _branches(self) -> dict[str, _Branch]:
        text, music = self._profile.text.space, self._profile.music.space
        return {
            "description": _Branch(self._catalogue, text, "description", self._profile),
            "title": _Branch(self._catalogue, text, "title", self._profile),
            "audio": _Branch(self._catalogue, music, "track", self._profile),
        }

    @cached_property
    def _sections(self) -> dict[str, list[tuple[Span, npt.NDArray[np.float32]]]]:
        table = self._catalogue.vector_table(self._profile.music.space, ["section"])
        found: dict[str, list[tuple[Span, npt.NDArray[np.float32]]]] = {}
        for track, start, end, vector in zip(
            table.track_ids, table.starts, table.ends, table.vectors, strict=True
        ):
            found.setdefault(str(track), []).append((Span(float(start), float(end)), vector))
        return found

    @cached_property
    def _generated(self) -> set[str]:
        return self._catalogue.filter_ids("origin = 'generated'")

    def _check_library(self) -> None:
        in_all = self._catalogue.count()
        if not in_all:
            raise StateError("the library is empty; run 'v2m index FOLDER' first")
        if not self.n_tracks:
            raise StateError(
                f"nothing in the library was indexed with profile {self._profile.name!r}; "
                f"run 'v2m index FOLDER --profile {self._profile.name}'"
            )
        if self.n_tracks < in_all and not self._warned:
            self._warned = True
            log.warning(
                "%d of %d tracks are not searched: profile %r has not heard them; run 'v2m index'",
                in_all - self.n_tracks,
                in_all,
                self._profile.name,
            )

    def _vectors(self, query: Query, by: Sequence[str]) -> dict[str, npt.NDArray[np.float32]]:
        for branch in by:
            if branch not in BRANCHES:
                raise ConfigError("by", branch, BRANCHES)
        vectors = {"description": query.words, "title": query.scene, "audio": query.music}
        asked = {
            branch: vector
            for branch in BRANCHES
            if branch in by
            and (vector := vectors[branch]) is not None
            and len(self._branches[branch])
        }
        if not asked:
            raise InputError(
                f"nothing to compare by {', '.join(by)}: "
                "the library has no such words, or the query has none; add --by audio"
            )
        return asked

    def _candidates(
        self, asked: Mapping[str, npt.NDArray[np.float32]], k: int, allowed: set[str] | None
    ) -> list[str]:
        """Return what the branches propose for the k best, each track once."""
        if allowed is not None and not allowed:
            return []
        pool = max(POOL, 10 * k)
        return list(
            dict.fromkeys(
                track
                for branch, vector in asked.items()
                for track in self._branches[branch].candidates(vector, pool, allowed)
            )
        )

    def _scored(
        self,
        query: Query,
        asked: Mapping[str, npt.NDArray[np.float32]],
        tracks: Sequence[str],
        curve: Calibration | None,
    ) -> "_Scored":
        cosines = {b: self._branches[b].cosines(v, tracks) for b, v in asked.items()}
        fused = fuse({b: self._branches[b].scale.normalise(c) for b, c in cosines.items()})
        chances = np.array(
            [
                self._chance(
                    query, {b: float(c[n]) for b, c in cosines.items() if np.isfinite(c[n])}, track
                )
                for n, track in enumerate(tracks)
            ]
        )
        if curve is not None:
            chances = np.array([curve.probability(float(chance)) for chance in chances])
        return _Scored(cosines, fused, chances)

    def _ranked(
        self,
        query: Query,
        asked: Mapping[str, npt.NDArray[np.float32]],
        tracks: list[str],
        k: int,
        curve: Calibration | None,
    ) -> list[Match]:
        if not tracks:
            return []
        scored = self._scored(query, asked, tracks, curve)
        best = scored.best(k)
        rows = {t.track_id: t for t in self._catalogue.tracks(ids=[tracks[i] for i in best])}
        return [
            self._match(
                query,
                rows[tracks[i]],
                (float(scored.fused[i]), float(scored.chances[i])),
                {b: float(c[i]) for b, c in scored.cosines.items() if np.isfinite(c[i])},
            )
            for i in best
            if tracks[i] in rows
        ]

    def _chance(self, query: Query, scores: Mapping[str, float], track: str) -> float:
        """Probability that a track fits, from its cosines by branch."""
        composed = track in self._generated
        if self.has_lines:
            return probability(
                scores,
                self.n_tracks,
                by_example=query.kind == "audio",
                prompt_line=(TEMPLATE if query.templated else PROMPT) if composed else None,
            )
        if composed and query.templated and "description" in scores:
            return SAME_PROMPT.probability(scores["description"], self.n_tracks)
        scales = {b: self._scale(query, b) for b in scores}
        deviations = {
            b: (score - scales[b].mean) / scales[b].deviation for b, score in scores.items()
        }
        return relative_probability(deviations, self.n_tracks)

    def _scale(self, query: Query, branch: str) -> Scale:
        """Two pieces of music are nearer than words and music: they have a scale of their own."""
        found = self._branches[branch]
        return found.own_scale if query.kind == "audio" else found.scale

    @cached_property
    def _telling(self) -> dict[str, float] | None:
        """The cosine, by branch, from which a text match is worth naming."""
        if self.has_lines:
            return None
        return {
            b: s.scale.mean + 2 * s.scale.deviation for b, s in self._branches.items() if len(s)
        }

    def _match(
        self,
        query: Query,
        track: Track,
        judged: tuple[float, float],
        branches: dict[str, float],
    ) -> Match:
        words: list[str] = []
        if "audio" in branches:
            vector = self._branches["audio"].vector(track.track_id)
            words = self._profile.music.explain(query.music, vector)
        section = self._best_section(query, track)
        return Match(
            track, *judged, branches, section, explain(track, branches, words, self._telling)
        )

    def _best_section(self, query: Query, track: Track) -> Span:
        """The section nearest the query; where a length is wanted, that long, from its start."""
        sections = self._sections.get(track.track_id, [])
        whole = Span(0.0, track.duration_seconds)
        best = max(sections, key=lambda s: float(s[1] @ query.music))[0] if sections else whole
        if not query.seconds or query.kind == "audio":
            return best
        start = min(best.start_seconds, max(0.0, track.duration_seconds - query.seconds))
        return Span(start, min(start + query.seconds, track.duration_seconds))
