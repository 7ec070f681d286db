"""Finding the right place in the right track: overlap of spans, and recall of moments.

Names as in Xin, Zhang and others, "Music Grounding by Short Video" (ICCV 2025): mIoU looks at the
true track alone; moment recall (MoR@k) asks for the right track and the right place in it.
"""

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
    """

    n_queries: int
    n_tracks: int
    track_recall: dict[int, Estimate]
    moment_recall: dict[tuple[int, float], Estimate]
    mean_iou: Estimate


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
        n_tracks: of the pool.
        ks: depths, each at least 1.
        ious: overlaps asked for, 0 to 1.
        seed: of the resampling.

    Raises:
        ValueError: there are not as many answers as queries.
    """
    if len(found) != len(true):
        raise ValueError(f"{len(found)} answers for {len(true)} queries")
    ranks = np.array([_rank(ranked, wanted) for ranked, wanted in zip(found, true, strict=True)])
    overlaps = np.array(
        [_overlap(ranked, wanted) for ranked, wanted in zip(found, true, strict=True)]
    )
    return MomentFigures(
        len(true),
        n_tracks,
        {k: bootstrap(ranks <= k, seed=seed) for k in ks},
        {(k, t): bootstrap((ranks <= k) & (overlaps >= t), seed=seed) for k in ks for t in ious},
        bootstrap(overlaps, seed=seed),
    )


def moment_table(title: str, figures: dict[str, MomentFigures], seconds: float) -> Table:
    """Lay systems out; chance draws a track and a start at random.

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
    gaps = [None] * (len(first.moment_recall) + 1)
    rows.append(("chance", first.n_queries, first.n_tracks, *by_chance, *gaps))
    return Table(
        title,
        ("system", "queries", "tracks", *columns, "mIoU"),
        tuple(rows),
        notes=(
            f"MoR@k: the true track among the first k, and a place in it that overlaps the true "
            f"{seconds:g} s by so much (intersection over union). mIoU: in the true track, 0 where "
            "it was not found.",
        ),
    )


def _rank(ranked: Sequence[Moment], wanted: Moment) -> float:
    ids = [moment.track_id for moment in ranked]
    return ids.index(wanted.track_id) + 1 if wanted.track_id in ids else np.inf


def _overlap(ranked: Sequence[Moment], wanted: Moment) -> float:
    own = (iou(m.span, wanted.span) for m in ranked if m.track_id == wanted.track_id)
    return next(own, 0.0)
