import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from v2m.audio.decode import audio_blocks
from v2m.audio.measure import Gauged, gauge
from v2m.errors import BackendError
from v2m.ffmpeg import av
from v2m.soundtrack.mux import mux
from v2m.soundtrack.proof import Proof, proving
from v2m.types import Samples

RATE = 48000


def _film(path: Path, codec: str) -> Path:
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for _ in range(75):
            container.mux(stream.encode(av.VideoFrame(64, 48, "yuv420p")))
        container.mux(stream.encode(None))
    return path


def _sound(n: int) -> Samples:
    return np.random.default_rng(0).normal(0, 0.1, (2, n)).astype(np.float32)


def _proved(film: Path, out: Path, n: int, start_seconds: float = 0.0) -> Gauged:
    with proving(RATE, start_seconds) as proof:
        mux(film, [_sound(n)], RATE, out, start_seconds=start_seconds, heard=proof.hear)
        return proof.of(out)


@pytest.mark.parametrize("n", [100 * 1024, 100 * 1024 + 1, 111_111])
@pytest.mark.parametrize(
    ("out", "codec", "start_seconds"),
    [("b.mp4", "libx264", 0.0), ("b.mkv", "libx264", 0.5), ("b.webm", "libvpx", 0.5)],
)
def test_what_is_heard_on_the_way_measures_as_the_file(
    tmp_path: Path, out: str, codec: str, start_seconds: float, n: int
) -> None:
    film = _film(tmp_path / f"a{Path(out).suffix}", codec)

    proved = _proved(film, tmp_path / out, n, start_seconds)

    read = gauge(audio_blocks(tmp_path / out, sample_rate=RATE), RATE)
    assert proved.lufs == pytest.approx(read.lufs, abs=0.01)
    assert proved.true_peak_dbtp == pytest.approx(read.true_peak_dbtp, abs=1e-6)
    assert proved.duration_seconds == pytest.approx(read.duration_seconds, abs=1024 / RATE)
    assert 0 <= proved.duration_seconds - n / RATE < 1024 / RATE


def test_another_sound_in_the_file_is_found_out(tmp_path: Path) -> None:
    film = _film(tmp_path / "a.mkv", "libx264")
    _proved(film, tmp_path / "other.mkv", 50_000)

    with proving(RATE, 0.0) as proof:
        mux(film, [_sound(60_000)], RATE, tmp_path / "b.mkv", start_seconds=0, heard=proof.hear)
        with pytest.raises(BackendError, match="holds another sound than was encoded"):
            proof.of(tmp_path / "other.mkv")


class _Noise:
    """A packet that no decoder takes."""

    def __init__(self, like: Any) -> None:
        self.stream, self.pts = like.stream, like.pts

    def __bytes__(self) -> bytes:
        return bytes(range(255, 0, -1)) * 3

    def has_sidedata(self, _name: str) -> bool:
        return False


def test_a_packet_that_cannot_be_decoded_stops_the_writing(tmp_path: Path) -> None:
    film = _film(tmp_path / "a.mkv", "libx264")

    with (
        pytest.raises(BackendError, match=r"^FFmpeg: cannot decode what it wrote: .+"),
        proving(RATE, 0.0) as proof,
    ):
        mux(
            film, [_sound(100_000)], RATE, tmp_path / "b.mkv",
            start_seconds=0, heard=lambda packet: proof.hear(_Noise(packet)),
        )  # fmt: skip
        proof.of(tmp_path / "b.mkv")

    assert not [t for t in threading.enumerate() if t.name.startswith("v2m ")]


def test_a_proof_that_nobody_asks_for_ends_its_thread() -> None:
    proof = Proof(RATE, 0)
    proof.start()
    proof.close()

    assert not [t for t in threading.enumerate() if t.name.startswith("v2m ")]
