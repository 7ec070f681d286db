"""The whole evaluation in one go, and one page that shows it."""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from v2m.demo import CLIPS, run_demo
from v2m.errors import InputError, printable
from v2m.evaluation.calibration_run import CalibrationRun, run_calibration
from v2m.evaluation.datasets.items import MusicItem
from v2m.evaluation.datasets.music_sets import read_labelled_folder
from v2m.evaluation.demo_labels import CLIP_MOODS
from v2m.evaluation.emotion import CLASSES, NAMES, EmotionFigures, emotion_table
from v2m.evaluation.emotion_heads import emotion_heads
from v2m.evaluation.finished import alignment_table, measure_finished
from v2m.evaluation.frechet import frechet, frechet_table
from v2m.evaluation.intervals import Estimate, bootstrap
from v2m.evaluation.labelled_emotion import labelled_emotions
from v2m.evaluation.library_retrieval import (
    EXCERPT_SECONDS,
    Direction,
    excerpts,
    known_texts,
    text_and_music,
)
from v2m.evaluation.moments import moment_table
from v2m.evaluation.music_files import measure_files, music_tables
from v2m.evaluation.pages import Section, write_page, write_tables
from v2m.evaluation.pairs import graded, video_and_music
from v2m.evaluation.paper import PaperReport, paper_tables, reproduce_paper
from v2m.evaluation.plots import bars, confusion_plot, rank_histogram
from v2m.evaluation.run_tables import (
    beside_paper,
    clip_table,
    emotion_tables,
    emotions,
    style_tables,
)
from v2m.evaluation.runs import COMPOSED, FOUND, STYLES, Run, run_styles, write_run
from v2m.evaluation.tables import Table
from v2m.files import path_to_text, replacing
from v2m.library import Library
from v2m.wheels import model_file

BRANCHES = ("description", "title", "audio")
EXCERPTS = "Ten noisy seconds of a track: which track, and where"
PIECES = 8
"""Tracks of the library whose sound is measured beside what is composed."""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Options:
    """What is evaluated.

    Attributes:
        logs: folder with the paper's released logs; None prints its figures without intervals.
        emotion_model: folder of a wav2vec 2.0 emotion classifier; None does without.
        others: catalogues the calibration is judged on.
        seed: of all draws.
        shown: show progress.
    """

    logs: Path | None = None
    emotion_model: Path | None = None
    others: tuple[Path, ...] = ()
    seed: int = 0
    shown: bool = False


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What was written.

    Attributes:
        page: the page to open.
        files: everything else.
        seconds: by part, what it took.
    """

    page: Path
    files: tuple[Path, ...]
    seconds: dict[str, float]

    def to_json(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "page": path_to_text(self.page),
            "files": [path_to_text(path) for path in self.files],
            "seconds": {name: round(value, 1) for name, value in self.seconds.items()},
        }


def evaluate_demo(out: Path, options: Options, say: Say) -> Evaluation:
    """Evaluate on the bundled music and the demo's video; the demo is made first.

    Args:
        out: folder for everything.
        options: what is evaluated.
        say: is told what happens.

    Raises:
        InputError: the folder cannot be made, or a log or a model is wrong.
        BackendError: a model, the transcriber or matplotlib is missing.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as err:
        raise InputError(f"{printable(out)}: cannot make this folder: {err.strerror}") from err
    clock = _Clock(say)
    with clock.part("the demo: library, video, score"):
        run_demo(out / "demo", lambda _: None)
        library = Library(out / "demo" / "catalogue")
        finished = out / "demo" / "demo.mp4"
    sections, data = _evaluated(library, [out / "demo" / "input.mp4"], finished, options, clock)
    page = out / "index.html"
    with clock.part("one page"):
        (out / "tables").mkdir(exist_ok=True)
        files = write_tables(out / "tables", {s.name: s.tables for s in sections})
        for run in data["runs"]:
            write_run(run, out / f"run-{run.source}.json")
            files.append(out / f"run-{run.source}.json")
        files += _write_plots(out / "plots", sections)
        write_page(page, "v2m, evaluated", _lead(library, data["runs"]), sections)
    return Evaluation(page, tuple(files), clock.seconds)


