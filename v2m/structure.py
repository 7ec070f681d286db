"""How a track is built: its bars, sections, energy, ending, and where it can be joined."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from v2m.spans import Span

STRUCTURE_VERSION = "6"
"""Stored with every structure; raised when a method changes, so that only it is repeated."""

ENERGY_STEP_SECONDS = 0.5
"""Resolution of a track's energy curve."""


FEWEST_BEATS = 4
"""So few beats make no pulse."""


@dataclass(frozen=True, slots=True)
class Beats:
    """The pulse of a track.

    Attributes:
        seconds: float64, shape (n,), rising; empty where there is no pulse.
        numbers: int8, shape (n,), place in the bar from 1, the downbeat.
        beats_per_bar: 2, 3, 4 or 6; 0 where there is no pulse.
        clarity: mean activation on the beats, 0 to 1.
        first: float64, shape (n,), how likely each is a downbeat by what the network heard.
    """

    seconds: npt.NDArray[np.float64]
    numbers: npt.NDArray[np.int8]
    beats_per_bar: int
    clarity: float
    first: npt.NDArray[np.float64]

    @property
    def tempo_bpm(self) -> float:
        """Beats per minute, from the median of the beats' lengths; 0 where there is no pulse."""
        if len(self.seconds) < FEWEST_BEATS:
            return 0.0
        lengths = np.diff(self.seconds)
        usual = np.median(lengths)
        near = lengths[np.abs(lengths - usual) < 0.15 * usual]
        return float(60 / near.mean())


NO_BEATS = Beats(np.zeros(0), np.zeros(0, np.int8), 0, 0.0, np.zeros(0))


@dataclass(frozen=True, slots=True)
class Groundwork:
    """What the structure of a track is found from.

    Attributes:
        mono: float32, shape (n,), the mix at 22,050 Hz.
        mel: float64, shape (frames, 24), log10 of the energy in mel bands, 512 samples apart.
        chroma: float64, shape (frames, 12), the strength of the pitch classes, 4,096 samples apart.
        beats: the pulse.
    """

    mono: npt.NDArray[np.float32]
    mel: npt.NDArray[np.float64]
    chroma: npt.NDArray[np.float64]
    beats: Beats


@dataclass(frozen=True, slots=True)
class Section:
    """A stretch of a track that holds together.

    Attributes:
        span: from bar line to bar line, seconds.
        label: "A", "B", …; sections that sound alike share one.
        energy: mean energy, 0 to 1 within its track.
    """

    span: Span
    label: str
    energy: float


@dataclass(frozen=True, slots=True)
class Join:
    """Two bar lines that sound alike before and behind: a track can go from one to the other.

    From the later to the earlier line, what lies between repeats; the other way, it is left out.

    Attributes:
        first_seconds: the earlier bar line.
        second_seconds: the later one.
        likeness: of timbre, harmony and loudness around both, 0 to 1.
    """

    first_seconds: float
    second_seconds: float
    likeness: float


@dataclass(frozen=True, slots=True)
class Structure:
    """How a track is built.

    Attributes:
        metre: "3/4", "4/4" or "6/8"; "" where there is no pulse.
        tempo_bpm: beats per minute, in 6/8 of dotted quarters; 0 where there is no pulse.
        clarity: how sure the beats are, 0 to 1.
        beats_seconds: float64, shape (n,), rising; empty where there is no pulse.
        beat_numbers: int8, shape (n,), place in the bar from 1, the downbeat.
        bars_seconds: float64, shape (m,), bar lines, rising; without a pulse, onsets about 2 s
            apart; empty for silence.
        sections: in order, without gaps.
        energy: float32, shape (k,), of every half second, 0 to 1 within the track.
        sounding: the stretch that is not silent.
        intro_end_seconds: where the music is there in full; the start of the sound without intro.
        ending_seconds: the bar line from which on the track comes to its own end.
        climax_seconds: the bar line where the strongest stretch begins.
        joins: alike bar lines, the best of each distance.
    """

    metre: str
    tempo_bpm: float
    clarity: float
    beats_seconds: npt.NDArray[np.float64]
    beat_numbers: npt.NDArray[np.int8]
    bars_seconds: npt.NDArray[np.float64]
    sections: tuple[Section, ...]
    energy: npt.NDArray[np.float32]
    sounding: Span
    intro_end_seconds: float
    ending_seconds: float
    climax_seconds: float
    joins: tuple[Join, ...]

    def energy_of(self, span: Span) -> float:
        """Return the mean energy of a stretch, 0 to 1; 0 outside the track."""
        first = max(0, int(span.start_seconds / ENERGY_STEP_SECONDS))
        last = max(first + 1, int(np.ceil(span.end_seconds / ENERGY_STEP_SECONDS)))
        part = self.energy[first:last]
        return float(part.mean()) if len(part) else 0.0
