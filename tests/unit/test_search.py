"""Searching: branches joined, filters inside the search, examples, one copy of a recording."""

import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from catalogs.duplicates import keep, propose, recordings, set_apart, undo
from catalogs.facets import facets
from catalogs.ordering import in_order
from catalogs.store import Catalogue
from retriever.examples import with_examples
from retriever.query import Query, text_query
from retriever.search import Match, Searcher
from tests.libraries import counting_profile, fill, track
from v2m.errors import ConfigError, InputError, StateError
from v2m.types import Track

MEANING = {"quick": "fast", "rapid": "fast", "gloomy": "dark", "sombre": "dark"}
PROFILE = counting_profile(MEANING)


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    return Catalogue.open(tmp_path / "cat", create=True)


def _find(catalogue: Catalogue, query: str | Query, k: int = 5, **options: object) -> list[Match]:
    asked = text_query(PROFILE, query) if isinstance(query, str) else query
    return Searcher(catalogue, PROFILE).search(asked, k, **options)  # type: ignore[arg-type]


def _ids(matches: list[Match]) -> list[str]:
    return [match.track.track_id for match in matches]


def _moods(n: int) -> list[Track]:
    rng = random.Random(1)
    words = ["fast", "dark", "slow", "bright", "piano", "drums"]
    return [
        track(
            i,
            f"piece {i}",
            tags=tuple(rng.sample(words, 2)),
            tempo_bpm=float(60 + i % 90),
            mode=rng.choice(["major", "minor"]),
        )
        for i in range(n)
    ]


CONDITIONS: dict[str, Callable[[Track], bool]] = {
    "tempo_bpm < 63": lambda t: t.tempo_bpm < 63,
    "mode = 'minor' AND tempo_bpm >= 80": lambda t: t.mode == "minor" and t.tempo_bpm >= 80,
    "tempo_bpm > 0": lambda t: True,
    "tempo_bpm > 1000": lambda t: False,
}


def test_a_filtered_search_is_full_and_equals_the_long_way(catalogue: Catalogue) -> None:
    tracks = _moods(60)
    fill(catalogue, tracks, PROFILE)
    searcher = Searcher(catalogue, PROFILE)
    asked = text_query(PROFILE, "fast dark")
    everything = searcher.search(asked, 60, by=["audio"])

    for condition, meets in CONDITIONS.items():
        found = searcher.search(asked, 20, where=condition, by=["audio"])

        chances = [match.probability for match in everything if meets(match.track)]
        assert all(meets(match.track) for match in found)
        assert [match.probability for match in found] == chances[:20]


def test_words_and_vectors_together_find_what_either_alone_misses(catalogue: Catalogue) -> None:
    names = [f"{a}{b}" for a in ("Karo", "Velmi", "Tosh") for b in ("lin", "dra", "mek")]
    named = [track(i, f"{name} {i}", tags=("bright",)) for i, name in enumerate(names)]
    meant = [track(50 + i, f"piece {i}", tags=(w,)) for i, w in enumerate(["fast", "dark"])]
    fill(catalogue, named + meant, PROFILE)
    searcher = Searcher(catalogue, PROFILE)
    pairs = [(f"{n[:3]}{n[4:]}", f"t{i:05d}") for i, n in enumerate(names)]
    pairs += [("rapid", "t00050"), ("gloomy", "t00051")]

    def first(*by: str) -> float:
        found = [searcher.search(text_query(PROFILE, query), 1, by=by) for query, _ in pairs]
        return float(np.mean([_ids(f) == [i] for f, (_, i) in zip(found, pairs, strict=True)]))

    assert first("words", "audio") == 1.0
    assert first("audio") < 0.5


def test_a_query_without_its_words_in_the_library_falls_back_to_vectors(
    catalogue: Catalogue,
) -> None:
    fill(catalogue, _moods(30), PROFILE)

    with_words = _find(catalogue, "rapid", by=["words", "audio"])

    assert _ids(with_words) == _ids(_find(catalogue, "rapid", by=["audio"]))


def test_words_say_why(catalogue: Catalogue) -> None:
    fill(catalogue, [track(1, "Golden River"), track(2, "Snow")], PROFILE)

    (best, *_) = _find(catalogue, "golden river", by=["words"])

    assert best.branches == {"words": 1.0}
    assert best.why == "its words hold 100% of the request"
    assert best.probability > 0.9


def test_more_like_this_and_less_like_that(catalogue: Catalogue) -> None:
    tracks = [
        track(1, "a", tags=("piano", "slow")),
        track(2, "b", tags=("piano", "fast")),
        track(3, "c", tags=("piano", "slow", "dark")),
        track(4, "d", tags=("drums",)),
    ]
    fill(catalogue, tracks, PROFILE)
    searcher = Searcher(catalogue, PROFILE)
    liked, unliked = searcher.music_vector("t00001"), searcher.music_vector("t00002")

    alike = with_examples(None, [liked], [], ["t00001"])
    away = with_examples(text_query(PROFILE, "piano"), [], [unliked], ["t00002"])

    assert _ids(_find(catalogue, alike, by=["audio"])) == ["t00003", "t00002", "t00004"]
    assert _ids(_find(catalogue, away, 1, by=["audio"])) == ["t00001"]
    assert "t00002" not in _ids(_find(catalogue, away, by=["audio"]))


