"""Finds the scenes of a video with PySceneDetect, and reads still pictures."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from v2m.audio.decode import check_readable
from v2m.errors import MediaError
from v2m.types import Frames, Scene, Span, VideoFacts

SHORTEST_SECONDS = 1.5
"""Shorter scenes are merged: no music makes sense there."""

THRESHOLD = 27.0
"""PySceneDetect's default for its content detector: mean change of hue, saturation, brightness."""

MOST_PIXELS = 200_000_000

log = logging.getLogger(__name__)


def find_scenes(
    path: Path,
    facts: VideoFacts,
    *,
    min_scene_seconds: float = SHORTEST_SECONDS,
    threshold: float = THRESHOLD,
) -> list[Scene]:
    """Return the scenes of a video: in order, without gaps, from its first frame to its last.

    A video without cuts is one scene. Scenes shorter than ``min_scene_seconds`` are merged into
    the shorter of their neighbours.

    Raises:
        MediaError: no frame can be decoded.
    """
    cuts = _cuts(path, facts, threshold)
    n_frames = facts.n_frames or max(1, round(facts.duration_seconds * facts.fps))
    edges = [(0.0, 0), *cuts, (facts.duration_seconds, n_frames)]
    merged = merge_short(edges, min_scene_seconds)
    return [
        Scene(n, Span(start, end), first, last)
        for n, ((start, first), (end, last)) in enumerate(zip(merged, merged[1:], strict=False))
    ]


def merge_short(
    edges: Sequence[tuple[float, int]], min_scene_seconds: float
) -> list[tuple[float, int]]:
    """Drop borders until no scene is too short, the shortest scene first.

    >>> merge_short([(0.0, 0), (4.0, 100), (4.5, 112), (9.0, 225)], 1.5)
    [(0.0, 0), (4.5, 112), (9.0, 225)]
    """
    kept = list(edges)
    while len(kept) > 2:
        lengths = [b[0] - a[0] for a, b in zip(kept, kept[1:], strict=False)]
        short = int(np.argmin(lengths))
        if lengths[short] >= min_scene_seconds:
            break
        before = lengths[short - 1] if short else float("inf")
        after = lengths[short + 1] if short + 1 < len(lengths) else float("inf")
        del kept[short if before <= after else short + 1]
    return kept


def _cuts(path: Path, facts: VideoFacts, threshold: float) -> list[tuple[float, int]]:
    """Return time and frame number of every cut, inside the video."""
    import av
    from scenedetect import ContentDetector, SceneManager, open_video
    from scenedetect.video_stream import VideoOpenFailure

    logging.getLogger("pyscenedetect").setLevel(logging.ERROR)
    try:
        video = open_video(str(path), backend="pyav")
        manager = SceneManager()
        manager.add_detector(ContentDetector(threshold=threshold, min_scene_len=2))
        manager.detect_scenes(video, show_progress=False)
        found = manager.get_scene_list(start_in_scene=True)
    except (VideoOpenFailure, av.FFmpegError, OSError, UnicodeError) as err:
        if facts.n_frames <= 0:
            raise MediaError(path, "none of its frames can be decoded") from err
        log.warning("%s: scenes cannot be told apart (%s); taken as one scene", path, err)
        return []
    start = facts.start_seconds
    cuts = [(_seconds(scene[0]) - start, scene[0].frame_num) for scene in found[1:]]
    return [(at, frame) for at, frame in cuts if 0 < at < facts.duration_seconds]


def _seconds(time: Any) -> float:
    return float(time.seconds)


def read_image(path: Path) -> Frames:
    """Read a still picture, turned as its camera says.

    Returns:
        uint8, shape (1, height, width, 3), RGB.

    Raises:
        MediaError: it is missing, unreadable, too large or no picture.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    check_readable(path)
    try:
        with Image.open(path) as image:
            if image.width * image.height > MOST_PIXELS:
                raise MediaError(path, f"too large: {image.width} x {image.height} pixels")
            upright = ImageOps.exif_transpose(image).convert("RGB")
            upright.thumbnail((1024, 1024))
            return np.asarray(upright, np.uint8)[None]
    except UnidentifiedImageError as err:
        raise MediaError(path, "not a picture") from err
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as err:
        raise MediaError(path, f"damaged picture ({err})") from err
