"""The loaded models of this process: shared, and put away when memory is short."""

import gc
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

SPARE_MEGABYTES = 1024
"""Memory that is left to the rest of the machine."""


class Shelf:
    """Holds loaded models, the least recently used first.

    Who uses a model asks for it each time and keeps no reference of its own; so it can be put away
    when another one needs the room, and is loaded again when it is asked for next.

    Args:
        free_megabytes: tells how much memory is free, None where that is not known.
    """

    def __init__(self, free_megabytes: Callable[[], float | None] | None = None) -> None:
        self._free = free_megabytes or free_memory_megabytes
        self._models: OrderedDict[str, Any] = OrderedDict()
        self._lock = threading.RLock()

    def loaded(self) -> list[str]:
        """Return the models that are loaded, the least recently used first."""
        return list(self._models)

    def get(self, key: str, megabytes: float, load: Callable[[], Any]) -> Any:
        """Return a model, loaded if it is not here.

        Args:
            key: its identity.
            megabytes: memory it will take, about.
            load: loads it.
        """
        with self._lock:
            if key not in self._models:
                self._make_room(megabytes + SPARE_MEGABYTES)
                self._models[key] = load()
            self._models.move_to_end(key)
            return self._models[key]

    def drop(self, key: str) -> None:
        """Put one model away, if it is here."""
        with self._lock:
            self._models.pop(key, None)

    def clear(self) -> None:
        """Put every model away."""
        with self._lock:
            self._models.clear()
            _collect()

    def _make_room(self, megabytes: float) -> None:
        while self._models:
            free = self._free()
            if free is None or free >= megabytes:
                return
            self._models.popitem(last=False)
            _collect()


def free_memory_megabytes() -> float | None:
    """Return the memory free where models run: on the graphics card, else in the machine."""
    import torch

    if torch.cuda.is_available():
        return float(torch.cuda.mem_get_info()[0]) / 1e6
    try:
        import psutil
    except ImportError:
        return None
    return float(psutil.virtual_memory().available) / 1e6


def _collect() -> None:
    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


SHELF = Shelf()
"""The one that all parts of a process share."""
