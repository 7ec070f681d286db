"""The paper's automatic figures, computed again from its released logs, with intervals.

Tsai and Chen, "Making Music for Videos" (Columbia University), Table 2. SC, PE, PCE and EBR are
means over clips. P_desc is the share of key frames whose most probable text (CLIP ViT-B/32, among
all videos' texts) is that of their own video, mean over frames, then over videos; no music is
heard in it. P_emo is the share of clips whose music has the wanted emotion for a speech model.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from v2m.errors import InputError, printable
from v2m.evaluation.intervals import DRAWS, Estimate, bootstrap, bootstrap_difference
from v2m.evaluation.music import NoteMeasures
from v2m.evaluation.paper_logs import (
    EMOTIONS,
    FRAMES,
    MUSIC,
    WORDING,
    ClipEmotion,
    FrameChoices,
    read_emotions,
    read_frames,
    read_music,
    read_wording,
)
from v2m.evaluation.tables import Table

RUNS = ("Simple", "Brief@30", "Long@50")
"""Configurations with texts, in the order of the log of frames."""

GROUPS = {"Simple": "simple", "Brief@30": "30", "Long@50": "50", "Drama": "drama"}
"""The name of a configuration in the log of notes."""

PRINTED: dict[str, dict[str, float]] = {
    "Simple": {"SC": 0.967, "PE": 3.050, "PCE": 1.946, "EBR": 0.056, "P_desc": 0.877},
    "Brief@30": {"SC": 0.990, "PE": 3.620, "PCE": 2.131, "EBR": 0.012, "P_desc": 0.911},
    "Long@50": {"SC": 0.977, "PE": 3.283, "PCE": 2.041, "EBR": 0.060, "P_desc": 0.863},
    "Drama": {"SC": 0.964, "PE": 2.938, "PCE": 1.857, "EBR": 0.000, "P_emo": 0.455},
}
"""Table 2, by configuration and measure, with three decimals."""

PAIRS = (("Brief@30", "Simple"), ("Brief@30", "Long@50"), ("Long@50", "Simple"))
"""Configurations compared video by video."""

COMPUTED = "logs"
IMPLIED = "printed count"
MISSING = "no labels"
"""Where a figure comes from: ``IMPLIED`` is the count of clips behind a printed share."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of the paper beside ours.

    Attributes:
        configuration: "Simple", "Brief@30", "Long@50" or "Drama".
        measure: "SC", "PE", "PCE", "EBR", "P_desc" or "P_emo".
        estimate: with an interval over clips (P_desc: over videos).
        printed: the paper's own, three decimals.
        source: ``COMPUTED``, ``IMPLIED`` or ``MISSING``.
    """

    configuration: str
    measure: str
    estimate: Estimate
    printed: float
    source: str = COMPUTED

    @property
    def agrees(self) -> bool:
        """Whether ours is computed from the logs and equal in the digits that are printed."""
        same = f"{self.estimate.value:.3f}" == f"{self.printed:.3f}"
        return same and self.source == COMPUTED


@dataclass(frozen=True, slots=True)
class Difference:
    """A paired difference of two configurations.

    Attributes:
        measure: what is compared.
        first: configuration.
        second: configuration that is taken away.
        estimate: mean of first - second over videos, with an interval over videos.
        n_equal: videos on which both are equal.
    """

    measure: str
    first: str
    second: str
    estimate: Estimate
    n_equal: int


@dataclass(frozen=True, slots=True)
class PaperReport:
    """Everything that the released logs tell.

    Attributes:
        figures: in the order of the paper's table.
        differences: of P_desc, for ``PAIRS``.
        n_texts: texts that a frame was compared with; P_desc by chance is 1 / n_texts.
        neutral_share: share of drama clips heard as neutral, 0 to 1 (the paper says 36 %).
    """

    figures: tuple[Figure, ...]
    differences: tuple[Difference, ...]
    n_texts: int
    neutral_share: float

    @property
    def n_agreeing(self) -> int:
        """How many figures are computed from the logs and equal the printed ones."""
        return sum(f.agrees for f in self.figures)


def reproduce_paper(
    folder: Path,
    *,
    wanted_emotions: Sequence[str] | None = None,
    draws: int = DRAWS,
    seed: int = 0,
) -> PaperReport:
    """Compute the figures of the paper again from a folder with its logs.

    The released log of emotions says what was heard, not what was wanted, so that P_emo cannot be
    computed from it; the released script prints no more, and no text or label of the drama clips
    was released. Without ``wanted_emotions`` its figure is the only count of clips that prints
    as the paper's share (5 of 11 for 0.455), marked ``IMPLIED``.

    Args:
        folder: holds wording.csv, music_q.txt, video2desc.txt and drama2emo.txt.
        wanted_emotions: by drama clip in the order of the log: "ang", "hap", "neu" or "sad".
        draws: resamples of every interval, at least 1.
        seed: of the resampling; equal arguments give equal reports.

    Raises:
        InputError: a log is missing, malformed or contradicts itself (file and line are named),
            or there are not as many wanted emotions as clips.
    """
    wording = read_wording(folder / WORDING)
    music = _by_configuration(folder / MUSIC)
    runs = _by_run(folder / FRAMES, read_frames(folder / FRAMES, wording))
    emotions = read_emotions(folder / EMOTIONS)
    figures: list[Figure] = []
    for configuration, clips in music.items():
        printed = PRINTED[configuration]
        for measure, values in _music_columns(clips).items():
            estimate = bootstrap(values, draws=draws, seed=seed)
            figures.append(Figure(configuration, measure, estimate, printed[measure]))
        if configuration in runs:
            estimate = bootstrap(list(runs[configuration].values()), draws=draws, seed=seed)
            figures.append(Figure(configuration, "P_desc", estimate, printed["P_desc"]))
    correct, source = _correct_emotions(emotions, wanted_emotions)
    estimate = bootstrap(correct, draws=draws, seed=seed)
    figures.append(Figure("Drama", "P_emo", estimate, PRINTED["Drama"]["P_emo"], source))
    return PaperReport(
        tuple(figures),
        tuple(_difference(runs, *pair, draws, seed) for pair in PAIRS),
        len(wording),
        [clip.label for clip in emotions].count("neu") / len(emotions),
    )


def paper_tables(report: PaperReport) -> tuple[Table, Table]:
    """Lay a report out: the figures beside the paper's, and the paired differences."""
    figures = Table(
        "Making Music for Videos, Table 2, computed again from the released logs, 95 % intervals",
        ("configuration", "measure", "n", "ours", "paper", "same digits", "from"),
        tuple(
            (
                f.configuration,
                f.measure,
                f.estimate.n,
                f.estimate,
                f.printed,
                ("yes" if f.agrees else "no") if f.source == COMPUTED else "-",
                f.source,
            )
            for f in report.figures
        ),
        notes=(
            "SC, PE, PCE and EBR by MusPy, mean over clips; the paper names no transcriber.",
            f"P_desc never hears the music; by chance it is 1/{report.n_texts} = "
            f"{1 / report.n_texts:.3f}.",
            f"P_emo is by a speech model of four classes; it heard {report.neutral_share:.0%} of "
            "the clips as neutral. What was released (log, script, texts) says what was heard in "
            "drama clips, never what was wanted: a figure from "
            f"'{IMPLIED}' is the only count of clips that prints as the paper's share, with the "
            "interval of that count; it checks nothing.",
            "An interval of width 0 means equal clips, not certainty.",
        ),
    )
    differences = Table(
        "Paired differences, video by video, 95 % intervals",
        ("measure", "difference", "n", "mean", "equal videos"),
        tuple(
            (d.measure, f"{d.first} - {d.second}", d.estimate.n, d.estimate, d.n_equal)
            for d in report.differences
        ),
        notes=("The log of notes does not name its clips, so its measures cannot be paired.",),
    )
    return figures, differences


