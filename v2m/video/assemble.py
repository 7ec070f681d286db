"""Puts the demo's video together out of clips, with MoviePy."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from v2m.errors import BackendError, printable

SIZE = (1280, 720)
FPS = 25
LONGEST_CLIP_SECONDS = 10.0


def assemble_demo_video(clips: Sequence[Path], out: Path) -> None:
    """Write the clips one after the other as silent H.264, 1280x720 at 25 frames per second.

    Each clip is shown whole, at most 10 s, on black.

    Raises:
        BackendError: MoviePy cannot read a clip or write the file.
    """
    from moviepy import concatenate_videoclips

    for path in clips:
        if not path.is_file():
            raise BackendError("MoviePy", f"{printable(path)}: no such clip")
    opened: list[Any] = []
    try:
        opened.extend(_fitted(path) for path in clips)  # those that are open stay if one fails
        whole = concatenate_videoclips([_on_black(clip) for clip in opened])
        whole.write_videofile(
            str(out),
            fps=FPS,
            codec="libx264",
            audio=False,
            preset="superfast",
            ffmpeg_params=["-crf", "20", "-pix_fmt", "yuv420p", "-f", "mp4"],
            logger=None,
        )
    except OSError as err:
        raise BackendError("MoviePy", f"cannot make the demo video: {err}") from err
    finally:
        for clip in opened:
            clip.close()


def _fitted(path: Path) -> Any:
    """Open a clip as large as it can be shown; FFmpeg scales it while it is read."""
    from moviepy import VideoFileClip

    with VideoFileClip(str(path), audio=False) as clip:
        scale = min(SIZE[0] / clip.w, SIZE[1] / clip.h)
        size = (round(clip.w * scale), round(clip.h * scale))
    return VideoFileClip(str(path), audio=False, target_resolution=size)


def _on_black(clip: Any) -> Any:
    """Return a clip in the middle of black; MoviePy's composition would take 20 ms a frame."""
    from moviepy.video.fx import Margin

    # the length in the header may reach past the last frame
    cut = clip.subclipped(0, min(clip.duration - 2 / FPS, LONGEST_CLIP_SECONDS))
    left, top = ((whole - own) // 2 for whole, own in zip(SIZE, cut.size, strict=True))
    right, bottom = SIZE[0] - cut.w - left, SIZE[1] - cut.h - top
    return cut.with_effects([Margin(left=left, right=right, top=top, bottom=bottom)])
