"""Reads sound out of any file: PyAV first, soundfile as second chance."""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from math import ceil, gcd
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from av.error import FFmpegError, InvalidDataError

from v2m.errors import MediaError
from v2m.ffmpeg import av
from v2m.types import Audio, Mono, Samples, Span

BLOCK = 16384
"""Samples resampled at once: a call costs as much as a thousand, and a frame has no more. What more
of them take does not fit into the processor's cache, and some C libraries have it cleared by the
system anew each time."""

EXPECTED_SECONDS = 1800.0
"""Memory is set aside for what a file says of its length, up to this; behind it for twice as much
as there was each time."""

BAD_SHARE = 0.1
"""A file in which more than this share of packets cannot be decoded is damaged."""

WHOLE_SECONDS = 900.0
"""Up to this length music is heard as a whole."""

STRETCH_SECONDS = 600.0
"""Length of a stretch of longer music; the last one has 5 to 15 minutes."""

MOST_KEPT = 2 * 44100 * 300
"""Samples for which memory is kept from file to file: 5 minutes of two channels, 106 MB."""

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
        samples = _decoded_by_av(path, sample_rate, span)
    except _NoSoundError as err:
        raise MediaError(path, "holds no sound") from err
    except (FFmpegError, _DamagedError, ValueError) as err:
        samples = _joined(_by_soundfile(path, sample_rate, span, err))
    if not samples.shape[1]:
        raise MediaError(path, "holds no sound" if span is None else "has no sound there")
    return Audio(_checked(path, samples), sample_rate)


class SampleMemory:
    """Memory that one file after another is decoded into.

    New memory is cleared by the system page by page when it is first written to: two processes that
    decode lose a twentieth of their speed to that.
    """

    def __init__(self) -> None:
        self._kept: Samples = np.empty((2, 0), np.float32)

    def room(self, n: int) -> Samples:
        """Return room for at least n samples, shape (2, n or more), in place of the room before."""
        if n <= self._kept.shape[1]:
            return self._kept
        room: Samples = np.empty((2, n), np.float32)
        if room.size <= MOST_KEPT:
            self._kept = room
        return room


def decode_in_stretches(
    path: Path,
    *,
    sample_rate: int,
    whole_seconds: float,
    stretch_seconds: float,
    memory: SampleMemory | None = None,
) -> Iterator[Audio]:
    """Decode a file as ``decode_audio`` does, a long one in stretches, in bounded memory.

    Args:
        path: any media file with sound.
        sample_rate: of the result, Hz.
        whole_seconds: a file of at most this length is one stretch.
        stretch_seconds: length of the stretches of a longer file, at least half of
            ``whole_seconds`` and less than it; the last one has any up to ``whole_seconds``.
        memory: to decode into; None takes new memory.

    Yields:
        Stretches one after the other without a gap, at least one. Each is gone when the next one
        is asked for, of this file or of another decoded into the same memory.

    Raises:
        MediaError: as ``decode_audio``; damage may show only after some stretches.
    """
    check_readable(path)
    whole, stretch = round(whole_seconds * sample_rate), round(stretch_seconds * sample_rate)
    n = 0
    try:
        with _opened(path) as (container, stream):
            sink = _Sink(min(whole, _expected(container, sample_rate)), memory)
            for some in _stretches(
                _by_av(container, stream, sample_rate, None), sink, whole, stretch
            ):
                yield Audio(_checked(path, some), sample_rate)
                n += some.shape[1]
    except _NoSoundError as err:
        raise MediaError(path, "holds no sound") from err
    except (FFmpegError, _DamagedError, ValueError) as err:
        # the second reader goes on behind the last stretch that was given out
        rest = Span(n / sample_rate, float("inf")) if n else None
        blocks = _by_soundfile(path, sample_rate, rest, err)
        for some in _stretches(blocks, _Sink(0), whole, stretch):
            yield Audio(_checked(path, some), sample_rate)
            n += some.shape[1]
    if not n:
        raise MediaError(path, "holds no sound")


