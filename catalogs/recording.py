"""Tracks that are one recording, as a search hears of them."""

from dataclasses import dataclass
from typing import Literal

Decision = Literal["proposed", "kept", "hidden", "apart"]


@dataclass(frozen=True, slots=True)
class Copy:
    """A track within a recording.

    Attributes:
        track_id: the track.
        likeness: to the nearest other copy, 0 to 1; 1 is the same sound.
        decision: "proposed" until somebody decides; then "kept", "hidden" behind the kept one, or
            "apart": another recording after all.
    """

    track_id: str
    likeness: float
    decision: Decision


@dataclass(frozen=True, slots=True)
class Recording:
    """Tracks that sound like one recording, the one to be shown first: kept, else the longest."""

    copies: tuple[Copy, ...]
