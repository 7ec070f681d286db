"""Chooses tracks over all scenes at once: a little worse fit is better than a restless change.

Scene by scene, the likeliest track wins even where its neighbour's would do as well. Here the whole
video is one problem: the sum over scenes of how well a track fits, minus a cost for every change,
maximised exactly by dynamic programming (Viterbi).
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from retriever.search import Match
from v2m.choices import SceneChoice
from v2m.errors import InputError

SWITCH_COST = 0.5
"""A change of track must gain this much fit, in log odds: 62 % against 50 % just pays."""

FULL_WEIGHT_SECONDS = 6.0
"""Shorter scenes count in proportion: nobody judges music by a glimpse."""

LIMIT = 4.0
"""Log odds beyond this are as good as certain."""


def settle(
    choices: Sequence[SceneChoice],
    *,
    min_probability: float,
    switch_cost: float = SWITCH_COST,
    most_tracks: int | None = None,
) -> list[SceneChoice]:
    """Return the choices with the best sequence of tracks: the chosen match comes first in each.

    A scene that is to be composed stays as it is and is no change of mind. A scene may take another
    track than its likeliest only if that track is likely enough there.

    Args:
        choices: in the order of the scenes; the same tracks were judged for each.
        min_probability: a track less likely than this is no candidate.
        switch_cost: log odds that a change of track has to gain.
        most_tracks: at most this many different tracks in the whole video; every scene is then
            served from the library, likely or not.

    Raises:
        InputError: tracks are limited, but the library offers none.
    """
    tables = [_by_track(choice) for choice in choices]
    kept: Collection[str] | None = None
    if most_tracks is not None:
        kept = _best_set(choices, tables, most_tracks)
        if not kept:
            raise InputError("no track to choose from; index some music first")
    states = [
        _candidates(choice, table, min_probability, kept)
        for choice, table in zip(choices, tables, strict=True)
    ]
    path = _best_path(choices, tables, states, switch_cost)
    return [
        _chosen(choice, table, track, limited=most_tracks is not None)
        for choice, table, track in zip(choices, tables, path, strict=True)
    ]


def log_odds(probability: float) -> float:
    """Return log(p / (1 - p)), held within 4.

    >>> log_odds(0.5), log_odds(1.0)
    (0.0, 4.0)
    """
    p = min(max(probability, 1e-9), 1 - 1e-9)
    return min(max(math.log(p / (1 - p)), -LIMIT), LIMIT)


def _by_track(choice: SceneChoice) -> dict[str, Match]:
    return {match.track.track_id: match for match in choice.matches}


def _fit(choice: SceneChoice, table: Mapping[str, Match], track: str) -> float:
    weight = min(1.0, choice.scene.span.duration_seconds / FULL_WEIGHT_SECONDS)
    return weight * log_odds(table[track].probability if track in table else 0.0)


def _candidates(
    choice: SceneChoice,
    table: Mapping[str, Match],
    min_probability: float,
    kept: Collection[str] | None,
) -> list[str]:
    """Return the tracks a scene may take; none for a scene that is to be composed."""
    if kept is not None:
        return list(kept)
    if choice.decision != "retrieve":
        return []
    likely = [track for track, match in table.items() if match.probability >= min_probability]
    return likely or [choice.matches[0].track.track_id]


def _best_set(
    choices: Sequence[SceneChoice], tables: Sequence[Mapping[str, Match]], size: int
) -> list[str]:
    """Choose tracks greedily: each time the one that raises the sum of best fits most."""
    pool = list(dict.fromkeys(track for table in tables for track in table))
    best = [-LIMIT] * len(choices)
    chosen: list[str] = []
    while pool and len(chosen) < size:

        def total(track: str, best: Sequence[float] = tuple(best)) -> float:
            return sum(
                max(so_far, _fit(choice, table, track))
                for so_far, choice, table in zip(best, choices, tables, strict=True)
            )

        track = max(pool, key=total)
        pool.remove(track)
        chosen.append(track)
        best = [
            max(so_far, _fit(choice, table, track))
            for so_far, choice, table in zip(best, choices, tables, strict=True)
        ]
    return chosen


def _best_path(
    choices: Sequence[SceneChoice],
    tables: Sequence[Mapping[str, Match]],
    states: Sequence[Sequence[str]],
    switch_cost: float,
) -> list[str]:
    """Return a track per scene, "" where the scene has no candidates."""
    scores: dict[str, float] = {"": 0.0}
    origins: list[dict[str, str]] = []
    for choice, table, allowed in zip(choices, tables, states, strict=True):
        now: dict[str, float] = {}
        origin: dict[str, str] = {}
        for track in allowed or [""]:
            fit = _fit(choice, table, track) if track else 0.0
            value, before = max(
                (score - (switch_cost if "" not in (last, track) and last != track else 0), last)
                for last, score in scores.items()
            )
            now[track], origin[track] = value + fit, before
        scores = now
        origins.append(origin)
    track = max(scores, key=lambda name: scores[name])
    path = []
    for origin in reversed(origins):
        path.append(track)
        track = origin[track]
    return path[::-1]


def _chosen(
    choice: SceneChoice, table: Mapping[str, Match], track: str, *, limited: bool
) -> SceneChoice:
    if not track or (choice.decision == "retrieve" and choice.matches[0].track.track_id == track):
        return choice
    match = table[track]
    rest = tuple(m for m in choice.matches if m.track.track_id != track)
    best = choice.matches[0]
    why = "one of the tracks for the whole video" if limited else "kept from its neighbour"
    reason = (
        f"{why}: {match.probability:.0%} likely here (best: {best.track.title}, "
        f"{best.probability:.0%})"
    )
    return replace(choice, matches=(match, *rest), decision="retrieve", reason=reason)
