"""Decodes and measures the sound of a film while it is written."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from av.error import FFmpegError
from av.stream import Discard

from v2m.audio.measure import Gauged, gauge
from v2m.errors import BackendError
from v2m.ffmpeg import av
from v2m.soundtrack.ahead import Behind
from v2m.types import Samples

GIVEN, WAITING = 64, 32
"""Packets that are handed over together, for a thread that wakes up costs more than a packet; and
how many handfuls may wait to be decoded: 44 s of AAC in all."""

TOGETHER = 65536
"""Samples that are measured as one block; a call costs as much as a thousand."""


@dataclass(frozen=True, slots=True)
class _Heard:
    """What a thread makes of the packets."""

    gauged: Gauged
    digest: bytes


class Proof:
    """What the sound of a film that is being written comes to; see ``proving``."""

    def __init__(self, sample_rate: int, start: int) -> None:
        self._rate, self._start = sample_rate, start
        self._decoder: Any = None
        self._ahead = 0
        self._held: list[Any] = []
        self._thread: Behind[list[Any], _Heard] = Behind(self._measure, WAITING)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def hear(self, packet: Any) -> None:
        """Take the next packet of a stream; to be called before it is written.

        Raises:
            BackendError: the coder's work cannot be decoded.
        """
        if self._decoder is None:
            coder = packet.stream.codec_context
            name = coder.codec.canonical_name
            self._decoder = av.CodecContext.create(name, "r")
            self._decoder.extradata = coder.extradata
            # FFmpeg's decoder of Opus leaves the coder's delay out by itself
            self._ahead = 0 if name == "opus" else self._start - packet.pts
        copied = av.Packet(bytes(packet))
        if packet.has_sidedata("skip_samples"):
            copied.set_sidedata(packet.get_sidedata("skip_samples"))
        self._held.append(copied)
        if len(self._held) >= GIVEN:
            self._give()

    def of(self, written: Path) -> Gauged:
        """Return what all packets measure, once it is sure that they are those of a file.

        Raises:
            BackendError: the coder's work cannot be decoded, or is not what the file holds.
        """
        self._give()
        heard = self._thread.result()
        if heard.digest != _digest(written):
            raise BackendError("FFmpeg", "the finished video holds another sound than was encoded")
        return heard.gauged

    def close(self) -> None:
        """End the thread."""
        self._thread.close()

    def _give(self) -> None:
        self._thread.give(self._held)
        self._held = []

    def _measure(self, given: Iterator[list[Any]]) -> _Heard:
        digest = blake2b()

        def told() -> Iterator[Any]:
            for packet in chain.from_iterable(given):
                digest.update(packet)
                yield packet
            yield None  # the decoder gives away what it holds

        return _Heard(gauge(self._blocks(told()), self._rate), digest.digest())

    def _blocks(self, packets: Iterator[Any]) -> Iterator[Samples]:
        """Decode packets; without what coders put ahead of the first sample."""
        held = av.AudioFifo()
        for packet in packets:
            for frame in self._decoded(packet):
                frame.pts = None  # the pieces lie end to end
                held.write(frame)
            joined = held.read() if held.samples >= TOGETHER or packet is None else None
            if joined is not None:
                block = np.asarray(joined.to_ndarray(), np.float32)
                yield block[:, self._ahead :]
                self._ahead = max(0, self._ahead - block.shape[1])

    def _decoded(self, packet: Any) -> list[Any]:
        try:
            return list(self._decoder.decode(packet))
        except FFmpegError as err:
            raise BackendError("FFmpeg", f"cannot decode what it wrote: {err.strerror}") from err


@contextmanager
def proving(sample_rate: int, start_seconds: float) -> Iterator[Proof]:
    """Have a thread decode and measure the packets of a sound; it ends with the block.

    Args:
        sample_rate: Hz, also that of the packets' time stamps.
        start_seconds: time stamp of the first sample.
    """
    proof = Proof(sample_rate, round(start_seconds * sample_rate))
    try:
        proof.start()
        yield proof
    finally:
        proof.close()


def _digest(path: Path) -> bytes:
    """Return the digest of the packets of a film's sound."""
    digest = blake2b()
    # an edit list would leave out a last frame of a few samples
    every = {"ignore_editlist": "1"}
    with av.open(str(path), metadata_errors="replace", options=every) as container:
        for stream in container.streams.video:
            stream.discard = Discard.all  # most of a film, and never asked for
        for packet in container.demux(container.streams.audio[0]):
            digest.update(packet)
    return digest.digest()
