"""The workers of a Ray cluster, or of a Ray started on this machine for the run."""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from importlib import import_module
from typing import Any

from indexer.chunk import Known, Order, carry_out
from indexer.dispatch import Fate, Outcome
from v2m.encoders.profiles import ProfileSpec
from v2m.errors import BackendError, InputError, V2mError

LOCAL = "local"
"""Address of a cluster that consists of this machine and ends with the run."""

AHEAD = 2
"""Orders under way per processor: none is ever idle, and an autoscaler sees what waits."""

PATIENCE_SECONDS = 30.0

log = logging.getLogger(__name__)


class RayPool:
    """Carries out orders as tasks of Ray; what is lost is told, never retried behind our back.

    Attributes:
        workers: most orders under way; 0 goes by the processors of the cluster.
    """

    def __init__(self, ray: Any, known: Known, workers: int, *, gpus: int) -> None:
        self._ray, self.workers = ray, workers
        self._known = ray.put(known)
        self._task = ray.remote(num_cpus=1, num_gpus=gpus, max_retries=0)(carry_out)
        self._running: dict[Any, Order] = {}

    def slots(self) -> int:
        """Return the workers asked for, else by the processors the cluster has now."""
        return self.workers or AHEAD * int(self._ray.cluster_resources().get("CPU", 1))

    def start(self, order: Order) -> None:
        """Have an order carried out somewhere."""
        self._running[self._task.remote(order, self._known)] = order

    def wait(self) -> Outcome:
        """Return the next outcome; a cluster without machines is waited for."""
        done: list[Any] = []
        while not done:
            done, _ = self._ray.wait(list(self._running), timeout=PATIENCE_SECONDS)
            if not done and not self._ray.cluster_resources().get("CPU"):
                log.warning("the cluster has no processors left; waiting for machines")
        order = self._running.pop(done[0])
        return self._outcome(order, done[0])

    def _outcome(self, order: Order, task: Any) -> Outcome:
        lost = self._ray.exceptions
        try:
            self._ray.get(task)
        except lost.RayTaskError as err:
            if isinstance(err.cause, V2mError):
                return Outcome(order, Fate.FAILED, err.cause)
            raise err.cause from None
        except (lost.NodeDiedError, lost.ObjectLostError):
            return Outcome(order, Fate.NODE_LOST)
        except (lost.WorkerCrashedError, lost.OutOfMemoryError):
            return Outcome(order, Fate.CRASHED)
        return Outcome(order, Fate.DONE)


@contextmanager
def ray_pool(
    address: str, profile: ProfileSpec, known: Known, *, workers: int = 0
) -> Iterator[RayPool]:
    """Yield the workers of a cluster; the tasks end with the block.

    Args:
        address: of a running cluster ("HOST:6379", "ray://HOST:10001", "auto"), or "local".
        profile: the models; other than lite's they take a GPU each where the cluster has any.
        known: identities of sounds that need no analysis.
        workers: most orders at a time; 0 takes the whole cluster. With "local" also its processors.

    Raises:
        InputError: Ray is not installed.
        BackendError: the cluster does not answer.
    """
    ray = _ray()
    where: dict[str, Any] = {"address": address}
    if address == LOCAL:
        where |= {"include_dashboard": False, "num_cpus": workers or None}
    with redirect_stdout(sys.stderr):  # Ray prints its news about nodes to standard output
        try:
            ray.init(**where, log_to_driver=False, logging_level=logging.ERROR)
        except (ConnectionError, RuntimeError, ValueError, OSError) as err:
            reason = str(err).strip().splitlines() or [type(err).__name__]
            raise BackendError("cluster", f"{address}: {reason[0]}") from err
        try:
            has_gpus = bool(ray.cluster_resources().get("GPU"))
            yield RayPool(ray, known, workers, gpus=int(has_gpus and profile.name != "lite"))
        finally:
            ray.shutdown()


def _ray() -> Any:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # v2m sends nothing anywhere
    try:
        ray = import_module("ray")
        import_module("ray.exceptions")
    except ImportError as err:
        raise InputError("a cluster needs Ray: pip install 'v2m[ray]'") from err
    return ray
