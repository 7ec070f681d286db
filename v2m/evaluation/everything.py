"""The whole evaluation in one go, and one page that shows it."""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from v2m.demo import CLIPS, run_demo
from v2m.errors import BackendError, InputError, printable
from v2m.evaluation.calibration_run import run_calibration
from v2m.evaluation.datasets.items import MusicItem
from v2m.evaluation.datasets.music_sets import read_labelled_folder
from v2m.evaluation.demo_labels import CLIP_MOODS
from v2m.evaluation.emotion_heads import Wav2Vec2Head, emotion_heads
from v2m.evaluation.finished import measure_finished
from v2m.evaluation.frechet import Frechet, frechet
from v2m.evaluation.labelled_emotion import labelled_emotions
from v2m.evaluation.library_retrieval import Direction, excerpts, known_texts, text_and_music
from v2m.evaluation.music_files import measure_files
from v2m.evaluation.overview import Measured, lay_out
from v2m.evaluation.pages import Section, write_page, write_tables
from v2m.evaluation.pairs import graded, video_and_music
from v2m.evaluation.paper import PaperReport, reproduce_paper
from v2m.evaluation.runs import COMPOSED, FOUND, run_styles, write_run
from v2m.files import path_to_text, replacing
from v2m.library import Library
from v2m.wheels import model_file

NEEDED = ("matplotlib",)

BRANCHES = ("description", "title", "audio")
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
        StateError: a catalogue to judge on is missing.
        BackendError: a model, the transcriber or matplotlib is missing.
    """
    report = _checked(options)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as err:
        raise InputError(f"{printable(out)}: cannot make this folder: {err.strerror}") from err
    clock = _Clock(say)
    with clock.part("the demo: library, video, score"):
        run_demo(out / "demo", lambda _: None)
        library = Library(out / "demo" / "catalogue")
        finished = out / "demo" / "demo.mp4"
    found = _measured(
        library, [out / "demo" / "input.mp4"], finished, options, clock, report=report
    )
    page = out / "index.html"
    with clock.part("one page"):
        sections = lay_out(found)
        (out / "tables").mkdir(exist_ok=True)
        files = write_tables(out / "tables", {s.name: s.tables for s in sections})
        for run in found.runs:
            write_run(run, out / f"run-{run.source}.json")
            files.append(out / f"run-{run.source}.json")
        files += _write_plots(out / "plots", sections)
        write_page(page, "v2m, evaluated", found.lead, sections)
    return Evaluation(page, tuple(files), clock.seconds)


def _checked(options: Options) -> PaperReport | None:
    """Look at all that was given before work that takes minutes; return the paper's figures."""
    if missing := [package for package in NEEDED if find_spec(package) is None]:
        raise BackendError(
            "evaluation", f"packages are missing ({', '.join(missing)}); pip install 'v2m[eval]'"
        )
    if options.emotion_model:
        Wav2Vec2Head(options.emotion_model)
    for folder in options.others:
        Library(folder)
    return reproduce_paper(options.logs) if options.logs else None


def _measured(
    library: Library,
    videos: Sequence[Path],
    finished: Path,
    options: Options,
    clock: "_Clock",
    *,
    report: PaperReport | None,
) -> Measured:
    heads = emotion_heads(library.profile, options.emotion_model)
    seed, shown = options.seed, options.shown
    with clock.part("four styles, composed and found, measured"):
        runs = tuple(
            run_styles(library, videos, heads, source=source, seed=seed, shown=shown)
            for source in (COMPOSED, FOUND)
        )
    tracks = [track.path for track in library.tracks("origin = 'imported'")]
    with clock.part("music as sound and as notes"):
        pieces = measure_files(tracks[:: max(1, len(tracks) // PIECES)], shown=shown)
    with clock.part("retrieval"):
        labelled = read_labelled_folder(_common_folder(tracks)).music
        directions = _retrieval(library, labelled, options)
        named = labelled_emotions(library, labelled, seed=seed)
        moments = excerpts(library, seed=seed, shown=shown)
    with clock.part("hit or miss"):
        calibration = run_calibration(
            library, options.others, by=BRANCHES, seed=seed, keep=False, shown=shown
        )
    with clock.part("sound and picture"):
        aligned = measure_finished(finished)
        distances = _distances(library, options)
    return Measured(
        library.profile.name,
        library.catalogue.count(),
        report,
        runs,
        named,
        tuple(pieces),
        tuple(directions),
        moments,
        calibration,
        aligned,
        distances,
    )


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


def _distances(library: Library, options: Options) -> dict[str, Frechet]:
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
    return {
        name: frechet(composed, reference, space, seed=options.seed),
        "the library's own half": frechet(
            reference[halves], reference[~halves], space, seed=options.seed
        ),
    }


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
