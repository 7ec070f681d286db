from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from v2m.audio.decode import decode_audio
from v2m.errors import BackendError, InputError, MediaError
from v2m.ffmpeg import av
from v2m.soundtrack.mux import can_hold, check_container, fitting_suffix, mux
from v2m.types import Samples
from v2m.video.probe import probe_video

RATE = 48000
Packet = tuple[Fraction, Fraction, bool, bytes]


def _film(
    path: Path, codec: str = "libx264", *, n_frames: int = 50, n_streams: int = 1, first: int = 0
) -> Path:
    rng = np.random.default_rng(0)
    with av.open(str(path), "w") as container:
        container.metadata["title"] = "A film"
        streams: list[Any] = [container.add_stream(codec, rate=25) for _ in range(n_streams)]
        for stream in streams:
            stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for n in range(n_frames):
            picture: npt.NDArray[np.uint8] = rng.integers(0, 255, (48, 64, 3), dtype=np.uint8)
            for stream in streams:
                frame = av.VideoFrame.from_ndarray(picture)
                frame.pts = first + n
                container.mux(stream.encode(frame))
        for stream in streams:
            container.mux(stream.encode(None))
    return path


def _clicks(seconds: float, *places: float) -> Samples:
    sound = np.zeros((2, round(seconds * RATE)), np.float32)
    for place in places:
        first = round(place * RATE)
        sound[:, first : first + 48] = 0.5 * np.hanning(48)
    return sound


def _packets(path: Path) -> list[Packet]:
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        base = stream.time_base or Fraction(1)
        return [
            ((p.pts or 0) * base, (p.dts or 0) * base, p.is_keyframe, bytes(p))
            for p in container.demux(stream)
            if p.size
        ]


def _subtitled(film: Path, path: Path) -> Path:
    words = path.with_suffix(".srt")
    words.write_text("1\n00:00:00,100 --> 00:00:01,000\nHello\n")
    with (
        av.open(str(film)) as pictures,
        av.open(str(words)) as titles,
        av.open(str(path), "w") as target,
    ):
        sources = (pictures, titles)
        copies: list[Any] = [target.add_stream_from_template(s.streams[0]) for s in sources]
        for source, copied in zip(sources, copies, strict=True):
            for packet in source.demux(source.streams[0]):
                if packet.size:
                    packet.stream = copied
                    target.mux(packet)
    return path


@pytest.mark.parametrize(
    ("source", "codec", "out"),
    [
        ("a.mp4", "libx264", "b.mp4"),
        ("a.mp4", "libx264", "b.MOV"),
        ("a.mkv", "libx264", "b.mkv"),
        ("a.mkv", "mpeg4", "b.m4v"),
        ("a.webm", "libvpx", "b.webm"),
    ],
)
def test_the_picture_is_copied_to_the_bit(
    tmp_path: Path, source: str, codec: str, out: str
) -> None:
    film = _film(tmp_path / source, codec)

    notices = mux(film, [_clicks(2, 1)], RATE, tmp_path / out, start_seconds=0)

    assert notices == ()
    before, after = _packets(film), _packets(tmp_path / out)
    assert [packet[2:] for packet in after] == [packet[2:] for packet in before]
    for old, new in zip(before, after, strict=True):
        assert float(new[0]) == pytest.approx(float(old[0]), abs=0.0011)
        assert float(new[1]) == pytest.approx(float(old[1]), abs=0.0011)


def test_time_stamps_stay_exact_where_the_container_stays(tmp_path: Path) -> None:
    film = _film(tmp_path / "a.mp4")

    mux(film, [_clicks(2)], RATE, tmp_path / "b.mp4", start_seconds=0)

    assert _packets(tmp_path / "b.mp4") == _packets(film)
    assert probe_video(tmp_path / "b.mp4").duration_seconds == 2


@pytest.mark.parametrize(
    ("source", "codec", "out"),
    [
        ("a.mp4", "libx264", "b.mp4"),
        ("a.mp4", "libx264", "b.mkv"),
        ("a.webm", "libvpx", "b.webm"),
    ],
)
@pytest.mark.parametrize("seconds", [1.0, 2.0, 3.3])
def test_the_sound_is_in_step_and_as_long_as_given(
    tmp_path: Path, source: str, codec: str, out: str, seconds: float
) -> None:
    film = _film(tmp_path / source, codec)

    mux(film, [_clicks(seconds, 0.25, 0.75)], RATE, tmp_path / out, start_seconds=0)

    heard = decode_audio(tmp_path / out, sample_rate=RATE).samples
    assert abs(heard.shape[1] - seconds * RATE) <= 1024
    for place in (0.25, 0.75):
        first = round((place - 0.1) * RATE)
        peak = first + int(np.argmax(heard[0, first : first + round(0.2 * RATE)]))
        assert peak == pytest.approx(place * RATE + 24, abs=50)


def test_the_sound_starts_with_a_picture_that_starts_late(tmp_path: Path) -> None:
    film = _film(tmp_path / "a.mkv", first=30)
    facts = probe_video(film)
    assert facts.start_seconds == pytest.approx(1.2, abs=0.001)

    mux(film, [_clicks(2)], RATE, tmp_path / "b.mkv", start_seconds=facts.start_seconds)

    assert [p[0] for p in _packets(tmp_path / "b.mkv")] == [p[0] for p in _packets(film)]
    with av.open(str(tmp_path / "b.mkv")) as container:
        stream = container.streams.audio[0]
        start = float((stream.start_time or 0) * (stream.time_base or 0))
    assert start == pytest.approx(1.2, abs=0.025)


