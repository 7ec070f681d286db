"""Finding scenes: how fast, beside decoding alone, and how many cuts are right, beside others.

Films of 720p and 1080p are joined out of real shots with known cuts, dissolves, fades and flashes
(benchmarks/cut_films.py); two clips are taken with the cuts they have. The peer is PySceneDetect's
AdaptiveDetector with its own settings.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import av
from scenedetect import AdaptiveDetector, SceneManager, open_video

from benchmarks.cut_films import Clips, find_clips, make_cut_film
from benchmarks.rows import Goal, Judged, Row, Setting, Side, Spread, compare, faster, here, share
from v2m.evaluation.cuts import match_cuts
from v2m.evaluation.datasets.items import VideoItem
from v2m.video.frames import sample_frames
from v2m.video.looking import look
from v2m.video.probe import probe_video
from v2m.video.scenes import find_scenes

TOLERANCE_FRAMES = 1
PEER = "AdaptiveDetector"
RIGHT_AS_OFTEN = Goal(Judged.SHARE, 1.0, least=True)


def rows(setting: Setting) -> Iterator[Row]:
    """Cut both films and the clips."""
    clips = find_clips(demo_only=setting.smallest)
    for film in _films(setting, clips):
        name = f"scenes of a {film.key} film"
        ours, alone = _finding(film), here(partial(_decode, film))
        yield compare(name, ours, "decoding alone", alone, goal=faster(0.95), rounds=setting.rounds,
                      note="all threads of both counted")  # fmt: skip
        yield compare(f"{name}, by the clock", ours, "decoding alone, FFmpeg's threads", alone,
                      goal=faster(0.95), rounds=setting.rounds, wall=True)  # fmt: skip
        for backend in ("pyav", "opencv"):
            peer = here(partial(peer_cuts, film, backend))
            yield compare(name, ours, f"{PEER}, {backend}", peer, rounds=setting.rounds)
        name = f"scenes of a {film.key} film and the frames they are described by"
        once, twice = here(partial(_look, film)), here(partial(_look_twice, film))
        yield compare(name, once, "a pass for each", twice, goal=share(0.8), rounds=setting.rounds)
        yield _rightness(f"F1 of the cuts of the {film.key} film", [film])
    yield _rightness("F1 of the cuts that clips have of their own", clips.real)


def _films(setting: Setting, clips: Clips) -> Iterator[VideoItem]:
    sizes = {"720p": ((1280, 720), 72), "1080p": ((1920, 1080), 20)}
    if setting.smallest:
        sizes = {"tiny": ((96, 54), 2)}
    for seed, (name, (size, n_shots)) in enumerate(sizes.items(), 1):
        path = setting.folder / f"{name}.mp4"
        yield make_cut_film(path, clips.shots, size, n_shots, seed=seed)


def _finding(film: VideoItem) -> Side:
    assert film.video is not None
    facts = probe_video(film.video)
    return here(lambda: find_scenes(facts.path, facts, min_scene_seconds=0))


def _decode(film: VideoItem) -> None:
    with av.open(str(film.video)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        for _ in container.decode(stream):
            pass


def _look(film: VideoItem) -> None:
    """Go through the scenes and their frames as planning does."""
    assert film.video is not None
    for _ in look(film.video, probe_video(film.video)):
        pass


def _look_twice(film: VideoItem) -> None:
    """Take the same frames of the same scenes in a second pass."""
    assert film.video is not None
    facts = probe_video(film.video)
    sample_frames(film.video, facts, find_scenes(film.video, facts))


def own_cuts(film: VideoItem) -> list[int]:
    """Return the first frames of the shots that v2m finds."""
    assert film.video is not None
    scenes = find_scenes(film.video, probe_video(film.video), min_scene_seconds=0)
    return [scene.start_frame for scene in scenes[1:]]


def peer_cuts(film: VideoItem, backend: str = "pyav") -> list[int]:
    """Return the first frames of the shots that PySceneDetect finds."""
    manager = SceneManager()
    manager.add_detector(AdaptiveDetector())
    manager.detect_scenes(open_video(str(film.video), backend=backend))
    return [start.frame_num for start, _ in manager.get_scene_list()[1:]]


@dataclass
class _Tally:
    """Cuts of several films: those inside dissolves and fades are counted apart."""

    n_true: int = 0
    n_found: int = 0
    n_right: int = 0
    n_crossed: int = 0

    def add(self, film: VideoItem, found: Sequence[int]) -> None:
        """Hold the cuts found in a film against its own."""
        soft, true = film.gradual_frames, film.cut_frames or ()
        outside = [n for n in found if not any(a <= n <= b for a, b in soft)]
        self.n_true += len(true)
        self.n_found += len(outside)
        self.n_right += match_cuts(outside, true, TOLERANCE_FRAMES)
        self.n_crossed += sum(any(a <= n <= b for n in found) for a, b in soft)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return 2 * self.n_right / max(1, self.n_true + self.n_found)

    def __str__(self) -> str:
        return f"{self.n_right} right of {self.n_found} found, {self.n_crossed} soft ones"


def _rightness(name: str, films: Sequence[VideoItem]) -> Row:
    ours, peer = _Tally(), _Tally()
    for film in films:
        ours.add(film, own_cuts(film))
        peer.add(film, peer_cuts(film))
    n_soft = sum(len(film.gradual_frames) for film in films)
    return Row(
        name, "", Spread.of([ours.f1]), PEER, Spread.of([peer.f1]),
        Spread.of([ours.f1 / max(peer.f1, 1e-9)]), RIGHT_AS_OFTEN.judged, RIGHT_AS_OFTEN,
        note=f"{ours.n_true} cuts to a frame, {n_soft} dissolves and fades; "
        f"v2m {ours}; the other {peer}",
    )  # fmt: skip
