"""Fetches single frames out of a video; what lies between them is not decoded where it can be."""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

from av.error import FFmpegError

from v2m.ffmpeg import av
from v2m.types import VideoFacts
from v2m.video.frames import Picture, decoded_frames, scaled
from v2m.video.probe import picture_stream

FAR_SECONDS = 12.0
"""Times further apart are sought one by one; encoders set a key frame every 10 s at the latest."""


def still_at(path: Path, facts: VideoFacts, times: Sequence[float], height: int) -> list[Picture]:
    """Return the frame shown at each time (ascending, seconds), scaled to a height.

    Raises:
        MediaError: the file cannot be read.
    """
    return shown_at(path, facts, times, partial(scaled, height=height))


def shown_at(
    path: Path, facts: VideoFacts, times: Sequence[float], made: Callable[[Any], Picture]
) -> list[Picture]:
    """Return what is made of the frame shown at each time (ascending, seconds).

    Raises:
        MediaError: the file cannot be read.
    """
    if len(times) > 1 and min(later - time for time, later in pairwise(times)) > FAR_SECONDS:
        found = _sought(path, facts, times, made)
        if found is not None:
            return found
    return _passed(path, facts, times, made)


def _passed(
    path: Path, facts: VideoFacts, times: Sequence[float], made: Callable[[Any], Picture]
) -> list[Picture]:
    """Decode from the first frame on."""
    out: list[Picture] = []
    last: Any = None
    for seconds, frame in decoded_frames(path, facts):
        while len(out) < len(times) and last is not None and seconds > times[len(out)]:
            out.append(made(last))
        last = frame
        if len(out) == len(times):
            break
    while last is not None and len(out) < len(times):
        out.append(made(last))
    return out


def _sought(
    path: Path, facts: VideoFacts, times: Sequence[float], made: Callable[[Any], Picture]
) -> list[Picture] | None:
    """Seek each frame; return None where the file does not lead to one."""
    out: list[Picture] = []
    try:
        with path.open("rb") as file, av.open(file, "r", metadata_errors="replace") as container:
            stream = picture_stream(container)
            stream.thread_type = "AUTO"
            for time in times:
                shown = time + facts.start_seconds
                container.seek(int(shown / stream.time_base), stream=stream)
                frame = _last_until(container.decode(stream), time, facts.start_seconds)
                if frame is None:
                    return None
                out.append(made(frame))
    except FFmpegError:  # a pass tells whether the file can be read at all
        return None
    return out


def _last_until(frames: Any, time: float, start_seconds: float) -> Any:
    """Return the last frame up to a time from the film's start; None where the first is later."""
    last = None
    for frame in frames:
        if frame.time is not None and frame.time - start_seconds > time:
            break
        last = frame
    return last
