"""The filmstrip kept while a film is looked at is the one that is sought in its file."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.videos import RED, WHITE, Picture, plain, turn, write_video
from v2m.types import VideoFacts
from v2m.video import looking, runs
from v2m.video.filmstrip import (
    FRAME_HEIGHT,
    GAP,
    NARROWEST,
    STRIP_WIDTH,
    Filmstrip,
    sought_strip,
    strip_frames,
)
from v2m.video.keeping import FrameKeeper, Kept
from v2m.video.looking import look
from v2m.video.probe import probe_video

WIDE, TALL, LARGE = (36, 64), (64, 36), (400, 712)
VARIED_MS = [  # three seconds long a frame stays
    n * 40 + (17 if n % 3 else 0) + 3000 * (n > 90) for n in range(200)
]


def _moving(n: int, size: tuple[int, int]) -> list[Picture]:
    """Return noise that drifts and grows brighter, so that no two frames are alike."""
    noise = np.random.default_rng(3).integers(0, 100, (*size, 3), np.uint8)
    return [np.roll(noise, 2 * at, axis=1) + np.uint8(at * 150 // n) for at in range(n)]


def _looked_at(path: Path, facts: VideoFacts) -> Sequence[Picture]:
    strip = Filmstrip()
    for _ in look(path, facts, filmstrip=strip):
        assert not strip.pictures
    return strip.pictures


def _both(path: Path) -> tuple[Sequence[Picture], Sequence[Picture]]:
    """Return a film's strip as it is kept, and as it is sought."""
    facts = probe_video(path)
    places = strip_frames(facts.duration_seconds, facts.width, facts.height)
    return _looked_at(path, facts), sought_strip(path, facts, places)


def _check_same(path: Path, n: int, n_held: int = 0) -> None:
    """Hold the two against each other; so many places show the frame of the place before."""
    kept, sought = _both(path)
    assert (len(kept), len(sought)) == (n, n)
    for ours, theirs in zip(kept, sought, strict=True):
        assert np.array_equal(ours, theirs)
    assert sum(np.array_equal(one, other) for one, other in pairwise(kept)) == n_held


@pytest.mark.parametrize(("size", "n"), [(WIDE, 7), (TALL, 22), (LARGE, 7), (LARGE[::-1], 22)])
@pytest.mark.parametrize("name", ["a.mp4", "a.ts"])
def test_of_ten_seconds(tmp_path: Path, name: str, size: tuple[int, int], n: int) -> None:
    _check_same(write_video(tmp_path / name, _moving(50, size), rate=5), n)


def test_of_more_than_two_minutes(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", _moving(650, WIDE), rate=5)

    _check_same(path, 7)


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv"])
def test_of_a_variable_rate(tmp_path: Path, name: str) -> None:
    _check_same(write_video(tmp_path / name, _moving(200, WIDE), times_ms=VARIED_MS), 7, n_held=1)


@pytest.mark.parametrize("size", [WIDE, LARGE])
@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_of_a_turned_video(tmp_path: Path, degrees: int, size: tuple[int, int]) -> None:
    corner = plain(RED, 1, size)[0].copy()
    corner[: size[0] // 2, : size[1] // 2] = WHITE
    path = turn(write_video(tmp_path / "a.mp4", [corner] * 40), degrees)

    kept, sought = _both(path)
    assert len(kept) == len(sought) == (7 if degrees == 180 else 22)
    for ours, theirs in zip(kept, sought, strict=True):
        assert np.array_equal(ours, theirs)
        bright = np.argwhere(ours[..., 2] > 150).mean(axis=0) / ours.shape[:2]
        place = {90: (0.25, 0.75), 180: (0.75, 0.75), 270: (0.75, 0.25)}[degrees]
        assert bright == pytest.approx(place, abs=0.06)


def test_of_a_film_decoded_in_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "usable_processors", lambda: 2)
    monkeypatch.setattr(runs, "LONG", 1)
    monkeypatch.setattr(runs, "PIECE", 8)
    options = {"x264-params": "open-gop=1:keyint=24:bframes=3"}

    _check_same(write_video(tmp_path / "a.mkv", _moving(250, WIDE), options=options), 7)


def test_of_many_frames_a_second_one_a_thirtieth_earlier_may_be_kept(tmp_path: Path) -> None:
    levels = [np.full((*WIDE, 3), 10 + n // 2, np.uint8) for n in range(480)]
    path = write_video(tmp_path / "a.mp4", levels, rate=120, options={"crf": "1"})

    kept, sought = _both(path)
    assert len(kept) == len(sought) == 7
    early = [float(theirs.mean() - ours.mean()) for ours, theirs in zip(kept, sought, strict=True)]
    assert min(early) >= -0.5
    assert max(early) <= 120 / 30 / 2 + 0.5


class _Forgetful(FrameKeeper):
    """Takes every frame out of what it was given, as thinning out takes some."""

    def add(self, kept: Kept) -> None:
        super().add(Kept(kept.seconds, kept.turns, kept.frame))
        kept.frame = None


def test_frames_that_are_thinned_out_are_in_the_strip(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(looking, "FrameKeeper", _Forgetful)

    _check_same(write_video(tmp_path / "a.mp4", _moving(50, WIDE), rate=5), 7)


def test_a_film_not_seen_to_its_end_has_no_strip(tmp_path: Path) -> None:
    frames = [*plain(RED, 100), *plain(WHITE, 100)]
    path = write_video(tmp_path / "a.mp4", frames)
    strip = Filmstrip()
    seeing = look(path, probe_video(path), filmstrip=strip)

    assert next(seeing)
    assert not strip.pictures


def test_a_next_film_begins_anew(tmp_path: Path) -> None:
    strip = Filmstrip()
    for name, colour, size in (("a", RED, WIDE), ("b", WHITE, TALL)):
        path = write_video(tmp_path / f"{name}.mp4", plain(colour, 30, size))
        list(look(path, probe_video(path), filmstrip=strip))

    assert len(strip.pictures) == 22
    assert min(picture.mean() for picture in strip.pictures) > 200


@given(seconds=st.floats(0.01, 1e5), width=st.integers(2, 8192), height=st.integers(2, 8192))
def test_places_lie_beside_each_other_inside_the_strip(
    seconds: float, width: int, height: int
) -> None:
    places = strip_frames(seconds, width, height)

    assert len(places) <= STRIP_WIDTH // NARROWEST
    edges = [edge for place in places for edge in (place.left, place.left + place.width + GAP)]
    assert edges == sorted(edges)
    assert all(GAP <= edge <= STRIP_WIDTH for edge in edges)
    assert all(place.width > 0 for place in places)
    times = [place.seconds for place in places]
    assert times == sorted(set(times))
    assert all(0 < time <= seconds for time in times)


def test_frames_fill_the_height_and_are_as_wide_as_their_places(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", _moving(30, (90, 160)))
    facts = probe_video(path)

    for picture, place in zip(_looked_at(path, facts), strip_frames(1.2, 160, 90), strict=True):
        assert picture.shape == (FRAME_HEIGHT, 203, 3)
        assert place.width == 203 or place.left + place.width == STRIP_WIDTH - GAP
