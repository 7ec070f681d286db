"""How a track is built, told to people and to programs."""

from pathlib import Path

from tests.unit.structures import steady
from v2m.commands.building import structure_json, structure_lines
from v2m.structure import Join
from v2m.types import Track

SONG = Track("t", Path("t.mp3"), "Song", instrumental=0.8)


def test_people_read_pulse_sections_and_the_best_loops() -> None:
    text = "\n".join(structure_lines(SONG, steady(8, joins=(Join(4.0, 12.0, 0.91),))))

    assert "4/4, 120.0 beats a minute, 9 bar lines" in text
    assert "vocals            20% likely" in text
    assert "A 0:00 (50%)" in text
    assert "4.0-12.0 s (91%)" in text


def test_programs_read_everything() -> None:
    built = structure_json(SONG, steady(2, joins=(Join(2.0, 4.0, 0.5),)))["structure"]

    assert built["bars_seconds"] == [0.0, 2.0, 4.0]
    assert built["beat_numbers"] == [1, 2, 3, 4, 1, 2, 3, 4, 1]
    assert built["vocals_probability"] == 0.2
    assert built["joins"] == [[2.0, 4.0, 0.5]]


def test_a_track_that_was_not_measured_says_what_to_do() -> None:
    assert structure_json(SONG, None) == {"structure": None}
    assert "run 'v2m index'" in structure_lines(SONG, None)[0]
