import numpy as np

from v2m.encoders.beatnet import FRAMES_PER_SECOND, RATE, BeatNet
from v2m.types import Mono


def _clicks(bpm: float, seconds: float) -> Mono:
    sound = np.zeros(round(seconds * RATE), np.float32)
    burst = np.random.default_rng(0).normal(0, 1, 2000) * np.exp(-np.arange(2000) / 300)
    for at in np.arange(0.5, seconds - 0.2, 60 / bpm):
        sound[round(at * RATE) :][:2000] += burst
    return 0.3 * sound


def test_clicks_are_heard_as_beats_where_they_are() -> None:
    heard = BeatNet().hear(_clicks(120, 15)).sum(axis=1)

    strongest = heard[round(5.3 * FRAMES_PER_SECOND) :][:25].argmax() + 5.3 * FRAMES_PER_SECOND
    assert len(heard) == round(15 * FRAMES_PER_SECOND)
    assert abs(strongest / FRAMES_PER_SECOND - 5.5) <= 0.04


def test_no_sound_has_no_frames() -> None:
    assert BeatNet().hear(np.zeros(0, np.float32)).shape == (0, 2)
