"""Picking notes, held against the published method walked frame by frame."""

import numpy as np
import numpy.typing as npt
import pytest
from scipy.ndimage import gaussian_filter1d

from v2m.evaluation.note_picking import REST_FRAMES, SHORTEST_FRAMES, SOUNDS, STARTS, pick_notes

Grid = npt.NDArray[np.float64]


def _played(seed: int, n_frames: int = 300) -> tuple[Grid, Grid]:
    """Return what a transcriber might see: smooth noise with peaks at the onsets."""
    rng = np.random.default_rng(seed)
    sounding = gaussian_filter1d(rng.random((n_frames, 88)) ** 3, 8, axis=0)
    starting = gaussian_filter1d(rng.random((n_frames, 88)) ** 8, 1.5, axis=0)
    return sounding / sounding.max(), starting / starting.max()


def _walk(left: Grid, key: int, frame: int, step: int, *, erase: bool) -> int:
    """Walk from a frame until its key has rested; return the last frame before the rest."""
    silent, last = 0, frame
    frame += step
    while 0 < frame < len(left) - 1 and silent < REST_FRAMES:
        silent = silent + 1 if left[frame, key] < SOUNDS else 0
        last = frame if silent == 0 else last
        if erase:
            left[frame, max(0, key - 1) : key + 2] = 0
        frame += step
    return last


def _naive(sounding: Grid, starting: Grid) -> list[tuple[int, int, int]]:
    rise = np.zeros_like(sounding)
    for frame in range(2, len(sounding)):
        steps = [sounding[frame] - sounding[frame - back] for back in (1, 2)]
        rise[frame] = np.maximum(0, np.minimum(*steps))
    onsets = np.maximum(starting, rise * starting.max() / rise.max())
    left, found = sounding.copy(), []
    for frame in range(len(left) - 2, 0, -1):
        for key in range(87, -1, -1):
            here, before, after = onsets[frame, key], onsets[frame - 1, key], onsets[frame + 1, key]
            if here >= STARTS and here > before and here > after:
                end = _walk(left, key, frame, 1, erase=False) + 1
                if end - frame > SHORTEST_FRAMES:
                    left[frame:end, max(0, key - 1) : key + 2] = 0
                    found.append((key + 21, frame, end))
    while left.max() > SOUNDS:
        frame, key = (int(n) for n in np.unravel_index(left.argmax(), left.shape))
        left[frame, key] = 0
        end = _walk(left, key, frame, 1, erase=True)
        start = _walk(left, key, frame, -1, erase=True)
        if end - start > SHORTEST_FRAMES:
            found.append((key + 21, start, end))
    return found


@pytest.mark.parametrize("seed", range(4))
def test_equals_the_method_walked_frame_by_frame(seed: int) -> None:
    sounding, starting = _played(seed)

    picked = [(n.pitch, n.start_frame, n.end_frame) for n in pick_notes(sounding, starting)]

    assert len(picked) > 20
    assert picked == _naive(sounding, starting)


def test_strength_is_the_mean_probability_of_the_note() -> None:
    sounding, starting = np.zeros((60, 88)), np.zeros((60, 88))
    sounding[10:40, 39], starting[10, 39] = 0.8, 0.9

    (note,) = pick_notes(sounding, starting)

    assert (note.pitch, note.start_frame, note.end_frame) == (60, 10, 40)
    assert note.strength == pytest.approx(0.8)


def test_a_note_too_short_is_none() -> None:
    sounding = np.zeros((60, 88))
    sounding[10 : 10 + SHORTEST_FRAMES, 39] = 0.8

    assert pick_notes(sounding, np.zeros((60, 88))) == []


@pytest.mark.parametrize("n_frames", [0, 1, 2, 5])
def test_silence_has_no_notes(n_frames: int) -> None:
    assert pick_notes(np.zeros((n_frames, 88)), np.zeros((n_frames, 88))) == []


def test_shapes_must_agree() -> None:
    with pytest.raises(ValueError, match="equal"):
        pick_notes(np.zeros((4, 88)), np.zeros((5, 88)))
