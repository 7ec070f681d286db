"""Small videos with known contents, made on the spot."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]
Colour = tuple[int, int, int]

RED: Colour = (200, 30, 30)
BLUE: Colour = (20, 40, 200)
WHITE: Colour = (240, 240, 230)
DARK_RED: Colour = (110, 16, 16)

SIZE = (48, 64)
"""Height and width."""

MILLISECOND = Fraction(1, 1000)


def plain(colour: Colour, n: int, size: tuple[int, int] = SIZE) -> list[Picture]:
    """Return n frames of one colour."""
    return [np.full((*size, 3), colour, np.uint8)] * n


def write_video(
    path: Path,
    frames: Sequence[Picture],
    *,
    rate: int = 25,
    codec: str = "libx264",
    pixel_format: str = "yuv420p",
    times_ms: Sequence[int] | None = None,
    sound: bool = False,
    options: Mapping[str, str] | None = None,
) -> Path:
    """Write frames, evenly spaced or at times of their own; the ending decides the container."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(
            codec, rate=1000 if times_ms else rate, options=dict(options or {})
        )
        assert isinstance(stream, av.VideoStream)
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else pixel_format
        voice = container.add_stream("aac", rate=44100) if sound else None
        for number, picture in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            if times_ms:
                frame.pts, frame.time_base = times_ms[number], MILLISECOND
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if isinstance(voice, av.AudioStream):
            quiet = np.zeros((1, round(44100 * len(frames) / rate)), np.float32)
            block = av.AudioFrame.from_ndarray(quiet, format="fltp", layout="mono")
            block.sample_rate = 44100
            container.mux(voice.encode(block))
            container.mux(voice.encode(None))
    return path


def turn(path: Path, degrees: int) -> Path:
    """Write a rotation into an MP4's track header, clockwise, as a phone does."""
    one = 1 << 16
    cosine, sine = {90: (0, one), 180: (-one, 0), 270: (0, -one)}[degrees]
    matrix = (cosine, sine, 0, -sine, cosine, 0, 0, 0, 1 << 30)
    data = bytearray(path.read_bytes())
    start = data.index(b"tkhd") + 44
    data[start : start + 36] = b"".join(n.to_bytes(4, "big", signed=True) for n in matrix)
    path.write_bytes(data)
    return path


def damage(path: Path, packets: Sequence[int]) -> Path:
    """Overwrite packets of a video with zeros."""
    with av.open(str(path)) as container:
        places = [(p.pos, p.size) for p in container.demux(video=0) if p.size]
    data = bytearray(path.read_bytes())
    for number in packets:
        position, size = places[number]
        assert position is not None
        data[position : position + size] = bytes(size)
    path.write_bytes(data)
    return path
