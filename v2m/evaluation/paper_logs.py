"""Readers of the logs released with the paper: its texts, notes, video frames and emotions.

The layout is that of github.com/janisme/Making-Music-for-Videos-Evaluation (MIT), whose scripts
print them. What a log says of itself (counts, means) is held against its own lines.
"""

import csv
import io
import math
import re
from dataclasses import dataclass
from pathlib import Path

from v2m.errors import InputError, printable
from v2m.evaluation.music import NoteMeasures

WORDING = "wording.csv"
MUSIC = "music_q.txt"
FRAMES = "video2desc.txt"
EMOTIONS = "drama2emo.txt"

TOLERANCE = 1e-9
"""How far a mean that a log states may lie from the mean of its lines: rounding, nothing else."""

_NUMBER = r"(-?\d+(?:\.\d+)?(?:e-?\d+)?|nan)"
_CLIP = re.compile(
    rf"id_sc = {_NUMBER},\s+id_pe= {_NUMBER},\s+id_pce= {_NUMBER},\s+id_ebr={_NUMBER},"
)
_COUNTER = re.compile(r"-----(\d+) / (\d+) -----")
_GROUP = re.compile(r"=+(?:.*/)?([^/]+)_midi$")
_GROUP_MEAN = re.compile(rf"(sc|pe|pce|ebr|dpc) ?= ?{_NUMBER}$")
_RUN = re.compile(r"Total video: (\d+), total wording: (\d+), .*sample_target = (\d+)$")
_VIDEO = re.compile(r"Process vedio: vedio id =  (\S+)  generated id =  (\d+)$")
_N_FRAMES = re.compile(r"%+num of clip: (\d+), num of shot: \d+$")
_FRAME = re.compile(rf"Prob: {_NUMBER}, g_id = (\d+), v_id = (\S+)$")
_VIDEO_SHARE = re.compile(rf"total accuracy for this clip: {_NUMBER}$")
_RUN_SHARE = re.compile(rf"=+Total accuracy:\s+{_NUMBER}$")
_EMOTION = re.compile(r"the (\d+) clip is \['(\w+)'\]$")
_CERTAINTY = re.compile(r"tensor\(\[([0-9.]+)\]\)$")


@dataclass(frozen=True, slots=True)
class Wording:
    """The texts written for one video.

    Attributes:
        video_id: the paper's own.
        simple: a caption.
        brief: music in up to 30 words.
        long: music in up to 50 words.
    """

    video_id: str
    simple: str
    brief: str
    long: str


@dataclass(frozen=True, slots=True)
class FrameChoices:
    """What CLIP took the key frames of one video for.

    Attributes:
        video_id: the paper's own.
        chosen_ids: by key frame, the video whose text was most probable.
        probabilities: by key frame, that text's probability among all texts, 0 to 1.
    """

    video_id: str
    chosen_ids: tuple[str, ...]
    probabilities: tuple[float, ...]

    @property
    def share_right(self) -> float:
        """Share of key frames for which the video's own text was chosen, 0 to 1."""
        return self.chosen_ids.count(self.video_id) / len(self.chosen_ids)


@dataclass(frozen=True, slots=True)
class ClipEmotion:
    """What the emotion model heard in one clip.

    Attributes:
        label: "ang", "hap", "neu" or "sad".
        certainty: its probability, 0 to 1.
    """

    label: str
    certainty: float


