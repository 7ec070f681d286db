"""Who sees what in which order."""

from collections import Counter
from itertools import pairwise

import pytest

from tests.unit.raters import a_study
from v2m.study.design import Part
from v2m.study.order import balanced_rows, pages_of


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 6])
def test_each_thing_stands_equally_often_at_each_place(n: int) -> None:
    rows = balanced_rows(n)

    for column in zip(*rows, strict=True):
        assert set(Counter(column).values()) == {len(rows) // n}
    assert all(sorted(row) == list(range(n)) for row in rows)


@pytest.mark.parametrize("n", [2, 3, 4, 5, 6])
def test_each_thing_follows_each_other_equally_often(n: int) -> None:
    neighbours = Counter(pair for row in balanced_rows(n) for pair in pairwise(row))

    assert len(neighbours) == n * (n - 1)
    assert len(set(neighbours.values())) == 1


def test_pages_of_a_rater_are_always_the_same() -> None:
    assert pages_of(a_study(), 5) == pages_of(a_study(), 5)
    assert pages_of(a_study(), 5) != pages_of(a_study(), 6)


def test_a_rater_judges_every_configuration_of_each_own_video_once() -> None:
    rated = Counter(
        (page.item, page.configurations) for page in pages_of(a_study(), 3) if page.kind == "rating"
    )

    assert len(rated) == 2 * 4
    assert set(rated.values()) == {1}


def test_videos_are_judged_equally_often() -> None:
    items = Counter(
        page.item
        for rater in range(6)
        for page in pages_of(a_study(n_items=3), rater)
        if page.kind == "silent"
    )

    assert set(items.values()) == {4}


@pytest.mark.parametrize(("n_items", "each"), [(4, 1), (3, 2), (4, 2), (2, 2)])
def test_first_places_are_shared_equally_within_each_video(n_items: int, each: int) -> None:
    study = a_study(n_items=n_items, items_per_rater=each)
    firsts: dict[int, list[int]] = {item: [] for item in range(n_items)}
    for rater in range(4 * n_items):
        ratings = [page for page in pages_of(study, rater) if page.kind == "rating"]
        for page in ratings[::4]:
            firsts[page.item].append(page.configurations[0])

    for shown_first in firsts.values():
        assert len(set(Counter(shown_first).values())) == 1


def test_music_alone_comes_from_another_video_each_time() -> None:
    items = [page.item for page in pages_of(a_study(), 0) if page.kind == "music"]

    assert all(a != b for a, b in pairwise(items))


def test_each_pair_is_compared_equally_often_and_from_both_sides() -> None:
    study = a_study(n_items=3, pairs_per_rater=6)  # a deck of 18: three raters deal it once
    shown = Counter(
        (page.item, page.configurations)
        for rater in range(6)
        for page in pages_of(study, rater)
        if page.kind == "pair"
    )

    assert len(shown) == 2 * 18
    assert set(shown.values()) == {1}


def test_the_sound_check_opens_and_the_others_stand_within() -> None:
    kinds = [page.kind for page in pages_of(a_study(), 0)]

    assert kinds[0] == "sound"
    assert 3 < kinds.index("words") < len(kinds) - 2
    assert 3 < kinds.index("tones") < len(kinds) - 2


def test_only_the_parts_that_were_chosen_are_asked() -> None:
    kinds = {page.kind for page in pages_of(a_study(parts=(Part.PAIRS,)), 0)}

    assert kinds == {"sound", "pair", "words", "tones"}
