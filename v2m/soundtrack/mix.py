"""Lays the cues of a plan on one time line, block by block."""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from v2m.audio.reader import Reader
from v2m.soundtrack.ducking import Ducking
from v2m.soundtrack.fades import rise
from v2m.soundtrack.plan import Cue, CuePlan
from v2m.soundtrack.unroll import Unrolled
from v2m.types import Samples

RATE = 48000
BLOCK = 1 << 18
"""Samples mixed at a time, 5.5 s."""

OpenTrack = Callable[[Cue], Reader]
"""Opens a cue's track for reading at 48 kHz."""


class CueSound:
    """One cue as it lies in the mix: with gain, fades, crossfades, and turned down under speech.

    Attributes:
        first: the sample of the video where it begins, crossfade included, 0 or more.
        stop: where it ends, exclusive, within the video.
    """

    def __init__(self, plan: CuePlan, place: int, open_track: OpenTrack) -> None:
        """Prepare a cue of a plan that is not silence; nothing is read yet."""
        cue = plan.cues[place]
        borders = border_fades(plan.cues, plan.mix.crossfade_seconds)
        left, right = borders[place], borders[place + 1]
        self._start = round(cue.start_seconds * RATE)
        self._ahead = round(cue.start_seconds * RATE) - round((cue.start_seconds - left / 2) * RATE)
        self._end = round((cue.end_seconds + right / 2) * RATE)
        length = self._end - self._start + self._ahead
        self._fade_in = min(length, round((left or cue.fade_in_seconds) * RATE))
        self._fade_out = min(length, round((right or cue.fade_out_seconds) * RATE))
        self._gain = np.float32(10 ** (cue.gain_db / 20))
        self._ducking = Ducking(plan, RATE)
        self._unrolled = Unrolled(cue, open_track(cue), RATE)
        self.first = max(0, self._start - self._ahead)
        self.stop = min(self._end, round(plan.video.duration_seconds * RATE))

    def read(self, first: int, n: int) -> Samples:
        """Return samples [first, first + n) of the video, which lie within the cue: (2, n)."""
        sound = self._unrolled.read(first - self._start, n)
        sound *= self._gain * self._envelope(first, n) * self._ducking.gain(first, n)
        return sound

    def _envelope(self, first: int, n: int) -> npt.NDArray[np.float32]:
        """Return the fades at samples [first, first + n) of the video."""
        envelope = np.ones(n, np.float32)
        begin = first - self._start + self._ahead
        if begin < self._fade_in:
            envelope *= rise(begin, begin + n, self._fade_in)
        left = self._end - first - n
        if left < self._fade_out:
            envelope *= rise(left, left + n, self._fade_out)[::-1]
        return envelope


def mix_cues(plan: CuePlan, open_track: OpenTrack) -> Iterator[Samples]:
    """Render all cues block by block, as long as the video to the sample.

    Neighbouring cues are crossfaded at equal power, centred on their border; next to silence and
    at both ends of the video the cue's own fades count. Only tracks that sound are open.

    Yields:
        float32, shape (2, n), n at most ``BLOCK``; together round(duration * 48000) samples.
    """
    length = round(plan.video.duration_seconds * RATE)
    waiting = [place for place, cue in enumerate(plan.cues) if cue.source != "silence"]
    sounding: list[CueSound] = []
    for first in range(0, length, BLOCK):
        stop = min(length, first + BLOCK)
        while waiting and _begins(plan, waiting[0]) < stop:
            sounding.append(CueSound(plan, waiting.pop(0), open_track))
        out = np.zeros((2, stop - first), np.float32)
        for cue in sounding:
            a, b = max(first, cue.first), min(stop, cue.stop)
            if a < b:
                out[:, a - first : b - first] += cue.read(a, b - a)
        sounding = [cue for cue in sounding if cue.stop > stop]
        yield out


def _begins(plan: CuePlan, place: int) -> int:
    """Return the earliest sample of the video at which a cue may sound."""
    return round((plan.cues[place].start_seconds - plan.mix.crossfade_seconds / 2) * RATE)


def border_fades(cues: Sequence[Cue], crossfade_seconds: float) -> list[float]:
    """Return the length of the crossfade at every border, both ends included, in seconds.

    No crossfade next to silence; none longer than half of the shorter neighbour.
    """
    fades = [0.0]
    for left, right in pairwise(cues):
        both = left.source != "silence" and right.source != "silence"
        shorter = min(c.end_seconds - c.start_seconds for c in (left, right))
        fades.append(min(crossfade_seconds, shorter / 2) if both else 0.0)
    return [*fades, 0.0]
