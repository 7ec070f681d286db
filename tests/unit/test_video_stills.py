"""Single frames that are sought are those that a pass through the video finds."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.unit.videos import Picture, write_video
from v2m.types import VideoFacts
from v2m.video import stills
from v2m.video.frames import decoded_frames
from v2m.video.probe import probe_video
from v2m.video.stills import still_at

TIMES = [0.0, 13.01, 26.5, 39.04, 55.99]


@pytest.fixture(scope="module")
def ramp() -> list[Picture]:
    """Fifty-six seconds that grow brighter, at ten frames a second."""
    return [np.full((36, 64, 3), 20 + n * 2 // 5, np.uint8) for n in range(560)]


@pytest.fixture
def passes(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The videos that were decoded from their first frame on."""
    seen: list[Path] = []

    def counted(path: Path, facts: VideoFacts) -> Iterator[tuple[float, object]]:
        seen.append(path)
        yield from decoded_frames(path, facts)

    monkeypatch.setattr(stills, "decoded_frames", counted)
    return seen


def _levels(pictures: list[Picture]) -> list[float]:
    return [float(picture.mean()) for picture in pictures]


@pytest.mark.parametrize(
    ("name", "codec"),
    [("a.mp4", "libx264"), ("a.mkv", "libx264"), ("a.avi", "mpeg4"), ("a.ts", "libx264"),
     ("a.webm", "libvpx"), ("a.mov", "mjpeg")],
)  # fmt: skip
def test_frames_far_apart_are_those_shown_then(
    tmp_path: Path, ramp: list[Picture], name: str, codec: str
) -> None:
    path = write_video(tmp_path / name, ramp, rate=10, codec=codec)
    facts = probe_video(path)
    found = still_at(path, facts, TIMES, 24)

    assert [still.shape for still in found] == [(24, 43, 3)] * 5
    expected = [20 + int(10 * time + 1e-6) * 2 // 5 for time in TIMES]
    np.testing.assert_allclose(_levels(found), expected, atol=4)


def test_what_lies_between_is_not_decoded(
    tmp_path: Path, ramp: list[Picture], passes: list[Path]
) -> None:
    path = write_video(tmp_path / "a.mp4", ramp, rate=10)
    still_at(path, probe_video(path), TIMES, 24)

    assert passes == []


def test_times_close_to_each_other_are_found_in_one_pass(
    tmp_path: Path, ramp: list[Picture], passes: list[Path]
) -> None:
    path = write_video(tmp_path / "a.mp4", ramp, rate=10)
    still_at(path, probe_video(path), [1.0, 2.0, 30.0], 24)

    assert passes == [path]


def test_a_file_that_cannot_be_sought_in_is_passed_through(
    tmp_path: Path, ramp: list[Picture], passes: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_video(tmp_path / "a.mp4", ramp, rate=10)
    facts = probe_video(path)
    sought = _levels(still_at(path, facts, TIMES, 24))
    monkeypatch.setattr(stills, "_last_until", lambda *_: None)

    assert _levels(still_at(path, facts, TIMES, 24)) == sought
    assert passes == [path]
