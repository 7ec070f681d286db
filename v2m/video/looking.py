"""Looks at a video once: the scenes, and the frames of each."""

from collections.abc import Iterator
from pathlib import Path

from v2m.types import Scene, SceneFrames, VideoFacts
from v2m.video.filmstrip import Filmstrip
from v2m.video.glimpses import Glimpse
from v2m.video.keeping import FrameKeeper
from v2m.video.scenes import SHORTEST_SECONDS, each_scene


def look(
    path: Path,
    facts: VideoFacts,
    *,
    min_scene_seconds: float = SHORTEST_SECONDS,
    filmstrip: Filmstrip | None = None,
) -> Iterator[tuple[Scene, SceneFrames]]:
    """Yield each scene of ``find_scenes`` with the frames ``sample_frames`` would take of it.

    The video is decoded once. A scene is yielded some seconds after its end; no more than a fixed
    number of bytes waits till then, so that of scenes longer than about 20 s, and of films of more
    than 31 frames a second, a frame shortly after the wanted one may be taken.

    Args:
        path: the video.
        facts: of the video.
        min_scene_seconds: as for ``find_scenes``.
        filmstrip: is shown the frames too, and has those of the strip behind the last scene.

    Raises:
        MediaError: no frame can be decoded.
    """
    if filmstrip:
        filmstrip.begin(facts)
    keeper = FrameKeeper()

    def keep(glimpse: Glimpse) -> None:
        if glimpse.kept:
            if filmstrip:
                filmstrip.add(glimpse.kept)  # the keeper may take the frame out of it
            keeper.add(glimpse.kept)

    found = each_scene(path, facts, min_scene_seconds=min_scene_seconds, watching=keep)
    for scene in found:
        last = scene.span.end_seconds >= facts.duration_seconds
        yield scene, keeper.take(scene, last=last)
    if filmstrip:
        filmstrip.end()
