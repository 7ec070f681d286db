"""What every vector index must do."""

import os
from collections.abc import Callable
from pathlib import Path

import faiss
import numpy as np
import pytest

from v2m.errors import SpaceError, StateError
from v2m.protocols import VectorIndex
from v2m.types import Vectors
from v2m.vectors.coarse import CoarseIndex
from v2m.vectors.faiss_file import read_index, write_index
from v2m.vectors.flat import FlatIndex

DIM = 12

Make = Callable[[str, int], VectorIndex]


def _not_yet_coarse(space: str, dim: int) -> CoarseIndex:
    return CoarseIndex(space, dim, exact_up_to=1000)


MAKERS: list[Make] = [FlatIndex, CoarseIndex, _not_yet_coarse]


def _rows(n: int, seed: int = 0) -> Vectors:
    rows = np.random.default_rng(seed).normal(size=(n, DIM)).astype(np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


@pytest.fixture(params=MAKERS, ids=["flat", "coarse", "not yet coarse"])
def make(request: pytest.FixtureRequest) -> Make:
    """Return a way to make an empty index."""
    made: Make = request.param
    return made


def test_knows_its_space(make: Make) -> None:
    index = make("a/space", DIM)

    assert (index.space, index.dim, len(index)) == ("a/space", DIM, 0)


def test_finds_the_nearest_by_cosine(make: Make) -> None:
    rows, index = _rows(50), make("s", DIM)
    index.add(np.arange(100, 150), rows)

    hits = index.search(rows[[7, 30]], 3)

    assert hits.ids[:, 0].tolist() == [107, 130]
    assert hits.scores[:, 0] == pytest.approx([1.0, 1.0], abs=1e-5)
    assert (np.diff(hits.scores, axis=1) <= 1e-6).all()


def test_agrees_with_an_exact_product(make: Make) -> None:
    rows, queries, index = _rows(200), _rows(5, seed=1), make("s", DIM)
    index.add(np.arange(200), rows)

    hits = index.search(queries, 10)

    exact = np.argsort(-(queries @ rows.T), axis=1)[:, :10]
    assert hits.ids.tolist() == exact.tolist()


def test_pads_where_there_is_too_little(make: Make) -> None:
    index = make("s", DIM)
    index.add(np.array([3, 9]), _rows(2))

    hits = index.search(_rows(1, seed=2), 5)

    assert hits.ids.shape == hits.scores.shape == (1, 5)
    assert set(hits.ids[0, :2].tolist()) == {3, 9}
    assert hits.ids[0, 2:].tolist() == [-1, -1, -1]
    assert np.isneginf(hits.scores[0, 2:]).all()


def test_an_empty_index_answers(make: Make) -> None:
    hits = make("s", DIM).search(_rows(2), 3)

    assert hits.ids.tolist() == [[-1, -1, -1]] * 2


def test_refuses_what_does_not_fit(make: Make) -> None:
    index = make("s", DIM)
    index.add(np.array([1]), _rows(1))

    with pytest.raises(ValueError, match=r"."):
        index.add(np.array([1]), _rows(1, seed=3))  # the id is there already
    with pytest.raises(ValueError, match=r"."):
        index.add(np.array([5, 6]), _rows(1))  # one vector for two ids
    with pytest.raises((ValueError, SpaceError)):
        index.search(np.ones((1, DIM + 1), np.float32), 1)
    assert len(index) == 1


def test_a_file_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    CoarseIndex("s", DIM).save(tmp_path)

    assert read_index(tmp_path, DIM).ntotal == 0
    with pytest.raises(StateError, match="expected 13"):
        read_index(tmp_path, DIM + 1)
    next(tmp_path.iterdir()).write_bytes(b"damaged")
    with pytest.raises(StateError, match="not an index"):
        read_index(tmp_path, DIM)


def test_a_folder_of_any_name_holds_codes(tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"m\xffsic")
    folder.mkdir()
    index = CoarseIndex("s", DIM)
    index.add(np.arange(200), _rows(200))
    index.save(folder)

    again = CoarseIndex.load(folder, "s", np.arange(200), _rows(200))

    assert again.search(_rows(3, seed=2), 5).ids.tolist() == (
        index.search(_rows(3, seed=2), 5).ids.tolist()
    )


def _albums(n_albums: int = 400, largest: int = 900, seed: int = 5) -> Vectors:
    """Clusters whose sizes fall by a power law down to a few rows."""
    rng = np.random.default_rng(seed)
    sizes = np.maximum(largest // np.arange(1, n_albums + 1), 4)
    rows = np.repeat(rng.normal(size=(n_albums, DIM)), sizes, axis=0)
    rows += 0.3 * rng.normal(size=rows.shape)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


@pytest.mark.parametrize("share", [None, 0.6, 0.1, 0.01, 0.0005, 0.0])
def test_codes_miss_no_album_and_fill_every_place(share: float | None) -> None:
    rows = _albums()
    queries = rows[:: len(rows) // 40]
    allowed = None if share is None else np.random.default_rng(6).random(len(rows)) < share
    index, oracle = CoarseIndex("s", DIM), FlatIndex("s", DIM)
    index.add(np.arange(len(rows)), rows)
    kept = np.arange(len(rows)) if allowed is None else np.flatnonzero(allowed)
    oracle.add(kept, rows[kept])

    found, exact = index.search(queries, 10, allowed), oracle.search(queries, 10)

    same = [len(set(a) & set(b)) for a, b in zip(found.ids, exact.ids, strict=True)]
    assert sum(same) >= 0.99 * sum(len(set(ids)) for ids in exact.ids)
    assert (found.ids >= 0).tolist() == (exact.ids >= 0).tolist()


def test_rows_added_later_are_found_by_codes_too() -> None:
    rows, index = _rows(120), CoarseIndex("s", DIM)
    index.add(np.arange(100), rows[:100])
    index.add(np.arange(100, 120), rows[100:])

    assert index.search(rows, 1).ids[:, 0].tolist() == list(range(120))


def test_an_odd_length_has_codes_too() -> None:
    rows, index = _rows(60)[:, :7], CoarseIndex("s", 7)
    index.add(np.arange(60), rows)

    exact = (rows[:9] @ rows.T).argmax(axis=1)
    assert index.search(rows[:9], 1).ids[:, 0].tolist() == exact.tolist()


def test_saved_codes_come_back_to_their_own_rows_only(tmp_path: Path) -> None:
    rows, index = _rows(50), CoarseIndex("s", DIM)
    index.add(np.arange(50), rows)
    index.save(tmp_path)

    again = CoarseIndex.load(tmp_path, "s", np.arange(50), rows)

    assert again.search(rows, 1).ids[:, 0].tolist() == list(range(50))
    with pytest.raises(StateError, match="other rows"):
        CoarseIndex.load(tmp_path, "s", np.arange(1, 51), rows)
    write_index(faiss.IndexIDMap(faiss.IndexFlatIP(DIM)), tmp_path)
    with pytest.raises(StateError, match="another sort"):
        CoarseIndex.load(tmp_path, "s", np.arange(50), rows)


@pytest.mark.parametrize("share", [None, 0.5])
def test_rows_may_go_without_new_codes(tmp_path: Path, share: float | None) -> None:
    rows, index, oracle = _rows(200), CoarseIndex("s", DIM), FlatIndex("s", DIM)
    index.add(np.arange(200), rows)
    index.save(tmp_path)
    left = np.flatnonzero(np.arange(200) % 15 != 3)
    allowed = None if share is None else np.random.default_rng(1).random(len(left)) < share
    kept = left if allowed is None else left[allowed]
    oracle.add(kept, rows[kept])

    again = CoarseIndex.load(tmp_path, "s", left, rows[left])

    expected = oracle.search(rows, 5).ids.tolist()
    assert again.search(rows, 5, allowed).ids.tolist() == expected


def test_what_is_gone_leaves_the_codes_when_rows_are_added(tmp_path: Path) -> None:
    rows, index = _rows(120), CoarseIndex("s", DIM)
    index.add(np.arange(100), rows[:100])
    index.save(tmp_path)
    again = CoarseIndex.load(tmp_path, "s", np.arange(5, 100), rows[5:100])

    again.add(np.arange(100, 120), rows[100:])

    assert again.search(rows[5:], 1).ids[:, 0].tolist() == list(range(5, 120))


def test_codes_most_of_whose_rows_are_gone_are_made_anew(tmp_path: Path) -> None:
    rows, index = _rows(50), CoarseIndex("s", DIM)
    index.add(np.arange(50), rows)
    index.save(tmp_path)

    with pytest.raises(StateError, match="many rows are gone"):
        CoarseIndex.load(tmp_path, "s", np.arange(10, 50), rows[10:])
