"""Chooses tracks over all scenes at once: a little worse fit is better than a restless change.

Scene by scene, the likeliest track wins even where its neighbour's would do as well. Here the whole
video is one problem: the sum over scenes of how well a track fits, minus a cost for every change,
maximised exactly by dynamic programming (Viterbi).
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from retriever.search import Match
from v2m.choices import SceneChoice
from v2m.errors import InputError
from v2m.neighbours import change_factor, pulse_fit
from v2m.types import Track

SWITCH_COST = 0.5
"""A change of track must gain this much fit, in log odds: 62 % against 50 % just pays."""

FULL_WEIGHT_SECONDS = 6.0
"""Shorter scenes count in proportion: nobody judges music by a glimpse."""

LIMIT = 4.0
"""Log odds beyond this are as good as certain."""


RESTFUL_SECONDS = 8.0
MOST_HASTE = 4.0
"""A change into a shorter scene costs more in proportion, four times as much at most."""

REPEAT_COST = 0.3
"""What a track that comes back after another one has to gain: less, and it is an accident."""

PULSE_GAIN = 0.4
"""Log odds that a track gains whose beats can meet all the cuts of a scene of many cuts."""


def settle(
    choices: Sequence[SceneChoice],
    *,
    min_probability: float,
    switch_cost: float = SWITCH_COST,
    most_tracks: int | None = None,
    repeat_cost: float = REPEAT_COST,
) -> list[SceneChoice]:
    """Return the choices with the best sequence of tracks: the chosen match comes first in each.

    A scene that is to be composed stays as it is and is no change of mind. A scene may take another
    track than its likeliest only if that track is likely enough there. Every choice says what it
    cost, and what its alternatives would have cost.

    Args:
        choices: in the order of the scenes; the same tracks were judged for each.
        min_probability: a track less likely than this is no candidate.
        switch_cost: log odds that a change of track has to gain; up to a quarter more or less
            where tempo and key of the two clash or agree.
        most_tracks: at most this many different tracks in the whole video; every scene is then
            served from the library, likely or not.
        repeat_cost: log odds that a track which comes back after another one has to gain.

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
    lattice = _lattice(choices, tables, states, switch_cost)
    lattice = _without_accidents(lattice, repeat_cost if most_tracks is None else 0.0)
    return [
        _weighed(_chosen(choice, table, track, limited=most_tracks is not None), lattice, scene)
        for scene, (choice, table, track) in enumerate(
            zip(choices, tables, lattice.path, strict=True)
        )
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
    if track not in table:
        return weight * log_odds(0.0)
    cuts = pulse_fit(choice.scene.cuts_seconds, table[track].track.tempo_bpm)
    return weight * log_odds(table[track].probability) + PULSE_GAIN * cuts


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


@dataclass(frozen=True, slots=True)
class _Lattice:
    """The whole problem and its solution.

    The last state of a scene means that it is composed.
    """

    tracks: tuple[str, ...]
    fits: npt.NDArray[np.float64]  # (scenes, tracks + 1), -inf where a track is no candidate
    changes: npt.NDArray[np.float64]  # (tracks + 1, tracks + 1), what a change costs
    haste: npt.NDArray[np.float64]  # (scenes,), how much dearer a change into a short scene is
    through: npt.NDArray[np.float64]  # (scenes, tracks + 1), best sum of any sequence through it
    states: tuple[int, ...]  # of the best sequence

    @property
    def path(self) -> list[str]:
        """A track per scene, "" where it is composed."""
        return [self.tracks[n] if n < len(self.tracks) else "" for n in self.states]

    @property
    def total(self) -> float:
        return float(self.through[0].max()) if len(self.through) else 0.0


def _lattice(
    choices: Sequence[SceneChoice],
    tables: Sequence[Mapping[str, Match]],
    states: Sequence[Sequence[str]],
    switch_cost: float,
) -> _Lattice:
    tracks = tuple(sorted({track for allowed in states for track in allowed}))
    number = {track: n for n, track in enumerate(tracks)}
    fits = np.full((len(choices), len(tracks) + 1), -np.inf)
    for scene, (choice, table, allowed) in enumerate(zip(choices, tables, states, strict=True)):
        for track in allowed:
            fits[scene, number[track]] = _fit(choice, table, track)
        if not allowed:
            fits[scene, -1] = 0.0
    rows = {track: match.track for table in tables for track, match in table.items()}
    changes = _changes([rows[track] for track in tracks], switch_cost)
    lengths = np.array([max(0.1, choice.scene.span.duration_seconds) for choice in choices])
    haste = np.clip(RESTFUL_SECONDS / lengths, 1, MOST_HASTE)
    return _solved(tracks, fits, changes, haste)


def _changes(tracks: Sequence[Track], switch_cost: float) -> npt.NDArray[np.float64]:
    """Return what every change costs; to and from composed music it costs nothing."""
    n = len(tracks)
    out = np.zeros((n + 1, n + 1))
    for a in range(n):
        for b in range(n):
            if a != b:
                out[a, b] = switch_cost * change_factor(tracks[a], tracks[b])
    return out


def _solved(
    tracks: tuple[str, ...],
    fits: npt.NDArray[np.float64],
    changes: npt.NDArray[np.float64],
    haste: npt.NDArray[np.float64],
) -> _Lattice:
    """Find the best sequence forwards, and backwards what any other would cost."""
    n_scenes = len(fits)
    ahead, behind = fits.copy(), np.zeros_like(fits)
    came = np.zeros(fits.shape, np.int64)
    for scene in range(1, n_scenes):
        offered = ahead[scene - 1][:, None] - haste[scene] * changes
        came[scene] = offered.argmax(axis=0)
        ahead[scene] += offered.max(axis=0)
    for scene in range(n_scenes - 2, -1, -1):
        cost = haste[scene + 1] * changes
        behind[scene] = (fits[scene + 1] + behind[scene + 1] - cost).max(axis=1)
    state = int(ahead[-1].argmax()) if n_scenes else 0
    states = []
    for scene in range(n_scenes - 1, -1, -1):
        states.append(state)
        state = int(came[scene, state])
    return _Lattice(tracks, fits, changes, haste, ahead + behind, tuple(states[::-1]))


def _without_accidents(lattice: _Lattice, repeat_cost: float) -> _Lattice:
    """Take a track out where it comes back after another one and little would be lost."""
    seen: set[int] = set()
    scene = 0
    while scene < len(lattice.states) and repeat_cost > 0:
        state = lattice.states[scene]
        stop = scene
        while stop < len(lattice.states) and lattice.states[stop] == state:
            stop += 1
        if state in seen and state < len(lattice.tracks):
            fits = lattice.fits.copy()
            fits[scene:stop, state] = -np.inf
            if np.isfinite(fits[scene:stop]).any(axis=1).all():
                other = _solved(lattice.tracks, fits, lattice.changes, lattice.haste)
                if lattice.total - other.total < repeat_cost:
                    lattice = other
                    seen, scene = set(), 0
                    continue
        seen.add(state)
        scene = stop
    return lattice


def _weighed(choice: SceneChoice, lattice: _Lattice, scene: int) -> SceneChoice:
    """Note what a choice is worth, what its change cost, and what the others would have cost."""
    state = lattice.states[scene]
    if state >= len(lattice.tracks):
        return choice
    before = lattice.states[scene - 1] if scene else state
    worse = lattice.total - lattice.through[scene]
    costs = {
        track: max(0.0, float(worse[n]))
        for n, track in enumerate(lattice.tracks)
        if np.isfinite(worse[n])
    }
    costs[lattice.tracks[state]] = 0.0
    first, *rest = choice.matches
    rest.sort(key=lambda match: costs.get(match.track.track_id, math.inf))
    return replace(
        choice,
        matches=(first, *rest),
        fit=float(lattice.fits[scene, state]),
        change_cost=float(lattice.haste[scene] * lattice.changes[before, state]),
        costs=costs,
    )


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
