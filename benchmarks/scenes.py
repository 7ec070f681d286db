"""Measures how fast scenes are found, and how many of the cuts are right, beside PySceneDetect.

    python benchmarks/scenes.py [--rounds 3] [--shots 72 20] [--keep FOLDER]

Films of 720p and 1080p are joined out of real shots with known cuts, dissolves and flashes (see
benchmarks/cut_films.py); two clips are taken with the cuts they have. A film is decoded alone,
cut by v2m, and cut by PySceneDetect's AdaptiveDetector, in turns; speed is that of decoding.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import av
from scenedetect import AdaptiveDetector, SceneManager, open_video

from benchmarks.cut_films import find_clips, make_cut_film
from benchmarks.rows import Row
from v2m.evaluation.cuts import CutFigures, match_cuts
from v2m.evaluation.datasets.items import VideoItem
from v2m.types import VideoFacts
from v2m.video.probe import probe_video
from v2m.video.scenes import find_scenes

SIZES = {"720p": (1280, 720), "1080p": (1920, 1080)}
SHOTS = (72, 20)
TOLERANCE_FRAMES = 1
GOAL = 0.95
"""Of the speed of decoding alone."""

ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Timed:
    """What one way of going through a film took, in every round.

    Attributes:
        cpu_seconds: processor time.
        wall_seconds: by the clock.
    """

    cpu_seconds: list[float]
    wall_seconds: list[float]


def main() -> None:
    """Measure every film and print a table for each question."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--shots", type=int, nargs=2, default=SHOTS, help="at 720p and at 1080p")
    parser.add_argument(
        "--keep", type=Path, help="keep the films here, and use those that are there"
    )
    options = parser.parse_args()
    with nullcontext(options.keep) if options.keep else tempfile.TemporaryDirectory() as folder:
        films = make_films(Path(folder), options.shots)
        print("film      cuts  v2m: found right F1     dissolved, faded: found"
              "  AdaptiveDetector: found right F1     dissolved, faded: found")  # fmt: skip
        for film in [*films, *find_clips().real()]:
            print(f"{film.key:8} {len(film.cut_frames or ()):5}", end="")
            for found in (own_cuts(film), peer_cuts(film)):
                one, soft = figures(film, found), len(film.gradual_frames)
                crossed = sum(any(a <= n <= b for n in found) for a, b in film.gradual_frames)
                print(f"  {one.n_found:10} {one.n_right:5} {one.f1:.3f}"
                      f"  {f'{crossed} of {soft}':23}", end="")  # fmt: skip
            print(flush=True)
        print("\nfilm    way                       CPU s  wall s  speed: CPU  clock")
        for film in films:
            _print_times(film, in_turns(film, options.rounds))


def scene_rows(folder: Path, *, rounds: int, shots: Sequence[int] = SHOTS) -> list[Row]:
    """Return v2m beside decoding and beside PySceneDetect for each film, in processor time."""
    rows = []
    for film in make_films(folder, shots):
        timed = in_turns(film, rounds)
        ours = timed.pop("v2m").cpu_seconds
        for other, goal in (("decoding alone", GOAL), ("AdaptiveDetector, PyAV", 1.0)):
            theirs = timed[other].cpu_seconds
            ratios = [their / our for our, their in zip(ours, theirs, strict=True)]
            rows.append(Row(f"scenes, {film.key}", other, median(ours), median(theirs),
                            median(ratios), min(ratios), max(ratios), goal))  # fmt: skip
    return rows


def make_films(folder: Path, shots: Sequence[int]) -> list[VideoItem]:
    """Write a film of each size, with so many shots."""
    clips = find_clips()
    return [
        make_cut_film(folder / f"{name}.mp4", clips.shots, size, n, seed=n)
        for n, (name, size) in zip(shots, SIZES.items(), strict=True)
    ]


def own_cuts(film: VideoItem) -> list[int]:
    """Return the first frames of the shots that v2m finds."""
    assert film.video is not None
    scenes = find_scenes(film.video, probe_video(film.video), min_scene_seconds=0)
    return [scene.start_frame for scene in scenes[1:]]


def peer_cuts(film: VideoItem, backend: str = "pyav") -> list[int]:
    """Return the first frames of the shots that PySceneDetect finds, with its own settings."""
    manager = SceneManager()
    manager.add_detector(AdaptiveDetector())
    manager.detect_scenes(open_video(str(film.video), backend=backend))
    return [start.frame_num for start, _ in manager.get_scene_list()[1:]]


def figures(film: VideoItem, found: Sequence[int]) -> CutFigures:
    """Hold cuts against the true ones; those inside a dissolve or fade do not count."""
    assert film.cut_frames is not None
    outside = [n for n in found if not any(a <= n <= b for a, b in film.gradual_frames)]
    n_right = match_cuts(outside, film.cut_frames, TOLERANCE_FRAMES)
    return CutFigures(film.key, len(film.cut_frames), len(outside), n_right)


def in_turns(film: VideoItem, rounds: int) -> dict[str, Timed]:
    """Go through a film in every way, round by round."""
    assert film.video is not None
    path, facts = film.video, probe_video(film.video)
    ways: dict[str, Callable[[], object]] = {
        "v2m": lambda: _found(path, facts),
        "decoding alone": lambda: _decode(path),
        "AdaptiveDetector, PyAV": lambda: peer_cuts(film),
        "AdaptiveDetector, OpenCV": lambda: peer_cuts(film, "opencv"),
    }
    timed = {name: Timed([], []) for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            cpu, wall = time.process_time(), time.perf_counter()
            way()
            timed[name].cpu_seconds.append(time.process_time() - cpu)
            timed[name].wall_seconds.append(time.perf_counter() - wall)
    return timed


def _print_times(film: VideoItem, timed: dict[str, Timed]) -> None:
    alone = timed["decoding alone"]
    for name, one in timed.items():
        cpu, wall = (
            median(limit / own for limit, own in zip(limits, owns, strict=True))
            for limits, owns in (
                (alone.cpu_seconds, one.cpu_seconds),
                (alone.wall_seconds, one.wall_seconds),
            )
        )
        print(
            f"{film.key:7} {name:24} {median(one.cpu_seconds):6.2f}"
            f"  {median(one.wall_seconds):6.2f}  {cpu:10.2f}  {wall:5.2f}",
            flush=True,
        )


def _found(path: Path, facts: VideoFacts) -> None:
    find_scenes(path, facts, min_scene_seconds=0)


def _decode(path: Path) -> None:
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        for _ in container.decode(stream):
            pass


if __name__ == "__main__":
    main()
