"""Keeps libraries of linear algebra from starting threads that wait for each other."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

ONE_EACH = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
"""What OpenMP, OpenBLAS, MKL and Accelerate read when they are loaded."""

NUMPY_ALONE = ("OPENBLAS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
"""What NumPy's own library reads, and PyTorch's does not."""


def take_one_thread(names: tuple[str, ...] = ONE_EACH) -> None:
    """Have libraries that are loaded from now on use one thread; whoever has set it keeps it."""
    for name in names:
        os.environ.setdefault(name, "1")


@contextmanager
def one_thread_each() -> Iterator[None]:
    """Have processes that are started meanwhile use one thread."""
    missing = [name for name in ONE_EACH if name not in os.environ]
    take_one_thread()
    try:
        yield
    finally:
        for name in missing:
            os.environ.pop(name, None)
