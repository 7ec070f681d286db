from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from tests.unit.structures import steady
from v2m.audio.long import Place, joined_facts, joined_structure, joined_tempo, mean_of
from v2m.structure import Join, Section
from v2m.types import SoundFacts, Span

PLACES = (Place(0.0, 20.0), Place(20.0, 60.0))


def _facts(key: str, level: float) -> SoundFacts:
    curve = np.full(720, level, np.float32)
    return SoundFacts(level, level, level, level, level, level, level, key, "major", curve)


def test_measurements_are_means_by_length_and_the_key_is_what_holds_longest() -> None:
    whole = joined_facts([_facts("C", 0.0), _facts("G", 1.0)], PLACES, -14.0)

    assert (whole.key, whole.mode, whole.loudness_lufs) == ("G", "major", -14.0)
    assert whole.centroid_hz == whole.harmonic_share == pytest.approx(0.75)
    assert whole.tempo_curve == pytest.approx(np.full(720, 0.75))
    assert mean_of([[1.0, 0.0], [0.0, 1.0]], PLACES).tolist() == [0.25, 0.75]


def test_a_tempo_is_the_median_where_most_stretches_have_a_pulse() -> None:
    assert joined_tempo([100, 120, 0, 140]) == 120
    assert joined_tempo([100, 0, 0]) == 0


def test_one_stretch_is_built_as_it_is() -> None:
    one = steady(4)

    assert joined_structure([one], [Place(0.0, 8.0)], [-14.0]) is one


def test_stretches_follow_one_another_without_gaps() -> None:
    first = replace(
        steady(10, joins=(Join(2.0, 6.0, 0.9),)),
        sections=(Section(Span(0, 8), "A", 0.4), Section(Span(8, 20), "B", 0.6)),
    )
    # its first bar line lies 0.1 s behind the last one of the first stretch
    second = replace(
        steady(29, joins=(Join(4.0, 8.0, 0.8),), climax_seconds=12.0),
        bars_seconds=np.asarray(2.0 * np.arange(30) + 0.1, np.float64),
        sections=(Section(Span(0.1, 58.1), "A", 0.5),),
    )

    whole = joined_structure([first, second], PLACES, [-20.0, -10.0])

    assert whole.bars_seconds[:12].round(2).tolist() == [0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20.1,
                                                         22.1]  # fmt: skip
    assert np.all(np.diff(whole.bars_seconds) > 0)
    assert np.all(np.diff(whole.beats_seconds) >= 0)
    assert len(whole.beats_seconds) == len(whole.beat_numbers)
    assert [section.label for section in whole.sections] == ["A", "B", "C"]
    assert all(a.span.end_seconds == b.span.start_seconds for a, b in pairwise(whole.sections))
    assert [(join.first_seconds, join.second_seconds) for join in whole.joins] == [(2, 6), (24, 28)]
    assert whole.climax_seconds == 32
    assert whole.ending_seconds == 20 + second.ending_seconds
    assert whole.sounding.start_seconds == 0
    assert len(whole.energy) == len(first.energy) + len(second.energy)


def test_silent_stretches_add_nothing_but_time() -> None:
    none = np.zeros(0)
    silent = replace(
        steady(1), metre="", tempo_bpm=0.0, beats_seconds=none, beat_numbers=np.zeros(0, np.int8),
        bars_seconds=none, sections=(), sounding=Span(0, 0), joins=(),
    )  # fmt: skip
    places = [Place(0.0, 10.0), Place(10.0, 20.0), Place(30.0, 10.0)]

    whole = joined_structure([silent, steady(10), silent], places, [-70.0, -14.0, -70.0])
    nothing = joined_structure([silent, silent], places[:2], [-70.0, -70.0])

    assert whole.metre == "4/4"
    assert whole.sounding == Span(10.0, 30.0)
    assert len(whole.energy) == 20 + len(steady(10).energy) + 20
    assert whole.energy_of(Span(10.0, 12.0)) == steady(10).energy_of(Span(0.0, 2.0)) > 0
    assert whole.bars_seconds[0] == 10
    assert nothing.sections == ()
    assert nothing.sounding.duration_seconds == 0
