"""Finds how a track is built: bars, sections, energy, its ending, and where it can be joined."""

from dataclasses import replace
from functools import partial
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from v2m.audio.banks import mel_bank
from v2m.audio.descriptors import HOP, N_FFT, RATE, STRUCTURE_BANDS, Spectra
from v2m.audio.key import chroma_hop
from v2m.audio.metre import count_again, metre_name
from v2m.audio.sections import sounding_part
from v2m.structure import ENERGY_STEP_SECONDS, Beats, Groundwork, Join, Section, Structure
from v2m.types import Audio, Mono, Span

MEL_RATE = RATE / HOP
CHROMA_RATE = RATE / chroma_hop(RATE)
"""Frames per second."""

PARTS = 4
"""A bar is compared with another part by part."""

PHRASE_SECONDS = 2.0
"""Distance of bar lines where there is no pulse."""

TIMBRE_UNIT = 0.30
HARMONY_UNIT = 0.25
LEVEL_UNIT_DB = 6.0
"""Differences (log10 of mel energy, 1 - cosine of chroma, decibels) that count as one; set so that
bars of different sections of a song are about one apart in each."""

KERNEL_BARS = 8
SHORTEST_SECTION_BARS = 4
SAME_LABEL = 0.8
"""Sections are one and the same if they are this much as alike as a section is to itself."""

JOINS_PER_LENGTH = 3
FULL_SHARE = 0.7
"""The intro ends where the energy first reaches this share of what is usual in the track."""

LONGEST_ENDING_BARS = 8
CLIMAX_SECONDS = 8.0

Rows = npt.NDArray[np.float64]


def lay_ground(spectra: Spectra, beats: Beats) -> Groundwork:
    """Gather what the structure of a track is found from.

    Args:
        spectra: of the whole track.
        beats: as ``find_beats`` found them.
    """
    if spectra.timbre is not None:
        bands = spectra.timbre.bands
    else:
        bands = mel_bank(RATE, N_FFT, STRUCTURE_BANDS).through_sound(spectra.mono, N_FFT, HOP)
    mel = np.log10(bands + 1e-4).astype(np.float64)
    return Groundwork(spectra.mono, mel, spectra.chroma, beats)


def find_structure(ground: Groundwork) -> Structure:
    """Find how a track is built; silence gives an empty structure."""
    mono = ground.mono
    sounding = sounding_part(mono, RATE)
    if sounding is None:
        return _nothing()
    rises = _rises(mono)
    changes = _harmony_changes(ground.chroma, ground.beats.seconds)
    beats = _on_onsets(ground.beats, rises)
    beats = count_again(beats, changes, partial(_onsets, rises))
    bars = _bar_lines(beats, sounding, rises)
    alike = _alike(ground, bars)
    energy = _energy(mono, rises)
    edges = _edges(alike)
    sections = _sections(bars, edges, alike, energy)
    return Structure(
        metre=metre_name(beats),
        tempo_bpm=round(beats.tempo_bpm, 2),
        clarity=round(beats.clarity, 4),
        beats_seconds=beats.seconds.round(4),
        beat_numbers=beats.numbers,
        bars_seconds=bars.round(4),
        sections=sections,
        energy=energy,
        sounding=sounding,
        intro_end_seconds=_intro_end(bars, energy, sounding),
        ending_seconds=_ending(bars, sections),
        climax_seconds=_climax(bars, energy),
        joins=_joins(bars, alike),
    )


def at_structure_rate(audio: Audio) -> Mono:
    """Return a mono mix at 22,050 Hz, the rate of the network that hears beats."""
    mono = audio.mono()
    if audio.sample_rate == RATE or not len(mono):
        return mono
    import soxr

    return np.asarray(soxr.resample(mono, audio.sample_rate, RATE), np.float32)


def _nothing() -> Structure:
    none = np.zeros(0)
    return Structure(
        "", 0.0, 0.0, none, np.zeros(0, np.int8), none, (), np.zeros(0, np.float32),
        Span(0.0, 0.0), 0.0, 0.0, 0.0, (),
    )  # fmt: skip


