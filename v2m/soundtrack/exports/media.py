"""Asks a sound file how long it is, for formats that have to say it."""

from pathlib import Path

from av.error import FFmpegError

from v2m.audio.decode import check_readable
from v2m.errors import MediaError
from v2m.ffmpeg import av


def file_seconds(path: Path) -> float | None:
    """Return how long a file says it is; None where it cannot be read."""
    try:
        check_readable(path)
        with path.open("rb") as file, av.open(file, "r", metadata_errors="replace") as media:
            return media.duration / av.time_base if media.duration else None
    except (MediaError, OSError, FFmpegError, ValueError):
        return None
