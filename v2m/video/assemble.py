"""Puts the demo's video together out of clips, with MoviePy."""

from collections.abc import Sequence
from pathlib import Path

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
    from moviepy import ColorClip, CompositeVideoClip, VideoFileClip, concatenate_videoclips

    for path in clips:
        if not path.is_file():
            raise BackendError("MoviePy", f"{printable(path)}: no such clip")
    shown, opened = [], []
    try:
        for path in clips:
            clip = VideoFileClip(str(path), audio=False)
            opened.append(clip)
            # the length in the header may reach past the last frame
            cut = clip.subclipped(0, min(clip.duration - 2 / FPS, LONGEST_CLIP_SECONDS))
            scale = min(SIZE[0] / cut.w, SIZE[1] / cut.h)
            fitted = cut.resized((round(cut.w * scale), round(cut.h * scale)))
            black = ColorClip(SIZE, (0, 0, 0), duration=cut.duration)
            shown.append(CompositeVideoClip([black, fitted.with_position("center")]))
        whole = concatenate_videoclips(shown)
        whole.write_videofile(
            str(out),
            fps=FPS,
            codec="libx264",
            audio=False,
            preset="veryfast",
            ffmpeg_params=["-crf", "20", "-pix_fmt", "yuv420p", "-f", "mp4"],
            logger=None,
        )
    except OSError as err:
        raise BackendError("MoviePy", f"cannot make the demo video: {err}") from err
    finally:
        for clip in opened:
            clip.close()
