"""Turns what a network heard into beats, bars and metre."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from v2m.structure import FEWEST_BEATS, NO_BEATS, Beats

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

FAINTEST = 0.05
"""Below this mean activation on the beats there is no pulse."""


def find_beats(activations: npt.NDArray[np.float32], frames_per_second: float) -> Beats:
    """Find the beats that explain the activations best, and the bars they form.

    Args:
        activations: float32, shape (frames, 2), how likely a beat that is no downbeat, and a
            downbeat, 0 to 1.
        frames_per_second: their rate.
    """
    pulse = np.clip(activations.sum(axis=1), 1e-4, 1 - 1e-4)
    frames = beat_frames(pulse.astype(np.float64), frames_per_second)
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


def beat_frames(pulse: npt.NDArray[np.float64], rate: float) -> npt.NDArray[np.int64]:
    """Return the frames of the beats on the likeliest path (Viterbi) through length and place.

    A state is a beat's length in frames and a place in it. Places follow one another; only where a
    new beat begins may its length change, the less likely the more it does.
    """
    if not len(pulse):
        return np.zeros(0, np.int64)
    paths = _Paths(pulse, rate)
    begun, length = paths.last_beat()
    found = []
    while begun >= 0:
        found.append(begun)
        if begun == 0:
            break
        length = paths.length_before(begun, length)
        begun -= length
    return np.asarray(found[::-1], np.int64)


class _Paths:
    """The best paths up to the beginning of a beat, for every frame and length of that beat.

    Beats are scored whole, by sums of the evidence before each frame, and so many frames at once
    as the shortest beat has: of beats that begin in them none ends in them. The first beat of a
    path may have begun before the sound, where there is no evidence.
    """

    def __init__(self, pulse: npt.NDArray[np.float64], rate: float) -> None:
        self._lengths = np.arange(int(60 * rate / FASTEST_BPM), int(60 * rate / SLOWEST_BPM) + 1)
        self._on_frames = np.ceil(np.maximum(1, self._lengths * BEAT_SHARE)).astype(int)
        lengths = self._lengths.astype(np.float64)
        self._change = -STEADINESS * np.abs(lengths[None] / lengths[:, None] - 1)  # (from, to)
        self._n, self._before = len(pulse), int(self._lengths[-1])
        off, silence = np.log((1 - pulse) / (1 / BEAT_SHARE - 1)), np.zeros(self._before + 1)
        self._off = np.concatenate([silence, np.cumsum(off)])
        self._on = np.concatenate([silence, np.cumsum(np.log(pulse) - off)])
        # the best score ahead of a beat of each length, by where it ends and by where it begins;
        # lengths follow one another, so that both are views of the same numbers
        n_begun, n_lengths = self._before + self._n, len(lengths)
        self._ended = np.zeros((n_begun + self._before, n_lengths))
        first, step = self._ended[self._lengths[0] :], self._ended.itemsize
        self._begun = np.lib.stride_tricks.as_strided(
            first, (n_begun, n_lengths), (n_lengths * step, (n_lengths + 1) * step)
        )
        self._evidence = self._of_beats()
        self._fill()

    def _of_beats(self) -> npt.NDArray[np.float64]:
        """Return how well a beat of each length fits that ends ahead of each frame."""
        before, n_ends = self._before, self._n
        out = np.empty((n_ends, len(self._lengths)))
        for which, (length, on) in enumerate(zip(self._lengths, self._on_frames, strict=True)):
            starts = slice(before - length, before - length + n_ends)
            on_stops = slice(starts.start + on, starts.stop + on)
            off = self._off[before : before + n_ends] - self._off[starts]
            out[:, which] = off + (self._on[on_stops] - self._on[starts])
        return out

    def _fill(self) -> None:
        """Compare in single precision, in which scores of one moment are told apart."""
        n_lengths, step = len(self._lengths), int(self._lengths[0])
        changes = np.tile(self._change.astype(np.float32), step)  # (from, frames * to)
        for first in range(1, self._n, step):
            stop = min(self._n, first + step)
            ahead = self._ahead(first, stop)
            best = ahead.max()
            some = np.repeat((ahead - best).astype(np.float32).T, n_lengths, axis=1)
            some += changes[:, : some.shape[1]]
            begun = self._begun[first + self._before : stop + self._before]
            np.add(some.max(axis=0).reshape(begun.shape), best, out=begun)

    def _ahead(self, first: int, stop: int) -> npt.NDArray[np.float64]:
        """Return the scores when a beat of each length ends ahead of frames, (frames, lengths)."""
        ended = self._ended[first + self._before : stop + self._before]
        return np.asarray(ended + self._evidence[first:stop], np.float64)

    def last_beat(self) -> tuple[int, int]:
        """Return where the last beat of the best path begins, in frames, and its length."""
        which = np.repeat(np.arange(len(self._lengths)), self._lengths)
        places = np.concatenate([np.arange(length) for length in self._lengths])
        stop = self._n + self._before
        starts = stop - 1 - places
        on_stops = np.minimum(starts + self._on_frames[which], stop)
        off = self._off[stop] - self._off[starts]
        scores = self._begun[starts, which] + off + self._on[on_stops] - self._on[starts]
        best = int(scores.argmax())
        return self._n - 1 - int(places[best]), int(self._lengths[which[best]])

    def length_before(self, begun: int, length: int) -> int:
        """Return the length of the beat ahead of one that begins at a frame with a length."""
        change = self._change[:, length - self._lengths[0]]
        return int(self._lengths[(self._ahead(begun, begun + 1)[0] + change).argmax()])


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
