"""Calibrates a library from start to end: ask, learn, judge elsewhere, keep, write down."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from retriever.calibration import store_calibration
from v2m.errors import InputError, printable
from v2m.evaluation.calibration import (
    CalibrationReport,
    TransferReport,
    ask,
    calibration_tables,
    learn,
    transfer,
)
from v2m.evaluation.pages import write_tables
from v2m.evaluation.plots import reliability_diagram, risk_coverage_plot
from v2m.evaluation.tables import Table
from v2m.files import path_to_text, replacing
from v2m.library import Library


@dataclass(frozen=True, slots=True)
class CalibrationRun:
    """What was learned and where it was judged.

    Attributes:
        report: of the library itself.
        others: of libraries it was not learned on.
        is_kept: whether 'find' uses it from now on.
    """

    report: CalibrationReport
    others: tuple[TransferReport, ...]
    is_kept: bool

    @property
    def tables(self) -> list[Table]:
        """Reliability, decisions and costs."""
        return calibration_tables(self.report, self.others)

    @property
    def outcome(self) -> str:
        """One line on what happens next."""
        if self.is_kept:
            return "kept: 'v2m find' says these probabilities now; --forget goes back"
        return "a trial: nothing was kept"

    def plots(self) -> dict[str, bytes]:
        """Return SVG by file name."""
        own = {"shipped lines": self.report.before, "learned, held out": self.report.after}
        found = {"reliability.svg": reliability_diagram(f"{self.report.library}: reliability", own)}
        curves = {self.report.library: self.report.decisions.curve}
        for number, other in enumerate(self.others, 1):
            curves[other.library] = other.decisions.curve
            there = {
                "shipped lines": other.before,
                f"learned on {self.report.library}": other.after,
            }
            title = f"{other.library}: reliability of a curve learned elsewhere"
            found[f"reliability-elsewhere-{number}.svg"] = reliability_diagram(title, there)
        found["risk-coverage.svg"] = risk_coverage_plot("Risk and coverage", curves)
        return found

    def write(self, folder: Path) -> list[str]:
        """Write tables and plots into a folder and return their paths.

        Raises:
            InputError: the folder cannot be made.
            BackendError: matplotlib is missing.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as err:
            raise InputError(f"{printable(folder)}: cannot make it: {err.strerror}") from err
        files = write_tables(folder, {"calibration": self.tables})
        for name, drawn in self.plots().items():
            with replacing(folder / name) as temporary:
                temporary.write_bytes(drawn)
            files.append(folder / name)
        return [path_to_text(path) for path in files]

    def to_json(self) -> dict[str, Any]:
        """Return everything but the curves of risk as plain data."""
        return {
            "library": self.report.library,
            "kept": self.is_kept,
            "learned": asdict(self.report.learned),
            "decisions": _decisions(self.report),
            "costs": [asdict(cost) for cost in self.report.costs],
            "elsewhere": [
                {
                    "library": other.library,
                    "before": asdict(other.before),
                    "after": asdict(other.after),
                    "decisions": _decisions(other),
                }
                for other in self.others
            ],
        }


def run_calibration(
    library: Library,
    others: Sequence[Path],
    *,
    by: Sequence[str],
    seed: int = 0,
    keep: bool = True,
    shown: bool = False,
) -> CalibrationRun:
    """Learn from a library and judge what was learned on others.

    Args:
        library: that teaches.
        others: catalogues it is judged on; indexed with the same profile.
        by: branches of matching.
        seed: of the draws.
        keep: store it in the library's catalogue.
        shown: show progress.

    Raises:
        InputError: too few tracks carry words.
        StateError: a catalogue is missing or empty.
    """
    name = library.folder.name
    answers = ask(library, by=by, seed=seed, shown=shown)
    report = learn(library, name, answers, by, seed=seed)
    judged = []
    for folder in others:
        other = Library(folder, profile=library.profile.name)
        there = ask(other, by=by, seed=seed, shown=shown)
        judged.append(transfer(report.learned, other.folder.name, there, seed=seed))
    if keep:
        store_calibration(library.catalogue, library.profile, report.learned)
    return CalibrationRun(report, tuple(judged), keep)


def _decisions(report: CalibrationReport | TransferReport) -> dict[str, Any]:
    found = report.decisions
    return {
        "kept": found.n_kept,
        "removed": found.n_removed,
        "pool": found.n_items,
        "auroc": asdict(found.auroc),
        "false_positives_at_95": found.false_positives_at_95,
        "top_1_right": asdict(found.found),
        "top_1_right_by_chance": found.found_chance,
        "aurc": found.curve.area,
        "excess_aurc": found.curve.excess_area,
    }