class _Log:
    """A text file with the means to name a line of it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self.lines = path.read_text(encoding="utf-8").splitlines()
        except OSError as err:
            raise InputError(f"{printable(path)}: {err.strerror}") from err
        except UnicodeDecodeError as err:
            raise InputError(f"{printable(path)}: not a text file in UTF-8") from err

    def error(self, number: int, reason: str) -> InputError:
        return InputError(f"{printable(self.path)}, line {number}: {reason}")

    def hold(self, number: int, stated: float, found: float) -> None:
        """Refuse a stated figure that its own lines do not give."""
        if not math.isclose(stated, found, rel_tol=0, abs_tol=TOLERANCE):
            raise self.error(number, f"states {stated}, but the lines above it give {found}")

    def cut_off(self, what: str) -> InputError:
        return self.error(len(self.lines), f"the log ends before {what}")


def read_wording(path: Path) -> tuple[Wording, ...]:
    """Read the texts, in the order of the file; its row number is the log's "generated id".

    Raises:
        InputError: the file is missing, a row has not four fields, or a video stands there twice.
    """
    log = _Log(path)
    reader = csv.reader(io.StringIO("\n".join(log.lines)))
    found: dict[str, Wording] = {}
    for row in reader:
        if reader.line_num == 1:
            continue
        if len(row) != 4 or not all(row):
            raise log.error(reader.line_num, "needs a video's number and its three texts")
        if row[0] in found:
            raise log.error(reader.line_num, f"video {row[0]} stands there twice")
        found[row[0]] = Wording(*row)
    if not found:
        raise log.error(1, "no texts in it")
    return tuple(found.values())


def read_music(path: Path) -> dict[str, tuple[NoteMeasures, ...]]:
    """Read MusPy's figures of every clip, by the group's name in the log ("30", "simple", …).

    The log does not name its clips, and lists each group in an order of its own: figures of two
    groups cannot be paired.

    Raises:
        InputError: the file is missing, a line is malformed, clips are missing, or a group's mean
            is not that of its clips.
    """
    log = _Log(path)
    groups: dict[str, tuple[NoteMeasures, ...]] = {}
    clips: list[NoteMeasures] = []
    name, announced = "", 0
    for number, line in enumerate(log.lines, 1):
        if found := _CLIP.match(line):
            clips.append(NoteMeasures(*(float(value) for value in found.groups())))
        elif found := _COUNTER.fullmatch(line):
            announced = int(found[2])
            if int(found[1]) != len(clips) + 1:
                raise log.error(number, f"clip {len(clips) + 1} expected, not {found[1]}")
        elif found := _GROUP.fullmatch(line):
            if not clips or len(clips) != announced:
                raise log.error(number, f"{len(clips)} of {announced} clips stand above it")
            name, groups[found[1]], clips = found[1], tuple(clips), []
        elif (found := _GROUP_MEAN.fullmatch(line)) and name:
            if found[1] != "dpc":
                values = [_measure(clip, found[1]) for clip in groups[name]]
                log.hold(number, float(found[2]), sum(values) / len(values))
        elif line.strip():
            raise log.error(number, f"not a line of this log: {line[:60]!r}")
    if clips or not groups:
        raise log.cut_off("the name of a group")
    return groups


def _measure(clip: NoteMeasures, short: str) -> float:
    return {
        "sc": clip.scale_consistency,
        "pe": clip.pitch_entropy,
        "pce": clip.pitch_class_entropy,
        "ebr": clip.empty_beat_rate,
    }[short]


def read_frames(path: Path, wording: tuple[Wording, ...]) -> tuple[tuple[FrameChoices, ...], ...]:
    """Read what was chosen for every key frame.

    Args:
        path: the log.
        wording: the texts it chose among.

    Returns:
        by run (simple, brief, long), the videos in the order of the log.

    Raises:
        InputError: the file is missing or cut off, names a video or text that ``wording`` does not
            hold in that place, or states a share that its frames do not give.
    """
    log = _Log(path)
    ids = [text.video_id for text in wording]
    runs: list[tuple[FrameChoices, ...]] = []
    videos: list[FrameChoices] = []
    frames: list[tuple[str, float]] = []
    video, announced, n_frames = "", 0, 0
    for number, line in enumerate(log.lines, 1):
        if found := _FRAME.fullmatch(line):
            _place(log, number, ids, found[3], int(found[2]))
            frames.append((found[3], float(found[1])))
        elif found := _VIDEO.fullmatch(line):
            video, frames = found[1], []
            _place(log, number, ids, video, int(found[2]))
        elif found := _N_FRAMES.fullmatch(line):
            n_frames = int(found[1])
        elif found := _VIDEO_SHARE.fullmatch(line):
            if not frames or not video or len(frames) != n_frames:
                raise log.error(number, f"{len(frames)} of {n_frames} key frames stand above it")
            videos.append(FrameChoices(video, *_columns(frames)))
            log.hold(number, float(found[1]), videos[-1].share_right)
            video = ""
        elif found := _RUN.fullmatch(line):
            announced = int(found[1])
            if int(found[3]) != len(runs) + 1 or int(found[2]) != len(ids):
                raise log.error(number, f"run {len(runs) + 1} over {len(ids)} texts expected")
        elif found := _RUN_SHARE.fullmatch(line):
            if not videos or len({v.video_id for v in videos}) != announced:
                raise log.error(number, f"{len(videos)} of {announced} videos stand above it")
            log.hold(number, float(found[1]), sum(v.share_right for v in videos) / len(videos))
            runs.append(tuple(videos))
            videos = []
    if videos or video or not runs:
        raise log.cut_off("the total of a run")
    return tuple(runs)


def _place(log: _Log, number: int, ids: list[str], video_id: str, place: int) -> None:
    if place >= len(ids) or ids[place] != video_id:
        raise log.error(number, f"text {place} of {WORDING} is not that of video {video_id}")


def _columns(frames: list[tuple[str, float]]) -> tuple[tuple[str, ...], tuple[float, ...]]:
    return tuple(chosen for chosen, _ in frames), tuple(p for _, p in frames)


def read_emotions(path: Path) -> tuple[ClipEmotion, ...]:
    """Read the label of every clip, in the order of the log.

    Raises:
        InputError: the file is missing, cut off or malformed.
    """
    log = _Log(path)
    clips: list[ClipEmotion] = []
    label = ""
    for number, line in enumerate(log.lines, 1):
        if found := _EMOTION.fullmatch(line):
            if label or int(found[1]) != len(clips) + 1:
                raise log.error(number, f"clip {len(clips) + 1} expected, not {found[1]}")
            label = found[2]
        elif found := _CERTAINTY.fullmatch(line):
            if not label:
                raise log.error(number, "a certainty without a clip")
            clips.append(ClipEmotion(label, float(found[1])))
            label = ""
    if label or not clips:
        raise log.cut_off("the certainty of a clip")
    return tuple(clips)
