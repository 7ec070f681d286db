"""Says what a video file holds, exact to the frame."""

import hashlib
from itertools import pairwise
from pathlib import Path
from typing import Any

from av.error import FFmpegError, InvalidDataError
from av.stream import Disposition

from v2m.audio.decode import check_readable
from v2m.errors import MediaError
from v2m.ffmpeg import av
from v2m.types import VideoFacts

DIGEST_BYTES = 1 << 20


def probe_video(path: Path) -> VideoFacts:
    """Return the facts of a video's first picture stream; cover pictures do not count.

    The length is taken from the packets' time stamps, which containers state more reliably than
    any header.

    Raises:
        MediaError: the file is missing, unreadable, no media, or holds no moving picture.
    """
    check_readable(path)
    try:
        with path.open("rb") as file, av.open(file, metadata_errors="replace") as container:
            stream = picture_stream(container)
            if stream is None:
                raise MediaError(path, "holds no picture")
            has_audio = bool(container.streams.audio)
            start, end, n_frames = _extent(container, stream)
            first = _first_frame(container, stream)
            turned = abs(getattr(first, "rotation", 0) or 0) % 180 == 90
            size = (first.height, first.width) if turned else (first.width, first.height)
            duration = end - start
            return VideoFacts(
                path=path,
                duration_seconds=duration,
                fps=n_frames / duration,
                n_frames=n_frames,
                width=size[0],
                height=size[1],
                video_codec=stream.codec_context.name,
                has_audio=has_audio,
                start_seconds=start,
            )
    except InvalidDataError as err:
        raise MediaError(path, "not a video file, or damaged beyond reading") from err
    except (FFmpegError, _NoFramesError, ValueError) as err:
        raise MediaError(path, f"cannot be read as video ({_short(err)})") from err


def picture_stream(container: Any) -> Any:
    """Return the first stream of moving pictures, or None; an attached cover is not one."""
    for stream in container.streams.video:
        if not stream.disposition & Disposition.attached_pic:
            return stream
    return None


def video_digest(path: Path) -> str:
    """Return a SHA-256 over a file's length and its first and last megabyte."""
    size = path.stat().st_size
    digest = hashlib.sha256(str(size).encode())
    with path.open("rb") as file:
        digest.update(file.read(DIGEST_BYTES))
        file.seek(max(0, size - DIGEST_BYTES))
        digest.update(file.read(DIGEST_BYTES))
    return digest.hexdigest()


class _NoFramesError(Exception):
    """The picture stream holds no frame."""


def _extent(container: Any, stream: Any) -> tuple[float, float, int]:
    """Return start of the first frame, end of the last (seconds) and the number of frames."""
    stamps = sorted(
        (packet.pts, packet.duration or 0)
        for packet in container.demux(stream)
        if packet.pts is not None and packet.size and not packet.is_discard
    )
    if not stamps:
        raise _NoFramesError("no frames")
    first, (last, last_duration) = stamps[0][0], stamps[-1]
    if not last_duration:
        last_duration = _usual_step(stamps, stream)
    base = stream.time_base
    return float(first * base), float((last + last_duration) * base), len(stamps)


def _usual_step(stamps: list[tuple[int, int]], stream: Any) -> int:
    """Return the length of a frame where the container does not say it, in time-base units."""
    if len(stamps) > 1:
        steps = sorted(b[0] - a[0] for a, b in pairwise(stamps))
        return max(1, steps[len(steps) // 2])
    rate = stream.average_rate or 25
    return max(1, round(float(1 / (rate * stream.time_base))))


def _first_frame(container: Any, stream: Any) -> Any:
    container.seek(0)
    bad = 0
    for packet in container.demux(stream):
        try:
            for frame in packet.decode():
                return frame
        except InvalidDataError:
            bad += 1
    raise _NoFramesError(f"none of its frames can be decoded, {bad} packets are damaged")


def _short(err: Exception) -> str:
    return str(err).split(": '")[0].removeprefix("[Errno ").strip()