def audio_blocks(path: Path, *, sample_rate: int, start_seconds: float = 0.0) -> Iterator[Samples]:
    """Decode a file to stereo block by block, in memory that does not grow with its length.

    Args:
        path: any media file with sound.
        sample_rate: of the result, Hz.
        start_seconds: where to begin; behind the end there are no blocks.

    Yields:
        float32, shape (2, n), one after the other without a gap.

    Raises:
        MediaError: as ``decode_audio``; damage may show only after some blocks.
    """
    check_readable(path)
    span = Span(start_seconds, float("inf")) if start_seconds > 0 else None
    n = 0
    try:
        with _opened(path) as (container, stream):
            for planes in _by_av(container, stream, sample_rate, span):
                block = np.stack(planes)
                yield _checked(path, block)
                n += block.shape[1]
    except _NoSoundError as err:
        raise MediaError(path, "holds no sound") from err
    except (FFmpegError, _DamagedError, ValueError) as err:
        # the second reader goes on where the first one gave up
        rest = Span(start_seconds + n / sample_rate, float("inf"))
        for block in _by_soundfile(path, sample_rate, rest, err):
            yield _checked(path, block)


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
        return _sample_digest(path, err)


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
    try:
        with path.open("rb") as file, av.open(file, metadata_errors="replace") as container:
            if not container.streams.audio:
                raise _NoSoundError
            yield container, container.streams.audio[0]
    except FFmpegError:
        raise
    except OSError as err:  # a disk or a network folder that goes away
        raise MediaError(path, err.strerror or str(err)) from err


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


Planes = tuple[Mono, Mono]
"""Both channels of a block, views of a frame of FFmpeg: copied once, where they shall stay."""


def _decoded_by_av(path: Path, sample_rate: int, span: Span | None) -> Samples:
    with _opened(path) as (container, stream):
        sink = _Sink(_expected(container, sample_rate, span))
        for planes in _by_av(container, stream, sample_rate, span):
            sink.write(planes)
    return sink.written()


def _expected(container: Any, sample_rate: int, span: Span | None = None) -> int:
    """Return how many samples there will be, by what the file says of its length."""
    seconds = float((container.duration or 0) / av.time_base)
    if span:
        seconds = min(span.end_seconds, seconds) - span.start_seconds
    return round(min(max(seconds, 0.0), EXPECTED_SECONDS) * sample_rate)


def _stretches(
    blocks: Iterable[Planes | Samples], sink: "_Sink", whole: int, stretch: int
) -> Iterator[Samples]:
    for block in blocks:
        sink.write(block)
        while sink.n > whole:
            yield sink.written()[:, :stretch]
            sink.drop(stretch)
    if sink.n:
        yield sink.written()


class _Sink:
    """Samples written one behind the other into one array.

    Args:
        expected: how many there will be, about.
        memory: to write into; None takes new memory.
    """

    def __init__(self, expected: int, memory: SampleMemory | None = None) -> None:
        self._samples = (memory or SampleMemory()).room(expected + 2 * BLOCK)
        self.n = 0

    def write(self, planes: Planes | Samples) -> None:
        """Write a block."""
        n = len(planes[0])
        if self.n + n > self._samples.shape[1]:
            more = np.empty((2, 2 * self._samples.shape[1] + n), np.float32)
            more[:, : self.n] = self.written()
            self._samples = more
        for channel, plane in zip(self._samples, planes, strict=True):
            channel[self.n : self.n + n] = plane
        self.n += n

    def written(self) -> Samples:
        """Return all samples, no copy of them."""
        return self._samples[:, : self.n]

    def drop(self, n: int) -> None:
        """Forget the first n samples."""
        rest = self.written()[:, n:]
        self._samples[:, : rest.shape[1]] = rest
        self.n = rest.shape[1]


def _sample_digest(path: Path, cause: Exception) -> str:
    """Digest all of the first channel, then all of the next: the file is read for each."""
    digest = hashlib.blake2b(digest_size=16)
    channel, n_channels = 0, 1
    while channel < n_channels:
        for block in _by_soundfile(path, 0, None, cause):
            digest.update(block[channel].tobytes())
            n_channels = len(block)
        channel += 1
    return digest.hexdigest()


def _by_av(container: Any, stream: Any, sample_rate: int, span: Span | None) -> Iterator[Planes]:
    """Yield the blocks of a span, cut to the sample; nothing where it lies behind the end."""
    resampler: Any = av.AudioResampler("fltp", "stereo", sample_rate)
    seeking = span is not None and span.start_seconds > 2 * SEEK_BACK_SECONDS
    origin = float((stream.start_time or 0) * stream.time_base)
    if span and seeking:
        target = origin + span.start_seconds - SEEK_BACK_SECONDS
        container.seek(int(target / stream.time_base), stream=stream)
    frames = _frames(container, stream, span)
    if seeking:
        frames = _on_grid(frames, origin, sample_rate)
    first = next(frames, None)
    if first is None:
        if span is None:
            raise _NoSoundError
        return  # the span lies behind the end
    place = 0 if span is None else round((first.time or 0.0) * sample_rate - origin * sample_rate)
    for frame in chain(_gathered(chain((first,), frames)), (None,)):
        for block in resampler.resample(frame):
            n = block.samples
            cut = slice(0, n) if span is None else _cut(n, place, span, sample_rate)
            place += n
            left, right = (np.frombuffer(plane, np.float32, n)[cut] for plane in block.planes)
            if len(left):
                yield left, right


