"""Lays the whole evaluation out as the sections of one page."""

from collections.abc import Sequence
from dataclasses import dataclass

from v2m.evaluation.calibration_run import CalibrationRun
from v2m.evaluation.emotion import CLASSES, NAMES, EmotionFigures, emotion_table
from v2m.evaluation.finished import FinishedVideo, alignment_table
from v2m.evaluation.frechet import Frechet, frechet_table
from v2m.evaluation.intervals import Estimate, bootstrap
from v2m.evaluation.library_retrieval import EXCERPT_SECONDS, Direction
from v2m.evaluation.moments import MomentFigures, moment_table
from v2m.evaluation.music_files import MeasuredPiece, music_tables
from v2m.evaluation.pages import Section
from v2m.evaluation.paper import PaperReport, paper_tables
from v2m.evaluation.plots import bars, confusion_plot, rank_histogram
from v2m.evaluation.run_tables import (
    beside_paper,
    clip_table,
    emotion_tables,
    emotions,
    style_tables,
)
from v2m.evaluation.runs import STYLES, Run
from v2m.evaluation.tables import Table

EXCERPTS = "Ten noisy seconds of a track: which track, and where"
FRECHET = "Fréchet audio distance to the library's tracks and sections"


@dataclass(frozen=True, slots=True)
class Measured:
    """Everything that was measured.

    Attributes:
        profile: name of the models.
        n_tracks: in the library.
        report: the paper's figures out of its logs; None without them.
        runs: of ours, over the same scenes.
        named: what the music space hears of moods that people named.
        pieces: tracks of the library, as notes and as sound.
        directions: of retrieval.
        moments: excerpts found again.
        calibration: hits and misses.
        aligned: the demo's finished video.
        distances: Fréchet, by name of the music.
    """

    profile: str
    n_tracks: int
    report: PaperReport | None
    runs: tuple[Run, ...]
    named: EmotionFigures
    pieces: tuple[MeasuredPiece, ...]
    directions: tuple[Direction, ...]
    moments: MomentFigures
    calibration: CalibrationRun
    aligned: FinishedVideo
    distances: dict[str, Frechet]

    @property
    def lead(self) -> str:
        """What all of it stands on."""
        n = len(next(iter(self.runs[0].styles.values())))
        return (
            f"Profile {self.profile}, {self.n_tracks} tracks, {n} scenes. Intervals are 95 %, by "
            "bootstrap; with so few scenes they are wide and prove little."
        )


def lay_out(found: Measured) -> list[Section]:
    """Return the sections in the order of the page."""
    moments = moment_table(EXCERPTS, {"find, by sound": found.moments}, EXCERPT_SECONDS)
    aligned = alignment_table([found.aligned])
    return [
        _paper_section(found.report, found.runs),
        _emotion_section(found.runs, found.named),
        Section(
            "music",
            "Music as notes and as sound",
            "Every third or so of the library's tracks, written down and measured.",
            tuple(music_tables(found.pieces)),
            {},
        ),
        _retrieval_section(found.directions, moments),
        _decision_section(found.calibration),
        Section(
            "picture",
            "Sound against picture",
            "The demo's finished video; and how far composed music lies from the library's.",
            (aligned, frechet_table(FRECHET, found.distances)),
            {},
        ),
        Section(
            "made",
            "What was made",
            "Every prompt with the music that came of it.",
            tuple(clip_table(run) for run in found.runs),
            {},
        ),
    ]


def _paper_section(report: PaperReport | None, runs: Sequence[Run]) -> Section:
    tables = [beside_paper(runs, report), *style_tables(runs)]
    plots = {}
    for run in runs:
        title = f"Pitch entropy, music {run.source}"
        plots[title] = bars(title, _by_style(run, "pe"))
    n = len(next(iter(runs[0].styles.values())))
    title = "P_desc of ours, three frames a scene"
    plots[title] = bars(title, _by_style(runs[0], "desc_three"), chance=1 / max(1, n))
    if report:
        printed = {f.configuration: f.estimate for f in report.figures if f.measure == "P_desc"}
        title = "P_desc of the paper, from its logs"
        plots[title] = bars(title, printed, chance=1 / report.n_texts)
        tables = [*paper_tables(report), *tables]
    lead = "The paper's Table 2 beside runs of ours on the demo's scenes, in its four styles."
    return Section("paper", "The paper's tables", lead, tuple(tables), plots)


def _by_style(run: Run, measure: str) -> dict[str, Estimate]:
    return {style: bootstrap(run.column(style, measure)) for style in STYLES}


def _emotion_section(runs: Sequence[Run], named: EmotionFigures) -> Section:
    plots = {}
    for run in runs:
        name, figures = next(iter(emotions(run).items()))
        title = f"Music {run.source}, heard by {name}"
        plots[title] = confusion_plot(title, figures.confusion, [NAMES[c] for c in CLASSES])
    title = "Moods in the names of the library's files, and what is heard"
    plots[title] = confusion_plot(title, named.confusion, [NAMES[c] for c in CLASSES])
    lead = (
        "Whether the music is heard with the emotion that the picture asks for; and whether the "
        "listener hears the moods that people named at all."
    )
    tables = (emotion_table(title, [("the library", named)]), *emotion_tables(runs))
    return Section("emotion", "Emotions", lead, tables, plots)


def _retrieval_section(directions: Sequence[Direction], moments: Table) -> Section:
    plots = {
        f"{d.title}: ranks": rank_histogram(d.title, d.ranks, d.n_items)
        for d in directions
        if d.n_items > 5
    }
    lead = (
        "Labels are read off the names of the bundled files; 'all branches' reads the same names, "
        "so only the row by sound is a test of hearing. The moods of the three clips were written "
        "by the authors before anything was measured."
    )
    tables = (*(d.table for d in directions), moments)
    return Section("retrieval", "Retrieval", lead, tables, plots)


def _decision_section(run: CalibrationRun) -> Section:
    lead = (
        "The library is asked for what its tracks are called, half of the time with the answers "
        "taken out. What was learned here was not kept: 'v2m eval calibrate' does that."
    )
    return Section("decision", "Hit or miss", lead, tuple(run.tables), run.plots())
