"""The sequence of tracks over all scenes of a video."""

from itertools import pairwise, product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retriever.search import Match
from v2m.choices import SceneChoice
from v2m.errors import InputError
from v2m.results import PlanOptions
from v2m.sequence import log_odds, settle
from v2m.types import Description, Prompt, Scene, Span, Track

TRACKS = tuple("abc")
Table = list[list[float]]


def _choices(table: Table, *, seconds: float = 10.0, miss_below: float = 0.0) -> list[SceneChoice]:
    """One scene a row, one probability a track."""
    made = []
    for n, row in enumerate(table):
        matches = [
            Match(Track(name, Path(f"{name}.mp3"), name), 0.0, p, {}, Span(0, 10), "")
            for name, p in zip(TRACKS, row, strict=False)
        ]
        matches.sort(key=lambda match: -match.probability)
        span = Span(n * seconds, (n + 1) * seconds)
        seen = Description("", (), "", 0.0, 0.0, {}, np.zeros(2, np.float32))
        decision = "retrieve" if matches and matches[0].probability >= miss_below else "generate"
        made.append(
            SceneChoice(
                Scene(n, span, 0, 1),
                seen,
                Prompt(f"p{n}", "template"),
                "",
                tuple(matches),
                decision,
                "why",
            )
        )
    return made


def _path(choices: list[SceneChoice]) -> str:
    return "".join(
        c.matches[0].track.track_id if c.decision == "retrieve" else "-" for c in choices
    )


def test_a_slightly_better_track_is_not_worth_a_change() -> None:
    settled = settle(
        _choices([[0.8, 0.6, 0.1], [0.7, 0.75, 0.1], [0.8, 0.6, 0.1]]), min_probability=0.5
    )

    assert _path(settled) == "aaa"
    assert "kept from its neighbour: 70% likely here (best: b, 75%)" in settled[1].reason
    assert settled[0].reason == "why"


def test_a_much_better_track_is() -> None:
    table = [[0.8, 0.6, 0.1], [0.55, 0.95, 0.1], [0.8, 0.6, 0.1]]

    assert _path(settle(_choices(table), min_probability=0.5)) == "aba"


def test_without_a_cost_every_scene_takes_its_likeliest() -> None:
    table = [[0.8, 0.79, 0.1], [0.7, 0.71, 0.1]]

    assert _path(settle(_choices(table), min_probability=0.5, switch_cost=0)) == "ab"


def test_a_track_that_is_not_likely_enough_is_never_kept() -> None:
    table = [[0.9, 0.1, 0.1], [0.49, 0.51, 0.1]]

    assert _path(settle(_choices(table), min_probability=0.5, switch_cost=50)) == "ab"


@pytest.mark.parametrize(("generate", "path"), [("on-miss", "abc"), ("never", "aaa")])
def test_scenes_that_nothing_fits_rest_on_one_track_where_none_is_composed(
    generate: str, path: str
) -> None:
    table = [[0.4, 0.3, 0.3], [0.3, 0.4, 0.3], [0.3, 0.3, 0.4]]

    settled = settle(_choices(table), min_probability=PlanOptions(generate=generate).least_kept)

    assert _path(settled) == path


def test_scenes_to_be_composed_stay_so_and_cost_nothing() -> None:
    table = [[0.9, 0.1, 0.1], [0.2, 0.1, 0.1], [0.5, 0.8, 0.1]]
    settled = settle(_choices(table, miss_below=0.5), min_probability=0.5)

    assert _path(settled) == "a-b"


def test_short_scenes_count_less() -> None:
    table = [[0.8, 0.6, 0.1], [0.55, 0.8, 0.1], [0.8, 0.6, 0.1]]

    assert _path(settle(_choices(table, seconds=10), min_probability=0.5)) == "aba"
    assert _path(settle(_choices(table, seconds=1), min_probability=0.5)) == "aaa"


@pytest.mark.parametrize(("most", "path"), [(1, "aaa"), (2, "aba"), (3, "abc")])
def test_the_number_of_tracks_can_be_limited(most: int, path: str) -> None:
    table = [[0.9, 0.05, 0.05], [0.3, 0.9, 0.2], [0.6, 0.2, 0.9]]
    settled = settle(_choices(table), min_probability=0.5, switch_cost=0.1, most_tracks=most)

    assert _path(settled) == path
    assert len(set(_path(settled))) <= most


def test_a_limit_serves_misses_from_the_library_and_says_so() -> None:
    table = [[0.9, 0.05, 0.05], [0.2, 0.1, 0.1]]
    settled = settle(_choices(table, miss_below=0.5), min_probability=0.5, most_tracks=1)

    assert _path(settled) == "aa"
    assert "one of the tracks for the whole video" in settled[1].reason


def test_nothing_to_choose_from() -> None:
    assert _path(settle(_choices([[], []], miss_below=0.5), min_probability=0.5)) == "--"
    with pytest.raises(InputError, match="no track to choose from"):
        settle(_choices([[]], miss_below=0.5), min_probability=0.5, most_tracks=1)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.lists(st.floats(0.01, 0.99), min_size=3, max_size=3), min_size=1, max_size=5),
    st.floats(0, 3),
)
def test_no_other_sequence_is_better(table: Table, cost: float) -> None:
    choices = _choices(table)

    def value(path: tuple[str, ...]) -> float:
        fit = sum(log_odds(table[n][TRACKS.index(name)]) for n, name in enumerate(path))
        return fit - cost * sum(a != b for a, b in pairwise(path))

    settled = settle(choices, min_probability=0.0, switch_cost=cost, repeat_cost=0.0)

    best = max(value(path) for path in product(TRACKS, repeat=len(table)))
    assert value(tuple(_path(settled))) == pytest.approx(best)


def test_a_return_that_gains_little_is_an_accident() -> None:
    table = [[0.8, 0.3, 0.1], [0.2, 0.9, 0.1], [0.81, 0.3, 0.8]]

    assert _path(settle(_choices(table), min_probability=0.5, repeat_cost=0)) == "aba"
    assert _path(settle(_choices(table), min_probability=0.5)) == "abc"


def test_alternatives_say_how_much_worse_the_whole_would_be() -> None:
    settled = settle(_choices([[0.8, 0.7, 0.1], [0.8, 0.3, 0.1]]), min_probability=0.05)

    first = settled[0]
    assert first.costs["a"] == 0.0
    assert first.costs["b"] == pytest.approx(log_odds(0.8) - log_odds(0.7) + 0.5)
    assert [match.track.track_id for match in first.matches] == ["a", "b", "c"]
    assert first.fit == pytest.approx(log_odds(0.8))
    assert (first.change_cost, settled[1].change_cost) == (0.0, 0.0)


def test_a_change_says_what_it_cost() -> None:
    table = [[0.9, 0.1, 0.1], [0.1, 0.9, 0.1]]
    settled = settle(_choices(table), min_probability=0.5)

    assert [choice.change_cost for choice in settled] == [0.0, 0.5]


def test_music_does_not_change_with_every_short_scene() -> None:
    table = [[0.8, 0.4, 0.1], [0.4, 0.8, 0.1], [0.8, 0.4, 0.1], [0.4, 0.8, 0.1]]

    long, short = (
        settle(_choices(table, seconds=seconds), min_probability=0.3, repeat_cost=0)
        for seconds in (8.0, 3.5)
    )

    assert _path(long) == "abab"
    assert len(set(_path(short))) == 1
