"""Takes frames out of a video: stills for the encoder, thumbnails for colour and motion."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from av.error import FFmpegError, InvalidDataError

from v2m.errors import MediaError
from v2m.ffmpeg import av
from v2m.types import Frames, Scene, SceneFrames, VideoFacts
from v2m.video.probe import picture_stream

STILL_SIDE = 256
THUMBNAIL = (64, 36)
THUMBNAILS_PER_SECOND = 8.0
MOST_THUMBNAILS = 240

Picture = npt.NDArray[np.uint8]


@dataclass(slots=True)
class Wanted:
    """The times at which a scene's frames are taken, and what has been taken."""

    still_times: list[float]
    thumbnail_times: list[float]
    stills: list[Picture] = field(default_factory=list)
    thumbnails: list[Picture] = field(default_factory=list)

    @classmethod
    def of(cls, scene: Scene, frames_per_second: float = 1.0, at_most: int = 12) -> "Wanted":
        """Spread the times over a scene."""
        length = scene.span.duration_seconds
        n_stills = int(np.clip(round(length * frames_per_second), 1, at_most))
        n_thumbnails = int(np.clip(round(length * THUMBNAILS_PER_SECOND), 2, MOST_THUMBNAILS))
        start = scene.span.start_seconds
        return cls(
            [start + (n + 0.5) * length / n_stills for n in range(n_stills)],
            [start + n * length / n_thumbnails for n in range(n_thumbnails)],
        )

    def still_at(self, seconds: float) -> bool:
        """Whether the frame of this time is the next still."""
        return _reached(self.still_times, len(self.stills), seconds)

    def thumbnail_at(self, seconds: float) -> bool:
        """Whether the frame of this time is the next thumbnail."""
        return _reached(self.thumbnail_times, len(self.thumbnails), seconds)

    def taken(self) -> SceneFrames:
        """Return what has been taken."""
        return SceneFrames(_stacked(self.stills), _stacked(self.thumbnails))


def sample_frames(
    path: Path,
    facts: VideoFacts,
    scenes: Sequence[Scene],
    *,
    frames_per_second: float = 1.0,
    at_most: int = 12,
) -> list[SceneFrames]:
    """Take frames of every scene in one pass.

    Args:
        path: the video.
        facts: of the video.
        scenes: in order.
        frames_per_second: stills per second of a scene; at least one is taken.
        at_most: stills per scene.

    Raises:
        MediaError: the file cannot be read.
    """
    wanted = [Wanted.of(scene, frames_per_second, at_most) for scene in scenes]
    current, last = 0, None
    for seconds, frame in decoded_frames(path, facts):
        while current + 1 < len(scenes) and seconds >= scenes[current].span.end_seconds - 1e-6:
            _take_at_least_one(wanted[current], last)
            current += 1
        _take(wanted[current], seconds, frame)
        last = frame
    for rest in wanted[current:]:
        _take_at_least_one(rest, last)
    return [one.taken() for one in wanted]


def _reached(times: Sequence[float], n_taken: int, seconds: float) -> bool:
    return n_taken < len(times) and seconds >= times[n_taken] - 1e-3


def _take(wanted: Wanted, seconds: float, frame: Any) -> None:
    if wanted.thumbnail_at(seconds):
        wanted.thumbnails.append(frame.reformat(*THUMBNAIL, format="rgb24").to_ndarray())
    if wanted.still_at(seconds):
        wanted.stills.append(still_of(frame, reformatter()))


def _take_at_least_one(wanted: Wanted, last: Any) -> None:
    """Take the frame that a scene shows throughout, where no new one came at the wanted time."""
    if last is not None and not wanted.stills:
        wanted.stills.append(still_of(last, reformatter()))
    if last is not None and not wanted.thumbnails:
        wanted.thumbnails.append(last.reformat(*THUMBNAIL, format="rgb24").to_ndarray())


def decoded_frames(path: Path, facts: VideoFacts) -> Iterator[tuple[float, Any]]:
    """Yield frames with their time from the first frame on; damaged packets are left out."""
    try:
        with path.open("rb") as file, av.open(file, "r", metadata_errors="replace") as container:
            stream = picture_stream(container)
            stream.thread_type = "AUTO"
            for packet in container.demux(stream):
                try:
                    frames = packet.decode()
                except InvalidDataError:
                    continue
                for frame in frames:
                    if frame.time is not None:
                        yield max(0.0, frame.time - facts.start_seconds), frame
    except FFmpegError as err:
        raise MediaError(path, "damaged: its frames cannot be read") from err


class Scaler:
    """Brings the frames of a video to a height; setting FFmpeg's scaler up costs more than its use.

    Not for several threads at once.
    """

    def __init__(self, height: int) -> None:
        self._height = height
        self._reformatter = reformatter()

    def __call__(self, frame: Any, turns: int | None = None) -> Picture:
        """Return a frame upright, uint8 (height, width, 3), RGB; a decoded one knows its turns."""
        return _upright(frame, self._height, self._reformatter, short_side=False, turns=turns)


def scaled(frame: Any, height: int) -> Picture:
    """Return a decoded frame upright at a height, uint8 (height, width, 3), RGB."""
    return Scaler(height)(frame)


def reformatter() -> Any:
    """Return FFmpeg's scaler; it remembers what it was last set up for."""
    from av.video.reformatter import VideoReformatter

    return VideoReformatter()


def quarter_turns(frame: Any) -> int:
    """Return by how many quarters a frame is turned for showing, 0 to 3."""
    return round((getattr(frame, "rotation", 0) or 0) / 90) % 4


def still_of(frame: Any, scaler: Any, turns: int | None = None) -> Picture:
    """Return a frame as a still: upright, short side 256, uint8 (height, width, 3), RGB."""
    return _upright(frame, STILL_SIDE, scaler, short_side=True, turns=turns)


def _upright(
    frame: Any, size: int, scaler: Any, *, short_side: bool, turns: int | None = None
) -> Picture:
    turns = quarter_turns(frame) if turns is None else turns
    width, height = (frame.height, frame.width) if turns % 2 else (frame.width, frame.height)
    scale = size / (min(width, height) if short_side else height)
    width, height = max(2, round(width * scale)), max(2, round(height * scale))
    if turns % 2:
        width, height = height, width
    picture = scaler.reformat(frame, width, height, format="rgb24").to_ndarray()
    return np.ascontiguousarray(np.rot90(picture, turns))


def _stacked(pictures: list[Picture]) -> Frames:
    return np.stack(pictures) if pictures else np.empty((0, 1, 1, 3), np.uint8)
