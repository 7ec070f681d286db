"""Works out what raters said: by configuration, with intervals, agreement and power."""

import math
from collections.abc import Callable, Iterable, Sequence
from itertools import combinations

import numpy as np

from v2m.evaluation.agreement import Level, alpha_with_interval
from v2m.evaluation.intervals import Estimate, Floats, bootstrap, bootstrap_difference, wilson
from v2m.evaluation.power import people_needed, power_of_difference, smallest_difference
from v2m.evaluation.significance import holm, sign_flip_p
from v2m.study.answers import Given
from v2m.study.design import EMOTIONS, SCALES, Study
from v2m.study.order import pages_of
from v2m.study.questions import FIRST, RANK, SAME, SECOND, Answer, passed
from v2m.study.results import Difference, Judged, Power, RaterCounts, Results

HALF_A_POINT = 0.5
CLEAR_PREFERENCE = 0.15
"""Differences worth finding: half a point of a scale; 65 % of the decisions instead of half."""

HURRIED_SHARE = 0.5
"""Who answers a page of clips in less than this share of their playing time did not hear them."""

LEVEL = 0.05


def evaluate_study(
    study: Study, given: Sequence[Given], *, keep_inattentive: bool = False
) -> Results:
    """Work out what raters said.

    Args:
        study: the study.
        given: all answers.
        keep_inattentive: count raters who failed a check, too.

    Returns:
        the results; figures are NaN where nobody answered.
    """
    inattentive = {g.rater for g in given if not passed(study, g.answer)}
    used = [g for g in given if keep_inattentive or g.rater not in inattentive]
    counts = _counts(study, given, inattentive, used)
    n = len(study.configurations)
    scales = {scale: _means(used, n, _scale(scale)) for scale in SCALES}
    silent = {
        (g.rater, g.answer.item): g.answer.value
        for g in used
        if g.answer.question == "emotion of silent"
    }
    emotion = _means(used, n, lambda g: _same_emotion(g, silent))
    ranks = _means(used, n, _scale(RANK))
    wins = _means(_both_sides(used), n, _won)
    judged = tuple(
        Judged(
            name=configuration.name,
            role=configuration.role,
            scales={scale: bootstrap(values[:, c]) for scale, values in scales.items()},
            emotion_precision=bootstrap(emotion[:, c]),
            emotion_chance=_emotion_chance(used, c, silent),
            mean_rank=bootstrap(ranks[:, c]),
            preference=bootstrap(wins[:, c]),
        )
        for c, configuration in enumerate(study.configurations)
    )
    n_pairs = n * (n - 1) // 2
    measured = [*scales.items(), ("preference", wins)]
    return Results(
        raters=counts,
        judged=judged,
        differences=_differences(study, used, np.mean(list(scales.values()), axis=0)),
        agreement=_agreement(study, used),
        power=tuple(_power(question, values, n_pairs) for question, values in measured),
    )


def _counts(
    study: Study, given: Sequence[Given], inattentive: set[int], used: Sequence[Given]
) -> RaterCounts:
    begun = {g.rater for g in given}
    done = {rater: len({g.page for g in given if g.rater == rater}) for rater in begun}
    return RaterCounts(
        begun=len(begun),
        finished=sum(n >= len(pages_of(study, rater)) for rater, n in done.items()),
        inattentive=len(inattentive),
        hurried=sum(_is_hurried(study, [g for g in given if g.rater == r]) for r in begun),
        used=len({g.rater for g in used}),
    )


def _is_hurried(study: Study, given: Sequence[Given]) -> bool:
    shares = [
        g.seconds / (study.items[g.answer.item].duration_seconds * (1 + (g.answer.other >= 0)))
        for g in given
        if g.seconds is not None and g.answer.item >= 0 and g.answer.question != RANK
    ]
    return bool(shares) and float(np.median(shares)) < HURRIED_SHARE


Worth = Callable[[Given], float | None]
"""The figure an answer gives its configuration; None if it gives none."""


def _means(given: Iterable[Given], n_configurations: int, worth: Worth) -> Floats:
    """Return each rater's mean for each configuration, (raters, configurations), NaN for none."""
    by_rater: dict[int, list[list[float]]] = {}
    for g in given:
        row = by_rater.setdefault(g.rater, [[] for _ in range(n_configurations)])
        value = worth(g)
        if value is not None:
            row[g.answer.configuration].append(value)
    rows = [[np.mean(v) if v else np.nan for v in row] for row in by_rater.values()]
    return np.array(rows, np.float64).reshape(len(rows), n_configurations)


def _scale(question: str) -> Worth:
    return lambda g: float(g.answer.value) if g.answer.question == question else None