def _evaluated(
    library: Library, videos: Sequence[Path], finished: Path, options: Options, clock: "_Clock"
) -> tuple[list[Section], dict[str, Any]]:
    report = reproduce_paper(options.logs) if options.logs else None
    heads = emotion_heads(library.profile, options.emotion_model)
    with clock.part("four styles, composed and found, measured"):
        runs = [
            run_styles(
                library, videos, heads, source=source, seed=options.seed, shown=options.shown
            )
            for source in (COMPOSED, FOUND)
        ]
    with clock.part("music as sound and as notes"):
        tracks = [t.path for t in library.tracks("origin = 'imported'")]
        pieces = measure_files(tracks[:: max(1, len(tracks) // PIECES)], shown=options.shown)
    with clock.part("retrieval"):
        labelled = read_labelled_folder(
            _common_folder([t.path for t in library.tracks("origin = 'imported'")])
        ).music
        directions = _retrieval(library, labelled, options)
        named = labelled_emotions(library, labelled, seed=options.seed)
        moments = excerpts(library, seed=options.seed, shown=options.shown)
    with clock.part("hit or miss"):
        calibration = run_calibration(
            library, options.others, by=BRANCHES, seed=options.seed, keep=False, shown=options.shown
        )
    with clock.part("sound and picture"):
        aligned = alignment_table([measure_finished(finished)])
        distance = _distance(library, options)
    return [
        _paper_section(report, runs),
        _emotion_section(runs, named),
        Section(
            "music",
            "Music as notes and as sound",
            "Every third or so of the library's tracks, written down and measured.",
            tuple(music_tables(pieces)),
            {},
        ),
        _retrieval_section(
            directions, moment_table(EXCERPTS, {"find, by sound": moments}, EXCERPT_SECONDS)
        ),
        _decision_section(calibration),
        Section(
            "picture",
            "Sound against picture",
            "The demo's finished video; and how far composed music lies from the library's.",
            (aligned, distance),
            {},
        ),
        Section(
            "made",
            "What was made",
            "Every prompt with the music that came of it.",
            tuple(clip_table(run) for run in runs),
            {},
        ),
    ], {"runs": runs}


def _retrieval(
    library: Library, labelled: Sequence[MusicItem], options: Options
) -> list[Direction]:
    known = known_texts(library, labelled, seed=options.seed)
    directions = text_and_music(library, known, seed=options.seed)
    labels = {item.audio: item.labels for item in labelled}
    tracks = library.tracks("origin = 'imported'")
    found = {
        model_file(clip): {
            track.track_id: float(max(moods.get(label, 0) for label in labels[track.path]))
            for track in tracks
        }
        for clip, moods in CLIP_MOODS.items()
        if clip in CLIPS
    }
    pairs = graded(found, [track.track_id for track in tracks])
    return [*directions, *video_and_music(library, pairs, seed=options.seed, shown=options.shown)]


def _common_folder(paths: Sequence[Path]) -> Path:
    return Path(os.path.commonpath([str(path.parent) for path in paths]))


def _distance(library: Library, options: Options) -> Table:
    """Compare composed music with the library, in the profile's music space."""
    space = library.profile.music.space
    table = library.catalogue.vector_table(space, ["track", "section"])
    imported = {t.track_id for t in library.tracks("origin = 'imported'")}
    rows = np.array([track in imported for track in table.track_ids], bool)
    reference = table.vectors[rows]
    prompts = [f"{mood} {sound} music" for mood in ("calm", "energetic", "happy", "sad", "tense")
               for sound in ("acoustic", "electronic", "orchestral", "piano", "quiet")]  # fmt: skip
    takes = [
        library.composer.compose(prompt, 12.0, seed=options.seed + n)
        for n, prompt in enumerate(prompts)
    ]
    heard = [library.profile.listen(take, [])[0] for take in takes]
    composed = library.profile.music.encode_audio(heard)
    halves = np.arange(len(reference)) % 2 == 0
    name = f"{len(takes)} composed takes ({library.composer.name})"
    return frechet_table(
        "Fréchet audio distance to the library's tracks and sections",
        {
            name: frechet(composed, reference, space, seed=options.seed),
            "the library's own half": frechet(
                reference[halves], reference[~halves], space, seed=options.seed
            ),
        },
    )


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


def _lead(library: Library, runs: Sequence[Run]) -> str:
    n = len(next(iter(runs[0].styles.values())))
    return (
        f"Profile {library.profile.name}, {library.catalogue.count()} tracks, {n} scenes. "
        "Intervals are 95 %, by bootstrap; with so few scenes they are wide and prove little."
    )


def _write_plots(folder: Path, sections: Sequence[Section]) -> list[Path]:
    folder.mkdir(exist_ok=True)
    files = []
    for section in sections:
        for number, drawn in enumerate(section.plots.values(), 1):
            path = folder / f"{section.name}-{number}.svg"
            with replacing(path) as temporary:
                temporary.write_bytes(drawn)
            files.append(path)
    return files


class _Clock:
    """Says what happens and keeps what it took."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self.seconds: dict[str, float] = {}

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        self._say(f"{name} …")
        start = time.monotonic()
        yield
        self.seconds[name] = time.monotonic() - start
