"""The points that are read out of frames."""

from typing import Any

import av
import numpy as np
import pytest
from av.video.reformatter import VideoReformatter

from tests.unit.videos import BLUE, RED, WHITE, Picture, plain
from v2m.video.cuts import change
from v2m.video.points import PointReader


def _frame(picture: Picture, pixel_format: str = "yuv420p") -> Any:
    frame = av.VideoFrame.from_ndarray(picture, "rgb24")
    return VideoReformatter().reformat(frame, format=pixel_format)


def _two(left: tuple[int, int, int], right: tuple[int, int, int], size: tuple[int, int]) -> Picture:
    half = size[0], size[1] // 2
    return np.concatenate([plain(left, 1, half)[0], plain(right, 1, half)[0]], axis=1)


@pytest.mark.parametrize("size", [(720, 1280), (1280, 720), (180, 320), (48, 64), (46, 50), (2, 2)])
def test_points_lie_all_over_the_picture_whatever_its_size(size: tuple[int, int]) -> None:
    points = PointReader(_frame(_two(RED, WHITE, size)))(_frame(_two(RED, WHITE, size)))

    assert 0 < len(points.luma) < 12_000
    assert 0 < len(points.chroma) < 12_000
    assert np.ptp(points.luma) > 100
    assert np.mean(points.luma > 150) == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize(
    ("pixel_format", "direct"),
    [("yuv420p", True), ("yuvj420p", True), ("yuv422p", True), ("yuv444p", True),
     ("yuv420p10le", True), ("yuv422p12le", True), ("yuv444p16le", True),
     ("yuv420p10be", False), ("rgb24", False), ("gray", True), ("gbrp", False), ("nv12", False)],
)  # fmt: skip
def test_the_same_change_is_seen_in_every_pixel_format(pixel_format: str, direct: bool) -> None:
    before, after = _two(RED, BLUE, (90, 160)), _two(WHITE, RED, (90, 160))
    reader = PointReader(_frame(before, pixel_format))
    usual = PointReader(_frame(before))
    seen = change(*(reader(_frame(one, pixel_format)) for one in (before, after)))
    expected = change(*(usual(_frame(one)) for one in (before, after)))

    assert reader.direct is direct
    if pixel_format == "gray":
        assert seen > 20
    else:
        assert seen == pytest.approx(expected, rel=0.2)


def test_a_frame_of_another_size_or_format_is_brought_to_the_first() -> None:
    reader = PointReader(_frame(_two(RED, BLUE, (90, 160))))
    first = reader(_frame(_two(RED, BLUE, (90, 160))))

    for size, pixel_format in (((180, 320), "yuv420p"), ((90, 160), "yuv444p")):
        other = reader(_frame(_two(RED, BLUE, size), pixel_format))
        assert change(first, other) < 3
