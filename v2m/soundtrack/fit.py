"""Fits a track to a cue: whole bars, joined where they sound alike, to the cue's exact length."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from v2m.audio.loudness import SILENCE_LUFS, integrated_lufs
from v2m.soundtrack.plan import SHORTEST_STRETCH_SECONDS
from v2m.soundtrack.pulse import CutDistance, beats_under, cut_distance, plain_beats
from v2m.soundtrack.route import MOST_TEMPO_CHANGE, TEMPO_COST, Leg, Route, Routes
from v2m.structure import Structure
from v2m.types import Audio, Span

CUE_LUFS = -18.0
"""Every cue is brought to this loudness before the mix, so that none sticks out."""

GAIN_LIMITS_DB = (-30.0, 24.0)
GAUGED_SECONDS = 120.0
"""A cue's loudness is judged by this much of its music at most."""

SEAM_LEAD_SECONDS = 0.045
"""A seam's crossfade is over when the beat comes, so that its attack is heard whole: half of the
60 ms, the 12 ms by which the entry may move, and a little."""

SEAM_SEARCH_SECONDS = 0.012
SEAM_WINDOW_SECONDS = 0.06

FAR_COST = 0.08
MOST_FAR_COST = 3.0
"""Of starting away from the section that fits best, per second, and at most."""

PREROLL_COST = 0.3
"""Where the track has nothing to fade in with."""

RUN_OUT_COST = 0.6
LAST_SECONDS = 1.0
"""Where another cue follows and the track is within its last second: it dies away too early."""

HEARD_COST = 1.0
"""Of starting where the video has heard the track already."""

FADED_COST = 1.0
"""A cue that has to be faded out, though the music could end by itself."""

OPEN_COST = 0.5
"""A cue that ends within a bar."""

CUT_COST = 1.5
"""Of cuts between the beats, compared with beats that know nothing of the cuts."""

FULL_CUTS = 3
"""So many cuts count in full, fewer in proportion: one between two beats is hardly noticed."""

ENDING_SECONDS = 0.1
ENDING_DB = 9.0
"""A track ends by itself if its last tenth of a second is so much quieter than its usual one."""

UNHEARD_SHIFT_SECONDS = 0.008
"""A change of tempo that would move the end by less is not made."""

