"""A stretch of time."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time in seconds, start inclusive, end exclusive."""

    start_seconds: float
    end_seconds: float

    @property
    def duration_seconds(self) -> float:
        """Length, in seconds."""
        return self.end_seconds - self.start_seconds

    def overlap_seconds(self, other: "Span") -> float:
        """Return how many seconds both spans share.

        >>> Span(0, 4).overlap_seconds(Span(3, 9))
        1
        """
        start = max(self.start_seconds, other.start_seconds)
        return max(0, min(self.end_seconds, other.end_seconds) - start)
