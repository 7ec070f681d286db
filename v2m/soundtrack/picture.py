"""Draws a cue plan: filmstrip with cuts, scenes, cues, speech, energy and loudness of the sound."""

from collections.abc import Sequence
from pathlib import Path

from v2m.audio.measure import FRAMES_PER_SECOND, Measured
from v2m.errors import MediaError
from v2m.files import replacing
from v2m.soundtrack.canvas import Canvas, PixelCanvas, Ruler, ShapeCanvas
from v2m.soundtrack.plan import Cue, CuePlan, PlannedScene
from v2m.video.filmstrip import (
    FRAME_HEIGHT,
    STRIP_WIDTH,
    Filmstrip,
    StripFrame,
    sought_strip,
    strip_frames,
)
from v2m.video.frames import Picture
from v2m.video.probe import probe_video

MARGIN = 40
WIDTH, HEIGHT = STRIP_WIDTH + 2 * MARGIN, 820
LEFT, RIGHT = MARGIN, WIDTH - MARGIN
STRIP_TOP, STRIP_HEIGHT = 96, FRAME_HEIGHT + 16
SCENES_TOP, SCENES_HEIGHT = 250, 118
CUES_TOP, CUES_HEIGHT = 392, 150
WAVE_HEIGHT = 62
SPEECH_TOP, SPEECH_HEIGHT = 552, 16
LEVEL_TOP, LEVEL_HEIGHT = 580, 100
AXIS_TOP = 696
LEGEND_TOP = HEIGHT - 66
SMALL = 14

HIGHEST_LUFS, LOWEST_LUFS = -5.0, -45.0
MOMENTARY_SECONDS, SHORT_TERM_SECONDS = 0.4, 3.0

PAPER, INK, SOFT, LINE = (250, 249, 246), (34, 34, 38), (110, 110, 118), (205, 203, 196)
FILL = {
    "retrieved": (206, 226, 240),
    "generated": (247, 222, 190),
    "silence": (232, 231, 227),
}
EDGE = {"retrieved": (46, 110, 158), "generated": (196, 116, 24), "silence": (140, 140, 140)}
VOICE, ENERGY, LOUDNESS, TARGET = (150, 92, 160), (222, 221, 215), (52, 52, 60), (186, 60, 50)
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
    sound: Measured | None = None,
    filmstrip: Filmstrip | None = None,
) -> None:
    """Write a plan as a picture of 1600 x 820 pixels; it appears by rename.

    Args:
        plan: the cue plan.
        out: the file to write: SVG where its name ends so, else PNG.
        video_path: the video, for the filmstrip, which is left dark where it cannot be read.
        sound: the finished sound: its peaks are drawn into the cues, its energy (momentary, 400 ms)
            and loudness (short-term, 3 s) under them.
        filmstrip: frames kept while the plan was made; without it they are sought in the video.
    """
    ruler = Ruler()
    kind = ShapeCanvas if out.suffix.lower() == ".svg" else PixelCanvas
    canvas = kind(WIDTH, HEIGHT, PAPER, ruler)
    _Sheet(plan, canvas, ruler).draw(video_path, sound, filmstrip)
    with replacing(out) as temporary:
        canvas.save(temporary)