ATTACK_SECONDS = 0.02
SHORT_FADE_SECONDS = 0.3
LONG_FADE_SECONDS = 2.0

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Place:
    """What a cue asks of its music.

    Attributes:
        duration_seconds: length of the cue.
        before_seconds: crossfade that reaches ahead of it.
        after_seconds: crossfade that reaches behind it.
        cuts_seconds: cuts of the video, from the start of the cue; 0 is a cut at its start.
        ends: nothing follows: the music may come to its own end.
        hit_seconds: where the climax should fall, from the start of the cue; None anywhere.
        heard: stretches of the track that the video has heard already.
    """

    duration_seconds: float
    before_seconds: float = 0.0
    after_seconds: float = 0.0
    cuts_seconds: tuple[float, ...] = ()
    ends: bool = False
    hit_seconds: float | None = None
    heard: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of the track, in seconds of the track, and how fast it is played."""

    in_seconds: float
    out_seconds: float
    speed: float = 1.0

    @property
    def duration_seconds(self) -> float:
        """How long it lasts under the video."""
        return (self.out_seconds - self.in_seconds) / self.speed


@dataclass(frozen=True, slots=True)
class Fit:
    """How a cue is made of its track.

    Attributes:
        parts: stretches heard one after another; the last one plays on to the cue's end.
        gain_db: brings the music to -18 LUFS.
        own_ending: it ends with the track's own ending.
        fade_in_seconds: where no neighbour is crossfaded.
        fade_out_seconds: where no neighbour is crossfaded.
        cuts: how far the cuts lie from the beats, None where there are no cuts or no beats.
        plain_cuts: the same, had the track been played from its beginning.
        notices: what could not be done well.
    """

    parts: tuple[Part, ...]
    gain_db: float
    own_ending: bool = False
    fade_in_seconds: float = 0.0
    fade_out_seconds: float = 0.0
    cuts: CutDistance | None = None
    plain_cuts: CutDistance | None = None
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Way:
    """A candidate: parts that fill the cue, and what is wrong with them."""

    parts: tuple[Part, ...]
    cost: float
    own_ending: bool = False
    notices: tuple[str, ...] = field(default=())


def fit_track(audio: Audio, structure: Structure, section: Span, place: Place) -> Fit:
    """Choose the stretches of a track for a cue.

    The music starts on a bar line near the wanted section, goes from bar to bar, jumps only
    between bar lines that sound alike, and is over, or at a bar line, when the cue is; the tempo
    changes by 3 % at most to make that come true.

    Args:
        audio: the whole track.
        structure: how it is built.
        section: the stretch of it that fits best.
        place: what the cue asks for.
    """
    if not _dies_away(audio, structure.sounding):
        place = replace(place, ends=False)
    if len(structure.bars_seconds) < 3:
        way = _whole_track(structure, place)
    elif place.hit_seconds is not None and 0 < place.hit_seconds < place.duration_seconds:
        way = _with_climax(structure, section, place, place.hit_seconds)
    else:
        starts = _starts(structure, section, place)
        way = min(_ways(structure, starts, place), key=lambda way: way.cost)
    parts = _in_time(_without_scraps(tuple(_aligned(audio, way.parts))), place.duration_seconds)
    return _finished(audio, structure, place, replace(way, parts=parts))


def fit_exact(audio: Audio, duration_seconds: float, before: float = 0.0) -> Fit:
    """Place a piece that was composed for its cue: nothing is chosen, only its gain.

    Args:
        audio: the piece, crossfades included.
        duration_seconds: length of the cue.
        before: seconds of crossfade ahead of the cue.
    """
    part = Part(round(before, 4), round(before + duration_seconds, 4))
    return Fit((part,), _gain_db(audio, (part,)), own_ending=True)


def _dies_away(audio: Audio, sounding: Span) -> bool:
    """Tell whether a track comes to an end; one cut off in full sound has to be faded out."""
    mono = audio.excerpt(sounding).mono()
    width = round(ENDING_SECONDS * audio.sample_rate)
    n = len(mono) // width
    power = (mono[len(mono) - n * width :].reshape(n, width) ** 2).mean(axis=1)
    return n > 1 and bool(power[-1] < 10 ** (-ENDING_DB / 10) * np.median(power))


# ---- candidates ------------------------------------------------------------------------------


def _starts(structure: Structure, section: Span, place: Place) -> dict[int, float]:
    """Return what it costs to start at each bar line."""
    costs = {}
    for line, at in enumerate(structure.bars_seconds[:-1]):
        far = min(MOST_FAR_COST, FAR_COST * abs(float(at) - section.start_seconds))
        lacking = place.before_seconds > at - structure.sounding.start_seconds + 1e-6
        again = any(span.start_seconds <= at < span.end_seconds for span in place.heard)
        costs[line] = far + PREROLL_COST * lacking + HEARD_COST * again
    return costs


def _ways(structure: Structure, starts: dict[int, float], place: Place) -> Iterator[_Way]:
    """Yield ways to fill a cue: to the track's own end, to a bar line, or to within a bar."""
    lines, wanted = structure.bars_seconds, place.duration_seconds
    routes = Routes(structure, starts, wanted * (1 + MOST_TEMPO_CHANGE))
    tail = max(0.0, structure.sounding.end_seconds - float(lines[-1]))
    if place.ends and tail < 0.7 * wanted:
        for route in routes.to(len(lines) - 1, wanted - tail):
            way = _landed(route, lines, wanted, structure, tail)
            yield replace(way, cost=_cost(way, structure, place), own_ending=True)
    for route in routes.to(None, wanted):
        way = _landed(route, lines, wanted, structure)
        yield replace(way, cost=_cost(way, structure, place) + FADED_COST * place.ends)
    yield from _open_ways(routes, structure, place)