def test_disliking_alone_is_no_query(catalogue: Catalogue) -> None:
    vector = PROFILE.music.encode_text(["piano"])[0]

    with pytest.raises(InputError, match="nothing is wanted"):
        with_examples(None, [], [vector], ["t00001"])
    with pytest.raises(InputError, match="the same"):
        with_examples(None, [vector], [2 * vector], ["t00001", "t00002"])


def test_an_example_of_another_profile_is_refused(catalogue: Catalogue) -> None:
    fill(catalogue, [track(1, "a")], PROFILE)

    with pytest.raises(StateError, match="not indexed with profile"):
        Searcher(catalogue, PROFILE).music_vector("t00009")


def _copies(catalogue: Catalogue) -> None:
    """Three copies of one recording and another track that sounds nearly so."""
    tracks = [track(n, "rain", tags=("slow",), duration_seconds=100 + n) for n in (1, 2, 3)]
    fill(catalogue, [*tracks, track(4, "rain", tags=("slow", "dark"))], PROFILE)
    propose(catalogue, [("t00001", "t00002", 0.98), ("t00002", "t00003", 0.96)])


def test_results_show_one_copy_and_stay_full(catalogue: Catalogue) -> None:
    _copies(catalogue)

    assert _ids(_find(catalogue, "slow", 2, by=["audio"])) == ["t00003", "t00004"]
    assert _ids(_find(catalogue, "slow", 2, by=["audio"], where="duration_seconds < 102")) == [
        "t00001",
        "t00004",
    ]
    assert catalogue.count() == 4


def test_keeping_a_copy_hides_the_others_until_it_is_undone(catalogue: Catalogue) -> None:
    _copies(catalogue)

    assert keep(catalogue, "t00001") == 2
    assert _ids(_find(catalogue, "slow", by=["audio"])) == ["t00001", "t00004"]
    assert _ids(_find(catalogue, "slow", by=["audio"], where="duration_seconds > 102")) == []
    assert undo(catalogue, "t00001") == 3
    assert _ids(_find(catalogue, "slow", 1, by=["audio"])) == ["t00003"]


def test_a_track_set_apart_is_found_on_its_own_and_not_proposed_again(
    catalogue: Catalogue,
) -> None:
    _copies(catalogue)

    set_apart(catalogue, "t00003")
    propose(catalogue, [("t00003", "t00001", 0.99)])

    assert [c.track_id for c in recordings(catalogue)[0].copies] == ["t00002", "t00001"]
    assert set(_ids(_find(catalogue, "slow", by=["audio"]))) == {"t00002", "t00003", "t00004"}


def test_groups_grow_together(catalogue: Catalogue) -> None:
    fill(catalogue, [track(n, "x") for n in range(6)], PROFILE)
    propose(catalogue, [("t00000", "t00001", 1.0), ("t00002", "t00003", 1.0)])
    propose(catalogue, [("t00003", "t00000", 0.9)])

    (recording,) = recordings(catalogue)

    assert {copy.track_id for copy in recording.copies} == {f"t{n:05d}" for n in range(4)}


def test_deciding_about_a_track_without_copies_is_refused(catalogue: Catalogue) -> None:
    fill(catalogue, [track(1, "x")], PROFILE)

    with pytest.raises(InputError, match="no copy of another"):
        keep(catalogue, "t00001")


def test_facets_count_every_track_once_and_say_how_to_filter(catalogue: Catalogue) -> None:
    tracks = _moods(25)
    fill(catalogue, tracks, PROFILE)

    counted = facets(catalogue, ["mode", "tempo_bpm", "tags"], where="tempo_bpm < 100", top=20)

    slow = [t for t in tracks if t.tempo_bpm < 100]
    assert sum(count.tracks for count in counted["mode"]) == len(slow)
    assert sum(count.tracks for count in counted["tags"]) == 2 * len(slow)
    for count in (counted["mode"][0], counted["tempo_bpm"][1], counted["tags"][2]):
        assert len(catalogue.tracks(f"({count.where}) AND tempo_bpm < 100")) == count.tracks


def test_an_unknown_facet_or_column_is_refused_with_the_known_ones(catalogue: Catalogue) -> None:
    with pytest.raises(ConfigError, match="did you mean 'tags'"):
        facets(catalogue, ["tag"])
    with pytest.raises(ConfigError, match="did you mean 'tempo_bpm'"):
        in_order([track(1, "a")], "tempo", lambda item: item)


def test_tracks_come_in_the_order_of_a_column() -> None:
    tracks = [track(1, "b", tempo_bpm=90), track(2, "A", tempo_bpm=120), track(3, "c")]

    assert [t.track_id[-1] for t in in_order(tracks, "title", lambda t: t)] == ["2", "1", "3"]
    assert [t.track_id[-1] for t in in_order(tracks, "-tempo_bpm", lambda t: t)] == ["2", "1", "3"]


def test_a_searcher_knows_when_the_catalogue_has_changed(catalogue: Catalogue) -> None:
    fill(catalogue, [track(1, "a")], PROFILE)
    searcher = Searcher(catalogue, PROFILE)
    assert searcher.is_current()

    fill(catalogue, [track(2, "b")], PROFILE)

    assert not searcher.is_current()
