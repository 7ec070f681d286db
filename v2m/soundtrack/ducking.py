"""Turns the music down under speech and back up after it, slowly enough not to be noticed."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from v2m.soundtrack.plan import CuePlan, Mix, Speech
from v2m.types import Span

SHORT_PAUSE_SECONDS = 0.6
"""The music stays down in a pause in which it would be up again for less than this."""


class Ducking:
    """The gain of the music under the speech of a plan; 1 everywhere where none is heard."""

    def __init__(self, plan: CuePlan, sample_rate: int) -> None:
        self._rate = sample_rate
        self._attack = plan.mix.duck_attack_seconds
        self._release = plan.mix.duck_release_seconds
        heard = plan.mix.original_audio == "mix"
        self._ducks = ducks(plan.speech, plan.mix) if heard else []

    def gain(self, first: int, n: int) -> npt.NDArray[np.float32] | np.float32:
        """Return the linear gain at samples [first, first + n) of the video: shape (n,), or 1."""
        begin, end = first / self._rate, (first + n) / self._rate
        depth: npt.NDArray[np.float64] | None = None
        for span, depth_db in self._ducks:
            if span.start_seconds - self._attack < end and span.end_seconds + self._release > begin:
                seconds = np.arange(first, first + n) / self._rate
                own = depth_db * self._share(seconds, span)
                depth = own if depth is None else np.maximum(depth, own)
        return np.float32(1) if depth is None else np.power(10, -depth / 20).astype(np.float32)

    def _share(self, seconds: npt.NDArray[np.float64], span: Span) -> npt.NDArray[np.float64]:
        """Return how far the music is down, 0 to 1: half a cosine before and after the speech."""
        corners = (
            span.start_seconds - self._attack,
            span.start_seconds,
            span.end_seconds,
            span.end_seconds + self._release,
        )
        ramp = np.interp(seconds, corners, (0, 1, 1, 0))
        return np.asarray(0.5 - 0.5 * np.cos(np.pi * ramp), np.float64)


def ducks(speech: Sequence[Speech], mix: Mix) -> list[tuple[Span, float]]:
    """Return the spans in which the music is down, in order, each with its depth in decibels.

    Speech with only a short pause between is one span, so that the music does not pump.
    """
    longest_pause = mix.duck_attack_seconds + mix.duck_release_seconds + SHORT_PAUSE_SECONDS
    found: list[tuple[Span, float]] = []
    for spoken in sorted(speech, key=lambda one: one.start_seconds):
        depth = max(0.0, mix.duck_db + spoken.deeper_db)
        span = Span(spoken.start_seconds, spoken.end_seconds)
        if found and span.start_seconds - found[-1][0].end_seconds < longest_pause:
            last, last_depth = found[-1]
            end = max(last.end_seconds, span.end_seconds)
            found[-1] = Span(last.start_seconds, end), max(last_depth, depth)
        else:
            found.append((span, depth))
    return [(span, depth) for span, depth in found if depth > 0]
