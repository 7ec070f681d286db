"""The section of a track that fits: by sound first, by the picture's energy where it says so."""

import numpy as np
import pytest

from retriever.sections import best_section, on_bar_lines
from tests.unit.structures import steady
from v2m.types import Span

CALM, LIVELY = Span(0.3, 10.2), Span(10.2, 20.0)


def rated(calm: float, lively: float) -> list[tuple[Span, np.ndarray]]:
    return [
        (span, np.array([cosine, np.sqrt(1 - cosine**2)], np.float32))
        for span, cosine in ((CALM, calm), (LIVELY, lively))
    ]


WANTED = np.array([1, 0], np.float32)
RISING = np.linspace(0.2, 0.9, 41).astype(np.float32)


def test_without_a_picture_the_nearest_section_wins() -> None:
    structure = steady(10, energy=RISING)

    assert best_section(rated(0.5, 0.4), WANTED, None, structure) == Span(0.0, 10.0)


@pytest.mark.parametrize(("energy", "start"), [(0.0, 0.0), (1.0, 10.0)])
def test_of_sections_that_sound_alike_the_one_as_lively_as_the_picture_wins(
    energy: float, start: float
) -> None:
    found = best_section(rated(0.45, 0.45), WANTED, energy, steady(10, energy=RISING))

    assert found is not None
    assert found.start_seconds == start


def test_energy_does_not_outweigh_sound() -> None:
    found = best_section(rated(0.8, 0.4), WANTED, 1.0, steady(10, energy=RISING))

    assert found == Span(0.0, 10.0)


def test_in_a_track_of_one_energy_sound_alone_decides() -> None:
    assert best_section(rated(0.5, 0.49), WANTED, 1.0, steady(10)) == Span(0.0, 10.0)


def test_a_track_that_was_not_measured_keeps_its_section_as_it_is() -> None:
    assert best_section(rated(0.5, 0.6), WANTED, 0.0, None) == LIVELY


def test_a_track_without_sections_has_none() -> None:
    assert best_section([], WANTED, 0.5, steady(4)) is None


def test_ends_of_a_section_move_to_bar_lines_that_are_near() -> None:
    assert on_bar_lines(Span(3.1, 8.7), steady(10)) == Span(4.0, 8.0)
    assert on_bar_lines(Span(30.0, 40.0), steady(10)) == Span(30.0, 40.0)
