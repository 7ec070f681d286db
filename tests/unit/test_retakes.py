"""Faulty takes are made again, so often and no more, and that is said."""

from collections.abc import Sequence

import numpy as np

from generator.retakes import make_sound_takes
from v2m.types import Audio, TakeRequest

RATE = 8000


class Studio:
    """Makes noise, but silence for the seeds it is told."""

    def __init__(self, *silent: int) -> None:
        self.silent = silent
        self.sessions: list[list[int]] = []

    def __call__(self, requests: Sequence[TakeRequest]) -> list[Audio]:
        self.sessions.append([request.seed for request in requests])
        return [self._play(request.seed) for request in requests]

    def _play(self, seed: int) -> Audio:
        noise = np.random.default_rng(seed).normal(0, 0.1, (1, RATE))
        level = 0 if seed in self.silent else 1
        return Audio((level * noise).astype(np.float32), RATE)


def _request(seed: int) -> TakeRequest:
    return TakeRequest("calm", 1.0, seed)


def test_sound_takes_are_made_once_and_nothing_is_said() -> None:
    studio = Studio()

    takes = make_sound_takes([_request(1), _request(5)], studio)

    assert [(take.seed, take.notices) for take in takes] == [(1, ()), (5, ())]
    assert studio.sessions == [[1, 5]]


def test_only_the_faulty_take_is_made_again_with_the_next_seed() -> None:
    studio = Studio(5)

    sound, mended = make_sound_takes([_request(1), _request(5)], studio)

    assert studio.sessions == [[1, 5], [6]]
    assert (sound.seed, mended.seed) == (1, 6)
    assert mended.notices == ("the take of seed 5 is silent for 100% of its length; took seed 6",)
    assert np.abs(mended.audio.samples).max() > 0


def test_after_so_many_tries_the_least_faulty_take_is_kept_and_named() -> None:
    studio = Studio(5, 6, 7, 8)

    (take,) = make_sound_takes([_request(5)], studio, most_retakes=2)

    assert studio.sessions == [[5], [6], [7]]
    assert take.seed == 5
    assert take.notices[0].endswith("took seed 5, which is faulty too")


def test_no_retakes_may_be_asked_for() -> None:
    studio = Studio(5)

    (take,) = make_sound_takes([_request(5)], studio, most_retakes=0)

    assert (take.seed, studio.sessions) == (5, [[5]])
