"""How an index run works."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Options:
    """How a run works.

    Attributes:
        profile: name of the models.
        workers: processes.
        batch: tracks per transaction.
        retry: try files again that failed before and have not changed.
        shown: show progress.
    """

    profile: str = "lite"
    workers: int = 1
    batch: int = 8
    retry: bool = False
    shown: bool = True