def _same_emotion(g: Given, silent: dict[tuple[int, int], str]) -> float | None:
    named = silent.get((g.rater, g.answer.item))
    if g.answer.question != "emotion of music" or named is None:
        return None
    return float(g.answer.value == named)


def _emotion_chance(
    given: Sequence[Given], configuration: int, silent: dict[tuple[int, int], str]
) -> float:
    heard = [
        (g.answer.value, silent[g.rater, g.answer.item])
        for g in given
        if g.answer.question == "emotion of music"
        and g.answer.configuration == configuration
        and (g.rater, g.answer.item) in silent
    ]
    if not heard:
        return math.nan
    music, video = zip(*heard, strict=True)
    return sum(music.count(e) * video.count(e) for e in EMOTIONS) / len(heard) ** 2


def _both_sides(given: Sequence[Given]) -> list[Given]:
    """Return every A/B decision twice, once as seen from either side."""
    sides = []
    for g in given:
        if g.answer.question == "preference":
            sides += [g, _turned(g)]
    return sides


def _turned(g: Given) -> Given:
    a = g.answer
    value = {FIRST: SECOND, SECOND: FIRST}.get(a.value, a.value)
    turned = Answer(a.question, a.item, a.other, a.configuration, value)
    return Given(g.rater, g.page, g.seconds, turned)


def _won(g: Given) -> float:
    return {FIRST: 1.0, SAME: 0.5}.get(g.answer.value, 0.0)


def _differences(study: Study, given: Sequence[Given], overall: Floats) -> tuple[Difference, ...]:
    n = len(study.configurations)
    pairs = list(combinations(range(n), 2))
    sides = _both_sides(given)
    direct = [
        [g for g in sides if (g.answer.configuration, g.answer.other) == pair] for pair in pairs
    ]
    shares = [_means(d, n, _won)[:, pair[0]] for d, pair in zip(direct, pairs, strict=True)]
    overall_p = holm([sign_flip_p(overall[:, a] - overall[:, b]) for a, b in pairs])
    share_p = holm([sign_flip_p(share - 0.5) for share in shares])
    names = [configuration.name for configuration in study.configurations]
    return tuple(
        Difference(
            first=names[a],
            second=names[b],
            overall=bootstrap_difference(overall[:, a], overall[:, b]),
            overall_p=overall_p[i],
            preference=wilson(sum(map(_won, direct[i])), len(direct[i])),
            n_decisions=len(direct[i]),
            preference_p=share_p[i],
        )
        for i, (a, b) in enumerate(pairs)
    )


def _agreement(study: Study, given: Sequence[Given]) -> dict[str, Estimate]:
    levels: dict[str, Level] = {
        "emotion of silent": "nominal",
        "emotion of music": "nominal",
        **dict.fromkeys(SCALES, "ordinal"),
        RANK: "ordinal",
    }
    return {
        question: alpha_with_interval(_ratings(study, given, question), level)
        for question, level in levels.items()
    }


def _ratings(study: Study, given: Sequence[Given], question: str) -> Floats:
    """Return (raters, units); a unit is a video under a configuration, or a silent video."""
    raters = {rater: row for row, rater in enumerate(dict.fromkeys(g.rater for g in given))}
    width = len(study.configurations) + 1
    table = np.full((len(raters), len(study.items) * width), np.nan)
    for g in given:
        if g.answer.question == question:
            value = g.answer.value
            unit = g.answer.item * width + g.answer.configuration + 1
            table[raters[g.rater], unit] = (
                EMOTIONS.index(value) if value in EMOTIONS else float(value)
            )
    return table


def _power(question: str, values: Floats, n_pairs: int) -> Power:
    """Pool the deviations of all pairs; the level is that of Holm's first step."""
    pairs = combinations(range(values.shape[1]), 2)
    differences = [values[:, a] - values[:, b] for a, b in pairs]
    worthwhile = CLEAR_PREFERENCE if question == "preference" else HALF_A_POINT
    if question == "preference":
        differences = [values[:, c] - 0.5 for c in range(values.shape[1])]
    known = [d[~np.isnan(d)] for d in differences]
    known = [d for d in known if len(d) > 1]
    deviation = math.sqrt(np.mean([d.var(ddof=1) for d in known])) if known else math.nan
    n = min((len(d) for d in known), default=0)
    level = LEVEL / max(1, n_pairs)
    return Power(
        question=question,
        n=n,
        deviation=deviation,
        smallest=smallest_difference(deviation, n, level=level),
        worthwhile=worthwhile,
        power=power_of_difference(worthwhile, deviation, n, level=level),
        raters_needed=people_needed(worthwhile, deviation, level=level),
    )
