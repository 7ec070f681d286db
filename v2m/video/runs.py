"""Decodes a long film in runs, from one key frame to another, two of them side by side.

FFmpeg's own threads wait for each other; two decoders of one thread each do the same work in less
time on two processors, and with less work. A film that does not let itself be entered at its key
frames is decoded from its start to its end as before.
"""

import logging
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain, islice
from math import inf
from pathlib import Path
from threading import Event
from typing import Any

from av.error import FFmpegError, InvalidDataError

from v2m.devices import usable_processors
from v2m.ffmpeg import av
from v2m.types import VideoFacts
from v2m.video.frames import decoded_frames
from v2m.video.glimpses import Glimpse, GlimpseReader
from v2m.video.probe import picture_stream

DECODERS = 2
"""Of more, more frames would have to wait for those before them."""

LONG = 512
"""Frames of a film that is worth a second decoder."""

PIECE = 64
"""Packets decoded at a time, and at least so many of a run: it fills and empties a decoder."""

MOST_WAITING = 8
"""Pieces that are being decoded or wait for those before them: 20 s at 25 frames a second, so that
two runs have room with a key frame every 10 s, where encoders set one at the latest."""

BACKWARDS = "time runs backwards, as where recordings are strung together"

log = logging.getLogger(__name__)


def each_glimpse(path: Path, facts: VideoFacts, *, keeping: bool) -> Iterator[Glimpse]:
    """Yield a glimpse of each frame of a video, in order; damaged packets are left out.

    Args:
        path: the video.
        facts: of the video.
        keeping: whether frames are kept in the glimpses; of more than 31 a second, which ones are
            kept may depend on whether two decoders were at work.

    Raises:
        MediaError: the frames from here on cannot be read.
    """
    n = 0
    if usable_processors() >= DECODERS and facts.n_frames >= LONG:
        try:
            for glimpse in _side_by_side(path, facts, keeping):
                n += 1
                yield glimpse
        except (NotInRunsError, FFmpegError) as err:
            log.info("%s is decoded from its start to its end: %s", path, err)
        else:
            return
    yield from islice(_one_by_one(path, facts, keeping), n, None)


class NotInRunsError(Exception):
    """The film is to be decoded from its start to its end."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Packets of a run that are decoded at once.

    Attributes:
        run: number of the run.
        packets: in the order of the file. The last piece of a run has those of the next one too
            that are shown before its key frame.
        first: whether the run begins here.
        last: whether the run ends here.
        start: time stamp of the run's key frame; of the first run, before all others.
        stop: of the key frame behind the run, in its last piece; None behind the last run.
    """

    run: int
    packets: list[Any]
    first: bool
    last: bool
    start: float
    stop: int | None


def pieces(packets: Iterable[Any]) -> Iterator[Piece]:
    """Cut the packets of a film in runs, and these in pieces.

    Raises:
        NotInRunsError: a packet has no time stamp, or time runs backwards.
    """
    run, start, latest, n = 0, -inf, -inf, 0
    some: list[Any] = []
    first = True
    for packet, leading in _led(_timed(packets)):
        if packet.pts < start or (packet.is_keyframe and packet.pts <= latest):
            raise NotInRunsError(BACKWARDS)
        if packet.is_keyframe and n >= PIECE:
            ahead = [packet, *leading] if leading else []
            yield Piece(run, some + ahead, first, True, start, packet.pts)
            run, start, n, some, first = run + 1, packet.pts, 0, [], True
        latest = max(latest, packet.pts)
        some += [packet, *leading]
        n += 1 + len(leading)
        if len(some) >= PIECE:
            yield Piece(run, some, first, False, start, None)
            some, first = [], False
    yield Piece(run, some, first, True, start, None)


def _led(packets: Iterable[Any]) -> Iterator[tuple[Any, list[Any]]]:
    """Yield each packet; key frames with the packets behind them that are shown before them."""
    key: Any = None
    leading: list[Any] = []
    for packet in packets:
        if key and packet.pts < key.pts and not packet.is_keyframe:
            leading.append(packet)
            if len(leading) > PIECE:
                raise NotInRunsError(BACKWARDS)
            continue
        if key:
            yield key, leading
        key, leading = packet if packet.is_keyframe else None, []
        if not key:
            yield packet, []
    if key:
        yield key, leading


