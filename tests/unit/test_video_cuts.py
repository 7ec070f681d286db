"""What counts as a cut, on points made up for it."""

import numpy as np
import pytest

from v2m.video.cuts import CutFinder, Points, change, fades

Levels = list[int]


def _points(level: int, seed: int = 0) -> Points:
    """Points of a picture of some brightness; the seed is its texture."""
    texture = np.random.default_rng(seed).integers(-20, 21, 900)
    light = np.clip(level + texture, 0, 255).astype(np.uint8)
    return Points(light, np.full(450, 128, np.uint8))


def _cuts(pictures: list[Points], threshold: float = 8.0) -> list[int]:
    """Find the cuts of a film given at once; frame by frame and by sevens they are the same."""
    found = []
    for several in (len(pictures), 7, 1):
        finder = CutFinder(threshold)
        parts = [pictures[n : n + several] for n in range(0, len(pictures), several)]
        found.append([cut for part in parts for cut in finder.add(part)] + finder.finish())
    assert found[0] == found[1] == found[2]
    return found[0]


def test_the_change_of_a_picture_counts_light_and_colour_alike() -> None:
    grey, lighter = (Points(np.full(8, n, np.uint8), np.zeros(4, np.uint8)) for n in (100, 120))
    coloured = Points(grey.luma, grey.chroma + np.uint8(20))

    assert change(grey, grey) == 0
    assert change(grey, lighter) == change(grey, coloured) == 10


@pytest.mark.parametrize("place", [1, 2, 9, 20, 38, 39])
def test_a_cut_is_found_wherever_it_lies(place: int) -> None:
    film = [_points(60)] * place + [_points(160, 1)] * (40 - place)

    assert _cuts(film) == [place]


def test_a_film_of_few_frames_is_judged_too() -> None:
    assert _cuts([_points(60)]) == []
    assert _cuts([_points(60), _points(160)]) == [1]


@pytest.mark.parametrize("frames", [1, 2])
def test_a_flash_is_no_cut(frames: int) -> None:
    dark = [_points(60)] * 20

    assert _cuts([*dark, *[_points(230)] * frames, *dark]) == []


def test_a_flash_upon_a_cut_leaves_the_cut() -> None:
    film = [*[_points(60)] * 20, _points(230), *[_points(140, 1)] * 20]

    assert _cuts(film) == [20]


def test_steady_motion_is_no_cut_but_a_cut_in_it_is() -> None:
    moving = [_points(100, seed) for seed in range(30)]
    after = [_points(220, seed) for seed in range(30, 60)]

    assert change(moving[0], moving[1]) > 5
    assert _cuts(moving, threshold=5) == []
    assert _cuts([*moving, *after], threshold=5) == [30]


@pytest.mark.parametrize("times", [2, 3, 4])
def test_pictures_shown_several_times_do_not_make_motion_into_cuts(times: int) -> None:
    """Fifteen pictures a second in a container of sixty frames."""
    moving = [_points(100, seed) for seed in range(20) for _ in range(times)]
    after = [_points(220, seed) for seed in range(20, 40) for _ in range(times)]

    assert _cuts([*moving, *after], threshold=5) == [20 * times]


def test_a_cut_is_settled_a_few_frames_late() -> None:
    finder = CutFinder(8.0)
    film = [_points(60)] * 10 + [_points(160)] * 20
    settled = {n: cuts for n, picture in enumerate(film) if (cuts := finder.add([picture]))}

    assert settled == {18: [10]}
    assert finder.finish() == []


DOWN, UP = list(range(100, 16, -6)), list(range(16, 100, 6))


def test_a_fade_through_black_is_a_cut_in_the_middle_of_the_black() -> None:
    levels = [*[100] * 30, *DOWN, *[16] * 11, *UP, *[100] * 30]
    ((frame, depth),) = fades(levels, [])

    assert 30 + len(DOWN) <= frame < 30 + len(DOWN) + 11
    assert depth == 84


@pytest.mark.parametrize(
    "levels",
    [[*[16] * 20, *UP, *[100] * 30], [*[100] * 30, *DOWN, *[16] * 20], [100] * 60, [18] * 60,
     [*[40] * 9, *[23] * 20, *[100] * 9], [*[30] * 30, *[17] * 9, *[30] * 30], []],
    ids=["begins", "ends", "bright", "dark", "not black", "dark to black", "nothing"],
)  # fmt: skip
def test_a_film_that_begins_or_ends_or_is_dark_does_not_fade(levels: Levels) -> None:
    assert fades(levels, []) == []


def test_black_between_two_cuts_is_no_fade() -> None:
    assert fades([*[100] * 30, *[16] * 9, *[100] * 30], [30, 39]) == []
