"""Cuts against the beats that are heard."""

import numpy as np
import pytest

from tests.unit.structures import steady
from v2m.soundtrack.fit import Part
from v2m.soundtrack.pulse import beats_under, cut_distance, plain_beats


def test_beats_are_heard_where_their_part_of_the_track_lies_under_the_video() -> None:
    parts = (Part(1.0, 3.0), Part(8.0, 9.0, 1.02))

    heard = beats_under(parts, steady(10))

    assert heard == pytest.approx([0, 0.5, 1.0, 1.5, 2.0, 2.0 + 0.5 / 1.02])


def test_cuts_are_measured_to_the_nearest_beat() -> None:
    beats = np.arange(0, 10, 0.5)

    found = cut_distance(beats, (1.0, 2.1, 3.75))

    assert found is not None
    assert found.n_cuts == 3
    assert found.mean_seconds == pytest.approx((0 + 0.1 + 0.25) / 3)


def test_cuts_that_know_nothing_of_the_beats_lie_a_quarter_of_a_beat_away() -> None:
    cuts = np.random.default_rng(1).uniform(0, 100, 5000)

    found = cut_distance(np.arange(0, 101, 0.5), np.sort(cuts).tolist())

    assert found is not None
    assert found.relative == pytest.approx(1, abs=0.03)


@pytest.mark.parametrize(("beats", "cuts"), [([], (1.0,)), ([1.0], (1.0,)), ([1.0, 2.0], ())])
def test_without_beats_or_cuts_there_is_no_distance(
    beats: list[float], cuts: tuple[float, ...]
) -> None:
    assert cut_distance(np.array(beats), cuts) is None


def test_a_track_played_over_and_over_repeats_its_beats() -> None:
    heard = plain_beats(steady(2), 4.25, 9.0)

    assert heard[8] == 4.0
    assert heard[9] == 4.25
