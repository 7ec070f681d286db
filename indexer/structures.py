"""Finds how tracks are built where the catalogue does not know it, or an older version found it."""

from collections.abc import Sequence

from catalogs.store import Catalogue
from indexer.options import Options
from indexer.runner import Job, Mapped, run
from indexer.scan import FoundFile
from v2m.progress import progress
from v2m.structure import STRUCTURE_VERSION


def renew_structures(catalogue: Catalogue, options: Options) -> int:
    """Measure the structure of tracks that lack the current one, and return of how many.

    Nothing is encoded. Each batch is one transaction. A file that cannot be read any more keeps
    what it has and is tried again by the next run.
    """
    jobs = _jobs(catalogue)
    if not jobs:
        return 0
    done = 0
    pending: list[Mapped] = []
    workers = min(options.workers, len(jobs))
    with progress("finding beats and sections", len(jobs), shown=options.shown) as advance:
        outcomes = run(jobs, options.profile, workers)
        try:
            for outcome in outcomes:
                pending.append(outcome)
                advance(1)
                if len(pending) >= options.batch:
                    done += _write(catalogue, pending)
                    pending = []
        finally:
            done += _write(catalogue, pending)
            outcomes.close()
    return done


def _jobs(catalogue: Catalogue) -> list[Job]:
    lacking = [t for t, v in catalogue.structure_versions().items() if v != STRUCTURE_VERSION]
    tracks = catalogue.tracks(ids=lacking) if lacking else []
    return [
        Job(FoundFile(track.path, 0, 0, track.path.parent), track.track_id, only_structure=True)
        for track in tracks
        if track.path.is_file()
    ]


def _write(catalogue: Catalogue, outcomes: Sequence[Mapped]) -> int:
    found = {o.track_id: o.structure for o in outcomes if o.structure is not None}
    if found:
        catalogue.write_structures(found)
    return len(found)
