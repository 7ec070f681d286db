"""The frames taken out of a video."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from tests.unit.videos import (
    BLUE,
    RED,
    WHITE,
    Colour,
    Picture,
    damage,
    plain,
    turn,
    write_video,
)
from v2m.errors import MediaError
from v2m.types import Scene, SceneFrames, Span, VideoFacts
from v2m.video.frames import MOST_THUMBNAILS, sample_frames
from v2m.video.probe import probe_video
from v2m.video.stills import still_at


def _scenes(*edges: float) -> list[Scene]:
    return [
        Scene(n, Span(start, end), round(start * 25), round(end * 25))
        for n, (start, end) in enumerate(pairwise(edges))
    ]


def _sample(path: Path, *edges: float) -> list[SceneFrames]:
    return sample_frames(path, probe_video(path), _scenes(*edges))


def _is(picture: Picture, colour: Colour) -> bool:
    return bool(np.abs(picture.reshape(-1, 3).mean(axis=0) - colour).max() < 12)


def _corners() -> Picture:
    """A red picture with a white upper left corner."""
    picture = plain(RED, 1)[0].copy()
    picture[:24, :32] = WHITE
    return picture


def test_each_scene_gets_its_own_frames(tmp_path: Path) -> None:
    frames = [*plain(RED, 50), *plain(BLUE, 75), *plain(WHITE, 25)]
    first, second, third = _sample(write_video(tmp_path / "a.mp4", frames), 0, 2, 5, 6)

    assert [len(scene.stills) for scene in (first, second, third)] == [2, 3, 1]
    for scene, colour in ((first, RED), (second, BLUE), (third, WHITE)):
        assert all(_is(picture, colour) for picture in (*scene.stills, *scene.thumbnails))


def test_stills_have_a_short_side_of_256_and_thumbnails_are_tiny(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", plain(RED, 50, (40, 80)))
    (scene,) = _sample(path, 0, 2)

    assert scene.stills.shape == (2, 256, 512, 3)
    assert scene.thumbnails.shape == (16, 36, 64, 3)
    assert scene.stills.dtype == scene.thumbnails.dtype == np.uint8


def test_long_scenes_get_twelve_stills_and_few_thumbnails(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", plain(RED, 600), rate=15)
    (scene,) = _sample(path, 0, 40)

    assert len(scene.stills) == 12
    assert len(scene.thumbnails) == MOST_THUMBNAILS


def test_stills_lie_evenly_within_the_scene(tmp_path: Path) -> None:
    ramp = [np.full((48, 64, 3), 2 * n, np.uint8) for n in range(100)]
    (scene,) = _sample(write_video(tmp_path / "a.mp4", ramp), 0, 4)

    levels = scene.stills.mean(axis=(1, 2, 3)) / 2
    np.testing.assert_allclose(levels, [13, 38, 63, 88], atol=2)


def test_a_single_frame_is_a_still(tmp_path: Path) -> None:
    (scene,) = _sample(write_video(tmp_path / "a.mp4", plain(BLUE, 1)), 0, 0.04)

    assert [_is(still, BLUE) for still in scene.stills] == [True]


def test_a_picture_shown_for_seconds_is_a_still(tmp_path: Path) -> None:
    times = [0, 20, 6000, 6020, 11980, 12000]
    frames = [*plain(RED, 2), *plain(BLUE, 2), *plain(WHITE, 2)]
    path = write_video(tmp_path / "a.mp4", frames, times_ms=times)
    slides = _sample(path, 0, 6, 11.98, 12.001)

    assert [_is(slides[n].stills[0], colour) for n, colour in enumerate((RED, BLUE))] == [True] * 2


def test_times_count_from_the_first_frame(tmp_path: Path) -> None:
    frames = [*plain(RED, 25), *plain(BLUE, 25)]
    times = [3000 + 40 * n for n in range(50)]
    path = write_video(tmp_path / "a.mkv", frames, times_ms=times)
    first, second = _sample(path, 0, 1, 2)

    assert all(_is(picture, RED) for picture in (*first.stills, *first.thumbnails))
    assert all(_is(picture, BLUE) for picture in (*second.stills, *second.thumbnails))


@pytest.mark.parametrize(("degrees", "corner"), [(90, (0, 1)), (180, (1, 1)), (270, (1, 0))])
def test_turned_videos_come_out_upright(
    tmp_path: Path, degrees: int, corner: tuple[int, int]
) -> None:
    path = turn(write_video(tmp_path / "a.mp4", [_corners()] * 25), degrees)
    (scene,) = _sample(path, 0, 1)

    still = scene.stills[0]
    height, width = still.shape[:2]
    assert (height > width) == (degrees != 180)
    quarters = {
        (row, column): still[row * height // 2 :][: height // 2, column * width // 2 :][
            :, : width // 2
        ]
        for row in (0, 1)
        for column in (0, 1)
    }
    assert [place for place, quarter in quarters.items() if _is(quarter, WHITE)] == [corner]


def test_damaged_frames_are_left_out(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mov", plain(RED, 25), codec="mjpeg")
    (scene,) = _sample(damage(path, range(5, 20)), 0, 1)

    assert len(scene.stills) == 1
    assert 0 < len(scene.thumbnails) < 8
    assert all(_is(picture, RED) for picture in (*scene.stills, *scene.thumbnails))


def test_no_frame_at_all_gives_no_pictures(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mov", plain(RED, 25), codec="mjpeg")
    facts = probe_video(path)
    (scene,) = sample_frames(damage(path, range(25)), facts, _scenes(0, 1))

    assert (len(scene.stills), len(scene.thumbnails)) == (0, 0)
    assert still_at(path, facts, [0.5], 20) == []


def test_a_file_that_is_no_video_any_more_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"no video" * 100)
    facts = VideoFacts(path, 1.0, 25.0, 25, 64, 48, "h264", False)

    with pytest.raises(MediaError, match="frames cannot be read"):
        sample_frames(path, facts, _scenes(0, 1))


def test_stills_at_times_are_the_frames_shown_then(tmp_path: Path) -> None:
    times = [0, 40, 1000, 1040]
    frames = [*plain(RED, 2), *plain(BLUE, 2)]
    path = write_video(tmp_path / "a.mp4", frames, times_ms=times)
    stills = still_at(path, probe_video(path), [0.0, 0.5, 0.99, 1.0, 1.02], 24)

    assert [still.shape for still in stills] == [(24, 32, 3)] * 5
    assert [_is(still, RED) for still in stills] == [True, True, True, False, False]


def test_times_after_the_end_show_the_last_frame(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", [*plain(RED, 5), *plain(BLUE, 5)])
    stills = still_at(path, probe_video(path), [0.1, 9.0, 10.0], 24)

    assert [_is(still, BLUE) for still in stills] == [False, True, True]


def test_no_times_give_no_stills(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", plain(RED, 5))

    assert still_at(path, probe_video(path), [], 24) == []


def test_a_turned_still_has_the_asked_height(tmp_path: Path) -> None:
    path = turn(write_video(tmp_path / "a.mp4", plain(RED, 5)), 90)
    (still,) = still_at(path, probe_video(path), [0.1], 40)

    assert still.shape == (40, 30, 3)
