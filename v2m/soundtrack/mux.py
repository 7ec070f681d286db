"""Puts a new sound track under a video whose picture is copied packet by packet."""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from av.error import FFmpegError
from av.stream import Disposition

from v2m.audio.loudness import of_length
from v2m.errors import BackendError, InputError, MediaError, printable
from v2m.ffmpeg import av
from v2m.types import Samples
from v2m.video.probe import picture_stream

SOUND_BY_SUFFIX = {
    ".mp4": "aac",
    ".m4v": "aac",
    ".mov": "aac",
    ".mkv": "aac",
    ".webm": "libopus",
}
"""Endings we write, and the codec of the sound in each."""

PICTURES_BY_SUFFIX = {
    ".webm": {"vp8", "vp9", "av1", "libdav1d"},
    ".mp4": {
        "h264",
        "hevc",
        "mpeg4",
        "av1",
        "libdav1d",
        "vp9",
        "mpeg2video",
        "mpeg1video",
        "mjpeg",
    },
}
PICTURES_BY_SUFFIX[".m4v"] = PICTURES_BY_SUFFIX[".mp4"]
PICTURES_BY_SUFFIX[".mov"] = PICTURES_BY_SUFFIX[".mp4"] | {
    "prores",
    "dnxhd",
    "png",
    "qtrle",
    "h263",
}
"""Codecs of the picture each container can hold; Matroska holds everything."""

BIT_RATE = 256_000
LOUD_BIT_RATE = 320_000
"""Of the sound, bits per second."""

ENCODED_AT_ONCE = 256
"""Frames of the encoder that are cut from one stretch of sound."""


def check_container(video: Path, out: Path, codec: str) -> None:
    """Refuse an output that cannot be written, before any work is done.

    Raises:
        InputError: the ending is unknown, the container cannot hold the picture's codec, the
            folder does not exist, or the output is the input.
    """
    suffix = out.suffix.lower()
    if suffix not in SOUND_BY_SUFFIX:
        raise InputError(
            f"{printable(out)}: unknown ending; use one of {', '.join(sorted(SOUND_BY_SUFFIX))}"
        )
    if not can_hold(suffix, codec):
        fitting = fitting_suffix(codec)
        raise InputError(
            f"{printable(out)}: {suffix} cannot hold {codec} pictures, and pictures are never "
            f"encoded again; use -o {printable(out.stem)}{fitting}"
        )
    if not out.parent.is_dir():
        raise InputError(f"{printable(out.parent)}: no such folder")
    if out.is_dir():
        raise InputError(f"{printable(out)}: is a folder; name a file")
    if out.exists() and video.exists() and out.samefile(video):
        raise InputError(f"{printable(out)}: is the input itself; choose another name")


def can_hold(suffix: str, codec: str) -> bool:
    """Tell whether a container holds pictures of a codec.

    >>> can_hold(".mp4", "vp8"), can_hold(".webm", "vp8"), can_hold(".mkv", "vp8")
    (False, True, True)
    """
    return suffix not in PICTURES_BY_SUFFIX or codec in PICTURES_BY_SUFFIX[suffix]


def fitting_suffix(codec: str) -> str:
    """Return the ending of a container that holds pictures of a codec.

    >>> fitting_suffix("vp8"), fitting_suffix("h264"), fitting_suffix("theora")
    ('.webm', '.mp4', '.mkv')
    """
    return next((s for s in (".mp4", ".webm") if can_hold(s, codec)), ".mkv")


