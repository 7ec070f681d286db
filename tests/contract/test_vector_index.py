"""What every vector index must do."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from v2m.errors import SpaceError, StateError
from v2m.protocols import VectorIndex
from v2m.types import Vectors
from v2m.vectors.faiss_index import FaissIndex
from v2m.vectors.flat import FlatIndex

DIM = 12

Make = Callable[[str, int], VectorIndex]
MAKERS: list[type] = [FlatIndex, FaissIndex]


def _rows(n: int, seed: int = 0) -> Vectors:
    rows = np.random.default_rng(seed).normal(size=(n, DIM)).astype(np.float32)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


@pytest.fixture(params=MAKERS, ids=lambda kind: kind.__name__)
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


def test_a_saved_faiss_index_comes_back(tmp_path: Path) -> None:
    rows, index = _rows(20), FaissIndex("s", DIM)
    index.add(np.arange(20), rows)
    index.save(tmp_path)

    again = FaissIndex.load(tmp_path, "s", DIM)

    assert len(again) == 20
    assert again.search(rows[:1], 1).ids.tolist() == [[0]]
    with pytest.raises(StateError):
        FaissIndex.load(tmp_path, "s", DIM + 1)
    next(tmp_path.iterdir()).write_bytes(b"damaged")
    with pytest.raises(StateError):
        FaissIndex.load(tmp_path, "s", DIM)