def _open_ways(routes: Routes, structure: Structure, place: Place) -> Iterator[_Way]:
    """Yield ways that play on into the next bar; their tempo is free to suit the cuts."""
    wanted, lines = place.duration_seconds, structure.bars_seconds
    route = routes.longest_within(wanted)
    if route is None:  # shorter than a bar
        line = min(routes.starts, key=lambda line: routes.starts[line])
        route = Route((Leg(line, line + 1),), 0.0, routes.starts[line])
    inner = max(place.cuts_seconds, default=0.0) > 0
    steps = np.arange(-6, 7) / 6 * MOST_TEMPO_CHANGE if inner else [0.0]
    for step in steps:
        parts = _parts(route.legs, lines, 1 + float(step))
        filled = sum(part.duration_seconds for part in parts[:-1])
        last = parts[-1]
        out = last.in_seconds + (wanted - filled) * last.speed
        silent = max(0.0, out - structure.sounding.end_seconds)
        way = _Way(
            (*parts[:-1], replace(last, out_seconds=out)),
            route.cost + OPEN_COST + FADED_COST * place.ends + silent + TEMPO_COST * abs(step),
            notices=("the track is too short and cannot be joined",) if silent > 0.5 else (),
        )
        yield replace(way, cost=_cost(way, structure, place))


def _landed(
    route: Route, lines: Floats, wanted: float, structure: Structure, tail: float = 0.0
) -> _Way:
    """Return a route at the tempo that makes it end with the cue."""
    seconds = route.seconds + tail
    speed = float(np.clip(seconds / wanted, 1 - MOST_TEMPO_CHANGE, 1 + MOST_TEMPO_CHANGE))
    if abs(seconds - wanted) < UNHEARD_SHIFT_SECONDS:
        speed = 1.0
    parts = _parts(route.legs, lines, speed)
    if tail:
        parts[-1] = replace(parts[-1], out_seconds=structure.sounding.end_seconds)
    return _Way(tuple(parts), route.cost + TEMPO_COST * abs(speed - 1))


def _parts(legs: Sequence[Leg], lines: Floats, speed: float) -> list[Part]:
    """Turn legs into parts; inside the cue every border lies a little ahead of the beat."""
    parts = []
    for number, leg in enumerate(legs):
        lead_in = SEAM_LEAD_SECONDS if number else 0.0
        lead_out = SEAM_LEAD_SECONDS if number < len(legs) - 1 else 0.0
        entry, out = float(lines[leg.first]) - lead_in, float(lines[leg.last]) - lead_out
        parts.append(Part(max(0.0, entry), out, speed))
    return parts


def _cost(way: _Way, structure: Structure, place: Place) -> float:
    """Add what it costs that cuts fall between the beats, and that the track runs out."""
    inner = tuple(cut for cut in place.cuts_seconds if cut > 0)
    found = cut_distance(beats_under(way.parts, structure), inner)
    weight = min(1.0, len(inner) / FULL_CUTS)
    apart = CUT_COST * weight * found.relative if found else 0.0
    left = structure.sounding.end_seconds - way.parts[-1].out_seconds
    runs_out = place.after_seconds > 0 and left < LAST_SECONDS
    return way.cost + apart + RUN_OUT_COST * runs_out


def _with_climax(structure: Structure, section: Span, place: Place, hit: float) -> _Way:
    """Fill a cue so that the climax falls where it is wanted: one way to it, one from it."""
    lines = structure.bars_seconds
    climax = int(np.argmin(np.abs(lines[:-1] - structure.climax_seconds)))
    ahead = _ahead(structure, section, place, climax, hit)
    rest = replace(
        place,
        duration_seconds=place.duration_seconds - hit,
        cuts_seconds=tuple(cut - hit for cut in place.cuts_seconds if cut > hit),
        before_seconds=0.0,
    )
    behind = min(_ways(structure, {climax: 0.0}, rest), key=lambda way: way.cost)
    joined = _merged((*ahead.parts, *behind.parts))
    return _Way(joined, 0.0, behind.own_ending, (*ahead.notices, *behind.notices))