def _by_configuration(path: Path) -> dict[str, tuple[NoteMeasures, ...]]:
    groups = read_music(path)
    for configuration, name in GROUPS.items():
        if name not in groups:
            raise InputError(f"{printable(path)}: no group {name}_midi ({configuration})")
    return {configuration: groups[name] for configuration, name in GROUPS.items()}


def _by_run(path: Path, runs: Sequence[Sequence[FrameChoices]]) -> dict[str, dict[str, float]]:
    """Return the share of right frames by configuration and video."""
    if len(runs) != len(RUNS):
        raise InputError(f"{printable(path)}: {len(runs)} runs, {len(RUNS)} expected")
    shares = [{video.video_id: video.share_right for video in run} for run in runs]
    if any(run.keys() != shares[0].keys() for run in shares):
        raise InputError(f"{printable(path)}: the runs are not over the same videos")
    return dict(zip(RUNS, shares, strict=True))


def _music_columns(clips: Sequence[NoteMeasures]) -> dict[str, list[float]]:
    return {
        "SC": [clip.scale_consistency for clip in clips],
        "PE": [clip.pitch_entropy for clip in clips],
        "PCE": [clip.pitch_class_entropy for clip in clips],
        "EBR": [clip.empty_beat_rate for clip in clips],
    }


def _correct_emotions(
    clips: Sequence[ClipEmotion], wanted: Sequence[str] | None
) -> tuple[list[float], str]:
    """Return 1 or 0 by clip, and where that comes from."""
    if wanted is not None:
        if len(wanted) != len(clips):
            raise InputError(f"{len(wanted)} wanted emotions for {len(clips)} drama clips")
        right = [float(c.label == w) for c, w in zip(clips, wanted, strict=True)]
        return right, COMPUTED
    n, printed = len(clips), PRINTED["Drama"]["P_emo"]
    counts = [k for k in range(n + 1) if f"{k / n:.3f}" == f"{printed:.3f}"]
    if len(counts) != 1:
        return [], MISSING
    return [1.0] * counts[0] + [0.0] * (n - counts[0]), IMPLIED


def _difference(
    runs: dict[str, dict[str, float]], first: str, second: str, draws: int, seed: int
) -> Difference:
    left = list(runs[first].values())
    right = [runs[second][video_id] for video_id in runs[first]]
    estimate = bootstrap_difference(left, right, draws=draws, seed=seed)
    n_equal = sum(a == b for a, b in zip(left, right, strict=True))
    return Difference("P_desc", first, second, estimate, n_equal)
