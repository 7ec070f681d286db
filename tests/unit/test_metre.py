"""Bars counted by what the network heard, by the harmony, and by how beats are divided."""

import numpy as np
import numpy.typing as npt
import pytest

from v2m.audio.metre import Onsets, count_again, metre_name
from v2m.structure import Beats

HALVES, THIRDS, SWUNG = (1 / 2,), (1 / 3, 2 / 3), (2 / 3,)


def beats(per_bar: int, *, tempo_bpm: float = 120.0, sure: float = 0.9) -> Beats:
    """Ninety-six beats; the network hears every ``per_bar``-th as a downbeat."""
    number = np.arange(96) % per_bar
    first = np.where(number == 0, sure, 1 - sure)
    seconds = np.arange(96.0) * (60 / tempo_bpm)
    return Beats(seconds, (number + 1).astype(np.int8), per_bar, 0.9, first)


def notes(*shares: float, tempo_bpm: float = 120.0) -> Onsets:
    """Onsets of 1.0 on beats, of 0.4 at shares of every beat, of 0.1 elsewhere."""
    return onsets_at(dict.fromkeys(shares, 0.4), tempo_bpm)


def onsets_at(shares: dict[float, float], tempo_bpm: float = 120.0) -> Onsets:
    """Onsets of 1.0 on beats, of some strength at shares of every beat, of 0.1 elsewhere."""
    at = np.array([0.0, 1.0, *shares])
    strength = np.array([1.0, 1.0, *shares.values()])

    def onsets(seconds: npt.NDArray[np.float64]) -> float:
        far = np.abs((seconds * tempo_bpm / 60 + 1e-9)[:, None] % 1 - at)
        found = np.where(far.min(axis=1) < 0.02, strength[far.argmin(axis=1)], 0.1)
        return float(found.mean()) if len(found) else 0.0

    return onsets


def counted(heard: Beats, onsets: Onsets) -> Beats:
    return count_again(heard, np.ones(len(heard.seconds)), onsets)


@pytest.mark.parametrize(
    ("per_bar", "shares", "name"),
    [
        (3, HALVES, "3/4"),
        (4, HALVES, "4/4"),
        (2, HALVES, "4/4"),
        (4, SWUNG, "4/4"),
        (2, THIRDS, "6/8"),
        (4, THIRDS, "6/8"),
        (6, (), "6/8"),
        (6, HALVES, "3/4"),
    ],
)
def test_the_metre_follows_downbeats_and_division(
    per_bar: int, shares: tuple[float, ...], name: str
) -> None:
    assert metre_name(counted(beats(per_bar), notes(*shares))) == name


def test_weak_thirds_are_parts_though_something_sounds_on_the_half() -> None:
    found = counted(beats(4), onsets_at({1 / 3: 0.22, 1 / 2: 0.2, 2 / 3: 0.3}))

    assert metre_name(found) == "6/8"


def test_swung_beats_stay_whole_where_the_first_third_stands_out_by_chance() -> None:
    found = counted(beats(3), onsets_at({1 / 3: 0.13, 2 / 3: 0.5}))

    assert metre_name(found) == "3/4"


def test_every_third_of_slow_quavers_is_a_beat() -> None:
    found = counted(beats(6, tempo_bpm=120), notes())

    assert found.tempo_bpm == pytest.approx(40)
    assert found.numbers[:4].tolist() == [1, 2, 1, 2]
    np.testing.assert_allclose(found.seconds, 1.5 * np.arange(32))


def test_six_beats_too_fast_for_quavers_are_two_bars_of_three() -> None:
    found = counted(beats(6, tempo_bpm=170), notes(tempo_bpm=170))

    assert found.numbers[:7].tolist() == [1, 2, 3, 1, 2, 3, 1]


def test_three_beats_that_run_across_two_give_way_to_them() -> None:
    quavers, bar = notes(tempo_bpm=180), 2.0

    def two_to_a_bar(seconds: npt.NDArray[np.float64]) -> float:
        return quavers(seconds) + notes(tempo_bpm=60)(seconds)

    found = counted(beats(3, tempo_bpm=90), two_to_a_bar)

    assert metre_name(found) == "6/8"
    assert found.numbers[:4].tolist() == [1, 2, 1, 2]
    np.testing.assert_allclose(found.seconds, bar / 2 * np.arange(64))
    assert len(found.first) == 64


def test_where_the_network_hears_no_bars_the_harmony_tells_them() -> None:
    changes = (np.arange(96) % 4 == 2).astype(np.float64)

    again = count_again(beats(4, sure=0.5), changes, notes(*HALVES))

    assert again.beats_per_bar == 4
    assert again.numbers[:8].tolist() == [3, 4, 1, 2, 3, 4, 1, 2]


def test_harmony_that_never_changes_changes_nothing() -> None:
    heard = beats(4)

    np.testing.assert_array_equal(counted(heard, notes(*HALVES)).numbers, heard.numbers)


def test_chords_that_change_with_every_bar_outweigh_a_network_half_a_bar_late() -> None:
    first: npt.NDArray[np.float64] = np.tile([0.1, 0.05, 0.6, 0.05], 8)
    numbers = np.tile(np.array([3, 4, 1, 2], np.int8), 8)
    changes = np.tile([0.9, 0.1, 0.1, 0.1], 8)

    again = count_again(Beats(np.arange(32) / 2, numbers, 4, 0.9, first), changes, notes(*HALVES))

    assert again.numbers.tolist() == [1, 2, 3, 4] * 8


def test_no_beats_have_no_metre() -> None:
    none = Beats(np.zeros(0), np.zeros(0, np.int8), 0, 0.0, np.zeros(0))

    assert metre_name(counted(none, notes())) == ""