def test_sound_and_picture_lie_side_by_side_in_the_file(tmp_path: Path) -> None:
    film = _film(tmp_path / "a.mkv", n_frames=150)

    mux(film, [_clicks(6)], RATE, tmp_path / "b.mkv", start_seconds=0)

    latest = {"audio": 0.0, "video": 0.0}
    with av.open(str(tmp_path / "b.mkv")) as container:
        for packet in container.demux():
            if packet.size:
                latest[packet.stream.type] = float((packet.dts or 0) * packet.time_base)
                assert abs(latest["audio"] - latest["video"]) < 0.3


def test_no_sound_at_all_leaves_the_picture(tmp_path: Path) -> None:
    film = _film(tmp_path / "a.mkv")

    mux(film, [np.zeros((2, 0), np.float32)], RATE, tmp_path / "b.mkv", start_seconds=0)

    assert [p[3] for p in _packets(tmp_path / "b.mkv")] == [p[3] for p in _packets(film)]


def test_the_title_is_kept(tmp_path: Path) -> None:
    film = _film(tmp_path / "a.mp4")

    mux(film, [_clicks(2)], RATE, tmp_path / "b.mkv", start_seconds=0)

    with av.open(str(tmp_path / "b.mkv")) as container:
        assert {k.lower(): v for k, v in container.metadata.items()}["title"] == "A film"


def test_subtitles_that_were_left_out_are_named(tmp_path: Path) -> None:
    film = _subtitled(_film(tmp_path / "plain.mkv"), tmp_path / "a.mkv")

    notices = mux(film, [_clicks(2)], RATE, tmp_path / "b.mkv", start_seconds=0)

    assert notices == ("1 subtitle streams were left out",)
    with av.open(str(tmp_path / "b.mkv")) as container:
        assert [stream.type for stream in container.streams] == ["video", "audio"]


@pytest.mark.parametrize("suffix", ["mkv", "mp4"])
def test_a_second_picture_that_was_left_out_is_named(tmp_path: Path, suffix: str) -> None:
    film = _film(tmp_path / f"a.{suffix}", n_streams=2)

    notices = mux(film, [_clicks(2)], RATE, tmp_path / "b.mkv", start_seconds=0)

    assert notices == ("only the first of 2 picture streams was copied",)


def test_a_file_without_a_picture_is_refused(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", _clicks(1).T, RATE)

    with pytest.raises(MediaError, match="holds no picture"):
        mux(tmp_path / "a.wav", [_clicks(1)], RATE, tmp_path / "b.mkv", start_seconds=0)


def test_a_picture_without_time_stamps_is_refused(tmp_path: Path) -> None:
    film = _film(tmp_path / "a.h264")

    with pytest.raises(BackendError, match="no time stamp"):
        mux(film, [_clicks(1)], RATE, tmp_path / "b.mkv", start_seconds=0)


@pytest.mark.parametrize("out", ["no/b.mp4", "b.webm"])
def test_an_output_that_cannot_be_written_is_named(tmp_path: Path, out: str) -> None:
    film = _film(tmp_path / "a.mp4")

    with pytest.raises(BackendError, match="cannot write"):
        mux(film, [_clicks(1)], RATE, tmp_path / out, start_seconds=0)


@pytest.mark.parametrize(
    ("name", "codec", "words"),
    [
        ("b.avi", "h264", "unknown ending; use one of .m4v, .mkv"),
        ("b", "h264", "unknown ending"),
        ("b.mp4", "vp8", r"\.mp4 cannot hold vp8 pictures.*use -o b\.webm"),
        ("b.webm", "h264", r"use -o b\.mp4"),
        ("b.mp4", "theora", r"use -o b\.mkv"),
        ("no/b.mp4", "h264", "no: no such folder"),
        ("folder.mp4", "h264", "is a folder"),
        ("a.mp4", "h264", "is the input itself"),
        ("link.mp4", "h264", "is the input itself"),
    ],
)
def test_an_unfit_output_is_refused(tmp_path: Path, name: str, codec: str, words: str) -> None:
    (tmp_path / "a.mp4").touch()
    (tmp_path / "folder.mp4").mkdir()
    (tmp_path / "link.mp4").symlink_to(tmp_path / "a.mp4")

    with pytest.raises(InputError, match=words):
        check_container(tmp_path / "a.mp4", tmp_path / name, codec)


@pytest.mark.parametrize(
    ("name", "codec"), [("b.mp4", "h264"), ("b.MKV", "theora"), ("b.mov", "prores")]
)
def test_a_fit_output_is_taken_even_where_an_older_one_lies(
    tmp_path: Path, name: str, codec: str
) -> None:
    (tmp_path / "a.mp4").touch()
    (tmp_path / name).touch()

    check_container(tmp_path / "a.mp4", tmp_path / name, codec)


@pytest.mark.parametrize("codec", ["h264", "vp8", "vp9", "prores", "theora", "png"])
def test_the_suggested_container_holds_the_picture(codec: str) -> None:
    assert can_hold(fitting_suffix(codec), codec)
