"""Fits a track to a cue: where it starts, where it ends, and what repeats if it is too short."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from v2m.audio.loudness import SILENCE_LUFS, integrated_lufs
from v2m.audio.sections import sounding_part
from v2m.audio.spectra import magnitudes, mel_filters
from v2m.soundtrack.plan import Loop
from v2m.types import Audio, Mono, Span

CUE_LUFS = -18.0
"""Every cue is brought to this loudness before the mix, so that none sticks out."""

GAIN_LIMITS_DB = (-30.0, 24.0)

STEP_SECONDS = 0.05
QUIET_DBFS = -60.0
LONGEST_QUIET_SECONDS = 0.2
"""A longer hole inside a cue sounds like a mistake."""

FADED_DB = 12.0
"""This much under the median level, a track is fading in or out and no place for a loop."""

SHORTEST_LOOP_SECONDS = 0.5
BEATS_PER_BAR = 4

SPECTRUM_RATE = 11025
SPECTRUM_HOP = 256


@dataclass(frozen=True, slots=True)
class Fit:
    """Where a cue lies in its track.

    Attributes:
        in_seconds: where in the track the cue starts.
        out_seconds: where it ends; with a loop, the end of the loop.
        loop: what repeats, None where the track is long enough.
        gain_db: brings the stretch to -18 LUFS.
        notices: what could not be done well.
    """

    in_seconds: float
    out_seconds: float
    loop: Loop | None
    gain_db: float
    notices: tuple[str, ...] = ()


def fit_track(
    audio: Audio,
    wanted: Span,
    duration_seconds: float,
    tempo_bpm: float,
    sides: tuple[float, float] = (0.0, 0.0),
) -> Fit:
    """Choose the stretch of a track for a cue.

    The stretch starts with an onset near the wanted section, holds no gap of silence if any
    stretch does, and has room for the crossfades. A track that is too short is used from its
    start, and its steady part repeats in whole bars.

    Args:
        audio: the whole track.
        wanted: the section that fits best.
        duration_seconds: length of the cue.
        tempo_bpm: of the track; 0 where unknown: then a loop has any length.
        sides: seconds of crossfade that reach beyond the cue, before and after.
    """
    mono = audio.mono()
    sounding = sounding_part(mono, audio.sample_rate)
    if sounding is None:
        return Fit(0.0, duration_seconds, None, 0.0, ("the track is silent",))
    before, after = sides
    needed = before + duration_seconds + after
    if sounding.duration_seconds >= needed:
        start = _start(mono, audio.sample_rate, sounding, wanted.start_seconds - before, needed)
        begin, end, loop = start + before, start + before + duration_seconds, None
    else:
        loop = find_loop(mono, audio.sample_rate, sounding, tempo_bpm)
        begin = sounding.start_seconds + (before if loop else 0.0)
        end = loop.end_seconds if loop else begin + duration_seconds
    notices = () if loop or sounding.duration_seconds >= needed else ("too short to repeat",)
    first = min(begin, loop.start_seconds) if loop else begin
    used = Span(first, min(end, sounding.end_seconds))
    return Fit(round(begin, 4), round(end, 4), loop, _gain_db(audio, used), notices)


def fit_exact(audio: Audio, duration_seconds: float, before: float = 0.0) -> Fit:
    """Place a piece that was composed for its cue: nothing is chosen, only its gain.

    Args:
        audio: the piece, crossfades included.
        duration_seconds: length of the cue.
        before: seconds of crossfade ahead of the cue.
    """
    used = Span(before, before + duration_seconds)
    return Fit(round(before, 4), round(used.end_seconds, 4), None, _gain_db(audio, used))


def find_loop(mono: Mono, sample_rate: int, sounding: Span, tempo_bpm: float) -> Loop | None:
    """Find the stretch whose end flows best into its start; None where the track is too short.

    Both ends are compared by the mel spectrum of the third of a second around them. With a tempo,
    only whole bars of four beats count.
    """
    steady = _steady(mono, sample_rate, sounding)
    if steady.duration_seconds < SHORTEST_LOOP_SECONDS:
        return None
    spectrum = _log_mel(mono, sample_rate)
    bar = BEATS_PER_BAR * 60 / tempo_bpm if tempo_bpm else 0.0
    best: tuple[float, Loop] | None = None
    latest = steady.start_seconds + max(0.3 * steady.duration_seconds, 0.05)
    for start in np.arange(steady.start_seconds, latest, SPECTRUM_HOP / SPECTRUM_RATE):
        for length in _lengths(steady.end_seconds - start, bar):
            cost = _mismatch(spectrum, start, start + length)
            cost -= 0.3 * length / steady.duration_seconds  # a long loop is heard less often
            if best is None or cost < best[0]:
                loop = Loop(
                    start_seconds=round(float(start), 4),
                    end_seconds=round(float(start + length), 4),
                )
                best = (cost, loop)
    return best[1] if best else None


def _lengths(room: float, bar: float) -> list[float]:
    """Return lengths a loop may have: whole bars, or anything from half the room up."""
    if bar and room >= bar:
        most = int(room / bar)
        return [n * bar for n in range(max(1, most - 3), most + 1)]
    if room < SHORTEST_LOOP_SECONDS:
        return []
    shortest = max(SHORTEST_LOOP_SECONDS, 0.6 * room)
    return [float(length) for length in np.linspace(shortest, room, 8)]


def _mismatch(spectrum: npt.NDArray[np.float32], start: float, end: float) -> float:
    reach = 7
    first, last = (round(at * SPECTRUM_RATE / SPECTRUM_HOP) for at in (start, end))
    offsets = np.arange(-reach, reach + 1)
    a = spectrum[np.clip(first + offsets, 0, len(spectrum) - 1)]
    b = spectrum[np.clip(last + offsets, 0, len(spectrum) - 1)]
    return float(np.abs(a - b).mean())


def _log_mel(mono: Mono, sample_rate: int) -> npt.NDArray[np.float32]:
    import soxr

    low = np.asarray(soxr.resample(mono, sample_rate, SPECTRUM_RATE, quality="LQ"), np.float32)
    mel = magnitudes(low, 1024, SPECTRUM_HOP) @ mel_filters(SPECTRUM_RATE, 1024, 32).T
    return np.asarray(np.log10(mel + 1e-4), np.float32)


def _levels(mono: Mono, sample_rate: int) -> npt.NDArray[np.float64]:
    """Return the level of every 50 ms, dBFS, at least one."""
    step = max(1, round(STEP_SECONDS * sample_rate))
    padded = np.pad(mono, (0, -len(mono) % step)).reshape(-1, step)
    return np.asarray(10 * np.log10((padded.astype(np.float64) ** 2).mean(axis=1) + 1e-12))


def _steady(mono: Mono, sample_rate: int, sounding: Span) -> Span:
    """Return the part of a track that neither fades in nor out."""
    levels = _levels(mono, sample_rate)
    smooth = np.convolve(levels, np.ones(20) / 20, "same")
    first = int(sounding.start_seconds / STEP_SECONDS)
    last = max(first + 1, int(sounding.end_seconds / STEP_SECONDS))
    inside = smooth[first:last]
    strong = np.flatnonzero(inside > np.median(inside) - FADED_DB)
    if not len(strong):
        return sounding
    return Span(
        max(sounding.start_seconds, (first + int(strong[0])) * STEP_SECONDS),
        min(sounding.end_seconds, (first + int(strong[-1]) + 1) * STEP_SECONDS),
    )


def _start(mono: Mono, sample_rate: int, sounding: Span, ideal: float, needed: float) -> float:
    """Return where the stretch starts: on an onset near the ideal place, without a hole in it."""
    latest = sounding.end_seconds - needed
    ideal = float(np.clip(ideal, sounding.start_seconds, latest))
    ideal = _clear_of_holes(mono, sample_rate, sounding, ideal, needed)
    onset = _onset_near(mono, sample_rate, ideal)
    return float(np.clip(onset, sounding.start_seconds, latest))


def _clear_of_holes(
    mono: Mono, sample_rate: int, sounding: Span, ideal: float, needed: float
) -> float:
    quiet = _levels(mono, sample_rate) < QUIET_DBFS
    run = max(1, round(LONGEST_QUIET_SECONDS / STEP_SECONDS))
    holes = np.convolve(quiet, np.ones(run), "valid") >= run
    counted = np.concatenate([[0], np.cumsum(holes)])

    def n_holes(start: float) -> int:
        a, b = (min(len(holes), int(at / STEP_SECONDS)) for at in (start, start + needed))
        return int(counted[b] - counted[a])

    if not n_holes(ideal):
        return ideal
    places = np.arange(sounding.start_seconds, sounding.end_seconds - needed + 1e-9, 0.25)
    ranked = sorted(places, key=lambda at: (n_holes(at), abs(at - ideal)))
    return float(ranked[0]) if ranked else ideal


def _onset_near(mono: Mono, sample_rate: int, at: float, reach: float = 0.4) -> float:
    """Return a moment just before the steepest rise of level around a place."""
    first = max(0, int((at - reach) * sample_rate))
    piece = mono[first : int((at + reach) * sample_rate)]
    step = max(1, sample_rate // 100)
    n = len(piece) // step
    if n < 4:
        return at
    level = np.sqrt((piece[: n * step].reshape(n, step) ** 2).mean(axis=1))
    rise = np.diff(level)
    best = int(np.argmax(rise))
    if rise[best] <= 0.02 * max(float(level.max()), 1e-6):
        return at
    return max(0.0, (first + best * step) / sample_rate - 0.01)


def _gain_db(audio: Audio, used: Span) -> float:
    excerpt = audio.excerpt(used)
    loudness = integrated_lufs(excerpt.samples, excerpt.sample_rate)
    if loudness <= SILENCE_LUFS:
        return 0.0
    return round(float(np.clip(CUE_LUFS - loudness, *GAIN_LIMITS_DB)), 2)
