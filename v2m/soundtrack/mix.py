"""Lays the cues of a plan on one time line."""

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from v2m.soundtrack.plan import Cue, CuePlan, Loop
from v2m.types import Audio, Samples, Span

RATE = 48000
SEAM_SECONDS = 0.06
"""Length of the crossfade where a loop starts over."""

Load = Callable[[Cue, Span], Audio]
"""Decodes a span of a cue's track at 48 kHz; what lies outside the track is missing."""


def mix_cues(plan: CuePlan, load: Load) -> Samples:
    """Render all cues: float32, shape (2, round(duration * 48000)).

    Neighbouring cues are crossfaded at equal power, centred on their border; next to silence and
    at both ends of the video the cue's own fades count.
    """
    n = round(plan.video.duration_seconds * RATE)
    out = np.zeros((2, n), np.float32)
    for place, cue in enumerate(plan.cues):
        if cue.source != "silence":
            first, sound = cue_sound(plan, place, load)
            out[:, first : first + sound.shape[1]] += sound
    return out


def cue_sound(plan: CuePlan, place: int, load: Load) -> tuple[int, Samples]:
    """Render one cue of a plan as ``mix_cues`` lays it into the mix.

    Args:
        plan: the cue plan.
        place: index of a cue that is not silence.
        load: decodes a span of a cue's track at 48 kHz.

    Returns:
        The sample of the video where it begins, 0 or more, and float32, shape (2, n), 48 kHz.
    """
    cue = plan.cues[place]
    fades = border_fades(plan.cues, plan.mix.crossfade_seconds)
    before, after = fades[place] / 2, fades[place + 1] / 2
    first = round((cue.start_seconds - before) * RATE)
    length = round((cue.end_seconds + after) * RATE) - first
    sound = unroll(cue, load, before, length)
    sound *= np.float32(10 ** (cue.gain_db / 20))
    sound *= _envelope(cue, fades[place], fades[place + 1], length)
    last = round(plan.video.duration_seconds * RATE) - first
    return max(0, first), sound[:, max(0, -first) : max(0, last)]


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


def unroll(cue: Cue, load: Load, before: float, length: int) -> Samples:
    """Return ``length`` samples of a cue's track, from ``before`` seconds ahead of its start.

    A loop repeats until the length is reached, each seam crossfaded at equal power. Where the track
    has nothing, there is silence.
    """
    start = cue.in_seconds - before
    if cue.loop is None:
        return _piece(cue, load, start, length)
    if start >= cue.loop.end_seconds:  # behind the loop: it would never be reached
        start = cue.loop.start_seconds
    loop, seam = cue.loop, min(SEAM_SECONDS, _loop_seconds(cue.loop) / 4)
    out = np.zeros((2, length), np.float32)
    place, begin, head = 0, start, 0.0
    while place < length:
        last = loop.end_seconds - begin
        n = round((head / 2 + last + seam / 2) * RATE)
        piece = _piece(cue, load, begin - head / 2, n)
        _fade(piece, round(head * RATE), round(seam * RATE))
        first = place - round(head / 2 * RATE)
        stop = min(length, first + n)
        out[:, max(0, first) : stop] += piece[:, max(0, -first) : stop - first]
        place += max(1, round(last * RATE))
        begin, head = loop.start_seconds, seam
    return out


def _loop_seconds(loop: Loop) -> float:
    return loop.end_seconds - loop.start_seconds


def _piece(cue: Cue, load: Load, start: float, length: int) -> Samples:
    """Return exactly ``length`` samples of a track from a time that may lie before its start."""
    ahead = max(0, round(-start * RATE))
    out = np.zeros((2, length), np.float32)
    if ahead < length:
        first = max(0.0, start)
        sound = load(cue, Span(first, first + (length - ahead) / RATE)).samples
        n = min(sound.shape[1], length - ahead)
        out[:, ahead : ahead + n] = sound[:, :n]
    return out


def _fade(piece: Samples, n_in: int, n_out: int) -> None:
    """Fade a piece in and out at equal power, in place."""
    if n_in:
        piece[:, :n_in] *= _rise(n_in)
    if n_out:
        piece[:, -n_out:] *= _rise(n_out)[::-1]


def _envelope(cue: Cue, left: float, right: float, length: int) -> npt.NDArray[np.float32]:
    envelope = np.ones(length, np.float32)
    n_in = min(length, round((left or cue.fade_in_seconds) * RATE))
    n_out = min(length, round((right or cue.fade_out_seconds) * RATE))
    if n_in:
        envelope[:n_in] *= _rise(n_in)
    if n_out:
        envelope[-n_out:] *= _rise(n_out)[::-1]
    return envelope


def _rise(n: int) -> npt.NDArray[np.float32]:
    """Return a quarter sine: two of them, one reversed, add up to constant power."""
    return np.sin(np.pi / 2 * (np.arange(n) + 0.5) / n).astype(np.float32)
