"""Writes a plan as an OpenTimelineIO time line, which editing programs open or convert."""

from math import ceil
from pathlib import Path
from typing import Any

from v2m.errors import printable
from v2m.files import replacing, text_to_path
from v2m.soundtrack.exports.media import file_seconds
from v2m.soundtrack.exports.pieces import CuePieces, Piece, plan_pieces
from v2m.soundtrack.plan import Cue, CuePlan
from v2m.soundtrack.timecode import FrameRate, frame_rate

KEY = "v2m"
"""Under this key of ``metadata`` stands what OpenTimelineIO has no place for, such as gains."""


def otio_timeline(plan: CuePlan, *, rate: FrameRate | None = None) -> Any:
    """Return an ``opentimelineio.schema.Timeline``: keep it while you use its parts.

    The track "Video" holds the video as one clip, the track "Music" every cue as a clip, its
    stretches between seams as clips of their own, silence as gaps. A changed tempo is a time warp.
    Crossfades are transitions centred on the border; gains and fades stand in the clips' metadata.
    Scenes and the cuts in them are markers of the whole time line. How long a track is stands
    there for files that can be read now; converters to other formats ask for it.

    Args:
        plan: the cue plan.
        rate: of all times; None takes the video's.
    """
    import opentimelineio as otio

    rate = rate or frame_rate(plan.video.fps)
    maker = _Maker(otio, rate)
    video = text_to_path(plan.video.path)
    timeline = otio.schema.Timeline(
        name=_text(video.stem), metadata={KEY: {"profile": plan.profile}}
    )
    n_frames = rate.frame_at(plan.video.duration_seconds)
    picture = otio.schema.Track(name="Video", kind=otio.schema.TrackKind.Video)
    picture.append(
        otio.schema.Clip(
            name=_text(video.name),
            media_reference=maker.file(video, n_frames),
            source_range=maker.range(0, n_frames),
        )
    )
    timeline.tracks.append(picture)
    timeline.tracks.append(maker.music(plan))
    timeline.tracks.markers.extend(maker.markers(plan))
    return timeline


def write_otio(plan: CuePlan, path: Path, *, rate: FrameRate | None = None) -> None:
    """Write the time line as OpenTimelineIO's JSON; the file appears by rename.

    Raises:
        InputError: the folder cannot be written to.
    """
    text = otio_timeline(plan, rate=rate).to_json_string(indent=4)
    with replacing(path) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")


class _Maker:
    """Makes the parts of a time line at one rate."""

    def __init__(self, otio: Any, rate: FrameRate) -> None:
        self._otio = otio
        self._rate = rate
        self._seconds: dict[str, float | None] = {}

    def time(self, frame: int) -> Any:
        return self._otio.opentime.RationalTime(frame, float(self._rate.fps))

    def range(self, first: int, n_frames: int) -> Any:
        return self._otio.opentime.TimeRange(self.time(first), self.time(n_frames))

    def file(self, path: Path, n_frames: int | None) -> Any:
        return self._otio.schema.ExternalReference(
            target_url=path.absolute().as_uri(),
            available_range=self.range(0, n_frames) if n_frames else None,
        )

    def n_frames(self, cue: Cue, at_least: int) -> int | None:
        """Return the length of a cue's track, in frames; None where it cannot be read."""
        if cue.track_path not in self._seconds:
            self._seconds[cue.track_path] = file_seconds(text_to_path(cue.track_path))
        seconds = self._seconds[cue.track_path]
        return None if seconds is None else max(at_least, ceil(seconds * self._rate.fps))

    def music(self, plan: CuePlan) -> Any:
        """Return the track of the music: clips, gaps, and transitions between them."""
        schema = self._otio.schema
        track = schema.Track(name="Music", kind=schema.TrackKind.Audio)
        before: Piece | None = None
        for part in plan_pieces(plan, self._rate):
            if not part.pieces:
                n_frames = part.record_out - part.record_in
                if n_frames:
                    track.append(schema.Gap(source_range=self.range(0, n_frames)))
                    before = None
                continue
            transition = self._crossfade(before, part)
            if transition is not None:
                track.append(transition)
            for repeat, piece in enumerate(part.pieces, start=1):
                track.append(self._clip(part, piece, repeat))
            before = part.pieces[-1]
        return track

    def markers(self, plan: CuePlan) -> list[Any]:
        """Return a marker per scene, with what it shows as its comment, and one per cut in it."""
        found = []
        for scene in plan.scenes:
            for seconds in scene.cuts_seconds:
                span = self.range(self._rate.frame_at(seconds), 0)
                colour = self._otio.schema.MarkerColor.RED
                cut = self._otio.schema.Marker(name="Cut", marked_range=span, color=colour)
                found.append(cut)
            first, last = (self._rate.frame_at(s) for s in (scene.start_seconds, scene.end_seconds))
            marker = self._otio.schema.Marker(
                name=f"Scene {scene.index + 1}",
                marked_range=self.range(first, max(0, last - first)),
                color=self._otio.schema.MarkerColor.CYAN,
                metadata={KEY: {"decision": scene.decision, "prompt": _text(scene.prompt)}},
            )
            marker.comment = _text(scene.note or scene.description)
            found.append(marker)
        return found

    def _clip(self, part: CuePieces, piece: Piece, repeat: int) -> Any:
        cue = part.cue
        path = text_to_path(cue.track_path)
        effects = []
        if piece.speed != 1:
            effects = [self._otio.schema.LinearTimeWarp(name="tempo", time_scalar=piece.speed)]
        return self._otio.schema.Clip(
            name=_text(cue.title or path.name),
            effects=effects,
            media_reference=self.file(path, self.n_frames(cue, piece.source_out)),
            source_range=self.range(piece.source_in, piece.n_frames),
            metadata={
                KEY: {
                    "cue": part.number,
                    "part": repeat,
                    "artist": _text(cue.artist),
                    "licence": _text(cue.licence),
                    "attribution": _text(cue.attribution),
                    "gain_db": cue.gain_db,
                    "fade_in_seconds": cue.fade_in_seconds,
                    "fade_out_seconds": cue.fade_out_seconds,
                }
            },
        )

    def _crossfade(self, before: Piece | None, part: CuePieces) -> Any:
        """Return the transition into a cue, no longer than its neighbours and the track allow."""
        if before is None:
            return None
        after = part.pieces[0]
        half = self._rate.frame_at(part.fades_seconds[0] / 2)
        ahead = min(half, before.n_frames // 2, after.source_in)
        behind = min(half, after.n_frames // 2)
        if not ahead + behind:
            return None
        return self._otio.schema.Transition(
            name=f"Crossfade into cue {part.number}",
            transition_type=self._otio.schema.TransitionTypes.SMPTE_Dissolve,
            in_offset=self.time(ahead),
            out_offset=self.time(behind),
            metadata={KEY: {"seconds": part.fades_seconds[0], "curve": "equal power"}},
        )


def _text(text: str) -> str:
    """Keep what UTF-8 can hold; the rest of a file's name comes out escaped."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return printable(text)
    return text