def mux(
    video: Path,
    sound: Iterable[Samples],
    sample_rate: int,
    out: Path,
    *,
    start_seconds: float,
    bit_rate: int = BIT_RATE,
    keep_tags: bool = True,
) -> tuple[str, ...]:
    """Write the picture of a video with a new sound.

    Args:
        video: its first picture stream is copied: the same packets, the same time stamps.
        sound: blocks of any length, float32, shape (2, n) each.
        sample_rate: Hz; 48000 suits every codec here.
        out: where to write, directly.
        start_seconds: time stamp of the first frame; there the sound starts.
        bit_rate: of the sound, bits per second.
        keep_tags: copy title, comment and the like.

    Returns:
        What could not be kept, in words.

    Raises:
        MediaError: the video cannot be read.
        BackendError: the container refuses, the disk is full or fails.
    """
    options = {"movflags": "+faststart"} if out.suffix.lower() in (".mp4", ".m4v", ".mov") else {}
    try:
        with (
            video.open("rb") as file,
            av.open(file, metadata_errors="replace") as source,
            av.open(str(out), "w", options=options) as target,
        ):
            picture = picture_stream(source)
            if picture is None:
                raise MediaError(video, "holds no picture")
            copied = target.add_stream_from_template(picture)
            copied.metadata.update(picture.metadata if keep_tags else {})
            codec = SOUND_BY_SUFFIX[out.suffix.lower()]
            heard: Any = target.add_stream(codec, rate=sample_rate, layout="stereo")
            heard.bit_rate = bit_rate
            if keep_tags:
                target.metadata.update(source.metadata)
            _interleave(
                target,
                _picture_packets(source, picture, copied),
                _sound_packets(heard, sound, sample_rate, start_seconds),
            )
            return _left_out(source)
    except (FFmpegError, ValueError) as err:  # PyAV refuses a codec with a ValueError
        reason = getattr(err, "strerror", None) or str(err)
        raise BackendError("FFmpeg", f"cannot write the finished video: {reason}") from err


def _interleave(target: Any, pictures: Iterator[Any], sounds: Iterator[Any]) -> None:
    """Write packets in the order of their time, so that no player has to look far ahead."""
    sound = next(sounds, None)
    for packet in pictures:
        here = _seconds(packet, packet.dts if packet.dts is not None else packet.pts)
        while sound is not None and _seconds(sound, sound.dts or 0) <= here:
            target.mux(sound)
            sound = next(sounds, None)
        target.mux(packet)
    while sound is not None:
        target.mux(sound)
        sound = next(sounds, None)


def _seconds(packet: Any, stamp: int) -> float:
    base = packet.time_base  # a product of fractions costs ten times as much
    return float(stamp * base.numerator / base.denominator)


def _picture_packets(source: Any, picture: Any, copied: Any) -> Iterator[Any]:
    for packet in source.demux(picture):
        if not packet.size:
            continue
        if packet.dts is None and packet.pts is None:
            raise BackendError("FFmpeg", "a picture packet has no time stamp")
        packet.stream = copied
        yield packet


def _sound_packets(
    stream: Any, sound: Iterable[Samples], sample_rate: int, start_seconds: float
) -> Iterator[Any]:
    context = stream.codec_context
    context.open()
    place = round(start_seconds * sample_rate)
    for long_block in of_length(sound, ENCODED_AT_ONCE * (context.frame_size or 1024)):
        for block in _frames_of(long_block, context.frame_size or 1024):
            form = context.format.name
            frame = av.AudioFrame.from_ndarray(_as(form, block), form, layout="stereo")
            frame.sample_rate = sample_rate
            frame.pts = place
            frame.time_base = Fraction(1, sample_rate)
            place += block.shape[1]
            yield from stream.encode(frame)
    yield from stream.encode(None)


def _frames_of(block: Samples, size: int) -> Iterator[Samples]:
    for first in range(0, block.shape[1], size):
        yield np.ascontiguousarray(block[:, first : first + size])


def _as(sample_format: str, block: Samples) -> np.ndarray:
    """Return samples in an encoder's format: planar float, or interleaved float or integers."""
    if sample_format == "fltp":
        return block
    interleaved = np.ascontiguousarray(block.T).reshape(1, -1)
    if sample_format == "flt":
        return interleaved
    return np.clip(np.round(interleaved * 32767), -32768, 32767).astype(np.int16)


def _left_out(source: Any) -> tuple[str, ...]:
    notices = []
    if source.streams.subtitles:
        notices.append(f"{len(source.streams.subtitles)} subtitle streams were left out")
    cover = Disposition.attached_pic
    moving = [s for s in source.streams.video if not s.disposition & cover]
    if len(moving) > 1:
        notices.append(f"only the first of {len(moving)} picture streams was copied")
    return tuple(notices)
