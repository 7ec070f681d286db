"""Scenes and their frames out of one pass are those of two."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from tests.unit.videos import BLUE, RED, WHITE, Picture, damage, plain, turn, write_video
from v2m.errors import MediaError
from v2m.types import Scene, SceneFrames, Span, VideoFacts
from v2m.video import runs
from v2m.video.frames import decoded_frames, sample_frames
from v2m.video.keeping import FrameKeeper, Kept, Shrinker, spread_out
from v2m.video.looking import look
from v2m.video.probe import probe_video
from v2m.video.scenes import find_scenes

SMALL, LARGE = (54, 96), (400, 720)


def _moving(n: int, size: tuple[int, int], seed: int = 0) -> list[Picture]:
    """Return frames whose brightness tells their number."""
    tint = np.random.default_rng(seed).integers(0, 60, 3)
    return [np.full((*size, 3), 40 + tint + n % 150, np.uint8) for n in range(n)]


def _film(path: Path, size: tuple[int, int], **options: object) -> Path:
    frames = [
        *_moving(40, size),
        *plain(BLUE, 30, size),
        *_moving(100, size, 1),
        *plain(RED, 9, size),
    ]
    return write_video(path, frames, **options)  # type: ignore[arg-type]


def _both(path: Path, shortest: float = 1.0) -> tuple[list[SceneFrames], list[SceneFrames]]:
    """Return the frames of a video's scenes taken in one pass, and in a pass of their own."""
    facts = probe_video(path)
    seen = list(look(path, facts, min_scene_seconds=shortest))
    found = find_scenes(path, facts, min_scene_seconds=shortest)
    assert [scene for scene, _ in seen] == found
    return [frames for _, frames in seen], sample_frames(path, facts, found)


def _check_alike(path: Path, shortest: float = 1.0, within: int = 0) -> None:
    for one, two in zip(*_both(path, shortest), strict=True):
        for ours, theirs in ((one.stills, two.stills), (one.thumbnails, two.thumbnails)):
            assert ours.shape == theirs.shape
            assert np.abs(ours.astype(int) - theirs).max(initial=0) <= within


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.ts"])
@pytest.mark.parametrize("shortest", [0.0, 1.0, 3.0, 60.0])
def test_the_frames_of_every_scene_are_those_of_a_second_pass(
    tmp_path: Path, name: str, shortest: float
) -> None:
    _check_alike(_film(tmp_path / name, SMALL), shortest)


@pytest.mark.parametrize("codec", ["libx264", "mjpeg"])
def test_large_frames_are_kept_small_and_lose_no_more_than_rounding(
    tmp_path: Path, codec: str
) -> None:
    _check_alike(_film(tmp_path / "a.mov", LARGE, codec=codec), within=4)


@pytest.mark.parametrize("pixel_format", ["yuv444p", "yuv420p10le", "bgr0", "gray"])
def test_every_pixel_format_is_kept(tmp_path: Path, pixel_format: str) -> None:
    path = _film(tmp_path / "a.mkv", LARGE, codec="ffv1", pixel_format=pixel_format)

    _check_alike(path, within=6)


