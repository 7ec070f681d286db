"""Writes a plan as FCPXML 1.9, which Final Cut Pro and DaVinci Resolve open, in exact times."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from v2m.files import replacing, text_to_path
from v2m.soundtrack.ducking import ducks
from v2m.soundtrack.exports.markers import plan_marks
from v2m.soundtrack.exports.media import file_seconds
from v2m.soundtrack.exports.pieces import CuePieces, Piece, plan_pieces
from v2m.soundtrack.plan import CuePlan
from v2m.soundtrack.timecode import FrameRate, frame_rate

VERSION = "1.9"
VIDEO, FORMAT = "r2", "r1"
"""Names of the video's file and of its format within the document."""

LANES = (-1, -2)
"""Music lies under the picture; neighbouring cues take turns, so that they can overlap."""

SAMPLE_RATE = 48000


def fcpxml_text(plan: CuePlan, *, rate: FrameRate | None = None) -> str:
    """Return the document: the video, under it every cue as connected clips, and markers.

    Every time is a whole number of frames, written as a fraction of seconds. A cue is a clip per
    stretch between its seams. Where cues are crossfaded, both reach half the crossfade beyond
    their border, as far as the track has sound, and fade. Gains are volumes; ducking is drawn into
    them as keyframes. A changed tempo is a retiming that keeps the pitch. Scenes and cuts are
    markers.

    Args:
        plan: the cue plan.
        rate: of all times; None takes the video's, 29.97 and 59.94 as drop-frame.
    """
    document = _Document(plan, rate or frame_rate(plan.video.fps))
    ElementTree.indent(document.root)
    text = ElementTree.tostring(document.root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE fcpxml>\n{text}\n'


def write_fcpxml(plan: CuePlan, path: Path, *, rate: FrameRate | None = None) -> None:
    """Write the document as UTF-8; the file appears by rename.

    Raises:
        InputError: the folder cannot be written to.
    """
    text = fcpxml_text(plan, rate=rate)
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


@dataclass(frozen=True, slots=True)
class _Placed:
    """A piece as it is written: grown by its crossfades, all in frames."""

    piece: Piece
    ahead: int
    behind: int
    fade_in: int
    fade_out: int


class _Document:
    """One document at one rate."""

    def __init__(self, plan: CuePlan, rate: FrameRate) -> None:
        self._plan, self._rate = plan, rate
        self._assets: dict[str, str] = {}
        self.root = Element("fcpxml", version=VERSION)
        self._resources = SubElement(self.root, "resources")
        self._n_frames = rate.frame_at(plan.video.duration_seconds)
        self._parts = plan_pieces(plan, rate)
        self._describe_video()
        primary = self._time_line()
        for part in self._parts:
            for placed in _placed(part, rate):
                self._clip(primary, part, placed)
        for mark in plan_marks(plan, rate):
            place = {"start": self._time(mark.frame), "duration": self._time(1)}
            note = {"note": _text(mark.note)} if mark.note else {}
            SubElement(primary, "marker", {**place, "value": mark.name, **note})

    def _time(self, frames: int | Fraction) -> str:
        """Write frames as seconds: "1001/24000s", whole seconds as "5s"."""
        seconds = Fraction(frames) / self._rate.fps
        whole = seconds.denominator == 1
        return f"{seconds.numerator}s" if whole else f"{seconds.numerator}/{seconds.denominator}s"

    def _describe_video(self) -> None:
        video = self._plan.video
        path = text_to_path(video.path).absolute()
        size = {"width": str(video.width), "height": str(video.height)}
        kind = {"id": FORMAT, "frameDuration": self._time(1), **size}
        SubElement(self._resources, "format", kind)
        sound = {"hasAudio": "1", "audioSources": "1", "audioChannels": "2"}
        asset = SubElement(
            self._resources,
            "asset",
            {
                "id": VIDEO,
                "name": _text(path.stem),
                "start": "0s",
                "duration": self._time(self._n_frames),
                "hasVideo": "1",
                "format": FORMAT,
                **(sound if video.has_audio else {}),
            },
        )
        SubElement(asset, "media-rep", kind="original-media", src=path.as_uri())

    def _time_line(self) -> Element:
        """Write library, event, project and sequence; return the clip of the video."""
        name = _text(text_to_path(self._plan.video.path).stem)
        event = SubElement(SubElement(self.root, "library"), "event", name="v2m")
        project = SubElement(event, "project", name=name)
        numbering = {"tcFormat": "DF" if self._rate.drop_frame else "NDF"}
        length = {"duration": self._time(self._n_frames)}
        sequence = SubElement(
            project,
            "sequence",
            {"format": FORMAT, "tcStart": "0s", "audioLayout": "stereo", "audioRate": "48k",
             **length, **numbering},
        )  # fmt: skip
        kept = self._plan.mix.original_audio == "mix"
        shown = {} if kept or not self._plan.video.has_audio else {"srcEnable": "video"}
        clip = SubElement(
            SubElement(sequence, "spine"),
            "asset-clip",
            {"ref": VIDEO, "name": name, "offset": "0s", "start": "0s", **length, **numbering,
             **shown},
        )  # fmt: skip
        gain_db = self._plan.mix.original_gain_db
        if kept and gain_db is not None:
            SubElement(clip, "adjust-volume", amount=f"{gain_db:g}dB")
        return clip

    def _asset(self, part: CuePieces) -> str:
        """Return the name of a track within the document; the track is described once."""
        cue = part.cue
        if cue.track_path in self._assets:
            return self._assets[cue.track_path]
        name = self._assets[cue.track_path] = f"r{3 + len(self._assets)}"
        path = text_to_path(cue.track_path).absolute()
        used = [p.source_out for other in self._parts for p in other.pieces
                if other.cue.track_path == cue.track_path]  # fmt: skip
        seconds = file_seconds(path)
        n_frames = max(used) if seconds is None else max(*used, ceil(seconds * self._rate.fps))
        asset = SubElement(
            self._resources,
            "asset",
            {
                "id": name,
                "name": _text(path.stem),
                "start": "0s",
                "duration": self._time(n_frames),
                "hasAudio": "1",
                "audioSources": "1",
                "audioChannels": "2",
                "audioRate": str(SAMPLE_RATE),
            },
        )
        SubElement(asset, "media-rep", kind="original-media", src=path.as_uri())
        return name

    def _clip(self, primary: Element, part: CuePieces, placed: _Placed) -> None:
        """Write a stretch of a cue under the video."""
        cue, piece = part.cue, placed.piece
        speed = Fraction(str(piece.speed))
        # a retimed clip counts its own time, not the file's
        start = round(piece.source_in / speed) - placed.ahead
        clip = SubElement(
            primary,
            "asset-clip",
            {
                "ref": self._asset(part),
                "lane": str(LANES[part.number % 2]),
                "name": _text(cue.title or text_to_path(cue.track_path).name),
                "offset": self._time(piece.record_in - placed.ahead),
                "start": self._time(start),
                "duration": self._time(piece.n_frames + placed.ahead + placed.behind),
                "audioRole": "music",
            },
        )
        SubElement(clip, "note").text = _text(_note(part))
        if speed != 1:
            self._retime(clip, start, piece, speed)
        begin = piece.record_in - placed.ahead
        self._volume(clip, part, placed, start - begin)

    def _retime(self, clip: Element, start: int, piece: Piece, speed: Fraction) -> None:
        way = SubElement(clip, "timeMap", preservesPitch="1")
        end = start + 2 * piece.n_frames
        for at in (Fraction(0), Fraction(end)):
            point = {"time": self._time(at), "value": self._time(at * speed), "interp": "linear"}
            SubElement(way, "timept", point)

    def _volume(self, clip: Element, part: CuePieces, placed: _Placed, shift: int) -> None:
        """Write gain, fades and ducking; ``shift`` brings frames of the video to the clip's own."""
        gain_db = part.cue.gain_db
        volume = SubElement(clip, "adjust-volume", amount=f"{gain_db:g}dB")
        first = placed.piece.record_in - placed.ahead
        points = self._ducking(first, placed.piece.record_out + placed.behind)
        if not (placed.fade_in or placed.fade_out or points):
            return
        amount = SubElement(volume, "param", name="amount")
        for tag, n_frames in (("fadeIn", placed.fade_in), ("fadeOut", placed.fade_out)):
            if n_frames:
                SubElement(amount, tag, duration=self._time(n_frames))
        if points:
            drawn = SubElement(amount, "keyframeAnimation")
            for frame, down_db in points:
                value = f"{gain_db - down_db:g}dB"
                SubElement(drawn, "keyframe", time=self._time(frame + shift), value=value)

    def _ducking(self, first: int, stop: int) -> list[tuple[int, float]]:
        """Return how far the music is down at frames of the video, where it changes."""
        mix = self._plan.mix
        if mix.original_audio != "mix":
            return []
        points: list[tuple[int, float]] = []
        for span, depth_db in ducks(self._plan.speech, mix):
            corners = (
                (span.start_seconds - mix.duck_attack_seconds, 0.0),
                (span.start_seconds, depth_db),
                (span.end_seconds, depth_db),
                (span.end_seconds + mix.duck_release_seconds, 0.0),
            )
            at = [(self._rate.frame_at(max(0.0, seconds)), down) for seconds, down in corners]
            if at[0][0] < stop and at[-1][0] > first:
                points += at
        return points


def _placed(part: CuePieces, rate: FrameRate) -> Sequence[_Placed]:
    """Return the pieces of a cue grown by its crossfades, with their fades."""
    found = []
    for number, piece in enumerate(part.pieces):
        starts, ends = number == 0, number == len(part.pieces) - 1
        left, right = (rate.frame_at(seconds / 2) for seconds in part.fades_seconds)
        ahead = min(left, piece.record_in, int(piece.source_in / piece.speed)) if starts else 0
        behind = right if ends else 0
        fade_in = ahead + left if starts and left else 0
        if starts and not left:
            fade_in = rate.frame_at(part.cue.fade_in_seconds)
        fade_out = 2 * behind
        if ends and not right:
            fade_out = rate.frame_at(part.cue.fade_out_seconds)
        room = piece.n_frames + ahead + behind
        found.append(_Placed(piece, ahead, behind, min(fade_in, room), min(fade_out, room)))
    return found


def _note(part: CuePieces) -> str:
    cue = part.cue
    words = [f"cue {part.number}", cue.attribution or cue.artist, cue.licence]
    return "; ".join(word for word in words if word)


def _text(text: str) -> str:
    """Keep what XML and UTF-8 can hold; the rest becomes a question mark."""
    return "".join(sign if sign.isprintable() else "?" for sign in text)
