"""The filmstrip of a film: which frames it shows; kept while the film is looked at, or sought."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from v2m.types import VideoFacts
from v2m.video.frames import Picture, Scaler, quarter_turns, reformatter
from v2m.video.keeping import Kept, made_small, scalable
from v2m.video.stills import shown_at

STRIP_WIDTH = 1520
"""Pixels for the whole length of a film."""

FRAME_HEIGHT = 114
"""Pixels."""

GAP = 4
"""Pixels between two frames, and at both ends."""

NARROWEST = 40
"""Pixels from one frame to the next; of a narrower film fewer frames have room."""


@dataclass(frozen=True, slots=True)
class StripFrame:
    """A place of a filmstrip.

    Attributes:
        left: where it begins, pixels from the left end of the strip.
        width: pixels that are free for it; what is wider is cut off.
        seconds: its middle; it holds the frame that is shown then.
    """

    left: int
    width: int
    seconds: float


def strip_frames(duration_seconds: float, width: int, height: int) -> list[StripFrame]:
    """Return the places of a film's strip in order; at most 38, of a wide film few.

    Args:
        duration_seconds: of the film.
        width: of its picture, pixels, after rotation.
        height: the same.
    """
    step = max(NARROWEST, round(FRAME_HEIGHT * width / height) + GAP)
    per_pixel = duration_seconds / STRIP_WIDTH
    return [
        StripFrame(
            left,
            min(step - GAP, STRIP_WIDTH - GAP - left),
            min((left + step / 2) * per_pixel, duration_seconds),
        )
        for left in range(GAP, STRIP_WIDTH - step // 2, step)
    ]


class Filmstrip:
    """Keeps the frames of a film's strip while the film is looked at; a next film begins anew.

    They are the very pictures that ``sought_strip`` finds. Only of films of more than 31 frames a
    second, of which some are left out, a frame up to a thirtieth of a second earlier may be kept.
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        self._taker = _Taker()
        self._times: list[float] = []
        self._taken: list[Picture] = []
        self._shown: tuple[Any, int] | None = None
        self._is_whole = False

    @property
    def pictures(self) -> Sequence[Picture]:
        """One for each place, uint8 (114, width, 3), RGB; none where the end was not seen."""
        return self._taken if self._is_whole else []

    def begin(self, facts: VideoFacts) -> None:
        """Begin a film; the one before is forgotten."""
        places = strip_frames(facts.duration_seconds, facts.width, facts.height)
        self._times = [place.seconds for place in places]
        self._taken, self._shown, self._is_whole = [], None, False

    def add(self, kept: Kept) -> None:
        """Be shown the next frame of the film."""
        self._take_until(kept.seconds)
        self._shown = kept.frame, kept.turns

    def end(self) -> None:
        """Say that no frame is left."""
        self._take_until(float("inf"))
        self._shown, self._is_whole = None, True

    def _take_until(self, seconds: float) -> None:
        while (
            self._shown
            and len(self._taken) < len(self._times)
            and seconds > self._times[len(self._taken)]
        ):
            self._taken.append(self._taker.of_kept(*self._shown))


def sought_strip(path: Path, facts: VideoFacts, places: Sequence[StripFrame]) -> list[Picture]:
    """Find the frames of a film's strip in its file.

    Args:
        path: the video.
        facts: of the video.
        places: of the strip.

    Returns:
        A frame for each place, uint8 (114, width, 3), RGB.

    Raises:
        MediaError: the file cannot be read.
    """
    return shown_at(path, facts, [place.seconds for place in places], _Taker().of_decoded)


class _Taker:
    """Makes frames as high as the strip, those that wait and those just decoded by the same way."""

    def __init__(self) -> None:
        self._small, self._yuv = reformatter(), reformatter()
        self._scaled = Scaler(FRAME_HEIGHT)

    def of_kept(self, frame: Any, turns: int) -> Picture:
        return self._scaled(scalable(frame, self._yuv), turns)

    def of_decoded(self, frame: Any) -> Picture:
        return self.of_kept(made_small(frame, self._small), quarter_turns(frame))
