"""How an index run works."""

from dataclasses import dataclass

from v2m.encoders.profiles import ProfileSpec

LITE = ProfileSpec()


@dataclass(frozen=True, slots=True)
class Options:
    """How a run works.

    Attributes:
        profile: the models.
        workers: processes.
        batch: tracks per transaction.
        retry: try files again that failed before and have not changed.
        shown: show progress.
    """

    profile: ProfileSpec = LITE
    workers: int = 1
    batch: int = 8
    retry: bool = False
    shown: bool = True