def _ahead(structure: Structure, section: Span, place: Place, climax: int, hit: float) -> _Way:
    """Return a way that ends at the climax and lasts exactly as long as wanted."""
    lines = structure.bars_seconds
    if not climax:
        return _late_start(structure, hit)
    routes = Routes(structure, _starts(structure, section, place), hit * 1.5 + 10)
    landed = [_landed(route, lines, hit, structure) for route in routes.to(climax, hit)]
    if landed:
        return min(landed, key=lambda way: way.cost)
    route = routes.at_least(climax, hit)
    if route is None:
        return _late_start(structure, hit)
    first, *rest = _parts(route.legs, lines, 1.0)
    late = route.seconds - hit
    return _Way((replace(first, in_seconds=first.in_seconds + late), *rest), route.cost)


def _late_start(structure: Structure, hit: float) -> _Way:
    """Play straight up to the climax; what the track lacks ahead of it is repeated from its end."""
    climax = structure.climax_seconds
    room = climax - structure.sounding.start_seconds
    if room >= hit:
        return _Way((Part(climax - hit, climax),), 0.0)
    notice = "the climax comes too early in this track; what stands before it is joined roughly"
    ends = structure.sounding.end_seconds
    start = max(structure.sounding.start_seconds, ends - (hit - room))
    parts = [Part(start, start + hit - room)]
    if room > 0.5:
        parts.append(Part(structure.sounding.start_seconds, climax))
    else:
        parts = [Part(max(0.0, ends - hit), max(0.0, ends - hit) + hit)]
    return _Way(tuple(parts), 0.0, notices=(notice,))


def _merged(parts: Sequence[Part]) -> tuple[Part, ...]:
    """Join neighbours where the track simply goes on at the same tempo; lead the others in."""
    out = [parts[0]]
    for part in parts[1:]:
        last = out[-1]
        if abs(last.out_seconds - part.in_seconds) < 1e-6 and last.speed == part.speed:
            out[-1] = replace(last, out_seconds=part.out_seconds)
        else:
            out.append(part)
    return tuple(out)


def _whole_track(structure: Structure, place: Place) -> _Way:
    """Play a track that has no bars from its first sound, over and over."""
    sounding = structure.sounding
    if sounding.duration_seconds <= 0:
        part = Part(0.0, place.duration_seconds)
        return _Way((part,), 0.0, notices=("the track is silent",))
    left = place.duration_seconds
    if sounding.duration_seconds < 1.0:
        part = Part(sounding.start_seconds, sounding.start_seconds + left)
        return _Way((part,), 0.0, notices=("the track is too short to repeat",))
    parts = []
    while left > sounding.duration_seconds + 0.5:
        parts.append(Part(sounding.start_seconds, sounding.end_seconds))
        left -= sounding.duration_seconds
    parts.append(Part(sounding.start_seconds, sounding.start_seconds + left))
    notices = ("no bars were found; the track repeats as a whole",) if len(parts) > 1 else ()
    own_ending = place.ends and left > sounding.duration_seconds - 0.5
    return _Way(tuple(parts), 0.0, own_ending, notices)


# ---- finishing -------------------------------------------------------------------------------


def _aligned(audio: Audio, parts: Sequence[Part]) -> Iterator[Part]:
    """Move every entry behind a seam by up to 12 ms to where the two sounds agree best."""
    mono = audio.mono()
    for number, part in enumerate(parts):
        if not number or part.out_seconds - part.in_seconds < 1.0:
            yield part
            continue
        shift = _best_shift(mono, audio.sample_rate, parts[number - 1].out_seconds, part.in_seconds)
        moved = max(0.0, part.in_seconds + shift)
        if number == len(parts) - 1:
            yield replace(part, in_seconds=moved, out_seconds=part.out_seconds + shift)
        else:
            yield replace(part, in_seconds=moved)


