"""Renderings of a cue plan: the finished video, and what goes with it."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from v2m.audio.decode import decode_audio
from v2m.errors import ConfigError
from v2m.files import text_to_path
from v2m.soundtrack.credits import write_credits
from v2m.soundtrack.picture import draw_plan
from v2m.soundtrack.plan import CuePlan, read_plan, write_plan
from v2m.soundtrack.render import RenderReport, render_plan


def render(plan: CuePlan, out: Path, *, video: Path | None = None) -> RenderReport:
    """Write the finished video of a plan; the picture is copied, not encoded again.

    Args:
        plan: the cue plan; it alone decides the sound, no catalogue is needed.
        out: the file to write; its ending decides the container.
        video: where the video lies now, by default where the plan found it.

    Raises:
        InputError: the video or a track is missing, or the container cannot hold the picture.
    """
    return render_plan(plan, video or text_to_path(plan.video.path), out)


def write_companions(
    plan: CuePlan,
    video: Path,
    *,
    plan_path: Path | None = None,
    picture: Path | None = None,
    credits_path: Path | None = None,
    finished: Path | None = None,
) -> None:
    """Write what goes with a finished video: plan, picture and credits, each where asked.

    Args:
        plan: the cue plan.
        video: the original video, for the filmstrip.
        plan_path: for the plan, JSON.
        picture: for the drawing of the plan, PNG.
        credits_path: for the credits, text.
        finished: the finished video, whose loudness is drawn.
    """
    if plan_path:
        write_plan(plan, plan_path)
    if credits_path:
        write_credits(plan, credits_path)
    if picture:
        envelope = _envelope(finished) if finished else None
        draw_plan(plan, picture, video_path=video, envelope=envelope)


def export_plan(plan_path: Path, kind: str, out: Path) -> None:
    """Write the credits or the picture of a plan file.

    Raises:
        InputError: the plan cannot be read.
        ConfigError: the format does not exist.
    """
    plan = read_plan(plan_path)
    video = text_to_path(plan.video.path)
    if kind not in ("credits", "picture"):
        raise ConfigError("format", kind, ("credits", "picture"))
    write_companions(
        plan,
        video,
        picture=out if kind == "picture" else None,
        credits_path=out if kind == "credits" else None,
    )


def _envelope(finished: Path) -> npt.NDArray[np.float32]:
    """Peak level of the finished sound, 100 values a second."""
    mono = np.abs(decode_audio(finished, sample_rate=16000).mono())
    n = len(mono) // 160 * 160
    return np.asarray(mono[:n].reshape(-1, 160).max(axis=1), np.float32)
