"""The scenes of a video, and still pictures."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice, pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tests.conftest import WriteMusic
from tests.unit.videos import (
    BLUE,
    DARK_RED,
    RED,
    WHITE,
    Picture,
    plain,
    turn,
    write_video,
)
from v2m.errors import MediaError
from v2m.types import Scene, VideoFacts
from v2m.video import runs, scenes
from v2m.video.borders import Cut, merge_short
from v2m.video.frames import decoded_frames
from v2m.video.probe import probe_video
from v2m.video.scenes import find_scenes, read_image


def _find(path: Path, *, min_scene_seconds: float = 1.0) -> list[Scene]:
    return find_scenes(path, probe_video(path), min_scene_seconds=min_scene_seconds)


def _starts(found: list[Scene]) -> list[float]:
    return [round(scene.span.start_seconds, 3) for scene in found]


def _check_cover(found: list[Scene], facts: VideoFacts) -> None:
    assert [scene.index for scene in found] == list(range(len(found)))
    assert found[0].span.start_seconds == found[0].start_frame == 0
    assert found[-1].span.end_seconds == facts.duration_seconds
    assert found[-1].end_frame == facts.n_frames
    for one, after in pairwise(found):
        assert one.span.end_seconds == after.span.start_seconds
        assert one.end_frame == after.start_frame
    assert all(scene.start_frame < scene.end_frame for scene in found)


THREE = [*plain(RED, 50), *plain(BLUE, 60), *plain(WHITE, 40)]


@pytest.mark.parametrize(
    ("name", "codec"),
    [("a.mp4", "libx264"), ("a.mkv", "libx264"), ("a.webm", "libvpx"), ("a.avi", "mpeg4"),
     ("a.mov", "mjpeg"), ("a.ts", "libx264"), ("ä'\n.mp4", "libx264")],
)  # fmt: skip
def test_cuts_are_found_to_the_frame(tmp_path: Path, name: str, codec: str) -> None:
    path = write_video(tmp_path / name, THREE, codec=codec)
    found = _find(path)

    assert _starts(found) == [0, 2, 4.4]
    assert [scene.start_frame for scene in found] == [0, 50, 110]
    _check_cover(found, probe_video(path))


@pytest.mark.parametrize("pixel_format", ["yuv444p", "yuv420p10le", "bgr0", "gray", "yuv410p"])
def test_cuts_are_found_in_any_pixel_format(tmp_path: Path, pixel_format: str) -> None:
    path = write_video(tmp_path / "a.mkv", THREE, codec="ffv1", pixel_format=pixel_format)

    assert [scene.start_frame for scene in _find(path)] == [0, 50, 110]


def test_a_video_without_cuts_is_one_scene(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", plain(RED, 100))
    found = _find(path)

    assert len(found) == 1
    _check_cover(found, probe_video(path))


def test_a_slow_change_is_no_cut(tmp_path: Path) -> None:
    fading = [np.full((48, 64, 3), 20 + n, np.uint8) for n in range(200)]

    assert len(_find(write_video(tmp_path / "a.mp4", fading))) == 1


def test_a_single_frame_is_one_scene(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", plain(RED, 1))
    found = _find(path)

    assert len(found) == 1
    _check_cover(found, probe_video(path))


def test_a_fade_through_black_is_a_border(tmp_path: Path) -> None:
    ramp = [share / 12 for share in (*range(12, 0, -1), *range(12))]
    fading = [
        (np.array(RED if n < 12 else BLUE) * share * np.ones((48, 64, 1))).astype(np.uint8)
        for n, share in enumerate(ramp)
    ]
    path = write_video(tmp_path / "a.mp4", [*plain(RED, 50), *fading, *plain(BLUE, 50)])

    assert [scene.start_frame for scene in _find(path)] == [0, pytest.approx(62, abs=2)]


def test_a_higher_threshold_leaves_only_strong_cuts(tmp_path: Path) -> None:
    frames = [*plain(RED, 50), *plain(DARK_RED, 50), *plain(BLUE, 50)]
    path = write_video(tmp_path / "a.mp4", frames)
    facts = probe_video(path)

    found = {
        limit: _starts(find_scenes(path, facts, min_scene_seconds=1, threshold=limit))
        for limit in (15.0, 35.0, 250.0)
    }
    assert found == {15.0: [0, 2, 4], 35.0: [0, 4], 250.0: [0]}


def test_a_short_scene_goes_to_the_neighbour_it_differs_least_from(tmp_path: Path) -> None:
    before = [*plain(RED, 75), *plain(DARK_RED, 12), *plain(BLUE, 75)]
    after = [*plain(BLUE, 75), *plain(DARK_RED, 12), *plain(RED, 75)]

    found = [
        [
            round(scene.start_seconds, 2)
            for scene in (
                s.span
                for s in find_scenes(path, probe_video(path), min_scene_seconds=2, threshold=15)
            )
        ]
        for path in (
            write_video(tmp_path / "before.mp4", before),
            write_video(tmp_path / "after.mp4", after),
        )
    ]
    assert found == [[0, 3.48], [0, 3.0]]


def test_scenes_are_never_shorter_than_asked(tmp_path: Path) -> None:
    colours = (RED, BLUE, WHITE, RED, WHITE, BLUE, RED)
    lengths = (30, 10, 60, 8, 8, 90, 15)
    frames = [p for c, n in zip(colours, lengths, strict=True) for p in plain(c, n)]
    path = write_video(tmp_path / "a.mp4", frames)

    for shortest in (0.2, 1.0, 2.0, 60.0):
        found = _find(path, min_scene_seconds=shortest)
        _check_cover(found, probe_video(path))
        assert len(found) == 1 or min(s.span.duration_seconds for s in found) >= shortest


def _variable_rate(path: Path) -> Path:
    """Write red slowly for 2 s, blue quickly for 2 s, white slowly for 2 s."""
    frames = [*plain(RED, 20), *plain(BLUE, 100), *plain(WHITE, 10)]
    times = [100 * n for n in range(20)] + [2000 + 20 * n for n in range(100)]
    return write_video(path, frames, times_ms=times + [4000 + 200 * n for n in range(10)])


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv"])
def test_cuts_of_a_variable_rate_lie_where_they_are_shown(tmp_path: Path, name: str) -> None:
    found = _find(_variable_rate(tmp_path / name))

    assert _starts(found) == [0, 2, 4]


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv"])
def test_frames_of_a_variable_rate_are_counted_not_guessed(tmp_path: Path, name: str) -> None:
    path = _variable_rate(tmp_path / name)
    found = _find(path)

    assert [scene.start_frame for scene in found] == [0, 20, 120]
    _check_cover(found, probe_video(path))


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.ts"])
def test_times_count_from_the_first_frame(tmp_path: Path, name: str) -> None:
    times = [1600 + 40 * n for n in range(len(THREE))]
    found = _find(write_video(tmp_path / name, THREE, times_ms=times))

    assert _starts(found) == [0, 2, 4.4]
    assert [scene.start_frame for scene in found] == [0, 50, 110]


def _halves(left: Picture, right: Picture) -> Picture:
    return np.concatenate([left[:, :32], right[:, 32:]], axis=1)


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_turned_videos_are_cut_where_they_would_be_upright(tmp_path: Path, degrees: int) -> None:
    red, blue, white = (plain(colour, 1)[0] for colour in (RED, BLUE, WHITE))
    frames = [*[_halves(red, blue)] * 50, *[_halves(blue, white)] * 50]
    path = turn(write_video(tmp_path / "a.mp4", frames), degrees)

    assert _starts(_find(path)) == [0, 2]


def test_music_has_no_scenes(tmp_path: Path, write_music: WriteMusic) -> None:
    path = write_music(tmp_path / "a.wav")

    with pytest.raises(MediaError, match="holds no picture"):
        _find(path)


def test_frames_are_estimated_where_the_container_does_not_count(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", plain(RED, 30))
    found = find_scenes(path, replace(probe_video(path), n_frames=0))

    assert [(scene.start_frame, scene.end_frame) for scene in found] == [(0, 30)]


def _broken(path: Path, n_frames: int) -> VideoFacts:
    path.write_bytes(b"no video" * 100)
    return VideoFacts(path, 8.0, 25.0, n_frames, 64, 48, "h264", False)


@pytest.mark.parametrize("n_frames", [0, 200])
def test_a_video_without_any_frame_is_refused(tmp_path: Path, n_frames: int) -> None:
    facts = _broken(tmp_path / "a.mp4", n_frames)

    with pytest.raises(MediaError, match="none of its frames can be decoded"):
        find_scenes(facts.path, facts)


def test_a_video_that_breaks_off_keeps_its_cuts_and_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_video(tmp_path / "a.mp4", THREE)
    whole = decoded_frames

    def breaking_off(path: Path, facts: VideoFacts) -> Iterator[tuple[float, object]]:
        yield from islice(whole(path, facts), 80)
        raise MediaError(path, "damaged")

    monkeypatch.setattr(runs, "decoded_frames", breaking_off)
    with caplog.at_level(logging.WARNING):
        found = _find(path)

    assert _starts(found) == [0, 2]
    assert "cannot be told apart" in caplog.text


def test_the_shortest_scene_is_merged_first() -> None:
    cuts = [Cut(2.0, 50, 90.0), Cut(3.0, 75, 80.0), Cut(3.5, 87, 85.0)]

    assert [cut.seconds for cut in merge_short(cuts, 9.0, 1.2)] == [2.0, 3.5]


@pytest.mark.parametrize(("duration", "kept"), [(6.0, [5.0]), (5.5, [])])
def test_short_ends_are_merged_inwards(duration: float, kept: list[float]) -> None:
    cuts = [Cut(0.4, 10, 200.0), Cut(5.0, 125, 200.0)]

    assert [cut.seconds for cut in merge_short(cuts, duration, 1.0)] == kept


def test_a_video_shorter_than_a_scene_stays_one_scene() -> None:
    assert merge_short([Cut(0.5, 12, 50.0)], 1.0, 3.0) == []
    assert merge_short([], 1.0, 3.0) == []


@given(
    places=st.lists(st.floats(0.01, 59.9), max_size=20, unique=True),
    strengths=st.lists(st.floats(0, 255), min_size=20, max_size=20),
    shortest=st.floats(0.1, 70),
)
def test_merging_keeps_order_and_leaves_nothing_short(
    places: list[float], strengths: list[float], shortest: float
) -> None:
    cuts = [
        Cut(seconds, round(seconds * 25), strength)
        for seconds, strength in zip(sorted(places), strengths, strict=False)
    ]
    kept = merge_short(cuts, 60.0, shortest)

    edges = [0.0, *(cut.seconds for cut in kept), 60.0]
    assert [cut for cut in cuts if cut in kept] == kept
    assert not kept or min(b - a for a, b in pairwise(edges)) >= shortest


# still pictures


def test_a_picture_is_read_as_rgb(tmp_path: Path) -> None:
    Image.fromarray(plain(BLUE, 1)[0]).save(tmp_path / "a.png")
    frames = read_image(tmp_path / "a.png")

    assert frames.shape == (1, 48, 64, 3)
    assert frames.dtype == np.uint8
    assert frames[0, 0, 0].tolist() == list(BLUE)


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "CMYK", "1"])
def test_every_kind_of_colour_becomes_rgb(tmp_path: Path, mode: str) -> None:
    path = tmp_path / ("a.tiff" if mode == "CMYK" else "a.png")
    Image.fromarray(plain(WHITE, 1)[0]).convert(mode).save(path)

    frames = read_image(path)
    assert frames.shape == (1, 48, 64, 3)
    assert frames.mean() > 200


def test_a_picture_is_turned_as_its_camera_says(tmp_path: Path) -> None:
    image = Image.fromarray(_halves(plain(RED, 1)[0], plain(WHITE, 1)[0]))
    exif = image.getexif()
    exif[0x0112] = 6
    image.save(tmp_path / "a.png", exif=exif)

    frame = read_image(tmp_path / "a.png")[0]
    assert frame.shape == (64, 48, 3)
    assert (frame[0, 0].tolist(), frame[-1, 0].tolist()) == (list(RED), list(WHITE))


def test_a_large_picture_is_made_smaller(tmp_path: Path) -> None:
    Image.new("RGB", (3000, 1500)).save(tmp_path / "a.png")

    assert read_image(tmp_path / "a.png").shape == (1, 512, 1024, 3)


@pytest.mark.parametrize("owner", ["ours", "Pillow's"])
def test_a_picture_too_large_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, owner: str
) -> None:
    Image.new("RGB", (100, 100)).save(tmp_path / "a.png")
    if owner == "ours":
        monkeypatch.setattr(scenes, "MOST_PIXELS", 9999)
    else:
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 4000)

    with pytest.raises(MediaError, match=r"(?i)too large|exceeds limit"):
        read_image(tmp_path / "a.png")


def test_a_damaged_picture_is_refused(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (90, 90, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "a.jpg")
    content = (tmp_path / "a.jpg").read_bytes()
    (tmp_path / "a.jpg").write_bytes(content[: len(content) // 2])

    with pytest.raises(MediaError, match="damaged picture"):
        read_image(tmp_path / "a.jpg")


@pytest.mark.parametrize(
    ("content", "words"), [(b"hello", "not a picture"), (b"", "empty"), (None, "no such file")]
)
def test_what_is_no_picture_is_refused(tmp_path: Path, content: bytes | None, words: str) -> None:
    if content is not None:
        (tmp_path / "a.png").write_bytes(content)

    with pytest.raises(MediaError, match=words):
        read_image(tmp_path / "a.png")
