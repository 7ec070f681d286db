"""The shelf of loaded models."""

from v2m.models.shelf import SPARE_MEGABYTES, Shelf


class _Memory:
    """A machine with so much memory; what is on the shelf takes its share."""

    def __init__(self, megabytes: float) -> None:
        self.megabytes = megabytes
        self.shelf = Shelf(lambda: self.megabytes - 1000 * len(self.shelf.loaded()))


def test_a_model_is_loaded_once() -> None:
    shelf = Shelf(lambda: None)
    models = [shelf.get("a", 100, object) for _ in range(3)]

    assert models[0] is models[1] is models[2]


def test_the_least_recently_used_makes_room() -> None:
    shelf = _Memory(2000 + SPARE_MEGABYTES).shelf
    for key in ("a", "b", "a"):
        shelf.get(key, 1000, lambda: "model")

    shelf.get("c", 1000, lambda: "model")

    assert shelf.loaded() == ["a", "c"]


def test_a_model_larger_than_memory_is_tried_alone() -> None:
    shelf = _Memory(2000).shelf
    shelf.get("a", 500, lambda: "model")

    shelf.get("huge", 50_000, lambda: "model")

    assert shelf.loaded() == ["huge"]


def test_a_model_that_fails_to_load_leaves_nothing() -> None:
    shelf = Shelf(lambda: None)

    try:
        shelf.get("a", 100, lambda: 1 / 0)
    except ZeroDivisionError:
        assert shelf.loaded() == []


def test_clearing_puts_all_away() -> None:
    shelf = Shelf()
    shelf.get("a", 1, lambda: "model")

    shelf.clear()

    assert shelf.loaded() == []
