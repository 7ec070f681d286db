"""Measures finished videos: how their sound goes with their picture."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from v2m.audio.decode import decode_audio
from v2m.evaluation.alignment import HIT_SECONDS, Alignment, align
from v2m.evaluation.intervals import Floats, bootstrap
from v2m.evaluation.tables import Cell, Table
from v2m.types import VideoFacts
from v2m.video.frames import THUMBNAIL, decoded_frames
from v2m.video.probe import probe_video
from v2m.video.scenes import find_scenes

SAMPLE_RATE = 22050
SHORTEST_SHOT_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class FinishedVideo:
    """A video with its music.

    Attributes:
        name: for people.
        n_cuts: inside it.
        alignment: of sound and picture.
    """

    name: str
    n_cuts: int
    alignment: Alignment


def measure_finished(video: Path) -> FinishedVideo:
    """Measure a finished video.

    Raises:
        MediaError: it cannot be read or holds no sound.
    """
    audio = decode_audio(video, sample_rate=SAMPLE_RATE)
    facts = probe_video(video)
    shots = find_scenes(video, facts, min_scene_seconds=SHORTEST_SHOT_SECONDS)
    cuts = [shot.span.start_seconds for shot in shots[1:]]
    times, motion = motion_curve(video, facts, cuts)
    return FinishedVideo(video.name, len(cuts), align(audio, cuts, times, motion))


def motion_curve(
    video: Path, facts: VideoFacts, cuts: Sequence[float] = ()
) -> tuple[Floats, Floats]:
    """Return when the picture was looked at, and how far it had changed, 0 to 1, per second.

    The jump of a cut is no motion and is left out.
    """
    times: list[float] = []
    motion: list[float] = []
    before, earlier = None, 0.0
    for seconds, frame in decoded_frames(video, facts):
        now = frame.reformat(*THUMBNAIL, format="gray").to_ndarray().astype(np.float32) / 255
        crosses = any(earlier < cut <= seconds for cut in cuts)
        if before is not None and seconds > earlier and not crosses:
            times.append(seconds)
            motion.append(float(np.abs(now - before).mean()) / (seconds - earlier))
        before, earlier = now, seconds
    return np.array(times), np.array(motion)


def alignment_table(videos: Sequence[FinishedVideo], *, seed: int = 0) -> Table:
    """Lay finished videos out, with means below where there are several."""
    columns: Mapping[str, list[float]] = {
        "cut to beat s": [v.alignment.cut_distance for v in videos],
        "by chance s": [v.alignment.cut_distance_by_chance for v in videos],
        "cuts on a beat": [v.alignment.cut_hits for v in videos],
        "motion and loudness": [v.alignment.energy_correlation for v in videos],
    }
    rows: list[tuple[Cell, ...]] = [
        (video.name, video.n_cuts, *figures)
        for video, *figures in zip(videos, *columns.values(), strict=True)
    ]
    if len(rows) > 1:
        means = (bootstrap(own, seed=seed) for own in columns.values())
        rows.append(("mean", sum(v.n_cuts for v in videos), *means))
    return Table(
        "Sound and picture",
        ("video", "cuts", *columns),
        tuple(rows),
        notes=(
            "cut to beat: mean distance from a cut to the nearest beat; by chance a quarter of a "
            f"beat. on a beat: within {HIT_SECONDS:g} s. motion and loudness: Spearman's "
            "correlation every half second.",
        ),
    )
