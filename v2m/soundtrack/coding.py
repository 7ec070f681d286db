"""Encodes a sound; a long one in pieces, by several coders at once, into one stream."""

from collections import deque
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, pairwise
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from v2m.devices import usable_processors
from v2m.ffmpeg import av
from v2m.soundtrack.ahead import Ahead
from v2m.types import Samples

SHORTEST, LONGEST = 1500, 4096
"""Frames of a piece, 32 and 87 s at 48 kHz: nothing shorter is worth a second coder, and of a
longer one the packets that wait for their turn would be too many."""

WARM_UP = 192
"""Frames that a coder takes ahead of its piece and throws away. Its control of the rate settles
within 130: until then it spends less and errs more, behind that it is like a coder that came all
the way (decision 43)."""

SEARCHED = 16
"""Frames behind the border for which a coder goes on at once: the seam lies there."""

CODERS = min(4, usable_processors())
"""Coders at work at once. What they write does not depend on it."""

AT_ONCE = 1 << 16
"""Samples handed to a coder together, 1.4 s."""

Window = tuple[int, int]
"""Sequence and shape of the windows of both channels of an AAC frame."""


@runtime_checkable
class Sound(Protocol):
    """A sound of two channels that several may read at once, each from anywhere."""

    def __len__(self) -> int:
        """Return its length in samples."""
        ...

    def blocks(self, first: int = 0) -> Iterator[Samples]:
        """Yield it from a sample on: float32, shape (2, n), blocks of any length."""
        ...


class Held:
    """A sound in memory."""

    def __init__(self, samples: Samples) -> None:
        self._samples = samples

    def __len__(self) -> int:
        return int(self._samples.shape[1])

    def blocks(self, first: int = 0) -> Iterator[Samples]:
        """Yield the sound from a sample on, in one block."""
        yield self._samples[:, first:]


@dataclass(frozen=True, slots=True)
class Coding:
    """How a sound is to be encoded.

    Attributes:
        codec: name of FFmpeg's coder.
        sample_rate: Hz.
        bit_rate: bits per second.
        start: time stamp of the first sample, in samples.
    """

    codec: str
    sample_rate: int
    bit_rate: int
    start: int

    def opened(self, options: Mapping[str, str] | None = None) -> Any:
        """Return a new coder, with options of FFmpeg's if any."""
        context: Any = av.CodecContext.create(self.codec, "w")
        context.sample_rate, context.bit_rate, context.layout = (
            self.sample_rate, self.bit_rate, "stereo",
        )  # fmt: skip
        context.format = SAMPLE_FORMATS[self.codec]
        context.options = dict(options or {})
        context.open()
        return context


SAMPLE_FORMATS = {"aac": "fltp", "libopus": "flt"}
"""What the coders take."""


@contextmanager
def coded(sound: Sound | Iterable[Samples], coding: Coding) -> Iterator[Iterator[Any]]:
    """Encode a sound in threads of its own; with the block, however it ends, they end.

    A long ``Sound`` for AAC is cut in pieces of one length, each encoded by a coder that starts
    ``WARM_UP`` frames ahead of it. Frame for frame behind the border the packets of both coders are
    compared; where the windows of two frames on end agree, the second takes over. Neighbouring AAC
    frames depend on each other by their windows alone, so what is decoded there is off by what
    either coder leaves out, and by nothing else. As long as they disagree the first goes on.
    The stream depends on nothing but the sound and the coding.

    Yields:
        Packets in order, without a stream, in time stamps of one sample.
    """
    line = _Line(sound, coding)
    try:
        yield line.packets()
    finally:
        line.close()


@dataclass(frozen=True, slots=True)
class _Frame:
    """A coded frame, which overlaps with the one before and the one behind."""

    number: int
    packet: Any
    window: Window | None


class _Piece:
    """A coder on its way from some frame on; a thread takes it to the end of its piece."""

    def __init__(self, frames: Generator[_Frame], first: int, last: float) -> None:
        self._frames = frames
        self._thread = Ahead(_through(frames, first, last), 0)
        self._all = chain(self._thread, frames)  # whoever wants more has it made at once
        self.last: _Frame | None = None

    def __iter__(self) -> Iterator[_Frame]:
        return self

    def __next__(self) -> _Frame:
        self.last = next(self._all)
        return self.last

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def until(self, number: int) -> Iterator[Any]:
        """Yield the packets up to a frame, this one excluded."""
        while self.last is None or self.last.number < number - 1:
            yield next(self).packet

    def stop(self) -> None:
        """Have the thread end soon."""
        self._thread.stop()

    def close(self) -> None:
        """Wait for the end of the thread, and let go of the coder."""
        self._thread.close()
        self._frames.close()


