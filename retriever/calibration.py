"""What a library taught about the miss decision: how often it was right when it said so.

The lines of ``retriever.miss`` were fitted on other music. ``v2m eval calibrate`` asks a library
for what its tracks are called, with the tracks there and taken away, and fits one logistic curve
from what the decision said to how often it was right. The curve rises, so it never changes the
order in which tracks are found, only the probability they are given.
"""

import json
import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from v2m.errors import StateError

if TYPE_CHECKING:
    from catalogs.image import Image
    from catalogs.store import Catalogue
    from v2m.encoders.profiles import Profile

FORMAT = 1
CERTAIN = 1e-4
"""Probabilities are held this far from 0 and 1 before their odds are taken."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """A curve from the probability the lines give to the one a library has shown.

    Attributes:
        slope: of the log odds, not negative; 1 changes nothing.
        intercept: added to the log odds; 0 changes nothing.
        branches: of matching that took part; it holds for these together only.
        n_queries: it was learned from.
        n_tracks: of the library then.
        versions: of the models it was learned with, by role.
        reliability: what was predicted and what came true, for the diagram (see
            ``v2m.evaluation.reliability``).
    """

    slope: float
    intercept: float
    branches: tuple[str, ...]
    n_queries: int
    n_tracks: int
    versions: dict[str, str]
    reliability: dict[str, Any]

    def probability(self, said: float) -> float:
        """Return the probability, 0 to 1, behind one that the lines gave.

        >>> round(Calibration(1.0, 0.0, ("audio",), 0, 0, {}, {}).probability(0.25), 6)
        0.25
        """
        return 1 / (1 + math.exp(-(self.slope * log_odds(said) + self.intercept)))

    def fits(self, profile: "Profile") -> bool:
        """Whether it was learned with these models."""
        return {profile.text.space, profile.music.space} <= set(self.versions.values())


def log_odds(probability: float) -> float:
    """Return log(p / (1 - p)), p held within [1e-4, 1 - 1e-4].

    >>> log_odds(0.5)
    0.0
    """
    p = min(max(probability, CERTAIN), 1 - CERTAIN)
    return math.log(p / (1 - p))


def stored_calibration(catalogue: "Catalogue | Image", profile: "Profile") -> Calibration | None:
    """Return what was learned with this profile; None where nothing was, or with other models.

    Raises:
        StateError: a newer v2m wrote it.
    """
    text = catalogue.note(_name(profile))
    if text is None:
        return None
    data = json.loads(text)
    if data.pop("format") != FORMAT:
        raise StateError(
            "another version of v2m calibrated this catalogue; run 'v2m eval calibrate' again"
        )
    calibration = Calibration(**{**data, "branches": tuple(data["branches"])})
    return calibration if calibration.fits(profile) else None


def store_calibration(catalogue: "Catalogue", profile: "Profile", learned: Calibration) -> None:
    """Keep what was learned with this profile, in place of what was there."""
    catalogue.set_note(_name(profile), json.dumps({"format": FORMAT, **asdict(learned)}))


def forget_calibration(catalogue: "Catalogue", profile: "Profile") -> bool:
    """Go back to the shipped lines; returns whether there was anything to forget."""
    there = catalogue.note(_name(profile)) is not None
    catalogue.set_note(_name(profile), None)
    return there


def _name(profile: "Profile") -> str:
    return f"calibration/{profile.name}"
