"""Looks at a video once: the scenes, and the frames of each."""

from collections.abc import Iterator
from pathlib import Path

from v2m.types import Scene, SceneFrames, VideoFacts
from v2m.video.glimpses import Glimpse
from v2m.video.keeping import FrameKeeper
from v2m.video.scenes import SHORTEST_SECONDS, each_scene


def look(
    path: Path, facts: VideoFacts, *, min_scene_seconds: float = SHORTEST_SECONDS
) -> Iterator[tuple[Scene, SceneFrames]]:
    """Yield each scene of ``find_scenes`` with the frames ``sample_frames`` would take of it.

    The video is decoded once. A scene is yielded some seconds after its end; no more than a fixed
    number of bytes waits till then, so that of scenes longer than about 20 s, and of films of more
    than 31 frames a second, a frame shortly after the wanted one may be taken.

    Raises:
        MediaError: no frame can be decoded.
    """
    keeper = FrameKeeper()

    def keep(glimpse: Glimpse) -> None:
        if glimpse.kept:
            keeper.add(glimpse.kept)

    found = each_scene(path, facts, min_scene_seconds=min_scene_seconds, watching=keep)
    for scene in found:
        last = scene.span.end_seconds >= facts.duration_seconds
        yield scene, keeper.take(scene, last=last)
