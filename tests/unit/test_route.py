"""Ways through a track: as long as asked, over the likest joins, never on a jump nobody offered."""

import numpy as np
import pytest

from tests.unit.structures import steady
from v2m.soundtrack.route import Leg, Routes
from v2m.structure import Join


def test_a_part_of_a_track_is_played_straight() -> None:
    routes = Routes(steady(16), {4: 0.0}, 40)

    best = routes.to(9, 10.0)[0]

    assert best.legs == (Leg(4, 9),)
    assert best.seconds == pytest.approx(10.0)
    assert best.cost == 0.0


def test_a_track_that_is_too_short_repeats_its_likest_stretch() -> None:
    joins = (Join(4.0, 12.0, 0.9), Join(4.0, 10.0, 0.5))
    routes = Routes(steady(8, joins=joins), {0: 0.0}, 40)

    best = routes.to(8, 24.0)[0]  # 16 s of music for 24 s: 8 s come again

    assert best.legs == (Leg(0, 6), Leg(2, 8))


def test_a_track_that_is_too_long_leaves_a_stretch_out() -> None:
    routes = Routes(steady(20, joins=(Join(8.0, 30.0, 0.9),)), {0: 0.0}, 40)

    best = routes.to(20, 18.0)[0]

    assert best.legs == (Leg(0, 4), Leg(15, 20))
    assert best.seconds == pytest.approx(18.0)


def test_every_length_within_three_percent_is_found_and_none_beyond() -> None:
    routes = Routes(steady(16), {0: 0.0}, 40)

    assert routes.to(10, 20.0 * 1.029)
    assert not routes.to(10, 20.0 * 1.032)
    assert not routes.to(10, 20.0 * 0.968)


def test_of_two_ways_the_likelier_join_wins() -> None:
    joins = (Join(4.0, 8.0, 0.95), Join(6.0, 10.0, 0.3))
    best = Routes(steady(8, joins=joins), {0: 0.0}, 40).to(8, 20.0)[0]

    assert best.legs == (Leg(0, 4), Leg(2, 8))


def test_twenty_minutes_out_of_half_a_minute() -> None:
    joins = (Join(4.0, 24.0, 0.9), Join(6.0, 20.0, 0.8))
    route = Routes(steady(15, joins=joins), {0: 0.0}, 1300).to(15, 1200.0)[0]

    assert route.seconds == pytest.approx(1200, rel=0.03)
    for before, after in zip(route.legs, route.legs[1:], strict=False):
        assert (after.first, before.last) in {(2, 12), (12, 2), (3, 10), (10, 3)}


def test_without_joins_the_longest_way_within_is_the_track_itself() -> None:
    route = Routes(steady(8), {0: 0.0}, 100).longest_within(100.0)

    assert route is not None
    assert route.legs == (Leg(0, 8),)


def test_nothing_is_shorter_than_a_bar() -> None:
    assert Routes(steady(8), {0: 0.0}, 10).longest_within(1.0) is None


def test_uneven_bars_are_counted_as_long_as_they_are() -> None:
    structure = steady(8)
    lines = np.cumsum([0.0, 2.0, 2.1, 1.9, 2.2, 2.0, 2.0, 2.05, 1.95])
    uneven = steady(8, lines=lines)
    route = Routes(uneven, {1: 0.0}, 20).to(4, 6.2)[0]

    assert route.seconds == pytest.approx(lines[4] - lines[1])
    assert len(structure.bars_seconds) == len(uneven.bars_seconds)
