"""Reads sound out of any file: PyAV first, soundfile as second chance."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from av.error import FFmpegError, InvalidDataError

from v2m.errors import MediaError
from v2m.ffmpeg import av
from v2m.types import Audio, Samples, Span

BLOCK = 65536
"""Samples per resampled frame; larger frames are the fastest way through PyAV."""

BAD_SHARE = 0.1
"""A file in which more than this share of packets cannot be decoded is damaged."""

SEEK_BACK_SECONDS = 0.5
"""Decoding starts this much before a span, so that codecs with memory have settled."""


def decode_audio(path: Path, *, sample_rate: int, span: Span | None = None) -> Audio:
    """Decode a file, or a span of it, to stereo.

    Mono is doubled, surround is mixed down. Single damaged packets are left out.

    Args:
        path: any media file with sound.
        sample_rate: of the result, Hz.
        span: the stretch wanted, seconds; None means all. What the file does not have is missing
            from the result.

    Returns:
        float32, shape (2, n).

    Raises:
        MediaError: the file is missing, unreadable, no media, holds no sound, or is damaged.
    """
    check_readable(path)
    try:
        samples = _by_av(path, sample_rate, span)
    except _NoSoundError as err:
        raise MediaError(path, "holds no sound") from err
    except (FFmpegError, _DamagedError, ValueError) as err:
        samples = _by_soundfile(path, sample_rate, span, err)
    if not samples.shape[1]:
        raise MediaError(path, "holds no sound" if span is None else "has no sound there")
    if not np.isfinite(samples).all():
        raise MediaError(path, "damaged: holds samples that are not numbers")
    return Audio(samples, sample_rate)


def audio_identity(path: Path) -> str:
    """Return the identity of a file's sound: 32 hexadecimal digits.

    A BLAKE2b digest over codec, rate, channels and the compressed packets, so that moving, renaming
    and tagging a file leave it as it is. Where PyAV cannot read the packets: over the samples.

    Raises:
        MediaError: as ``decode_audio``.
    """
    check_readable(path)
    try:
        return _packet_digest(path)
    except _NoSoundError as err:
        raise MediaError(path, "holds no sound") from err
    except (FFmpegError, ValueError) as err:
        samples = _by_soundfile(path, 0, None, err)
        return hashlib.blake2b(samples.tobytes(), digest_size=16).hexdigest()


def check_readable(path: Path) -> None:
    """Refuse what is not a readable file.

    Raises:
        MediaError: it is missing, a folder, a pipe, empty or may not be read.
    """
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            raise MediaError(path, "not a regular file")  # opening a pipe would wait for ever
        with path.open("rb") as file:
            if not file.read(1):
                raise MediaError(path, "empty file")
    except FileNotFoundError as err:
        raise MediaError(path, "no such file") from err
    except IsADirectoryError as err:
        raise MediaError(path, "is a folder") from err
    except PermissionError as err:
        raise MediaError(path, "no permission to read this file") from err
    except OSError as err:
        raise MediaError(path, err.strerror or str(err)) from err


class _NoSoundError(Exception):
    """The container holds no sound stream, or one without samples."""


class _DamagedError(Exception):
    """Too many packets cannot be decoded."""


@contextmanager
def _opened(path: Path) -> Iterator[tuple[Any, Any]]:
    # bytes that are not UTF-8 in a name only reach FFmpeg through an open file
    with path.open("rb") as file, av.open(file, metadata_errors="replace") as container:
        if not container.streams.audio:
            raise _NoSoundError
        yield container, container.streams.audio[0]


def _packet_digest(path: Path) -> str:
    digest = hashlib.blake2b(digest_size=16)
    packets = 0
    with _opened(path) as (container, stream):
        context = stream.codec_context
        head = f"{context.name} {context.sample_rate} {context.layout.nb_channels}"
        digest.update(head.encode())
        for packet in container.demux(stream):
            if packet.size:
                digest.update(bytes(packet))
                packets += 1
    if not packets:
        raise _NoSoundError
    return digest.hexdigest()


def _by_av(path: Path, sample_rate: int, span: Span | None) -> Samples:
    with _opened(path) as (container, stream):
        resampler = av.AudioResampler("fltp", "stereo", sample_rate, frame_size=BLOCK)
        if span and span.start_seconds > 2 * SEEK_BACK_SECONDS:
            start = (stream.start_time or 0) * float(stream.time_base)
            target = start + span.start_seconds - SEEK_BACK_SECONDS
            container.seek(int(target / stream.time_base), stream=stream)
        blocks: list[Samples] = []
        first_second: float | None = None
        for frame in _frames(container, stream, span):
            if first_second is None:
                first_second = frame.time if frame.time is not None else 0.0
            blocks += [_samples(block) for block in resampler.resample(frame)]
        if first_second is None:
            if span is None:
                raise _NoSoundError
            return np.empty((2, 0), np.float32)  # the span lies behind the end
        blocks += [_samples(block) for block in resampler.resample(None)]
        origin = float((stream.start_time or 0) * stream.time_base)
    samples = np.concatenate(blocks, axis=1) if blocks else np.empty((2, 0), np.float32)
    if span is None:
        return samples
    return _cut(samples, first_second - origin, span, sample_rate)


def _frames(container: Any, stream: Any, span: Span | None) -> Iterator[Any]:
    """Yield decoded frames up to the end of the span, leaving out single damaged packets."""
    packets = bad = 0
    origin = float((stream.start_time or 0) * stream.time_base)
    for packet in container.demux(stream):
        packets += 1
        try:
            frames = packet.decode()
        except FFmpegError as err:
            bad += 1
            if bad > 20 and bad > 0.5 * packets:
                raise _DamagedError(f"{bad} of {packets} packets cannot be decoded") from err
            continue
        yield from frames
        last = frames[-1].time if frames else None
        if span and last is not None and last - origin > span.end_seconds + 0.1:
            break
    if bad > BAD_SHARE * packets:
        raise _DamagedError(f"{bad} of {packets} packets cannot be decoded")


def _samples(block: Any) -> Samples:
    return np.asarray(block.to_ndarray(), np.float32)


def _cut(samples: Samples, begins_at: float, span: Span, sample_rate: int) -> Samples:
    first = round(span.start_seconds * sample_rate) - round(begins_at * sample_rate)
    wanted = round(span.duration_seconds * sample_rate)
    return samples[:, max(0, first) : max(0, first + wanted)]


def _by_soundfile(path: Path, sample_rate: int, span: Span | None, cause: Exception) -> Samples:
    """Read with libsndfile; a rate of 0 keeps the file's own, and its channels."""
    import soundfile
    import soxr

    try:
        with path.open("rb") as file, soundfile.SoundFile(file) as sound:
            rate = sound.samplerate
            if span:
                sound.seek(min(len(sound), round(span.start_seconds * rate)))
            n = -1 if span is None else round(span.duration_seconds * rate)
            samples = sound.read(n, dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, RuntimeError) as err:
        raise MediaError(path, _reason(cause)) from err
    if not sample_rate:
        return np.ascontiguousarray(samples.T, np.float32)
    stereo = samples[:, :2] if samples.shape[1] > 1 else np.repeat(samples, 2, axis=1)
    return np.ascontiguousarray(soxr.resample(stereo, rate, sample_rate).T, dtype=np.float32)


def _reason(cause: Exception) -> str:
    if isinstance(cause, _DamagedError):
        return f"damaged: {cause}"
    if isinstance(cause, InvalidDataError):
        return "not an audio file, or damaged beyond reading"
    text = getattr(cause, "strerror", None) or str(cause).split(":", maxsplit=1)[0]
    return f"cannot be decoded ({text})"
