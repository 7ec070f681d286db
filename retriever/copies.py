"""Keeps a search from answering with the same recording twice."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from catalogs.recording import Recording
from retriever.branches import Mask, Numbers, TrackNumbers


@dataclass(frozen=True, slots=True)
class Copies:
    """Tracks that are copies of others.

    Attributes:
        groups: for each recording the numbers of its tracks, the one to be shown first.
        hidden: numbers of tracks that a person has hidden behind another one.
    """

    groups: tuple[Numbers, ...]
    hidden: Numbers
    n_tracks: int

    @classmethod
    def of(cls, recordings: Sequence[Recording], tracks: TrackNumbers) -> "Copies":
        """Number the tracks of recordings."""
        groups, hidden = [], []
        for recording in recordings:
            numbers = tracks.of([copy.track_id for copy in recording.copies])
            put_away = np.array([copy.decision == "hidden" for copy in recording.copies])
            hidden += numbers[put_away & (numbers >= 0)].tolist()
            groups.append(numbers[~put_away & (numbers >= 0)])
        return cls(tuple(groups), np.array(hidden, np.int64), len(tracks))

    def one_of_each(self, allowed: Mask | None) -> Mask | None:
        """Leave one copy of each recording: the first that may be found."""
        if not self.groups:
            return allowed
        left = np.ones(self.n_tracks, np.bool_) if allowed is None else allowed.copy()
        left[self.hidden] = False
        for group in self.groups:
            left[group[left[group]][1:]] = False
        return left
