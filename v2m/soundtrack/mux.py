"""Puts a new sound track under a video whose picture is copied packet by packet."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from av.error import FFmpegError
from av.stream import Disposition

from v2m.errors import BackendError, InputError, MediaError, printable
from v2m.ffmpeg import av
from v2m.soundtrack.coding import Coding, Sound, coded
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
    sound: Sound | Iterable[Samples],
    sample_rate: int,
    out: Path,
    *,
    start_seconds: float,
    bit_rate: int = BIT_RATE,
    keep_tags: bool = True,
    heard: Callable[[Any], None] | None = None,
) -> tuple[str, ...]:
    """Write the picture of a video with a new sound.

    Args:
        video: its first picture stream is copied: the same packets, the same time stamps.
        sound: blocks of any length, float32, shape (2, n) each; a long ``Sound``, which may be
            read from anywhere, is encoded by several coders at once.
        sample_rate: Hz; 48000 suits every codec here.
        out: where to write, directly.
        start_seconds: time stamp of the first frame; there the sound starts.
        bit_rate: of the sound, bits per second.
        keep_tags: copy title, comment and the like.
        heard: is told every packet of the sound just before it is written.

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
            stream: Any = target.add_stream(codec, rate=sample_rate, layout="stereo")
            stream.bit_rate = bit_rate
            if keep_tags:
                target.metadata.update(source.metadata)
            stream.codec_context.open()
            start = round(start_seconds * sample_rate)
            with coded(sound, Coding(codec, sample_rate, bit_rate, start)) as packets:
                _interleave(
                    target,
                    _picture_packets(source, picture, copied),
                    _sound_packets(packets, stream, heard),
                )
            return _left_out(source)
    except (FFmpegError, ValueError) as err:  # PyAV refuses a codec with a ValueError
        reason = getattr(err, "strerror", None) or str(err)
        raise BackendError("FFmpeg", f"cannot write the finished video: {reason}") from err


def _interleave(target: Any, pictures: Iterator[Any], sounds: Iterator[Any]) -> None:
    """Write packets in the order of their time, so that no player has to look far ahead."""
    sound = next(sounds, None)
    base = 1.0 if sound is None else float(sound.time_base)
    picture_base = 0.0  # packets make a new fraction of theirs whenever they are asked
    for packet in pictures:
        picture_base = picture_base or float(packet.time_base)
        here = (packet.dts if packet.dts is not None else packet.pts) * picture_base
        while sound is not None and (sound.dts or 0) * base <= here:
            target.mux(sound)
            sound = next(sounds, None)
        target.mux(packet)
    while sound is not None:
        target.mux(sound)
        sound = next(sounds, None)


def _picture_packets(source: Any, picture: Any, copied: Any) -> Iterator[Any]:
    for packet in source.demux(picture):
        if not packet.size:
            continue
        if packet.dts is None and packet.pts is None:
            raise BackendError("FFmpeg", "a picture packet has no time stamp")
        packet.stream = copied
        yield packet


def _sound_packets(
    packets: Iterator[Any], stream: Any, heard: Callable[[Any], None] | None
) -> Iterator[Any]:
    for packet in packets:
        packet.stream = stream
        if heard is not None:
            heard(packet)  # writing takes its bytes away
        yield packet


def _left_out(source: Any) -> tuple[str, ...]:
    notices = []
    if source.streams.subtitles:
        notices.append(f"{len(source.streams.subtitles)} subtitle streams were left out")
    cover = Disposition.attached_pic
    moving = [s for s in source.streams.video if not s.disposition & cover]
    if len(moving) > 1:
        notices.append(f"only the first of {len(moving)} picture streams was copied")
    return tuple(notices)
