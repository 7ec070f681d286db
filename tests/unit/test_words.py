"""Lexical search: BM25 as it is written, stop words, names, and slips of the pen."""

import math
import random
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from catalogs.store import Catalogue
from catalogs.terms import terms
from catalogs.word_index import K1, NAME_WEIGHT, B, WordIndex
from tests.libraries import counting_profile, fill, track
from v2m.types import Track

SYLLABLES = ["ka", "lo", "mi", "ren", "tos", "vel", "bar", "din", "gra", "sho", "ulm", "ek"]


def _name(rng: random.Random) -> str:
    return "".join(rng.sample(SYLLABLES, 4)).title()


def _library(n: int, seed: int = 0) -> list[Track]:
    rng = random.Random(seed)
    words = ["slow", "bright", "dark", "piano", "guitar", "river", "night", "dance", "the", "of"]
    return [
        track(
            i,
            f"{_name(rng)} {rng.choice(words)}",
            artist=f"{_name(rng)} {_name(rng)}",
            description=" ".join(rng.choices(words, k=6)),
            tags=tuple(rng.sample(words, 2)),
        )
        for i in range(n)
    ]


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    return Catalogue.open(tmp_path / "cat", create=True)


def _filled(catalogue: Catalogue, tracks: list[Track]) -> WordIndex:
    fill(catalogue, tracks, counting_profile())
    return WordIndex(catalogue)


def _bm25(tracks: list[Track], query: str) -> dict[str, float]:
    """BM25 by its formula, one track after the other."""
    bags = {
        t.track_id: Counter(
            NAME_WEIGHT * terms(f"{t.title} {t.artist}")
            + terms(f"{t.album} {' '.join(t.tags)} {t.description}")
        )
        for t in tracks
    }
    mean = sum(bag.total() for bag in bags.values()) / len(bags)
    scores = dict.fromkeys(bags, 0.0)
    for term in dict.fromkeys(terms(query)):
        n_with = sum(term in bag for bag in bags.values())
        rarity = math.log(1 + (len(bags) - n_with + 0.5) / (n_with + 0.5))
        for track_id, bag in bags.items():
            damp = K1 * (1 - B + B * bag.total() / mean)
            scores[track_id] += rarity * bag[term] / (bag[term] + damp)
    return scores


def test_scores_are_those_of_the_formula(catalogue: Catalogue) -> None:
    tracks = _library(30)
    index = _filled(catalogue, tracks)

    for query in ("the slow river", tracks[7].title, f"{tracks[3].artist} piano"):
        scores, _ = index.scores(query)
        expected = _bm25(tracks, query)
        np.testing.assert_allclose(scores, [expected[i] for i in index.track_ids], atol=1e-4)


def test_a_stop_word_finds_the_tracks_that_hold_it(catalogue: Catalogue) -> None:
    tracks = [track(1, "The The"), track(2, "Under the Bridge"), track(3, "Bridges")]
    index = _filled(catalogue, tracks)

    scores, met = index.scores("the")

    assert np.argsort(-scores).tolist() == [0, 1, 2]
    assert scores[2] == 0
    assert met.tolist() == [1, 1, 0]


def test_function_words_do_not_lower_what_a_name_meets(catalogue: Catalogue) -> None:
    index = _filled(catalogue, [track(1, "Nocturne", artist="Chopin"), track(2, "Waltz")])

    _, met = index.scores("something by Chopin, please")

    assert met.tolist() == [1, 0]


def _slip(word: str, rng: random.Random) -> str:
    """Swap, drop, double or exchange one letter."""
    place = rng.randrange(len(word) - 1)
    return rng.choice(
        [
            word[:place] + word[place + 1] + word[place] + word[place + 2 :],
            word[:place] + word[place + 1 :],
            word[: place + 1] + word[place:],
            word[:place] + rng.choice("aeiou") + word[place + 1 :],
        ]
    )


def test_typos_are_forgiven_where_plain_bm25_finds_nothing(catalogue: Catalogue) -> None:
    rng = random.Random(3)
    tracks = _library(80)
    index = _filled(catalogue, tracks)
    pairs = [(_slip(t.title.split()[0], rng), t.track_id) for t in tracks]

    ours = [index.track_ids[int(np.argmax(index.scores(query)[0]))] == i for query, i in pairs]
    plain = [_bm25(tracks, query)[i] > 0 for query, i in pairs[:40]]

    assert np.mean(ours) > 0.9
    assert np.mean(plain) < 0.3


def test_accents_case_and_scripts_without_spaces(catalogue: Catalogue) -> None:
    index = _filled(catalogue, [track(1, "Café Señor"), track(2, "夜想曲 第2番"), track(3, "x")])

    assert int(np.argmax(index.scores("CAFE senor")[0])) == 0
    assert int(np.argmax(index.scores("夜想")[0])) == 1
    assert index.scores("!?")[0].tolist() == [0, 0, 0]


def test_the_index_follows_the_catalogue_and_is_read_again_from_its_file(
    catalogue: Catalogue,
) -> None:
    _filled(catalogue, [track(1, "Rain")])
    (folder,) = catalogue.folder.glob("words-*")
    assert WordIndex(catalogue).scores("rain")[1].tolist() == [1]
    assert [folder] == list(catalogue.folder.glob("words-*"))

    index = _filled(catalogue, [track(2, "Snow")])

    assert index.scores("snow")[1].tolist() == [0, 1]
    assert len(list(catalogue.folder.glob("words-*"))) == 1


@pytest.mark.parametrize("damage", ["cut", "empty"])
def test_a_damaged_file_is_built_again(catalogue: Catalogue, damage: str) -> None:
    _filled(catalogue, [track(1, "Rain"), track(2, "Snow")])
    (folder,) = catalogue.folder.glob("words-*")
    for file in folder.iterdir():
        file.write_bytes(file.read_bytes()[:20] if damage == "cut" else b"")

    assert WordIndex(catalogue).scores("snow")[1].tolist() == [0, 1]
    assert WordIndex(catalogue).scores("snow")[1].tolist() == [0, 1]


def test_an_empty_library_has_no_words(catalogue: Catalogue) -> None:
    assert WordIndex(catalogue).scores("rain")[0].shape == (0,)
