"""What raters said, as data: the report lays it out, programs read it as JSON."""

from dataclasses import dataclass

from v2m.evaluation.intervals import Estimate
from v2m.study.design import Role


@dataclass(frozen=True, slots=True)
class RaterCounts:
    """Who answered.

    Attributes:
        begun: raters with at least one answer.
        finished: of these, who answered all.
        inattentive: of these, who failed an attention check.
        hurried: who answered most pages before their clips could have ended.
        used: whose answers the report counts.
    """

    begun: int
    finished: int
    inattentive: int
    hurried: int
    used: int


@dataclass(frozen=True, slots=True)
class Judged:
    """What was said about one configuration; a figure is a mean over raters' own means.

    Attributes:
        name: of the configuration.
        role: system, floor or reference.
        scales: by scale, 1 to 5.
        emotion_precision: P_SEmo, share of its clips whose music, heard alone, was given the
            emotion that the same rater had given the silent video.
        emotion_chance: the same if labels were dealt out at random, as often as they were used.
        mean_rank: 1 is best.
        preference: share of A/B decisions for it, ties as half.
    """

    name: str
    role: Role
    scales: dict[str, Estimate]
    emotion_precision: Estimate
    emotion_chance: float
    mean_rank: Estimate
    preference: Estimate


@dataclass(frozen=True, slots=True)
class Difference:
    """Two configurations side by side.

    Attributes:
        first: name of one.
        second: name of the other.
        overall: mean difference of the five scales' mean, positive where the first is better.
        overall_p: two-sided, by sign flips over raters, adjusted over all pairs.
        preference: share of direct A/B decisions for the first, ties as half.
        n_decisions: how many there were.
        preference_p: as ``overall_p``.
    """

    first: str
    second: str
    overall: Estimate
    overall_p: float
    preference: Estimate
    n_decisions: int
    preference_p: float


@dataclass(frozen=True, slots=True)
class Power:
    """What the sample could have shown about one question.

    Attributes:
        question: a scale, or "preference".
        n: raters.
        deviation: of a rater's difference between two configurations, pooled over the pairs.
        smallest: difference found with 80 % power.
        worthwhile: the difference the next two figures are about.
        power: chance to find that.
        raters_needed: to find it with 80 % power; None if it cannot be told.
    """

    question: str
    n: int
    deviation: float
    smallest: float
    worthwhile: float
    power: float
    raters_needed: int | None


@dataclass(frozen=True, slots=True)
class Results:
    """All of it.

    Attributes:
        raters: who answered.
        judged: by configuration, in the study's order.
        differences: of all pairs.
        agreement: Krippendorff's alpha by question.
        power: by question.
    """

    raters: RaterCounts
    judged: tuple[Judged, ...]
    differences: tuple[Difference, ...]
    agreement: dict[str, Estimate]
    power: tuple[Power, ...]
