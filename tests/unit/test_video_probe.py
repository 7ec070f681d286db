"""The facts of a video file."""

from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.conftest import WriteMusic
from tests.unit.videos import BLUE, RED, damage, plain, turn, write_video
from v2m.errors import MediaError
from v2m.video import probe
from v2m.video.probe import probe_video, video_digest


@pytest.mark.parametrize(
    ("name", "codec"),
    [("a.mp4", "libx264"), ("a.mkv", "libx264"), ("a.webm", "libvpx"), ("a.avi", "mpeg4"),
     ("a.mov", "mjpeg"), ("a.ts", "libx264"), ("a.flv", "flv1"), ("ä '\n.mp4", "libx264")],
)  # fmt: skip
def test_the_facts_are_exact_in_every_container(tmp_path: Path, name: str, codec: str) -> None:
    path = write_video(tmp_path / name, plain(RED, 31), codec=codec)
    facts = probe_video(path)

    assert facts.path == path
    assert facts.duration_seconds == pytest.approx(31 / 25, abs=0.002)
    assert facts.fps == pytest.approx(25, abs=0.05)
    assert (facts.n_frames, facts.width, facts.height) == (31, 64, 48)
    assert not facts.has_audio


def test_the_codec_is_named_as_ffmpeg_names_it(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mov", plain(RED, 2), codec="mjpeg")

    assert probe_video(path).video_codec == "mjpeg"


def test_sound_is_noticed_and_does_not_set_the_length(tmp_path: Path) -> None:
    facts = probe_video(write_video(tmp_path / "a.mp4", plain(RED, 10), sound=True))

    assert facts.has_audio
    assert facts.duration_seconds == pytest.approx(0.4)


def test_a_video_of_variable_rate_ends_with_its_last_frame(tmp_path: Path) -> None:
    times = [0, 100, 150, 700, 1000]
    facts = probe_video(write_video(tmp_path / "a.mp4", plain(RED, 5), times_ms=times))

    assert facts.n_frames == 5
    assert facts.duration_seconds == pytest.approx(1.0, abs=0.31)
    assert facts.fps == pytest.approx(5 / facts.duration_seconds)


def test_a_late_first_frame_counts_as_the_start(tmp_path: Path) -> None:
    times = [2000 + 40 * n for n in range(25)]
    facts = probe_video(write_video(tmp_path / "a.mkv", plain(RED, 25), times_ms=times))

    assert facts.start_seconds == pytest.approx(2.0)
    assert facts.duration_seconds == pytest.approx(1.0, abs=0.045)


@pytest.mark.parametrize(("degrees", "size"), [(90, (48, 64)), (180, (64, 48)), (270, (48, 64))])
def test_width_and_height_are_those_after_rotation(
    tmp_path: Path, degrees: int, size: tuple[int, int]
) -> None:
    facts = probe_video(turn(write_video(tmp_path / "a.mp4", plain(RED, 5)), degrees))

    assert (facts.width, facts.height) == size


def test_a_single_frame_has_a_length(tmp_path: Path) -> None:
    facts = probe_video(write_video(tmp_path / "a.mp4", plain(RED, 1)))

    assert facts.n_frames == 1
    assert facts.duration_seconds == pytest.approx(0.04)


@pytest.mark.parametrize(
    ("stamps", "rate", "step"),
    [
        ([(0, 0), (40, 0), (80, 0), (200, 0)], None, 40),
        ([(0, 0), (0, 0)], None, 1),
        ([(0, 0)], 50, 20),
        ([(0, 0)], None, 40),
    ],
)
def test_a_last_frame_without_duration_lasts_as_long_as_usual(
    stamps: list[tuple[int, int]], rate: int | None, step: int
) -> None:
    container = SimpleNamespace(
        demux=lambda stream: [
            SimpleNamespace(pts=pts, duration=duration, size=1, is_discard=False)
            for pts, duration in stamps
        ]
    )
    stream = SimpleNamespace(time_base=0.001, average_rate=rate)

    _, end, _ = probe._extent(container, stream)
    assert end == pytest.approx((stamps[-1][0] + step) / 1000)


def test_a_damaged_first_frame_does_not_spoil_the_facts(tmp_path: Path) -> None:
    path = damage(write_video(tmp_path / "a.mov", plain(RED, 9), codec="mjpeg"), [0, 1])

    assert probe_video(path).n_frames == 9


def test_a_video_without_a_whole_frame_is_refused(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mov", plain(RED, 4), codec="mjpeg")

    with pytest.raises(MediaError, match="none of its frames can be decoded, 4 packets"):
        probe_video(damage(path, range(4)))


def test_music_is_refused(tmp_path: Path, write_music: WriteMusic) -> None:
    with pytest.raises(MediaError, match="holds no picture"):
        probe_video(write_music(tmp_path / "a.wav"))


def test_the_cover_of_a_piece_of_music_is_no_video(tmp_path: Path, write_music: WriteMusic) -> None:
    path = write_music(tmp_path / "a.flac")
    Image.fromarray(plain(BLUE, 1)[0]).save(tmp_path / "cover.png")
    flac: Any = import_module("mutagen.flac")
    picture = flac.Picture()
    picture.data, picture.type, picture.mime = (tmp_path / "cover.png").read_bytes(), 3, "image/png"
    music = flac.FLAC(path)
    music.add_picture(picture)
    music.save()

    with pytest.raises(MediaError, match="holds no picture"):
        probe_video(path)


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "empty file"), (b"hello world" * 500, "not a video file"), (None, "no such file")],
)
def test_what_is_no_video_is_refused(tmp_path: Path, content: bytes | None, words: str) -> None:
    path = tmp_path / "a.mp4"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(MediaError, match=words) as caught:
        probe_video(path)
    assert caught.value.path == path


def test_a_cut_off_file_is_refused(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", plain(RED, 50))
    path.write_bytes(path.read_bytes()[:300])

    with pytest.raises(MediaError, match=r"a\.mp4: (not a video|cannot be read)"):
        probe_video(path)


def test_a_stream_without_times_is_refused(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.h264", plain(RED, 5))

    with pytest.raises(MediaError, match="cannot be read as video"):
        probe_video(path)


def test_the_digest_tells_files_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "DIGEST_BYTES", 100)
    content = np.random.default_rng(0).bytes(1000)
    variants = {
        "same": content,
        "first": b"\0" + content[1:],
        "last": content[:-1] + b"\0",
        "longer": content[:500] + b"\0" + content[500:],
        "middle": content[:500] + b"\0" + content[501:],
    }
    digests = {}
    for name, variant in {"original": content, **variants}.items():
        (tmp_path / name).write_bytes(variant)
        digests[name] = video_digest(tmp_path / name)

    assert digests["original"] == digests["same"] == digests["middle"]
    assert len(set(digests.values())) == 4
    assert all(len(digest) == 64 for digest in digests.values())
