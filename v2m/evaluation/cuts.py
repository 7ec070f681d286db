"""How well cuts are found, against sets of videos whose cuts people marked (BBC, ClipShots)."""

from collections.abc import Sequence
from dataclasses import dataclass

from v2m.errors import StateError
from v2m.evaluation.datasets.items import VideoItem
from v2m.evaluation.intervals import bootstrap
from v2m.evaluation.tables import Cell, Table
from v2m.progress import progress
from v2m.video.probe import probe_video
from v2m.video.scenes import find_scenes

TOLERANCE_FRAMES = 2
"""People disagree by about as much."""


@dataclass(frozen=True, slots=True)
class CutFigures:
    """How well the cuts of one video are found.

    Attributes:
        key: of the video.
        n_true: cuts that people marked.
        n_found: cuts that were found outside gradual transitions.
        n_right: of both, one to one.
    """

    key: str
    n_true: int
    n_found: int
    n_right: int

    @property
    def precision(self) -> float:
        """Share of the found that are right, 0 to 1; NaN where none was found."""
        return self.n_right / self.n_found if self.n_found else float("nan")

    @property
    def recall(self) -> float:
        """Share of the true that are found, 0 to 1; NaN where there is none."""
        return self.n_right / self.n_true if self.n_true else float("nan")

    @property
    def f1(self) -> float:
        """Harmonic mean of both, 0 to 1; 1 where there is nothing to find and nothing was found."""
        total = self.n_true + self.n_found
        return 2 * self.n_right / total if total else 1.0


def match_cuts(found: Sequence[int], true: Sequence[int], tolerance: int = TOLERANCE_FRAMES) -> int:
    """Return how many cuts agree, each used once.

    Args:
        found: frames, rising.
        true: frames, rising.
        tolerance: frames they may lie apart.

    >>> match_cuts([10, 11, 50], [12, 49, 90])
    2
    """
    n, place = 0, 0
    for frame in found:
        while place < len(true) and true[place] < frame - tolerance:
            place += 1
        if place < len(true) and true[place] <= frame + tolerance:
            n, place = n + 1, place + 1
    return n


def measure_cuts(videos: Sequence[VideoItem], *, shown: bool = False) -> list[CutFigures]:
    """Find the cuts of all videos that are there and hold them against the marked ones.

    A cut found inside a gradual transition is neither right nor wrong.

    Raises:
        StateError: none of the videos with marked cuts is there.
        MediaError: a video cannot be read.
    """
    there = [item for item in videos if item.video is not None and item.cut_frames is not None]
    if not there:
        raise StateError(f"none of the {len(videos)} videos is there; see 'v2m eval datasets'")
    measured = []
    with progress("finding cuts", len(there), shown=shown) as advance:
        for item in there:
            measured.append(_measure(item))
            advance(1)
    return measured


def cut_table(measured: Sequence[CutFigures], *, seed: int = 0) -> Table:
    """Lay videos out, the mean over videos below."""
    rows: list[tuple[Cell, ...]] = [
        (m.key, m.n_true, m.n_found, m.precision, m.recall, m.f1) for m in measured
    ]
    if len(rows) > 1:
        columns = ([getattr(m, name) for m in measured] for name in ("precision", "recall", "f1"))
        totals = sum(m.n_true for m in measured), sum(m.n_found for m in measured)
        rows.append(("mean", *totals, *(bootstrap(own, seed=seed) for own in columns)))
    return Table(
        "Cuts",
        ("video", "marked", "found", "precision", "recall", "F1"),
        tuple(rows),
        notes=(f"Right within {TOLERANCE_FRAMES} frames; gradual transitions are left out.",),
    )


def _measure(item: VideoItem) -> CutFigures:
    assert item.video is not None
    assert item.cut_frames is not None
    scenes = find_scenes(item.video, probe_video(item.video), min_scene_seconds=0.0)
    found = [
        scene.start_frame
        for scene in scenes[1:]
        if not any(start <= scene.start_frame <= end for start, end in item.gradual_frames)
    ]
    n_right = match_cuts(found, item.cut_frames)
    return CutFigures(item.key, len(item.cut_frames), len(found), n_right)
