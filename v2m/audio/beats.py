"""Turns what a network heard into beats, bars and metre."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

SLOWEST_BPM = 45.0
FASTEST_BPM = 215.0
STEADINESS = 100.0
"""How strongly a beat keeps the length of the one before it."""

BEAT_SHARE = 1 / 16
"""The part of a beat's length in which the network should hear it.

Both constants are those of F. Krebs, S. Böck and G. Widmer, "An efficient state-space model for
joint tempo and meter tracking" (ISMIR 2015), whose model of beats this is.
"""

METRE_CHANCE = {2: 0.03, 3: 0.25, 4: 0.69, 6: 0.03}
"""Beats a bar may have, and how usual that is; decides only where the network heard little."""

SLIP_COST = 12.0
"""Log odds that a bar with a beat too many or too few has to gain."""

FEWEST_BEATS = 4
FAINTEST = 0.05
"""Below this mean activation on the beats there is no pulse."""


@dataclass(frozen=True, slots=True)
class Beats:
    """The pulse of a track.

    Attributes:
        seconds: float64, shape (n,), rising; empty where there is no pulse.
        numbers: int8, shape (n,), place in the bar from 1, the downbeat.
        beats_per_bar: 2, 3, 4 or 6; 0 where there is no pulse.
        clarity: mean activation on the beats, 0 to 1.
        first: float64, shape (n,), how likely each is a downbeat by what the network heard.
    """

    seconds: npt.NDArray[np.float64]
    numbers: npt.NDArray[np.int8]
    beats_per_bar: int
    clarity: float
    first: npt.NDArray[np.float64]

    @property
    def tempo_bpm(self) -> float:
        """Beats per minute, from the median of the beats' lengths; 0 where there is no pulse."""
        if len(self.seconds) < FEWEST_BEATS:
            return 0.0
        lengths = np.diff(self.seconds)
        usual = np.median(lengths)
        near = lengths[np.abs(lengths - usual) < 0.15 * usual]
        return float(60 / near.mean())


NO_BEATS = Beats(np.zeros(0), np.zeros(0, np.int8), 0, 0.0, np.zeros(0))


def find_beats(activations: npt.NDArray[np.float32], frames_per_second: float) -> Beats:
    """Find the beats that explain the activations best, and the bars they form.

    Args:
        activations: float32, shape (frames, 2), how likely a beat that is no downbeat, and a
            downbeat, 0 to 1.
        frames_per_second: their rate.
    """
    pulse = np.clip(activations.sum(axis=1), 1e-4, 1 - 1e-4)
    frames = _beat_frames(pulse.astype(np.float64), frames_per_second)
    if len(frames) < FEWEST_BEATS:
        return NO_BEATS
    heard = _around(activations, frames)
    clarity = float(heard.sum(axis=1).mean())
    if clarity < FAINTEST:
        return NO_BEATS
    first = np.clip(heard[:, 1] / np.maximum(heard.sum(axis=1), 1e-3), 0.02, 0.98)
    metre, numbers = count_bars(first, METRE_CHANCE)
    seconds = _between_frames(pulse, frames) / frames_per_second
    return Beats(seconds, numbers, metre, clarity, first)


def _beat_frames(pulse: npt.NDArray[np.float64], rate: float) -> npt.NDArray[np.int64]:
    """Return the frames of the beats on the likeliest path (Viterbi) through length and place.

    A state is a beat's length in frames and a place in it. Places follow one another; only where a
    new beat begins may its length change, the less likely the more it does.
    """
    lengths = np.arange(int(60 * rate / FASTEST_BPM), int(60 * rate / SLOWEST_BPM) + 1)
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    ends = starts + lengths - 1
    near = np.concatenate([np.arange(n) < max(1, n * BEAT_SHARE) for n in lengths])
    change = -STEADINESS * np.abs(lengths[None] / lengths[:, None] - 1)  # (from, to)
    off = np.log((1 - pulse) / (1 / BEAT_SHARE - 1))
    on = np.log(pulse)
    score = np.where(near, on[0], off[0]) if len(pulse) else np.zeros(0)
    came = np.zeros((len(pulse), len(lengths)), np.int16)
    for t in range(1, len(pulse)):
        leaving = score[ends][:, None] + change
        came[t] = leaving.argmax(axis=0)
        score[1:] = score[:-1].copy()
        score[starts] = leaving[came[t], np.arange(len(lengths))]
        score += np.where(near, on[t], off[t])
    return _traced(score, came, starts, lengths) if len(pulse) else np.zeros(0, np.int64)


def _traced(
    score: npt.NDArray[np.float64],
    came: npt.NDArray[np.int16],
    starts: npt.NDArray[np.int64],
    lengths: npt.NDArray[np.int64],
) -> npt.NDArray[np.int64]:
    """Walk back from the best last state; a beat lies where a length begins."""
    state = int(score.argmax())
    which = int(np.searchsorted(starts, state, "right") - 1)
    t = len(came) - 1 - (state - int(starts[which]))
    found = []
    while t > 0:
        found.append(t)
        which = int(came[t, which])
        t -= int(lengths[which])
    if t == 0:
        found.append(0)
    return np.asarray(found[::-1], np.int64)


def _around(
    activations: npt.NDArray[np.float32], frames: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    """Return the strongest activations within 40 ms of each beat, shape (beats, 2)."""
    near = np.clip(frames[:, None] + np.arange(-2, 3), 0, len(activations) - 1)
    return np.asarray(activations[near].max(axis=1), np.float64)


def _between_frames(
    pulse: npt.NDArray[np.float64] | npt.NDArray[np.float32], frames: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    """Return where around each beat the activation has its centre of mass, in frames."""
    near = np.clip(frames[:, None] + np.arange(-2, 3), 0, len(pulse) - 1)
    weight = pulse[near].astype(np.float64) ** 2
    moved = (weight * near).sum(axis=1) / weight.sum(axis=1)
    return np.maximum.accumulate(moved)


def count_bars(
    first: npt.NDArray[np.float64], chances: Mapping[int, float]
) -> tuple[int, npt.NDArray[np.int8]]:
    """Return beats per bar and every beat's number.

    Args:
        first: shape (n,), how likely each beat is a downbeat, above 0 and below 1.
        chances: by how many beats a bar may have, how usual that is.
    """
    found = {metre: _counted(first, metre) for metre in chances}
    best = max(chances, key=lambda metre: found[metre][0] + np.log(chances[metre]))
    return best, found[best][1]


def _counted(first: npt.NDArray[np.float64], metre: int) -> tuple[float, npt.NDArray[np.int8]]:
    """Number the beats 1 to ``metre`` over and over (Viterbi); a slip is possible but costs."""
    yes, no = np.log(first), np.log(1 - first)
    score = np.full(metre, no[0])
    score[0] = yes[0]
    before = np.roll(np.arange(metre), 1)
    came = np.zeros((len(first), metre), np.int8)
    for n in range(1, len(first)):
        steps = score[before]
        slip = int(score.argmax())
        came[n] = before
        if score[slip] - SLIP_COST > steps[0]:  # begin a new bar early
            steps[0], came[n, 0] = score[slip] - SLIP_COST, slip
        score = steps + no[n]
        score[0] += yes[n] - no[n]
    place = int(score.argmax())
    numbers = np.zeros(len(first), np.int8)
    for n in range(len(first) - 1, -1, -1):
        numbers[n] = place + 1
        place = int(came[n, place])
    return float(score.max()), numbers