@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_stills_of_turned_videos_are_upright(tmp_path: Path, size: tuple[int, int]) -> None:
    corner = plain(RED, 1, size)[0].copy()
    corner[: size[0] // 2, : size[1] // 2] = WHITE
    path = turn(write_video(tmp_path / "a.mp4", [corner] * 60), 90)

    assert _both(path)[0][0].stills.shape[1] > _both(path)[0][0].stills.shape[2]
    _check_alike(path, within=6)


def test_pictures_shown_for_seconds_are_taken_alike(tmp_path: Path) -> None:
    times = [0, 20, 6000, 6020, 11980, 12000]
    frames = [*plain(RED, 2), *plain(BLUE, 2), *plain(WHITE, 2)]

    _check_alike(write_video(tmp_path / "a.mp4", frames, times_ms=times), shortest=0)


def test_nothing_is_taken_where_nothing_can_be_decoded(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mov", plain(RED, 25), codec="mjpeg")
    facts = probe_video(path)

    with pytest.raises(MediaError, match="none of its frames can be decoded"):
        list(look(damage(path, range(25)), facts))


def test_a_video_is_decoded_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _film(tmp_path / "a.mp4", SMALL)
    facts = probe_video(path)
    passes = []

    def counted(path: Path, facts: VideoFacts) -> Iterator[tuple[float, object]]:
        passes.append(path)
        yield from decoded_frames(path, facts)

    monkeypatch.setattr(runs, "decoded_frames", counted)
    monkeypatch.setattr("v2m.video.frames.decoded_frames", counted)

    assert len(list(look(path, facts, min_scene_seconds=1.0))) == 3
    assert passes == [path]


# what waits


def _frame(level: int) -> av.VideoFrame:
    return av.VideoFrame.from_ndarray(np.full((54, 96), level, np.uint8), "gray")


def _at(seconds: float, level: int) -> Kept:
    return Kept(seconds, 0, _frame(level))


def _kept(
    n_frames: int, most_frames: int, edges: list[float], per_second: int = 25
) -> list[SceneFrames]:
    """Show a keeper frames that grow brighter, and take the scenes between some edges."""
    keeper = FrameKeeper(most_bytes=most_frames * _frame(0).planes[0].buffer_size)
    taken: list[SceneFrames] = []
    times = [n / per_second for n in range(n_frames)]
    for start, end in pairwise(edges):
        for n, seconds in enumerate(times):
            if start <= seconds < end:
                keeper.add(_at(seconds, 255 * n // n_frames))
        scene = Scene(len(taken), Span(start, end), 0, 0)
        taken.append(keeper.take(scene, last=end == edges[-1]))
        assert keeper.n_waiting == 0
    return taken


def _levels(pictures: np.ndarray) -> list[float]:
    return [float(picture.mean()) for picture in pictures]


def test_of_a_long_scene_frames_near_the_wanted_ones_are_taken() -> None:
    (all_of_it,), (some,) = (_kept(3000, most, [0.0, 120.0]) for most in (5000, 460))

    assert some.stills.shape == all_of_it.stills.shape
    assert some.thumbnails.shape == all_of_it.thumbnails.shape
    for ours, theirs in ((some.stills, all_of_it.stills), (some.thumbnails, all_of_it.thumbnails)):
        late = np.subtract(_levels(ours), _levels(theirs))
        assert late.min() >= -0.01
        assert late.max() <= 255 / 12 / 5  # of the distance between two stills


def test_what_waits_does_not_grow_with_the_scene() -> None:
    keeper = FrameKeeper(most_bytes=200 * _frame(0).planes[0].buffer_size)
    most = 0
    for n in range(20_000):
        keeper.add(_at(n / 25, n % 255))
        most = max(most, keeper.n_frames)

    assert most <= 201
    assert keeper.n_waiting <= 4300


def test_of_many_frames_a_second_some_are_left_out() -> None:
    shrinker = Shrinker()
    kept = [shrinker(n / 120, _frame(0)) for n in range(240)]

    assert 62 <= sum(one is not None for one in kept) <= 66


def test_where_one_begins_to_look_anew_a_frame_is_kept() -> None:
    shrinker = Shrinker()
    for n in range(240):
        shrinker(100 + n / 120, _frame(0))
    shrinker.begin()

    assert shrinker(0.0, _frame(0)) is not None


def test_the_frames_after_a_long_scene_are_not_thinned_out() -> None:
    keeper = FrameKeeper(most_bytes=300 * _frame(0).planes[0].buffer_size)
    for n in range(2000):
        keeper.add(_at(n / 25, 255 * n // 2000))
    keeper.take(Scene(0, Span(0, 76), 0, 1900), last=False)

    assert keeper.n_frames == keeper.n_waiting == 100


def test_thinning_again_leaves_what_thinning_once_would_have_left() -> None:
    times = [n / 25 for n in range(500)]
    once = spread_out(times, 60)
    again = spread_out(sorted(spread_out(times[:400], 120)) + times[400:], 60)

    assert once == again
    gaps = np.diff(sorted(once))
    assert gaps.max() < 2 * gaps.min()