class _Sheet:
    """One drawing: time runs from left to right over the whole width."""

    def __init__(self, plan: CuePlan, canvas: Canvas, ruler: Ruler) -> None:
        self._plan, self._pen, self._ruler = plan, canvas, ruler

    def draw(
        self, video_path: Path | None, sound: Measured | None, filmstrip: Filmstrip | None
    ) -> None:
        self._head()
        self._filmstrip(video_path, filmstrip)
        self._cuts()
        for scene in self._plan.scenes:
            self._scene(scene)
        heard = sound if sound is not None and sound.n else None
        for cue in self._plan.cues:
            self._cue(cue, heard)
        self._speech()
        if heard:
            self._levels(heard)
        self._axis()
        self._legend(heard is not None)

    def _x(self, seconds: float) -> int:
        share = seconds / max(self._plan.video.duration_seconds, 1e-9)
        return round(LEFT + share * (RIGHT - LEFT))

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

    def _filmstrip(self, video_path: Path | None, kept: Filmstrip | None) -> None:
        self._pen.box((LEFT, STRIP_TOP, RIGHT, STRIP_TOP + STRIP_HEIGHT), INK)
        video = self._plan.video
        places = strip_frames(video.duration_seconds, video.width, video.height)
        stills = kept.pictures if kept else ()
        for place, still in zip(places, stills or _sought(video_path, places), strict=False):
            self._pen.picture((LEFT + place.left, STRIP_TOP + 8), still[:, : place.width])

    def _cuts(self) -> None:
        """Mark the cuts: across the strip between two scenes, over it within one."""
        bottom = STRIP_TOP + STRIP_HEIGHT + 6
        for scene in self._plan.scenes:
            marks = [(at, STRIP_TOP + 8, 1) for at in scene.cuts_seconds]
            if scene.start_seconds > 0:
                marks.append((scene.start_seconds, bottom, 2))
            for seconds, end, width in marks:
                x = self._x(seconds)
                self._pen.line([(x, STRIP_TOP - 6), (x, end)], TARGET, width)

    def _scene(self, scene: PlannedScene) -> None:
        left, right = self._x(scene.start_seconds), self._x(scene.end_seconds)
        box = (left + 1, SCENES_TOP, right - 1, SCENES_TOP + SCENES_HEIGHT)
        self._pen.box(box, (255, 255, 255), LINE)
        room = right - left - 20
        self._text((left + 10, SCENES_TOP + 8), f"scene {scene.index}", 16, INK, room)
        words = f"“{scene.note}”" if scene.note else scene.description
        self._paragraph((left + 10, SCENES_TOP + 32), words, room, 4)

    def _cue(self, cue: Cue, sound: Measured | None) -> None:
        left, right = self._x(cue.start_seconds), self._x(cue.end_seconds)
        box = (left + 1, CUES_TOP, max(left + 1, right - 1), CUES_TOP + CUES_HEIGHT)
        self._pen.box(box, FILL[cue.source], EDGE[cue.source], 8)
        if sound:
            self._wave(left, right, cue, sound)
        room = right - left - 20
        self._text((left + 10, CUES_TOP + 8), cue.title or "silence", 19, INK, room)
        if cue.source != "silence":
            place = f"from {cue.in_seconds:.1f} s" + _seams(cue)
            self._text((left + 10, CUES_TOP + 34), place, SMALL, SOFT, room)
            self._paragraph((left + 10, CUES_TOP + 54), cue.why, room, 2)

    def _wave(self, left: int, right: int, cue: Cue, sound: Measured) -> None:
        """Draw the peaks of the sound into a cue, the highest of every pixel."""
        middle = CUES_TOP + CUES_HEIGHT - WAVE_HEIGHT // 2 - 4
        span = cue.end_seconds - cue.start_seconds
        bars = []
        for x in range(left + 6, right - 6):
            at = cue.start_seconds + span * (x - left) / max(1, right - left)
            first = int(at * FRAMES_PER_SECOND)
            per_pixel = span / max(1, right - left) * FRAMES_PER_SECOND
            peaks = sound.frame_peaks[first : first + max(5, round(per_pixel))]
            half = max(1, round(min(1.0, float(peaks.max(initial=0.0))) * WAVE_HEIGHT / 2))
            bars.append((x, middle - half, x, middle + half))
        if bars:
            self._pen.bars(bars, EDGE[cue.source])

    def _speech(self) -> None:
        """Draw where somebody speaks in the video's own sound."""
        for spoken in self._plan.speech:
            left, right = self._x(spoken.start_seconds), self._x(spoken.end_seconds)
            box = (left, SPEECH_TOP, max(left + 2, right), SPEECH_TOP + SPEECH_HEIGHT)
            self._pen.box(box, VOICE, None, 3)

    def _levels(self, sound: Measured) -> None:
        """Draw energy as an area, loudness as a line, and the loudness that was asked for."""
        bottom = LEVEL_TOP + LEVEL_HEIGHT
        energy, loudness = (
            sound.curve_lufs(seconds) for seconds in (MOMENTARY_SECONDS, SHORT_TERM_SECONDS)
        )
        places = list(range(LEFT, RIGHT))
        per_pixel = self._plan.video.duration_seconds / (RIGHT - LEFT)
        steps = [min(len(energy) - 1, int((x - LEFT) * per_pixel * 10)) for x in places]
        area = [(x, _level_y(energy[at]), x, bottom) for x, at in zip(places, steps, strict=True)]
        self._pen.bars([(x, top, x, end) for x, top, _, end in area if top < end], ENERGY)
        target = _level_y(self._plan.mix.target_lufs)
        self._pen.line([(LEFT, target), (RIGHT, target)], TARGET)
        curve = [(float(x), _level_y(loudness[at])) for x, at in zip(places, steps, strict=True)]
        self._pen.line(curve, LOUDNESS, 2)
        self._pen.line([(LEFT, bottom), (RIGHT, bottom)], LINE)

    def _axis(self) -> None:
        self._pen.line([(LEFT, AXIS_TOP), (RIGHT, AXIS_TOP)], SOFT)
        length = self._plan.video.duration_seconds
        steps = (0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800)
        step = next((s for s in steps if length / s <= 16), 3600)
        for n in range(int(length / step) + 1):
            x = self._x(n * step)
            self._pen.line([(x, AXIS_TOP), (x, AXIS_TOP + 7)], SOFT)
            label = (
                f"{n * step:g} s" if length < 120 else f"{n * step // 60:.0f}:{n * step % 60:02.0f}"
            )
            self._pen.words((x, AXIS_TOP + 10), label, SMALL, SOFT, middle=True)

    def _legend(self, has_sound: bool) -> None:
        entries = [
            (FILL[source], EDGE[source], MEANING[source])
            for source in ("retrieved", "generated", "silence")
            if any(cue.source == source for cue in self._plan.cues)
        ]
        if len(self._plan.scenes) > 1:
            entries.append((TARGET, TARGET, "cut"))
        if self._plan.speech:
            entries.append((VOICE, VOICE, "speech: the music goes down"))
        if has_sound:
            asked = f"{self._plan.mix.target_lufs:g} LUFS asked for"
            entries.append((ENERGY, ENERGY, "energy (0.4 s)"))
            entries.append((LOUDNESS, LOUDNESS, f"loudness (3 s); red: {asked}"))
        x = LEFT
        for fill, edge, meaning in entries:
            self._pen.box((x, LEGEND_TOP, x + 22, LEGEND_TOP + 16), fill, edge)
            self._pen.words((x + 30, LEGEND_TOP - 2), meaning, 16, INK)
            x += 60 + round(self._ruler.width(meaning, 16))

    def _text(
        self, at: tuple[int, int], words: str, size: int, colour: tuple[int, int, int], room: int
    ) -> None:
        fitted = self._shortened(words, size, room)
        if fitted:
            self._pen.words(at, fitted, size, colour)

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
        for number, line in enumerate(line for line in lines if line):
            self._pen.words((at[0], at[1] + number * (SMALL + 5)), line, SMALL, SOFT)

    def _length(self, words: str, size: int) -> float:
        return self._ruler.width(words, size)

    def _shortened(self, words: str, size: int, room: int) -> str:
        if self._length(words, size) <= room:
            return words
        while words and self._length(words + "…", size) > room:
            words = words[:-1]
        return words.rstrip() + "…" if words else ""


def _seams(cue: Cue) -> str:
    """Say in a few words what was done to a track's length."""
    back = sum(seam.in_seconds < seam.out_seconds for seam in cue.seams)
    words = [
        f", {back} repeat{'s' * (back > 1)}" if back else "",
        ", shortened" if back < len(cue.seams) else "",
    ]
    return "".join(words) + (", own ending" if cue.own_ending else "")


def _level_y(lufs: float) -> float:
    """Return the height of a loudness on the sheet."""
    share = (HIGHEST_LUFS - lufs) / (HIGHEST_LUFS - LOWEST_LUFS)
    return LEVEL_TOP + LEVEL_HEIGHT * min(1.0, max(0.0, float(share)))


def _sought(video_path: Path | None, places: Sequence[StripFrame]) -> list[Picture]:
    """Return frames for the filmstrip; none where the video has moved or cannot be read."""
    if video_path is None or not video_path.is_file():
        return []
    try:
        return sought_strip(video_path, probe_video(video_path), places)
    except MediaError:
        return []
