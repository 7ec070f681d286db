"""Hands orders to a pool of workers until each is carried out, whatever is lost on the way."""

from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Protocol

from indexer.chunk import Order, crashed, write_shard
from v2m.errors import V2mError

MOST_ERRORS = 3
"""So often an order may end in an error before the run gives up: stores have bad moments."""

MOST_CRASHES = 2
"""So often one file may end the process that reads it before the file is blamed."""


class Fate(Enum):
    """What became of an order."""

    DONE = "its shard is written"
    NODE_LOST = "the machine is gone; nobody's fault"
    CRASHED = "the process died over it"
    FAILED = "it ended in an error"


@dataclass(frozen=True, slots=True)
class Outcome:
    """An order and what became of it.

    Attributes:
        order: the order.
        fate: what became of it.
        error: where it failed.
    """

    order: Order
    fate: Fate
    error: V2mError | None = None


class Pool(Protocol):
    """Workers, somewhere."""

    def slots(self) -> int:
        """Return how many orders may be under way; it changes as machines come and go."""
        ...

    def start(self, order: Order) -> None:
        """Have an order carried out."""
        ...

    def wait(self) -> Outcome:
        """Return the next outcome of the orders that were started."""
        ...


def dispatch(orders: Sequence[Order], pool: Pool) -> Iterator[Order]:
    """Yield orders as their shards are written, in no fixed order.

    Work of a machine that is gone is given out again. An order that ends its process is cut into
    single files; a file that does so alone is marked as unusable.

    Raises:
        V2mError: an order fails again and again.
    """
    waiting = deque(orders)
    running = 0
    troubles: Counter[tuple[str, Fate]] = Counter()
    while waiting or running:
        while waiting and running < max(1, pool.slots()):
            pool.start(waiting.popleft())
            running += 1
        outcome = pool.wait()
        running -= 1
        troubles[outcome.order.place, outcome.fate] += 1
        if outcome.fate is Fate.DONE:
            yield outcome.order
        elif _given_up(outcome, troubles):
            write_shard(outcome.order, crashed(outcome.order))
            yield outcome.order
        else:
            waiting.extendleft(_again(outcome))


def _given_up(outcome: Outcome, troubles: Counter[tuple[str, Fate]]) -> bool:
    """Tell whether an order is a single file that has ended several processes."""
    times = troubles[outcome.order.place, outcome.fate]
    if outcome.error and times >= MOST_ERRORS:
        raise outcome.error
    return outcome.fate is Fate.CRASHED and len(outcome.order.files) == 1 and times >= MOST_CRASHES


def _again(outcome: Outcome) -> list[Order]:
    order = outcome.order
    if outcome.fate is not Fate.CRASHED:
        return [order]
    return [replace(order, files=(file,)) for file in order.files]
