"""A scene, what is asked for it, and what was decided."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from retriever.decide import decide
from retriever.query import Query
from retriever.search import Match
from v2m.results import PlanOptions
from v2m.soundtrack.route import MOST_TEMPO_CHANGE
from v2m.types import Description, Prompt, Scene, Track

JOINABLE_SECONDS = 12.0
"""Shorter music seldom has two bar lines that sound alike, and so cannot be made longer."""

SILENCE_WEIGHS = 3
"""Power of the share of a scene that too short music fills: one third of silence is a miss."""


@dataclass(frozen=True, slots=True)
class AskedScene:
    """A scene and what is searched for it.

    Attributes:
        scene: the stretch of video.
        description: what it shows.
        written: the words that are searched for and would be composed from, and by whom.
        note: a person's own direction, "" where none.
        query: the same as vectors.
    """

    scene: Scene
    description: Description
    written: Prompt
    note: str
    query: Query


@dataclass(frozen=True, slots=True)
class SceneChoice:
    """A scene, what was found for it, and what will be done.

    Attributes:
        scene: the stretch of video.
        description: what it shows.
        written: the words that were searched for and would be composed from, and by whom.
        note: a person's own direction, "" where none.
        matches: best first.
        decision: "retrieve" or "generate".
        reason: why, in plain words.
        fit: of the chosen track in log odds, weighted by the scene's length; 0 where composed.
        change_cost: what the change from the scene before cost.
        costs: by track id, how much worse the whole video would be with that track here.
    """

    scene: Scene
    description: Description
    written: Prompt
    note: str
    matches: tuple[Match, ...]
    decision: str
    reason: str
    fit: float = 0.0
    change_cost: float = 0.0
    costs: Mapping[str, float] = field(default_factory=dict)

    @property
    def prompt(self) -> str:
        """The words that were searched for and would be composed from."""
        return self.written.text

    @property
    def probability(self) -> float:
        """Probability of the best match, 0 where there is none."""
        return self.matches[0].probability if self.matches else 0.0


def cannot_be_longer(track: Track) -> bool:
    """Tell whether a track ends when its music does, with nowhere to go on."""
    return 0 < track.duration_seconds < JOINABLE_SECONDS


def filling(matches: Sequence[Match], seconds: float) -> list[Match]:
    """Take probability from tracks too short for a scene, as composed ones may be for another.

    Args:
        matches: best first.
        seconds: length of the scene.

    Returns:
        The same tracks, best first.
    """
    weighed = [_weighed(match, seconds) for match in matches]
    if all(one is other for one, other in zip(weighed, matches, strict=True)):
        return weighed
    return sorted(weighed, key=lambda match: -match.probability)


def _weighed(match: Match, seconds: float) -> Match:
    filled = match.track.duration_seconds / (1 - MOST_TEMPO_CHANGE) / seconds
    if filled >= 1 or not cannot_be_longer(match.track):
        return match
    return replace(
        match,
        probability=match.probability * filled**SILENCE_WEIGHS,
        why=f"{match.why}; too short, fills {filled:.0%}",
    )


def decided(asked: AskedScene, matches: Sequence[Match], options: PlanOptions) -> SceneChoice:
    """Decide for one scene between the library and the composer."""
    decision, reason = decide(
        matches,
        generate=options.generate,
        min_probability=options.min_probability,
        narrowed=bool(options.where or options.usage != "personal"),
    )
    return SceneChoice(
        asked.scene, asked.description, asked.written, asked.note, tuple(matches), decision, reason
    )
