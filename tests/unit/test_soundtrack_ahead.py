import threading
from collections.abc import Iterator

import pytest

from v2m.soundtrack.ahead import Ahead, Behind, ahead


def _threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("v2m ")]


def test_items_arrive_in_order_from_another_thread() -> None:
    names = set()

    def made() -> Iterator[int]:
        for n in range(100):
            names.add(threading.current_thread().name)
            yield n

    with ahead(made(), 3) as items:
        assert list(items) == list(range(100))

    assert names == {"v2m ahead"}


@pytest.mark.parametrize("most", [1, 5])
def test_no_more_are_made_than_may_lie_ready(most: int) -> None:
    made: list[int] = []

    def make() -> Iterator[int]:
        for n in range(50):
            made.append(n)
            yield n

    with ahead(make(), most) as items:
        for n in items:
            assert len(made) <= n + most + 2  # one at hand on either side


def test_what_goes_wrong_is_raised_where_its_item_is_taken() -> None:
    def make() -> Iterator[int]:
        yield 1
        raise ValueError("no second")

    with ahead(make(), 4) as items:
        assert next(items) == 1
        with pytest.raises(ValueError, match="no second"):
            next(items)


def test_whoever_leaves_early_ends_the_thread_and_closes_what_it_reads() -> None:
    closed = []

    def make() -> Iterator[int]:
        try:
            while True:
                yield 1
        finally:
            closed.append(threading.current_thread().name)

    with pytest.raises(KeyboardInterrupt), ahead(make(), 2) as items:
        next(items)
        raise KeyboardInterrupt

    assert closed == ["v2m ahead"]
    assert _threads() == []


def test_a_work_behind_gets_all_items_and_gives_its_result() -> None:
    work: Behind[int, int] = Behind(sum, 2)
    work.start()
    for n in range(100):
        work.give(n)

    assert work.result() == sum(range(100))

    work.close()
    assert _threads() == []


def test_a_work_that_fails_tells_who_gives_and_lets_nobody_wait() -> None:
    def fail(items: Iterator[int]) -> int:
        raise ValueError(f"{next(items)} is too much")

    work: Behind[int, int] = Behind(fail, 1)
    work.start()

    with pytest.raises(ValueError, match="0 is too much"):
        for n in range(10_000):
            work.give(n)
    with pytest.raises(ValueError, match="0 is too much"):
        work.result()
    work.close()
    assert _threads() == []


def test_a_work_that_is_not_wanted_any_more_ends_with_its_items_unseen() -> None:
    seen: list[int] = []
    free = threading.Event()

    def look(items: Iterator[int]) -> None:
        for n in items:
            seen.append(n)
            free.wait(10)

    work: Behind[int, None] = Behind(look, 50)
    work.start()
    for n in range(50):
        work.give(n)
    threading.Timer(0.05, free.set).start()
    work.close()

    assert len(seen) <= 1
    assert _threads() == []


def test_what_is_closed_before_its_thread_ran_ends_at_once() -> None:
    """As when Ctrl-C comes while the thread is being started."""
    working, work = Ahead(range(10), 1), Behind[int, int](sum, 1)
    for one in (working, work):
        one.close()
        one.start()
        one._thread.join(5)

    assert _threads() == []
