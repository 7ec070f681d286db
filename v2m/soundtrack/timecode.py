"""Counts frames exactly: seconds, frames and SMPTE timecode at the rates of film and television."""

import re
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from v2m.errors import InputError

STANDARD_RATES = (
    Fraction(24000, 1001),
    Fraction(24),
    Fraction(25),
    Fraction(30000, 1001),
    Fraction(30),
    Fraction(50),
    Fraction(60000, 1001),
    Fraction(60),
)
"""Frames per second that editing programs know (SMPTE ST 12-1)."""

DROP_RATES = (Fraction(30000, 1001), Fraction(60000, 1001))
"""Rates whose timecode may leave out numbers to keep step with the clock."""

NEAR = Fraction(1, 100)
"""A measured rate this near to a standard one, as a share, is taken for it."""

WHOLE = Fraction(1, 1000)
"""As near must it be to a whole number to be taken for that, up to 120."""

HIGHEST_RATE = 120

_TIMECODE = re.compile(r"(\d\d):([0-5]\d):([0-5]\d)([:;.,])(\d{2,3})")


@dataclass(frozen=True, slots=True)
class FrameRate:
    """How fast frames follow each other, and how they are numbered.

    Attributes:
        fps: frames per second, exact.
        drop_frame: whether timecode leaves out the first 2 numbers of every minute (4 at 59.94),
            except every tenth; only at 29.97 and 59.94.
    """

    fps: Fraction
    drop_frame: bool = False

    def __post_init__(self) -> None:
        if self.fps <= 0:
            raise ValueError(f"a frame rate must be above 0, not {self.fps}")
        if self.drop_frame and self.fps not in DROP_RATES:
            raise ValueError(f"there is no drop-frame timecode at {self.fps} frames per second")

    @property
    def nominal(self) -> int:
        """Frame numbers in a second of timecode: 30 at 29.97."""
        return ceil(self.fps)

    @property
    def frames_per_day(self) -> int:
        """Frames in 24 hours of timecode, after which it starts over."""
        return 24 * 6 * self._per_ten_minutes

    @property
    def _dropped(self) -> int:
        """Numbers left out in a minute that is not the tenth."""
        return self.nominal // 15 if self.drop_frame else 0

    @property
    def _per_ten_minutes(self) -> int:
        return 600 * self.nominal - 9 * self._dropped

    def frame_at(self, seconds: float | Fraction) -> int:
        """Return the frame whose start lies nearest to a moment; of two, the later.

        >>> FrameRate(Fraction(24000, 1001)).frame_at(1001)
        24000
        """
        return floor(Fraction(seconds) * self.fps + Fraction(1, 2))

    def seconds_at(self, frame: int) -> Fraction:
        """Return when a frame starts, exact, in seconds.

        >>> FrameRate(Fraction(30000, 1001)).seconds_at(1)
        Fraction(1001, 30000)
        """
        return frame / self.fps

    def timecode(self, frame: int) -> str:
        """Write a frame as HH:MM:SS:FF, drop-frame as HH:MM:SS;FF; after 24 hours it starts over.

        Raises:
            ValueError: the frame is below 0.

        >>> FrameRate(Fraction(30000, 1001), drop_frame=True).timecode(1800)
        '00:01:00;02'
        """
        if frame < 0:
            raise ValueError(f"frame {frame} lies before 0")
        tens, rest = divmod(frame % self.frames_per_day, self._per_ten_minutes)
        minute = 60 * self.nominal
        later = 0  # minutes of these ten whose first numbers were left out
        if rest >= minute:
            later = 1 + (rest - minute) // (minute - self._dropped)
        number = tens * 10 * minute + rest + later * self._dropped
        seconds, frames = divmod(number, self.nominal)
        width = 3 if self.nominal > 100 else 2
        mark = ";" if self.drop_frame else ":"
        hours, minutes = seconds // 3600, seconds // 60 % 60
        return f"{hours:02d}:{minutes:02d}:{seconds % 60:02d}{mark}{frames:0{width}d}"

    def frame(self, timecode: str) -> int:
        """Read a timecode; any of ``: ; . ,`` may stand before the frames.

        Raises:
            InputError: it is no timecode, or a number that does not exist at this rate.

        >>> FrameRate(Fraction(30000, 1001), drop_frame=True).frame("01:00:00;00")
        107892
        """
        match = _TIMECODE.fullmatch(timecode)
        if not match or int(match[1]) > 23:
            raise InputError(f"{timecode!r} is not a timecode; write it like 00:01:23:10")
        hours, minutes, seconds, frames = (int(match[n]) for n in (1, 2, 3, 5))
        left_out = seconds == 0 and minutes % 10 and frames < self._dropped
        if frames >= self.nominal or left_out:
            raise InputError(f"there is no frame {timecode!r} at {float(self.fps):.6g} fps")
        total_minutes = 60 * hours + minutes
        number = (60 * total_minutes + seconds) * self.nominal + frames
        return number - self._dropped * (total_minutes - total_minutes // 10)


def frame_rate(fps: float, *, drop_frame: bool = True) -> FrameRate:
    """Return the exact rate that a measured one stands for.

    The standard rate within 1 %, else the whole number within 0.1 % up to 120, else, for videos
    whose rate varies, the next standard rate above it, 60 at most.

    Args:
        fps: average frames per second, above 0.
        drop_frame: number 29.97 and 59.94 by drop-frame timecode.

    >>> frame_rate(23.976)
    FrameRate(fps=Fraction(24000, 1001), drop_frame=False)
    >>> frame_rate(14.999).fps, frame_rate(17.4).fps
    (Fraction(15, 1), Fraction(24000, 1001))
    """
    measured = Fraction(fps)
    best = min(STANDARD_RATES, key=lambda rate: abs(rate - measured))
    if abs(best - measured) > NEAR * best:
        whole = Fraction(floor(measured + Fraction(1, 2)))
        if 1 <= whole <= HIGHEST_RATE and abs(whole - measured) <= WHOLE * whole:
            best = whole
        else:
            above = [rate for rate in STANDARD_RATES if rate > measured]
            best = above[0] if above else STANDARD_RATES[-1]
    return FrameRate(best, drop_frame and best in DROP_RATES)
