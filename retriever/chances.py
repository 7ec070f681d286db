"""Turns the scores of a track into the probability that it fits, by the lines its models allow."""

from collections.abc import Mapping
from functools import cached_property

import numpy as np
import numpy.typing as npt

from retriever.branches import VectorBranch
from retriever.fusion import Scale
from retriever.miss import LINES, PROMPT, SAME_PROMPT, TEMPLATE, probability, relative_probability
from retriever.query import Query
from v2m.encoders.attributes import AttributeSpace
from v2m.encoders.profiles import Profile

WITH_LINES = frozenset({AttributeSpace.space})
"""Music spaces whose cosines ``retriever.miss`` has lines for."""

Scores = Mapping[str, npt.NDArray[np.float64]]
"""By branch: float64, shape (n,), NaN where the branch knows nothing of a track."""

Chance = npt.NDArray[np.float64] | float


class Chances:
    """Judges scores of one library.

    Attributes:
        has_lines: whether probabilities rest on lines that were fitted for these models.
    """

    def __init__(
        self, profile: Profile, branches: Mapping[str, VectorBranch], n_tracks: int
    ) -> None:
        self._branches = branches
        self._n_tracks = n_tracks
        self.has_lines = profile.music.space in WITH_LINES

    def of(
        self, query: Query, scores: Scores, composed: npt.NDArray[np.bool_]
    ) -> npt.NDArray[np.float64]:
        """Return the probability of each of n tracks; ``composed`` says which were made here."""
        found = np.zeros(len(composed)) + self._chances(query, scores)
        if composed.any():
            own = {branch: score[composed] for branch, score in scores.items()}
            found[composed] = self._own_chances(query, own, found[composed])
        return found

    def _chances(self, query: Query, scores: Scores) -> Chance:
        if self.has_lines:
            return probability(scores, self._n_tracks, by_example=query.by_example)
        deviations = {
            branch: (score - scale.mean) / scale.deviation
            for branch, score in scores.items()
            if (scale := self._scale(query, branch)) is not None
        }
        by_words = LINES["words"].probability(scores["words"], 1) if "words" in scores else 0.0
        return 1 - (1 - relative_probability(deviations, self._n_tracks)) * (1 - by_words)

    def _own_chances(self, query: Query, scores: Scores, else_: Chance) -> Chance:
        """The same for tracks that were composed here, whose description is their prompt."""
        if self.has_lines:
            line = TEMPLATE if query.templated else PROMPT
            return probability(
                scores, self._n_tracks, by_example=query.by_example, prompt_line=line
            )
        if not query.templated or "description" not in scores:
            return else_
        prompt = scores["description"]
        same = SAME_PROMPT.probability(prompt, self._n_tracks)
        return np.where(np.isfinite(prompt), same, else_)

    def _scale(self, query: Query, branch: str) -> Scale | None:
        """Two pieces of music are nearer than words and music: they have a scale of their own."""
        found = self._branches.get(branch)
        if found is None:
            return None
        return found.own_scale if query.by_example else found.scale

    @cached_property
    def telling(self) -> dict[str, float] | None:
        """The cosine, by branch, from which a text match is worth naming."""
        if self.has_lines:
            return None
        return {
            b: s.scale.mean + 2 * s.scale.deviation for b, s in self._branches.items() if len(s)
        }