def _through(frames: Iterator[_Frame], first: int, last: float) -> Iterator[_Frame]:
    """Yield frames by their number, both ends included."""
    for frame in frames:
        if frame.number >= first:
            yield frame
        if frame.number >= last:
            return


class _Line:
    """The pieces of a sound in order, a few of them being encoded."""

    def __init__(self, sound: Sound | Iterable[Samples], coding: Coding) -> None:
        self._sound, self._coding = sound, coding
        self._size = coding.opened().frame_size
        n_frames = -(-len(sound) // self._size) if isinstance(sound, Sound) else 0
        self._borders = borders(n_frames if coding.codec == "aac" else 0)
        self._started = 0
        self._pieces: deque[_Piece] = deque()

    def packets(self) -> Iterator[Any]:
        """Yield the packets of all pieces, joined."""
        for _ in range(CODERS):
            self._start()
        for border, end in pairwise(self._borders[1:]):
            yield from self._pieces[0].until(border)
            self._start()
            yield from self._join(border, end)
        for frame in self._pieces[0]:
            yield frame.packet

    def close(self) -> None:
        """End all threads."""
        for piece in self._pieces:
            piece.stop()
        while self._pieces:
            self._pieces.pop().close()

    def _join(self, border: int, end: int) -> Iterator[Any]:
        """Yield packets from a border on until the second piece takes over, or to its end."""
        one, other = self._pieces[0], self._pieces[1]
        next(other)  # the frame ahead of the border
        for _ in range(border, end):
            before, its_before = one.last, other.last
            ours, its = next(one), next(other)
            if _agree(before, its_before) and _agree(ours, its):
                yield its.packet
                self._pieces.popleft().close()
                return
            yield ours.packet
        del self._pieces[1]
        other.close()

    def _start(self) -> None:
        """Start the next piece, if there is one."""
        number = self._started
        if number > len(self._borders) - 2:
            return
        border, end = self._borders[number : number + 2]
        last = float("inf") if end == self._borders[-1] else end - 1 + SEARCHED
        frames = self._frames(max(0, border - WARM_UP) if number else 0)
        piece = _Piece(frames, border - 1, last)
        self._pieces.append(piece)
        self._started += 1
        piece.start()

    def _frames(self, first: int) -> Generator[_Frame]:
        """Encode the sound from a frame on to its end."""
        context, size, rate = self._coding.opened(), self._size, self._coding.sample_rate
        place = self._coding.start + first * size
        sound = self._sound
        blocks = sound.blocks(first * size) if isinstance(sound, Sound) else iter(sound)
        for block in short(blocks):
            form = context.format.name
            frame = av.AudioFrame.from_ndarray(_as(form, block), form, layout="stereo")
            frame.sample_rate, frame.pts, frame.time_base = rate, place, Fraction(1, rate)
            place += block.shape[1]
            yield from map(self._numbered, context.encode(frame))
        yield from map(self._numbered, context.encode(None))

    def _numbered(self, packet: Any) -> _Frame:
        number = (packet.pts - self._coding.start) // self._size + 1
        return _Frame(number, packet, window_of(packet))


def borders(n_frames: int) -> list[int]:
    """Return where the pieces of a sound begin, and behind the last the end of all packets.

    The packets of n frames are one more, and each tells the half of two frames.

    >>> borders(2999), borders(3001)
    ([0, 3000], [0, 1500, 3002])
    """
    n = -(-n_frames // LONGEST)
    n = n + n % 2 if n_frames >= 2 * SHORTEST else 1
    return [*(number * n_frames // n for number in range(n)), n_frames + 1]


def window_of(packet: Any) -> Window | None:
    """Return the windows of an AAC frame; None where its channels do not share them.

    The head of a raw data block after ISO/IEC 14496-3, table 4.4: three bits say that a pair of
    channels follows, four number it, one says that both share what follows, one is reserved, two
    name the sequence of windows and one their shape.
    """
    head = int.from_bytes(bytes(packet)[:2], "big")
    pair, shared = head >> 13 == 1, head >> 8 & 1
    return (head >> 5 & 3, head >> 4 & 1) if pair and shared else None


def _agree(one: _Frame | None, other: _Frame | None) -> bool:
    if one is None or other is None or one.number != other.number:
        return False
    return one.window is not None and one.window == other.window


def short(blocks: Iterable[Samples]) -> Iterator[Samples]:
    """Yield the same sound in blocks that are not too long for a coder."""
    for block in blocks:
        for first in range(0, block.shape[1], AT_ONCE):
            yield block[:, first : first + AT_ONCE]


def _as(sample_format: str, block: Samples) -> npt.NDArray[np.float32]:
    """Return samples in an encoder's format: planar float or interleaved float."""
    if sample_format == "fltp":
        return np.ascontiguousarray(block)
    return np.ascontiguousarray(block.T).reshape(1, -1)
