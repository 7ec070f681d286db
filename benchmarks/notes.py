"""MusPy's four figures by MusPy and by v2m: the greatest difference, and what each takes.

    pip install muspy==0.5.0      # brings music21 and its scores; in an environment of its own
    PYTHONPATH=. python benchmarks/notes.py

Two kinds of files: made ones (tests/unit/midi_recipes.py), and scores out of music21's corpus, from
Bach to Webern, written as MIDI by music21. Times are of the processor, the best
of several rounds, read and measured file by file.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import astuple
from pathlib import Path

import numpy as np

from tests.unit.midi_recipes import KINDS, PER_KIND, midi_of
from v2m.evaluation.music import measure_notes, notes_from_midi
from v2m.progress import progress

Measure = Callable[[Path], Sequence[float]]

PER_WORK = 2
"""Scores out of one folder of the corpus: a composer, or a work of several movements."""

LONGEST_BYTES = 25_000
"""Of a compressed score: a quartet takes music21 minutes."""


def main() -> None:
    """Measure every file by both and print how far they are apart."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    try:
        import muspy
        from music21 import corpus  # noqa: F401 - said early
    except ImportError:
        sys.exit("pip install muspy==0.5.0")
    with tempfile.TemporaryDirectory() as folder:
        for name, files in (
            ("made files", _made(Path(folder))),
            ("real scores", _scores(Path(folder))),
        ):
            apart = max(_gap(by_muspy(path), by_v2m(path)) for path in files)
            theirs, ours = _fastest([by_muspy, by_v2m], files, options.rounds)
            print(
                f"{name}: {len(files)} files, greatest difference {apart:.1e}; muspy "
                f"{muspy.__version__} {1000 * theirs / len(files):.1f} ms a file, v2m "
                f"{1000 * ours / len(files):.1f} ms: {theirs / ours:.1f} times as fast"
            )


def by_muspy(path: Path) -> Sequence[float]:
    """Read and measure a file with MusPy."""
    import muspy

    music = muspy.read_midi(path)
    return [
        muspy.scale_consistency(music),
        muspy.pitch_entropy(music),
        muspy.pitch_class_entropy(music),
        muspy.empty_beat_rate(music),
    ]


def by_v2m(path: Path) -> Sequence[float]:
    """Read and measure a file with v2m."""
    return astuple(measure_notes(notes_from_midi(path)))


def _made(folder: Path) -> list[Path]:
    files = []
    for kind in KINDS:
        for seed in range(PER_KIND):
            files.append(folder / f"{kind}-{seed}.mid")
            midi_of(kind, seed).save(files[-1])
    return files


def _scores(folder: Path) -> list[Path]:
    """Write the shortest scores of every folder as MIDI; one that music21 cannot write is named."""
    from music21 import corpus
    from music21.exceptions21 import Music21Exception

    chosen: dict[str, list[Path]] = {}
    core = [Path(path) for path in corpus.corpora.CoreCorpus().getPaths()]
    for path in sorted(core, key=lambda path: (path.stat().st_size, path.name)):
        own = chosen.setdefault(path.parent.name, [])
        is_fit = path.suffix == ".mxl" and path.stat().st_size <= LONGEST_BYTES
        if is_fit and len(own) < PER_WORK:
            own.append(path)
    picked = [path for own in chosen.values() for path in own]
    files = []
    with progress("writing scores as MIDI", len(picked), shown=True) as advance:
        for number, path in enumerate(picked):
            target = folder / f"score-{number}.mid"
            try:
                corpus.parse(str(path)).write("midi", target)
                files.append(target)
            except Music21Exception as err:
                print(f"left out {path.name}: {err}", file=sys.stderr)
            advance(1)
    return files


def _gap(theirs: Sequence[float], ours: Sequence[float]) -> float:
    """Return the greatest difference; figures that both do not have are equal."""
    left, right = np.asarray(theirs, np.float64), np.asarray(ours, np.float64)
    both = np.isnan(left) & np.isnan(right)
    return float(np.where(both, 0, np.abs(left - right)).max())


def _fastest(measures: Sequence[Measure], files: Sequence[Path], rounds: int) -> list[float]:
    """Return seconds for all files by each measure, the best round; they take turns."""
    best = [float("inf")] * len(measures)
    for _ in range(rounds):
        for place, measure in enumerate(measures):
            start = time.process_time()
            for path in files:
                measure(path)
            best[place] = min(best[place], time.process_time() - start)
    return best


if __name__ == "__main__":
    main()