# ---- beats and bars --------------------------------------------------------------------------

RISE_HOP = 110
RISE_RATE = RATE / RISE_HOP
"""About 5 ms: how finely onsets are placed."""

SNAP_SECONDS = 0.03


def _rises(mono: Mono) -> Rows:
    """Return how much the level of the high tones rises, every 5 ms; high tones start notes."""
    edge = np.diff(mono, prepend=mono[:1])
    n = -(-len(edge) // RISE_HOP)
    blocks = np.pad(edge, (0, n * RISE_HOP - len(edge))).reshape(n, RISE_HOP)
    level = np.log(np.sqrt((blocks.astype(np.float64) ** 2).mean(axis=1)) + 1e-4)
    return np.asarray(np.maximum(0, np.diff(level, prepend=level[:1])), np.float64)


def _on_onsets(beats: Beats, rises: Rows) -> Beats:
    """Move each beat onto the strongest onset within 30 ms, the nearer the better."""
    reach = round(SNAP_SECONDS * RISE_RATE)
    if not len(beats.seconds) or len(rises) <= 2 * reach:
        return beats
    places = np.clip(np.round(beats.seconds * RISE_RATE).astype(int), reach, len(rises) - reach - 1)
    offsets = np.arange(-reach, reach + 1)
    near = rises[places[:, None] + offsets] * np.exp(-0.5 * (offsets / (0.6 * reach)) ** 2)
    strong = near.max(axis=1) > 0.25
    moved = np.where(strong, (places + offsets[near.argmax(axis=1)]) / RISE_RATE, beats.seconds)
    return replace(beats, seconds=np.maximum.accumulate(moved))


def _harmony_changes(chroma: Rows, beats: Rows) -> Rows:
    """Return how much the two beats behind each beat differ in chroma from the two before it."""
    if len(beats) < 2:
        return np.zeros(len(beats))
    reach = 2 * float(np.median(np.diff(beats)))
    past = _means(chroma, CHROMA_RATE, np.maximum(beats - reach, 0), beats)
    future = _means(chroma, CHROMA_RATE, beats, beats + reach)
    lengths = np.linalg.norm(past, axis=1) * np.linalg.norm(future, axis=1)
    return np.asarray(1 - (past * future).sum(axis=1) / np.maximum(lengths, 1e-9), np.float64)


def _bar_lines(beats: Beats, sounding: Span, rises: Rows) -> Rows:
    """Return the downbeats, carried on at both ends as far as there is sound."""
    lines = beats.seconds[beats.numbers == 1]
    if len(lines) < 2:
        return _phrases(sounding, rises)
    bar = float(np.median(np.diff(lines)))
    start, end = sounding.start_seconds, sounding.end_seconds
    before = np.arange(lines[0] - bar, start - 0.1 * bar, -bar)[::-1]
    after = np.arange(lines[-1] + bar, end + 0.1 * bar, bar)
    every = np.concatenate([np.maximum(before, 0), lines, after])
    return np.asarray(every[np.diff(every, prepend=-1.0) > 0.1 * bar], np.float64)


def _phrases(sounding: Span, rises: Rows) -> Rows:
    """Return places about 2 s apart, each on the strongest onset near it."""
    places = np.arange(sounding.start_seconds, sounding.end_seconds, PHRASE_SECONDS)
    reach = round(0.2 * PHRASE_SECONDS * RISE_RATE)
    lines = [sounding.start_seconds]
    for place in places[1:]:
        first = max(0, round(place * RISE_RATE) - reach)
        part = rises[first : first + 2 * reach]
        found = (first + int(part.argmax())) / RISE_RATE if part.any() else float(place)
        lines.append(found)
    return np.asarray(lines)


def _onsets(rises: Rows, seconds: Rows) -> float:
    """Return how strongly notes begin at moments, within 15 ms, on the mean."""
    if not len(seconds):
        return 0.0
    places = np.clip(np.round(seconds * RISE_RATE).astype(int), 3, len(rises) - 4)
    return float(rises[places[:, None] + np.arange(-3, 4)].max(axis=1).mean())


# ---- likeness of bars ------------------------------------------------------------------------


def _parts(curve: Rows, rate: float, bars: Rows) -> Rows:
    """Return the mean of a curve over every quarter of every bar, shape (bars, PARTS, width)."""
    steps = np.arange(PARTS) / PARTS
    starts = (bars[:-1, None] + np.diff(bars)[:, None] * steps).ravel()
    means = _means(curve, rate, starts, np.append(starts[1:], bars[-1]))
    return means.reshape(len(bars) - 1, PARTS, -1)


def _means(curve: Rows, rate: float, starts: Rows, ends: Rows) -> Rows:
    """Return the mean of a curve over every stretch, at least a frame of it, (n, width)."""
    summed = np.vstack([np.zeros((1, curve.shape[1])), np.cumsum(curve, axis=0)])
    first = np.clip(np.round(starts * rate).astype(int), 0, len(curve) - 1)
    last = np.clip(np.round(ends * rate).astype(int), first + 1, len(curve))
    return np.asarray((summed[last] - summed[first]) / (last - first)[:, None], np.float64)


def _alike(ground: Groundwork, bars: Rows) -> Rows:
    """Return how alike every two bars are, 0 to 1, shape (bars, bars)."""
    if len(bars) < 2:
        return np.zeros((0, 0))
    mel = _parts(ground.mel, MEL_RATE, bars)
    chroma = _parts(ground.chroma, CHROMA_RATE, bars)
    chroma /= np.maximum(np.linalg.norm(chroma, axis=2, keepdims=True), 1e-9)
    level = 20 * mel.mean(axis=2)
    n = len(mel)
    out = np.empty((n, n))
    for bar in range(n):  # one row at a time bounds the memory
        timbre = np.sqrt(((mel - mel[bar]) ** 2).mean(axis=2)).mean(axis=1)
        harmony = 1 - (chroma * chroma[bar]).sum(axis=2).mean(axis=1)
        loudness = np.abs(level - level[bar]).mean(axis=1)
        apart = timbre / TIMBRE_UNIT + harmony / HARMONY_UNIT + loudness / LEVEL_UNIT_DB
        out[bar] = np.exp(-apart / 3)
    return out


def _joins(bars: Rows, alike: Rows) -> tuple[Join, ...]:
    """Return the best pairs of bar lines of every distance: alike before them and behind."""
    n = len(alike)
    found = []
    for length in range(1, n - 1):
        first = np.arange(1, n - length)
        likeness = np.sqrt(alike[first - 1, first + length - 1] * alike[first, first + length])
        for place in np.argsort(-likeness, kind="stable")[:JOINS_PER_LENGTH]:
            a, b = first[place], first[place] + length
            found.append(
                Join(
                    round(float(bars[a]), 4),
                    round(float(bars[b]), 4),
                    round(float(likeness[place]), 4),
                )
            )
    return tuple(found)


# ---- sections and energy ---------------------------------------------------------------------


def _edges(alike: Rows) -> list[int]:
    """Return the bars at which sections begin, and the end.

    J. Foote, "Automatic audio segmentation using a measure of audio novelty" (ICME 2000): where a
    checkerboard laid over the matrix of likeness fits best, something new begins.
    """
    from scipy.signal import find_peaks

    n = len(alike)
    half = min(KERNEL_BARS, n // 3)
    if half < SHORTEST_SECTION_BARS:
        return [0, n]
    steps = np.arange(-half, half) + 0.5
    bell = np.exp(-0.5 * (steps / (0.5 * half)) ** 2)
    kernel = np.outer(bell * np.sign(steps), bell * np.sign(steps))
    padded = np.pad(alike, half, mode="edge")
    novelty = np.array(
        [float((padded[m : m + 2 * half, m : m + 2 * half] * kernel).sum()) for m in range(n)]
    )
    high = float(novelty.mean() + 0.5 * novelty.std())
    peaks, _ = find_peaks(novelty, height=high, distance=SHORTEST_SECTION_BARS)
    inner = [int(p) for p in peaks if SHORTEST_SECTION_BARS <= p <= n - SHORTEST_SECTION_BARS]
    return [0, *inner, n]


def _sections(
    bars: Rows, edges: list[int], alike: Rows, energy: npt.NDArray[np.float32]
) -> tuple[Section, ...]:
    found: list[Section] = []
    kinds: list[tuple[int, int]] = []  # the first section of every label, in bars
    for first, last in pairwise(edges):
        if last <= first:
            continue
        label = next((k for k, kind in enumerate(kinds) if _same(alike, kind, (first, last))), None)
        if label is None:
            label = len(kinds)
            kinds.append((first, last))
        span = Span(round(float(bars[first]), 4), round(float(bars[last]), 4))
        found.append(Section(span, letter(label), round(_mean_energy(energy, span), 4)))
    return tuple(found)


def _same(alike: Rows, one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Tell whether two stretches of bars sound as alike as the first sounds to itself."""
    a, b = slice(*one), slice(*other)
    own = np.sqrt(alike[a, a].mean() * alike[b, b].mean())
    return bool(alike[a, b].mean() >= SAME_LABEL * own)


def letter(number: int) -> str:
    """Return the label of the section that is so many-th to sound new, from 0."""
    return chr(ord("A") + number) if number < 26 else f"Z{number}"


def _energy(mono: Mono, rises: Rows) -> npt.NDArray[np.float32]:
    """Return loudness and liveliness of every half second, 0 to 1 within the track."""
    step = round(ENERGY_STEP_SECONDS * RATE)
    n = max(1, -(-len(mono) // step))
    blocks = np.pad(mono, (0, n * step - len(mono))).reshape(n, step)
    level = 10 * np.log10((blocks.astype(np.float64) ** 2).mean(axis=1) + 1e-9)
    loud = np.clip((level - np.percentile(level, 95)) / 24 + 1, 0, 1)
    per_step = round(ENERGY_STEP_SECONDS * RISE_RATE)
    lively = np.pad(rises, (0, max(0, n * per_step - len(rises))))[: n * per_step]
    lively = lively.reshape(n, per_step).mean(axis=1)
    lively = np.clip(lively / max(float(np.percentile(lively, 95)), 1e-6), 0, 1)
    kernel = np.ones(5) / 5
    mixed = np.convolve(np.pad(0.65 * loud + 0.35 * lively * loud, 2, mode="edge"), kernel, "valid")
    return mixed.astype(np.float32)


def _mean_energy(energy: npt.NDArray[np.float32], span: Span) -> float:
    first = int(span.start_seconds / ENERGY_STEP_SECONDS)
    last = max(first + 1, int(np.ceil(span.end_seconds / ENERGY_STEP_SECONDS)))
    part = energy[first:last]
    return float(part.mean()) if len(part) else 0.0


def _intro_end(bars: Rows, energy: npt.NDArray[np.float32], sounding: Span) -> float:
    """Return the first bar line from which a bar has most of the track's usual energy."""
    full = FULL_SHARE * float(np.median(energy))
    for start, end in pairwise(bars):
        if _mean_energy(energy, Span(start, end)) >= full:
            return round(float(start), 4)
    return sounding.start_seconds


def _ending(bars: Rows, sections: tuple[Section, ...]) -> float:
    """Return where the last section begins, at most eight bars before the end."""
    if not len(bars):
        return 0.0
    last = sections[-1].span.start_seconds if sections else float(bars[0])
    return round(max(last, float(bars[max(0, len(bars) - 1 - LONGEST_ENDING_BARS)])), 4)


def _climax(bars: Rows, energy: npt.NDArray[np.float32]) -> float:
    """Return the bar line with the most energy in the 8 s behind it and a rise towards it."""
    if not len(bars):
        return 0.0

    def strength(at: float) -> float:
        after = _mean_energy(energy, Span(at, at + CLIMAX_SECONDS))
        before = _mean_energy(energy, Span(max(0.0, at - CLIMAX_SECONDS / 2), max(at, 0.5)))
        return after + 0.5 * (after - before)

    return round(float(max(bars[:-1] if len(bars) > 1 else bars, key=strength)), 4)