def _without_scraps(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """Leave out stretches too short for a seam at both ends: the next one starts so much earlier.

    Bars are that short only where beats were heard wrong, or ahead of a climax.
    """
    kept: list[Part] = []
    owed = 0.0
    for number, part in enumerate(parts):
        grown = replace(part, in_seconds=max(0.0, part.in_seconds - owed * part.speed))
        long_enough = grown.out_seconds - grown.in_seconds >= SHORTEST_STRETCH_SECONDS + 0.01
        if long_enough or number == len(parts) - 1:
            kept.append(grown)
            owed = 0.0
        else:
            owed = grown.duration_seconds
    return tuple(kept)


def _in_time(parts: tuple[Part, ...], wanted: float) -> tuple[Part, ...]:
    """Make up by the tempo for what aligning the seams has added or taken away."""
    speeds = {part.speed for part in parts}
    if len(speeds) > 1 or 1.0 in speeds:  # parts of two tempi, or the track's own, stay as they are
        return parts
    seconds = sum(part.out_seconds - part.in_seconds for part in parts)
    speed = float(np.clip(seconds / wanted, 1 - MOST_TEMPO_CHANGE, 1 + MOST_TEMPO_CHANGE))
    return tuple(replace(part, speed=speed) for part in parts)


def _best_shift(mono: npt.NDArray[np.float32], rate: int, out: float, entry: float) -> float:
    """Return by how many seconds to move ``entry``: the highest normalised correlation."""
    half, reach = round(SEAM_WINDOW_SECONDS * rate), round(SEAM_SEARCH_SECONDS * rate)
    a, b = round(out * rate), round(entry * rate)
    if min(a - half, b - half - reach) < 0 or max(a + half, b + half + reach) > len(mono):
        return 0.0
    left = mono[a - half : a + half].astype(np.float64)
    right = mono[b - half - reach : b + half + reach].astype(np.float64)
    from scipy.signal import correlate

    product = correlate(right, left, "valid")
    power = np.convolve(right**2, np.ones(2 * half), "valid")
    likeness = product / np.sqrt(np.maximum(power, 1e-9))
    best = int(likeness.argmax())
    return (best - reach) / rate if likeness[best] > 0 else 0.0


def _finished(audio: Audio, structure: Structure, place: Place, way: _Way) -> Fit:
    parts = tuple(
        Part(round(p.in_seconds, 4), round(p.out_seconds, 4), round(p.speed, 6)) for p in way.parts
    )
    fade_in, fade_out = _fades(structure, place, way)
    return Fit(
        parts=parts,
        gain_db=_gain_db(audio, parts),
        own_ending=way.own_ending,
        fade_in_seconds=fade_in,
        fade_out_seconds=fade_out,
        cuts=cut_distance(beats_under(parts, structure), place.cuts_seconds),
        plain_cuts=cut_distance(
            plain_beats(structure, audio.duration_seconds, place.duration_seconds),
            place.cuts_seconds,
        ),
        notices=way.notices,
    )


def _fades(structure: Structure, place: Place, way: _Way) -> tuple[float, float]:
    """Return fades that leave an attack on the first beat and an ending of its own alone."""
    longest = place.duration_seconds / 4
    lines = structure.bars_seconds
    entry = way.parts[0].in_seconds
    on_line = len(lines) and float(np.abs(lines - entry).min()) < 1e-3
    fade_in = ATTACK_SECONDS if on_line else SHORT_FADE_SECONDS
    fade_out = ATTACK_SECONDS if way.own_ending else LONG_FADE_SECONDS
    return round(min(fade_in, longest), 4), round(min(fade_out, longest), 4)


def _gain_db(audio: Audio, parts: Sequence[Part]) -> float:
    """Return the gain that brings the music to -18 LUFS, judged by its first two minutes."""
    pieces, left = [], GAUGED_SECONDS
    for part in parts:
        if left <= 0:
            break
        span = Span(part.in_seconds, min(part.out_seconds, part.in_seconds + left))
        pieces.append(audio.excerpt(span).samples)
        left -= span.duration_seconds
    loudness = integrated_lufs(np.concatenate(pieces, axis=1), audio.sample_rate)
    if loudness <= SILENCE_LUFS:
        return 0.0
    return round(float(np.clip(CUE_LUFS - loudness, *GAIN_LIMITS_DB)), 2)
