"""Learns from a library how often the miss decision is right when it says so."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt

from retriever.calibration import CERTAIN, Calibration
from retriever.search import BRANCHES, Searcher
from v2m.evaluation.intervals import Floats
from v2m.evaluation.library_queries import Answers, ask_library, library_queries
from v2m.evaluation.open_set import (
    Cost,
    OpenSetFigures,
    cost_table,
    costs,
    open_set_figures,
    open_set_table,
)
from v2m.evaluation.reliability import Reliability, reliability
from v2m.evaluation.tables import Cell, Table
from v2m.library import Library

FOLDS = 5
MOST_SLOPE = 20.0


@dataclass(frozen=True, slots=True)
class CalibrationReport:
    """What a library taught, and how far it can be believed.

    Attributes:
        library: name for people.
        learned: the curve over all queries.
        before: reliability of the shipped lines on this library.
        after: of the curve, each query judged by a curve that was learned without it.
        decisions: how well hits and misses are told apart; the curve does not change it.
        costs: the best thresholds on calibrated probabilities.
    """

    library: str
    learned: Calibration
    before: Reliability
    after: Reliability
    decisions: OpenSetFigures
    costs: tuple[Cost, ...]


@dataclass(frozen=True, slots=True)
class TransferReport:
    """What a curve learned on one library is worth on another.

    Attributes:
        library: the other one.
        before: reliability of the shipped lines there.
        after: of the curve from elsewhere.
        decisions: how well hits and misses are told apart there.
    """

    library: str
    before: Reliability
    after: Reliability
    decisions: OpenSetFigures


def fit_curve(said: npt.ArrayLike, correct: npt.ArrayLike) -> tuple[float, float]:
    """Fit the slope and intercept of a logistic curve over log odds.

    Platt, "Probabilistic Outputs for Support Vector Machines" (1999), with his smoothed targets,
    which keep the curve finite where hits and misses do not overlap. The slope is held from 0 to
    20: the curve never falls.

    Args:
        said: shape (n,), probabilities, 0 to 1, at least one.
        correct: bool, shape (n,).
    """
    from scipy.optimize import minimize

    odds = _log_odds(said)
    right = np.asarray(correct, np.bool_)
    n_right = int(right.sum())
    n_wrong = len(right) - n_right
    targets = np.where(right, (n_right + 1) / (n_right + 2), 1 / (n_wrong + 2))

    def loss(curve: Floats) -> tuple[float, Floats]:
        z = curve[0] * odds + curve[1]
        gap = 1 / (1 + np.exp(-np.clip(z, -500, 500))) - targets
        value = (np.logaddexp(0, z) - targets * z).mean()
        return float(value), np.array([(gap * odds).mean(), gap.mean()])

    found = minimize(
        loss, np.array([1.0, 0.0]), jac=True, method="L-BFGS-B", bounds=[(0, MOST_SLOPE), (-50, 50)]
    )
    return float(found.x[0]), float(found.x[1])


def held_out(answers: Answers, *, seed: int = 0) -> Floats:
    """Return calibrated probabilities, each by a curve learned on the four other fifths.

    Queries of one group stay in one fifth.
    """
    said, correct = answers.said, answers.correct
    names, group = np.unique(answers.groups, return_inverse=True)
    fold = (np.random.default_rng(seed).permutation(len(names)) % FOLDS)[group]
    out = np.empty(len(said))
    for n in range(FOLDS):
        curve = fit_curve(said[fold != n], correct[fold != n])
        out[fold == n] = apply_curve(curve, said[fold == n])
    return out


def apply_curve(curve: tuple[float, float], said: npt.ArrayLike) -> Floats:
    """Return the calibrated probabilities, as ``Calibration.probability`` gives them one by one."""
    return np.asarray(1 / (1 + np.exp(-(curve[0] * _log_odds(said) + curve[1]))))


def ask(
    library: Library,
    *,
    by: Sequence[str] = BRANCHES,
    seed: int = 0,
    shown: bool = False,
) -> Answers:
    """Ask a library for what its own tracks are called, by the shipped lines.

    Raises:
        InputError: too few tracks carry words.
        StateError: the library is empty.
    """
    tracks = library.tracks()
    queries = library_queries(tracks, seed=seed)
    searcher = Searcher(library.catalogue, library.profile, calibrated=False)
    return ask_library(searcher, library.profile, tracks, queries, by=by, shown=shown)


def learn(
    library: Library, name: str, answers: Answers, by: Sequence[str], *, seed: int = 0
) -> CalibrationReport:
    """Learn a curve from what came back; nothing is stored.

    Args:
        library: that was asked.
        name: of the library, for people.
        answers: as ``ask`` returns them.
        by: branches of matching that were asked.
        seed: of the folds and of the resampling.
    """
    curve = fit_curve(answers.said, answers.correct)
    calibrated = held_out(answers, seed=seed)
    before = reliability(answers.said, answers.correct, groups=answers.groups, seed=seed)
    after = reliability(calibrated, answers.correct, groups=answers.groups, seed=seed)
    learned = Calibration(
        *curve,
        branches=tuple(by),
        n_queries=len(answers.said),
        n_tracks=library.catalogue.count(),
        versions=library.profile.versions(),
        reliability={"before": asdict(before), "after": asdict(after)},
    )
    decisions = _decisions(answers, answers.said, seed)
    best = tuple(costs(calibrated, answers.correct))
    return CalibrationReport(name, learned, before, after, decisions, best)


def transfer(learned: Calibration, name: str, answers: Answers, *, seed: int = 0) -> TransferReport:
    """Judge a curve on the answers of a library it was not learned on."""
    calibrated = apply_curve((learned.slope, learned.intercept), answers.said)
    return TransferReport(
        name,
        reliability(answers.said, answers.correct, groups=answers.groups, seed=seed),
        reliability(calibrated, answers.correct, groups=answers.groups, seed=seed),
        _decisions(answers, calibrated, seed),
    )


def _decisions(answers: Answers, said: Floats, seed: int) -> OpenSetFigures:
    return open_set_figures(
        said,
        answers.correct,
        answers.removed,
        groups=answers.groups,
        n_items=answers.n_tracks,
        by_chance=answers.by_chance,
        seed=seed,
    )


def calibration_tables(
    report: CalibrationReport, others: Sequence[TransferReport] = ()
) -> list[Table]:
    """Lay out what was learned, on its own library and on others."""
    own = f"{report.library}, queries held out"
    rows: list[tuple[Cell, ...]] = [
        (report.library, "shipped lines", *_cells(report.before)),
        (own, "learned", *_cells(report.after)),
    ]
    for other in others:
        rows.append((other.library, "shipped lines", *_cells(other.before)))
        rows.append((other.library, f"learned on {report.library}", *_cells(other.after)))
    curve = report.learned
    return [
        Table(
            "Reliability of the miss decision",
            ("library", "probabilities", "queries", "ECE", "Brier", "log loss"),
            tuple(rows),
            notes=(
                "ECE: expected calibration error, ten bins, 95 % interval over queries. Queries "
                "are words of the tracks' own titles and descriptions; half of them ask for "
                "tracks that were taken out.",
                f"Learned: log odds x {curve.slope:.2f} {curve.intercept:+.2f}, from "
                f"{curve.n_queries} queries on {curve.n_tracks} tracks.",
            ),
        ),
        open_set_table(
            "Hit or miss",
            {report.library: report.decisions, **{o.library: o.decisions for o in others}},
        ),
        cost_table(f"What a wrong reuse may cost, {report.library}", report.costs),
    ]


def _cells(found: Reliability) -> tuple[Cell, ...]:
    return found.error.n, found.error, found.brier, found.log_loss


def _log_odds(said: npt.ArrayLike) -> Floats:
    p = np.clip(np.asarray(said, np.float64), CERTAIN, 1 - CERTAIN)
    return np.asarray(np.log(p / (1 - p)))
