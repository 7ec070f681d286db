"""How long work takes on this machine: learned from earlier runs, said before the next one."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from catalogs.store import Catalogue
from indexer.runner import Job
from v2m.progress import in_words

WORTH_SAYING_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of work.

    Attributes:
        name: under which the catalogue keeps its pace.
        first_guess: worker seconds per unit, before anything was measured.
    """

    name: str
    first_guess: float


SOUND = Kind("sound", 0.02)
"""Per second of music: about one CPU second a minute by benchmarks/lite.py."""

WORDS = Kind("words", 0.02)
"""Per track with a title or a description."""


def expected_seconds(catalogue: Catalogue, kind: Kind, units: float, workers: int) -> float:
    """Return how long work is going to take, by the last run's pace or a first guess."""
    pace = catalogue.note(f"pace/{kind.name}")
    return units * (float(pace) if pace else kind.first_guess) / max(1, workers)


def learn(catalogue: Catalogue, kind: Kind, units: float, seconds: float, workers: int) -> None:
    """Keep the pace of a run; the next one is announced by it."""
    if units > 0 and seconds > 0:
        catalogue.set_note(f"pace/{kind.name}", f"{seconds * max(1, workers) / units:.6g}")


def music_seconds(catalogue: Catalogue, jobs: Sequence[Job]) -> float:
    """Return how much music lies in files, by the catalogue or the files' own headers."""
    known = {
        t.track_id: t.duration_seconds for t in catalogue.tracks(ids=[j.track_id for j in jobs])
    }
    return sum(known.get(job.track_id) or header_seconds(job.file.path) for job in jobs)


def header_seconds(path: Path) -> float:
    """Return the length a file's header claims; 0 where it does not say."""
    import mutagen

    try:
        info = getattr(mutagen.File(path), "info", None)
    except (mutagen.MutagenError, OSError, ValueError, KeyError, IndexError, EOFError):
        return 0.0
    return float(getattr(info, "length", 0.0) or 0.0)


def announce(what: str, seconds: float, *, shown: bool = True) -> None:
    """Say on standard error what is about to be done, if it takes longer than half a minute."""
    if shown and seconds > WORTH_SAYING_SECONDS:
        print(f"{what}: about {in_words(seconds)}", file=sys.stderr, flush=True)  # noqa: T201