def _gathered(frames: Iterator[Any]) -> Iterator[Any]:
    """Join frames to large ones, as if there were no gaps in their time stamps.

    Raises:
        ValueError: the format changes on the way.
    """
    held = av.AudioFifo()
    for frame in frames:
        frame.pts = None
        held.write(frame)
        if held.samples >= BLOCK:
            yield held.read()
    if held.samples:
        yield held.read()


def _on_grid(frames: Iterator[Any], origin: float, sample_rate: int) -> Iterator[Any]:
    """Drop the head of what follows a seek, so that its samples fall where they always fall.

    A resampled sample coincides with a source sample only every so many; started in between, the
    same sound would come out shifted by a fraction of a sample.
    """
    for frame in frames:
        step = frame.sample_rate // gcd(frame.sample_rate, sample_rate)
        at = round(((frame.time or 0.0) - origin) * frame.sample_rate)
        too_many = ceil(at / step) * step - at
        if too_many < frame.samples:
            yield _without_head(frame, too_many) if too_many else frame
            break
    yield from frames


def _without_head(frame: Any, n: int) -> Any:
    """Return a frame without its first n samples."""
    values = frame.to_ndarray()
    width = n if frame.format.is_planar else n * frame.layout.nb_channels
    rest = np.ascontiguousarray(values[:, width:])
    kept = av.AudioFrame.from_ndarray(rest, frame.format.name, layout=frame.layout.name)
    kept.sample_rate, kept.time_base = frame.sample_rate, frame.time_base
    kept.pts = frame.pts + round(n / frame.sample_rate / frame.time_base)
    return kept


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
        last = frames[-1].time if span and frames else None
        yield from frames
        if span and last is not None and last - origin > span.end_seconds + 0.1:
            break
    if bad > BAD_SHARE * packets:
        raise _DamagedError(f"{bad} of {packets} packets cannot be decoded")


def _cut(n: int, place: int, span: Span, sample_rate: int) -> slice:
    """Return what of a block of n samples lies in a span; ``place`` is the block's first sample."""
    first = round(span.start_seconds * sample_rate) - place
    if span.end_seconds == float("inf"):
        return slice(max(0, first), n)
    wanted = round(span.duration_seconds * sample_rate)
    return slice(max(0, first), max(0, first + wanted))


def _joined(blocks: Iterator[Samples]) -> Samples:
    found = list(blocks)
    return np.concatenate(found, axis=1) if found else np.empty((2, 0), np.float32)


def _checked(path: Path, samples: Samples) -> Samples:
    with np.errstate(all="ignore"):
        total = samples.sum()  # a number only if all of them are; no array of answers
    if not np.isfinite(total) and not np.isfinite(samples).all():
        raise MediaError(path, "damaged: holds samples that are not numbers")
    return samples


def _by_soundfile(
    path: Path, sample_rate: int, span: Span | None, cause: Exception
) -> Iterator[Samples]:
    """Read with libsndfile; a rate of 0 keeps the file's own, and its channels."""
    import soundfile
    import soxr

    try:
        with path.open("rb") as file, soundfile.SoundFile(file) as sound:
            rate = sound.samplerate
            left = len(sound)
            if span:
                first = min(len(sound), round(span.start_seconds * rate))
                sound.seek(first)
                left = len(sound) - first
                if span.end_seconds < float("inf"):
                    left = min(left, round(span.duration_seconds * rate))
            stream = soxr.ResampleStream(rate, sample_rate or rate, 2, dtype="float32")
            while left > 0:
                samples = np.asarray(sound.read(min(left, BLOCK), "float32", True), np.float32)
                left = left - len(samples) if len(samples) else 0
                if sample_rate:
                    samples = stream.resample_chunk(_stereo(samples), last=left <= 0)
                yield np.ascontiguousarray(samples.T, np.float32)
    except (soundfile.LibsndfileError, RuntimeError, OSError) as err:
        raise MediaError(path, _reason(cause)) from err


def _stereo(samples: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return samples[:, :2] if samples.shape[1] > 1 else np.repeat(samples, 2, axis=1)


def _reason(cause: Exception) -> str:
    if isinstance(cause, _DamagedError):
        return f"damaged: {cause}"
    if isinstance(cause, InvalidDataError):
        return "not an audio file, or damaged beyond reading"
    text = getattr(cause, "strerror", None) or str(cause).split(":", maxsplit=1)[0]
    return f"cannot be decoded ({text})"
