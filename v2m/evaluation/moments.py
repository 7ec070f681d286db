"""Finding the right place in the right track: overlap of spans, and recall of moments.

Names as in Xin, Zhang and others, "Music Grounding by Short Video" (ICCV 2025): mIoU looks at the
true track alone; moment recall (MoR@k) asks for the right track and the right place in it. Chance
is exact: tracks in random order, a place as long as the true one anywhere in each.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from v2m.evaluation.intervals import Estimate, bootstrap
from v2m.evaluation.tables import Cell, Table
from v2m.types import Span

IOUS = (0.3, 0.5, 0.7)
KS = (1, 5, 10)


@dataclass(frozen=True, slots=True)
class Moment:
    """A place in a track."""

    track_id: str
    span: Span


@dataclass(frozen=True, slots=True)
class MomentFigures:
    """How well places are found.

    Attributes:
        n_queries: that were asked.
        n_tracks: of the pool.
        track_recall: share of queries whose true track is among the first k, by k.
        moment_recall: the same, with the place overlapping by an IoU, by (k, IoU).
        mean_iou: of the place found in the true track, 0 where it was not found.
        moment_chance: what moment recall is by chance, by (k, IoU).
        mean_iou_chance: what the mean overlap is by chance, in lists as long as those given.
    """

    n_queries: int
    n_tracks: int
    track_recall: dict[int, Estimate]
    moment_recall: dict[tuple[int, float], Estimate]
    mean_iou: Estimate
    moment_chance: dict[tuple[int, float], float]
    mean_iou_chance: float


def iou(first: Span, second: Span) -> float:
    """Return the intersection of two spans over their union, 0 to 1; 0 for two empty ones.

    >>> iou(Span(0, 10), Span(5, 15))
    0.3333333333333333
    """
    shared = first.overlap_seconds(second)
    union = first.duration_seconds + second.duration_seconds - shared
    return shared / union if union > 0 else 0.0


def moment_figures(
    found: Sequence[Sequence[Moment]],
    true: Sequence[Moment],
    durations_seconds: Sequence[float],
    n_tracks: int,
    *,
    ks: Sequence[int] = KS,
    ious: Sequence[float] = IOUS,
    seed: int = 0,
) -> MomentFigures:
    """Measure ranked places against the true ones.

    Args:
        found: by query, best first, one place a track.
        true: by query.
        durations_seconds: by query, of the true track; what chance starts from.
        n_tracks: of the pool.
        ks: depths, each at least 1.
        ious: overlaps asked for, 0 to 1.
        seed: of the resampling.

    Raises:
        ValueError: there are not as many answers or durations as queries.
    """
    if not len(found) == len(true) == len(durations_seconds):
        raise ValueError(
            f"{len(found)} answers and {len(durations_seconds)} durations for {len(true)} queries"
        )
    ranks = np.array([_rank(ranked, wanted) for ranked, wanted in zip(found, true, strict=True)])
    overlaps = np.array(
        [_overlap(ranked, wanted) for ranked, wanted in zip(found, true, strict=True)]
    )
    places = [(m.span, length) for m, length in zip(true, durations_seconds, strict=True)]
    anywhere = {t: np.mean([place_chance(*place, t) for place in places]) for t in ious}
    listed = [min(1.0, len(ranked) / n_tracks) for ranked in found]
    expected = [share * overlap_chance(*p) for share, p in zip(listed, places, strict=True)]
    return MomentFigures(
        len(true),
        n_tracks,
        {k: bootstrap(ranks <= k, seed=seed) for k in ks},
        {(k, t): bootstrap((ranks <= k) & (overlaps >= t), seed=seed) for k in ks for t in ious},
        bootstrap(overlaps, seed=seed),
        {(k, t): min(1.0, k / n_tracks) * float(anywhere[t]) for k in ks for t in ious},
        float(np.mean(expected)),
    )


def place_chance(true: Span, duration_seconds: float, at_least: float) -> float:
    """Return the probability that a random place of the same length overlaps by an IoU, 0 to 1.

    Two spans of length L that lie d apart have IoU (L - d) / (L + d), so d may be at most
    L (1 - IoU) / (1 + IoU).

    >>> place_chance(Span(0, 10), 30, 0.5) == (10 / 3) / 20
    True
    """
    length = true.duration_seconds
    last = duration_seconds - length
    if last <= 0:
        return 1.0
    apart = length * (1 - at_least) / (1 + at_least)
    reached = min(last, true.start_seconds + apart) - max(0.0, true.start_seconds - apart)
    return max(0.0, reached) / last


def overlap_chance(true: Span, duration_seconds: float) -> float:
    """Return the expected IoU with a random place of the same length, 0 to 1.

    The integral of (L - d) / (L + d) over d from 0 to a is 2 L ln((L + a) / L) - a.
    """
    length = true.duration_seconds
    last = duration_seconds - length
    if last <= 0:
        return 1.0
    sides = (true.start_seconds, last - true.start_seconds)
    reached = [min(max(0.0, side), length) for side in sides]
    return sum(2 * length * math.log1p(a / length) - a for a in reached) / last


def moment_table(title: str, figures: dict[str, MomentFigures], seconds: float) -> Table:
    """Lay systems out; the last row is chance.

    Args:
        title: of the table.
        figures: by system, at least one; all with the same depths.
        seconds: usual length of a place, for the note.
    """
    first = next(iter(figures.values()))
    columns = [f"R@{k}" for k in first.track_recall]
    columns += [f"MoR@{k} IoU {t:g}" for k, t in first.moment_recall]
    rows: list[tuple[Cell, ...]] = [
        (
            name,
            f.n_queries,
            f.n_tracks,
            *f.track_recall.values(),
            *f.moment_recall.values(),
            f.mean_iou,
        )
        for name, f in figures.items()
    ]
    by_chance = [min(1.0, k / first.n_tracks) for k in first.track_recall]
    by_chance += [*first.moment_chance.values(), first.mean_iou_chance]
    rows.append(("chance", first.n_queries, first.n_tracks, *by_chance))
    return Table(
        title,
        ("system", "queries", "tracks", *columns, "mIoU"),
        tuple(rows),
        notes=(
            f"MoR@k: the true track among the first k, and a place in it that overlaps the true "
            f"{seconds:g} s by so much (intersection over union). mIoU: in the true track, 0 where "
            "it was not found. Chance: tracks in random order, a place of that length anywhere.",
        ),
    )


def _rank(ranked: Sequence[Moment], wanted: Moment) -> float:
    ids = [moment.track_id for moment in ranked]
    return ids.index(wanted.track_id) + 1 if wanted.track_id in ids else np.inf


def _overlap(ranked: Sequence[Moment], wanted: Moment) -> float:
    own = (iou(m.span, wanted.span) for m in ranked if m.track_id == wanted.track_id)
    return next(own, 0.0)
