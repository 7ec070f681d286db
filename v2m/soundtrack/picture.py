"""Draws a cue plan: filmstrip, scenes, cues and the loudness of the finished sound."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from v2m.errors import MediaError
from v2m.files import replacing
from v2m.soundtrack.plan import Cue, CuePlan, PlannedScene
from v2m.video.frames import still_at
from v2m.video.probe import probe_video

if TYPE_CHECKING:
    from PIL import Image, ImageFont

WIDTH, HEIGHT = 1600, 690
MARGIN = 40
LEFT, RIGHT = MARGIN, WIDTH - MARGIN
STRIP_TOP, STRIP_HEIGHT = 96, 130
SCENES_TOP, SCENES_HEIGHT = 250, 118
CUES_TOP, CUES_HEIGHT = 392, 150
WAVE_HEIGHT = 62
SMALL = 14
AXIS_TOP = 566

PAPER, INK, SOFT, LINE = (250, 249, 246), (34, 34, 38), (110, 110, 118), (205, 203, 196)
FILL = {
    "retrieved": (206, 226, 240),
    "generated": (247, 222, 190),
    "silence": (232, 231, 227),
}
EDGE = {"retrieved": (46, 110, 158), "generated": (196, 116, 24), "silence": (140, 140, 140)}
MEANING = {
    "retrieved": "found in the library",
    "generated": "composed: the library had nothing likely enough",
    "silence": "silence",
}


def draw_plan(
    plan: CuePlan,
    out: Path,
    *,
    video_path: Path | None = None,
    envelope: npt.NDArray[np.float32] | None = None,
) -> None:
    """Write a plan as a PNG of 1600 x 690 pixels; it appears by rename.

    Args:
        plan: the cue plan.
        out: the file to write.
        video_path: the video, for the filmstrip; left out where it cannot be read.
        envelope: peak level of the finished sound, 100 values a second, drawn into the cues.
    """
    from PIL import Image

    image = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    _Sheet(plan, image).draw(video_path, envelope)
    with replacing(out) as temporary:
        image.save(temporary, format="PNG", optimize=True)


class _Sheet:
    """One drawing: time runs from left to right over the whole width."""

    def __init__(self, plan: CuePlan, image: "Image.Image") -> None:
        from PIL import ImageDraw, ImageFont

        self._plan = plan
        self._image = image
        self._pen: ImageDraw.ImageDraw = ImageDraw.Draw(image)
        self._fonts = {size: ImageFont.load_default(size) for size in (SMALL, 16, 19, 26)}

    def draw(self, video_path: Path | None, envelope: npt.NDArray[np.float32] | None) -> None:
        self._head()
        self._filmstrip(video_path)
        for scene in self._plan.scenes:
            self._scene(scene)
        for cue in self._plan.cues:
            self._cue(cue, envelope)
        self._axis()
        self._legend()

    def _x(self, seconds: float) -> int:
        share = seconds / max(self._plan.video.duration_seconds, 1e-9)
        return round(LEFT + share * (RIGHT - LEFT))

    def _font(self, size: int) -> "ImageFont.ImageFont | ImageFont.FreeTypeFont":
        return self._fonts[size]

    def _head(self) -> None:
        video = self._plan.video
        name = video.path.replace("\\", "/").rsplit("/", 1)[-1]
        facts = (
            f"{video.duration_seconds:.1f} s, {video.width}x{video.height}; profile "
            f"{self._plan.profile}; {self._plan.mix.target_lufs:g} LUFS, at most "
            f"{self._plan.mix.true_peak_dbtp:g} dBTP; own sound: {self._own_sound()}"
        )
        self._text((LEFT, 24), f"Cue plan of {name}", 26, INK, RIGHT - LEFT)
        self._text((LEFT, 62), facts, 16, SOFT, RIGHT - LEFT)

    def _own_sound(self) -> str:
        if not self._plan.video.has_audio:
            return "none"
        return "kept under the music" if self._plan.mix.original_audio == "mix" else "replaced"

    def _filmstrip(self, video_path: Path | None) -> None:
        from PIL import Image

        self._pen.rectangle((LEFT, STRIP_TOP, RIGHT, STRIP_TOP + STRIP_HEIGHT), fill=INK)
        video = self._plan.video
        step = max(40, round((STRIP_HEIGHT - 16) * video.width / video.height) + 4)
        starts = list(range(LEFT + 4, RIGHT - step // 2, step))
        per_pixel = video.duration_seconds / (RIGHT - LEFT)
        times = [min((x + step / 2 - LEFT) * per_pixel, video.duration_seconds) for x in starts]
        for x, picture in zip(starts, _stills(video_path, times), strict=False):
            still = Image.fromarray(picture).crop((0, 0, min(step - 4, RIGHT - 4 - x),
                                                   picture.shape[0]))  # fmt: skip
            self._image.paste(still, (x, STRIP_TOP + 8))

    def _scene(self, scene: PlannedScene) -> None:
        left, right = self._x(scene.start_seconds), self._x(scene.end_seconds)
        box = (left + 1, SCENES_TOP, right - 1, SCENES_TOP + SCENES_HEIGHT)
        self._pen.rectangle(box, outline=LINE, fill=(255, 255, 255))
        room = right - left - 20
        self._text((left + 10, SCENES_TOP + 8), f"scene {scene.index}", 16, INK, room)
        words = f"“{scene.note}”" if scene.note else scene.description
        self._paragraph((left + 10, SCENES_TOP + 32), words, room, 4)

    def _cue(self, cue: Cue, envelope: npt.NDArray[np.float32] | None) -> None:
        left, right = self._x(cue.start_seconds), self._x(cue.end_seconds)
        box = (left + 1, CUES_TOP, right - 1, CUES_TOP + CUES_HEIGHT)
        self._pen.rounded_rectangle(box, 8, fill=FILL[cue.source], outline=EDGE[cue.source])
        if envelope is not None and len(envelope):
            self._wave(left, right, cue, envelope)
        room = right - left - 20
        self._text((left + 10, CUES_TOP + 8), cue.title or "silence", 19, INK, room)
        if cue.source != "silence":
            place = f"from {cue.in_seconds:.1f} s" + _seams(cue)
            self._text((left + 10, CUES_TOP + 34), place, SMALL, SOFT, room)
            self._paragraph((left + 10, CUES_TOP + 54), cue.why, room, 2)

    def _wave(self, left: int, right: int, cue: Cue, envelope: npt.NDArray[np.float32]) -> None:
        middle = CUES_TOP + CUES_HEIGHT - WAVE_HEIGHT // 2 - 4
        span = cue.end_seconds - cue.start_seconds
        for x in range(left + 6, right - 6):
            at = cue.start_seconds + span * (x - left) / max(1, right - left)
            level = float(envelope[min(len(envelope) - 1, max(0, int(at * 100)))])
            half = max(1, round(min(1.0, level) * WAVE_HEIGHT / 2))
            self._pen.line((x, middle - half, x, middle + half), fill=EDGE[cue.source])

    def _axis(self) -> None:
        self._pen.line((LEFT, AXIS_TOP, RIGHT, AXIS_TOP), fill=SOFT)
        length = self._plan.video.duration_seconds
        steps = (0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800)
        step = next((s for s in steps if length / s <= 16), 3600)
        for n in range(int(length / step) + 1):
            x = self._x(n * step)
            self._pen.line((x, AXIS_TOP, x, AXIS_TOP + 7), fill=SOFT)
            label = (
                f"{n * step:g} s" if length < 120 else f"{n * step // 60:.0f}:{n * step % 60:02.0f}"
            )
            self._pen.text((x, AXIS_TOP + 10), label, SOFT, self._font(SMALL), anchor="ma")

    def _legend(self) -> None:
        x = LEFT
        for source in ("retrieved", "generated", "silence"):
            if not any(cue.source == source for cue in self._plan.cues):
                continue
            y = HEIGHT - 66
            self._pen.rectangle((x, y, x + 22, y + 16), fill=FILL[source], outline=EDGE[source])
            self._pen.text((x + 30, y - 2), MEANING[source], INK, self._font(16))
            x += 60 + round(self._pen.textlength(MEANING[source], self._font(16)))

    def _text(
        self, at: tuple[int, int], words: str, size: int, colour: tuple[int, int, int], room: int
    ) -> None:
        fitted = self._shortened(words, size, room)
        if fitted:
            self._pen.text(at, fitted, colour, self._font(size))

    def _paragraph(self, at: tuple[int, int], words: str, room: int, most_lines: int) -> None:
        lines: list[str] = []
        rest = words.split()
        while rest and len(lines) < most_lines:
            n = 1
            while n < len(rest) and self._length(" ".join(rest[: n + 1]), SMALL) <= room:
                n += 1
            n = len(rest) if len(lines) == most_lines - 1 else n
            lines.append(self._shortened(" ".join(rest[:n]), SMALL, room))
            rest = rest[n:]
        for number, line in enumerate(lines):
            self._pen.text((at[0], at[1] + number * (SMALL + 5)), line, SOFT, self._font(SMALL))

    def _length(self, words: str, size: int) -> float:
        return self._pen.textlength(words, self._font(size))

    def _shortened(self, words: str, size: int, room: int) -> str:
        if self._length(words, size) <= room:
            return words
        while words and self._length(words + "…", size) > room:
            words = words[:-1]
        return words.rstrip() + "…" if words else ""


def _seams(cue: Cue) -> str:
    """Say in a few words what was done to a track's length."""
    back = sum(seam.in_seconds < seam.out_seconds for seam in cue.seams)
    words = [f", {back} repeats" if back else "", ", shortened" if back < len(cue.seams) else ""]
    return "".join(words) + (", own ending" if cue.own_ending else "")


def _stills(video_path: Path | None, times: list[float]) -> list[npt.NDArray[np.uint8]]:
    """Return frames for the filmstrip; none where the video has moved or cannot be read."""
    if video_path is None or not video_path.is_file():
        return []
    try:
        return still_at(video_path, probe_video(video_path), times, STRIP_HEIGHT - 16)
    except MediaError:
        return []
