"""A film decoded in runs, two side by side, is the film decoded from its start to its end."""

import logging
import threading
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.videos import SIZE, Picture, damage, plain, turn, write_video
from v2m.errors import MediaError
from v2m.video import runs
from v2m.video.glimpses import Glimpse
from v2m.video.looking import look
from v2m.video.probe import probe_video
from v2m.video.runs import NotInRunsError, Piece, each_glimpse, pieces
from v2m.video.scenes import find_scenes

PIECE = 8


@pytest.fixture
def two(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have short films decoded in runs too, on any machine."""
    monkeypatch.setattr(runs, "usable_processors", lambda: 2)
    monkeypatch.setattr(runs, "LONG", 1)
    monkeypatch.setattr(runs, "PIECE", PIECE)


def _moving(n: int, size: tuple[int, int] = SIZE) -> list[Picture]:
    """Return noise that drifts, so that frames differ and depend on each other."""
    noise = np.random.default_rng(5).integers(0, 255, (*size, 3), np.uint8)
    return [np.roll(noise, 2 * number, axis=1) for number in range(n)]


def _both(path: Path) -> tuple[list[Glimpse], list[Glimpse]]:
    """Return the glimpses of a video taken in runs, and from its start to its end."""
    facts = probe_video(path)
    in_runs = list(runs._side_by_side(path, facts, keeping=True))
    return in_runs, list(runs._one_by_one(path, facts, keeping=True))


def _check_same(ours: Sequence[Glimpse], theirs: Sequence[Glimpse]) -> None:
    assert [one.seconds for one in ours] == [one.seconds for one in theirs]
    for one, other in zip(ours, theirs, strict=True):
        assert np.array_equal(one.points.luma, other.points.luma)
        assert np.array_equal(one.points.chroma, other.points.chroma)
        assert (one.picture is None) == (other.picture is None)
        if one.picture is not None and other.picture is not None:
            assert np.array_equal(one.picture, other.picture)
        if one.kept and other.kept:
            assert one.kept.turns == other.kept.turns
            a, b = (kept.frame.to_ndarray(format="rgb24") for kept in (one.kept, other.kept))
            assert np.array_equal(a, b)


FILMS: list[tuple[str, str, str, dict[str, str]]] = [
    ("a.mp4", "libx264", "yuv420p", {"g": "20"}),
    ("a.mkv", "libx264", "yuv420p", {"x264-params": "open-gop=1:keyint=24:bframes=3:b-pyramid=2"}),
    ("a.ts", "libx264", "yuv420p", {"x264-params": "open-gop=1:keyint=24:bframes=3"}),
    ("a.mp4", "libx265", "yuv420p", {"x265-params": "open-gop=1:keyint=20:bframes=4:log-level=0"}),
    ("a.mkv", "libx265", "yuv420p10le", {"x265-params": "keyint=12:log-level=0"}),
    ("a.webm", "libvpx-vp9", "yuv420p", {"g": "20", "auto-alt-ref": "1", "lag-in-frames": "10"}),
    ("a.mpg", "mpeg2video", "yuv420p", {"g": "12", "bf": "2"}),
    ("a.mov", "mjpeg", "yuvj420p", {}),
    ("a.mov", "prores_ks", "yuv422p10le", {}),
    ("a.mkv", "ffv1", "bgr0", {"g": "10"}),
]


@pytest.mark.usefixtures("two")
@pytest.mark.parametrize(("name", "codec", "pixel_format", "options"), FILMS)
def test_every_frame_is_the_same(
    tmp_path: Path, name: str, codec: str, pixel_format: str, options: dict[str, str]
) -> None:
    path = write_video(
        tmp_path / name, _moving(150), codec=codec, pixel_format=pixel_format, options=options
    )

    ours, theirs = _both(path)
    assert len(ours) == 150
    _check_same(ours, theirs)
    assert all(one.kept for one in ours)


@pytest.mark.usefixtures("two")
def test_a_turned_video_stays_turned(tmp_path: Path) -> None:
    path = turn(write_video(tmp_path / "a.mp4", _moving(100), options={"g": "20"}), 90)

    ours, theirs = _both(path)
    _check_same(ours, theirs)
    assert {one.kept.turns for one in ours if one.kept} & {1, 3}


@pytest.mark.usefixtures("two")
def test_pictures_at_times_of_their_own_keep_them(tmp_path: Path) -> None:
    times = [n * 40 + (13 if n % 3 else 0) + (2000 if n > 60 else 0) for n in range(120)]
    path = write_video(tmp_path / "a.mkv", _moving(120), times_ms=times, options={"g": "20"})

    _check_same(*_both(path))


@pytest.mark.usefixtures("two")
def test_of_many_frames_a_second_about_as_many_are_kept(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", _moving(360), rate=120, options={"g": "20"})
    ours, theirs = _both(path)
    times = [[one.seconds for one in all_ if one.kept] for all_ in (ours, theirs)]

    _check_same(ours, theirs)
    assert abs(len(times[0]) - len(times[1])) <= 360 / 20
    for seconds in times[0]:
        assert min(abs(seconds - other) for other in times[1]) <= 1 / 31


@pytest.mark.usefixtures("two")
def test_scenes_and_their_frames_are_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    red, blue = (200, 30, 30), (20, 40, 200)
    frames = [*_moving(70), *plain(red, 57), *plain(blue, 88), *_moving(41), *plain(red, 30)]
    path = write_video(tmp_path / "a.mp4", frames, options={"g": "25", "sc_threshold": "0"})
    facts = probe_video(path)
    scenes = find_scenes(path, facts, min_scene_seconds=1)
    taken = list(look(path, facts, min_scene_seconds=1))
    monkeypatch.setattr(runs, "LONG", 10**9)

    assert scenes == find_scenes(path, facts, min_scene_seconds=1)
    assert [scene.start_frame for scene in scenes] == [0, 70, 127, 215, 256]
    for (_, ours), (_, theirs) in zip(taken, look(path, facts, min_scene_seconds=1), strict=True):
        assert np.array_equal(ours.stills, theirs.stills)
        assert np.array_equal(ours.thumbnails, theirs.thumbnails)


# films that cannot be decoded in runs


def _check_falls_back(path: Path, caplog: pytest.LogCaptureFixture, why: str) -> None:
    facts = probe_video(path)
    with caplog.at_level(logging.INFO):
        found = list(each_glimpse(path, facts, keeping=True))

    assert why in caplog.text
    _check_same(found, list(runs._one_by_one(path, facts, keeping=True)))


@pytest.mark.usefixtures("two")
def test_with_one_key_frame_it_is_decoded_through(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = write_video(tmp_path / "a.mp4", _moving(100), options={"g": "1000"})

    _check_falls_back(path, caplog, "too far apart")


@pytest.mark.usefixtures("two")
def test_recordings_strung_together_are_decoded_through(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = write_video(tmp_path / "a.ts", _moving(110), options={"g": "20"})
    path.write_bytes(path.read_bytes() * 2)

    _check_falls_back(path, caplog, "backwards")


@pytest.mark.usefixtures("two")
def test_with_pictures_renewed_bit_by_bit_it_is_decoded_through(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    options = {"x264-params": "intra-refresh=1:keyint=20"}
    path = write_video(tmp_path / "a.ts", _moving(150), options=options)

    _check_falls_back(path, caplog, "start to its end")


@pytest.mark.usefixtures("two")
@pytest.mark.parametrize("broken", [[40], [41, 42], [39], [0], [79, 80, 81, 82]])
def test_a_damaged_film_gives_what_it_gives_from_start_to_end(
    tmp_path: Path, broken: list[int]
) -> None:
    path = write_video(tmp_path / "a.mp4", _moving(150), options={"g": "20", "bf": "0"})
    facts = probe_video(path)
    damage(path, broken)

    found = list(each_glimpse(path, facts, keeping=True))
    _check_same(found, list(runs._one_by_one(path, facts, keeping=True)))
    assert len(found) >= 130


@pytest.mark.usefixtures("two")
def test_where_nothing_can_be_decoded_there_is_nothing(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mov", _moving(50), codec="mjpeg")
    facts = probe_video(path)

    assert list(each_glimpse(damage(path, range(50)), facts, keeping=False)) == []
    path.write_bytes(b"no video" * 100)
    with pytest.raises(MediaError, match="damaged"):
        list(each_glimpse(path, facts, keeping=False))


# what is under way


def _threads() -> list[threading.Thread]:
    return [one for one in threading.enumerate() if one.name.startswith("v2m decoder")]


@pytest.mark.usefixtures("two")
def test_two_threads_decode_and_end_with_who_looks(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", _moving(600, (16, 32)), options={"g": "10"})
    with closing(runs._side_by_side(path, probe_video(path), keeping=False)) as looking:
        next(looking)
        assert len(_threads()) == 2
    assert _threads() == []


@pytest.mark.usefixtures("two")
def test_no_more_than_some_pieces_are_decoded_ahead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given_out: list[Piece] = []
    submit = runs._Decoder.submit

    def counted(decoder: Any, piece: Piece) -> Any:
        given_out.append(piece)
        return submit(decoder, piece)

    monkeypatch.setattr(runs._Decoder, "submit", counted)
    path = write_video(tmp_path / "a.mp4", _moving(900, (16, 32)), options={"g": "30"})
    most = 0
    for n, _ in enumerate(runs._side_by_side(path, probe_video(path), keeping=False)):
        # a piece holds back the frames that its last packets only begin
        most = max(most, sum(len(piece.packets) for piece in given_out) - n)

    assert n == 899
    assert PIECE * 4 < most <= PIECE * (runs.MOST_WAITING + 2) + 16


@dataclass(frozen=True)
class _Packet:
    pts: int | None
    is_keyframe: bool = False
    size: int = 1


def _open_groups(lengths: list[int], leading: int) -> list[_Packet]:
    """Return packets of groups whose first pictures are shown before their key frames."""
    packets, at = list[_Packet](), 0
    for number, length in enumerate(lengths):
        early = min(leading, length - 1) if number else 0
        packets.append(_Packet(at + early, is_keyframe=True))
        packets += [_Packet(at + n) for n in range(early)]
        packets += [_Packet(at + n) for n in range(early + 1, length)]
        at += length
    return [*packets, _Packet(None, size=0)]


@given(lengths=st.lists(st.integers(1, 300), min_size=1, max_size=12), leading=st.integers(0, 4))
def test_every_packet_is_in_a_run_that_shows_it(lengths: list[int], leading: int) -> None:
    packets = _open_groups(lengths, leading)
    cut = list(pieces(packets))
    shown = list[int]()
    for run in range(cut[-1].run + 1):
        own = [piece for piece in cut if piece.run == run]
        fed = [packet for piece in own for packet in piece.packets]
        stop = own[-1].stop or 10**9
        assert [piece.first for piece in own] == [True] + [False] * (len(own) - 1)
        assert [piece.last for piece in own] == [False] * (len(own) - 1) + [True]
        assert fed[0].is_keyframe
        assert own[0].start == (fed[0].pts if run else -inf)
        assert all(len(piece.packets) <= runs.PIECE + leading + 2 for piece in own)
        shown += sorted({packet.pts for packet in fed if own[0].start <= packet.pts < stop})

    assert shown == sorted(packet.pts for packet in packets if packet.pts is not None)


def test_packets_without_time_stamps_make_no_runs() -> None:
    with pytest.raises(NotInRunsError, match="time stamp"):
        list(pieces([_Packet(0, is_keyframe=True), _Packet(None)]))


@pytest.mark.parametrize("n", [3, 100])
@pytest.mark.parametrize("is_keyframe", [True, False])
def test_where_time_runs_backwards_there_are_no_runs(n: int, is_keyframe: bool) -> None:
    group = [_Packet(1000 + at, is_keyframe=at == 0) for at in range(100)]
    next_one = [_Packet(2000 + at, is_keyframe=at == 0) for at in range(n)]
    back = [_Packet(at, is_keyframe=is_keyframe and at == 0) for at in range(100)]

    with pytest.raises(NotInRunsError, match="backwards"):
        list(pieces([*group, *next_one, *back]))