def _timed(packets: Iterable[Any]) -> Iterator[Any]:
    for packet in packets:
        if not packet.size:
            continue  # the demuxer says that it has no more
        if packet.pts is None:
            raise NotInRunsError("a packet has no time stamp")
        yield packet


def _side_by_side(path: Path, facts: VideoFacts, keeping: bool) -> Generator[Glimpse]:
    with ExitStack() as stack:
        reader = _reader(path, facts, keeping)
        stopped = Event()
        decoders = [
            stack.enter_context(_Decoder(path, facts, one, stopped))
            for one in (reader, *(reader.another() for _ in range(DECODERS - 1)))
        ]
        stack.callback(stopped.set)  # before the decoders are waited for
        cut = pieces(decoders[0].packets())
        head = list(islice(cut, MOST_WAITING))
        if head[-1].run == 0:
            raise NotInRunsError("key frames are too far apart")
        waiting: deque[Future[list[Glimpse]]] = deque()
        for piece in chain(head, cut):
            if len(waiting) == MOST_WAITING:
                yield from waiting.popleft().result()
            waiting.append(decoders[piece.run % DECODERS].submit(piece))
        while waiting:
            yield from waiting.popleft().result()


def _reader(path: Path, facts: VideoFacts, keeping: bool) -> GlimpseReader:
    for _, frame in decoded_frames(path, facts):
        return GlimpseReader(frame, keeping=keeping)
    raise NotInRunsError("it has no frames")


def _one_by_one(path: Path, facts: VideoFacts, keeping: bool) -> Iterator[Glimpse]:
    frames = decoded_frames(path, facts)
    for first in frames:
        reader = GlimpseReader(first[1], keeping=keeping)
        yield from reader.read(chain((first,), frames))


class _Decoder:
    """Decodes runs in a thread of its own, with a context of its own."""

    def __init__(
        self, path: Path, facts: VideoFacts, reader: GlimpseReader, stopped: Event
    ) -> None:
        self._path, self._origin = path, facts.start_seconds
        self._reader, self._stopped = reader, stopped
        self._open = ExitStack()
        self._entered = False

    def __enter__(self) -> "_Decoder":
        with ExitStack() as opening:
            file = opening.enter_context(self._path.open("rb"))
            container = opening.enter_context(av.open(file, "r", metadata_errors="replace"))
            self._container, self._stream = container, picture_stream(container)
            self._context = self._stream.codec_context
            self._context.thread_type = "AUTO"
            self._context.thread_count = max(1, usable_processors() // DECODERS)
            self._thread = opening.enter_context(ThreadPoolExecutor(1, "v2m decoder"))
            self._open = opening.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.shutdown(wait=True, cancel_futures=True)
        self._open.close()

    def packets(self) -> Iterator[Any]:
        """Yield the packets of the whole film."""
        yield from self._container.demux(self._stream)

    def submit(self, piece: Piece) -> Future[list[Glimpse]]:
        """Have a piece decoded behind those that were given before; it raises NotInRunsError."""
        return self._thread.submit(self._glimpses, piece)

    def _glimpses(self, piece: Piece) -> list[Glimpse]:
        if piece.first:
            self._reader.begin()
            self._entered = piece.run == 0
        found = list(self._reader.read(self._frames(piece)))
        if piece.last:
            self._context.flush_buffers()
            if not self._entered:
                raise NotInRunsError("a run has no frames")
        return found

    def _frames(self, piece: Piece) -> Iterator[tuple[float, Any]]:
        """Yield the frames that a decoder gives when it is fed a piece, within the run."""
        for packet in chain(piece.packets, (None,) if piece.last else ()):
            if self._stopped.is_set():
                return
            try:
                frames = self._context.decode(packet)
            except InvalidDataError:
                continue
            for frame in frames:
                if frame.pts is None or frame.pts < piece.start:
                    continue
                if piece.stop is not None and frame.pts >= piece.stop:
                    continue
                if not self._entered and (frame.pts != piece.start or frame.is_corrupt):
                    raise NotInRunsError("it cannot be entered at a key frame")
                self._entered = True
                frame.time_base = self._stream.time_base
                yield max(0.0, frame.time - self._origin), frame
