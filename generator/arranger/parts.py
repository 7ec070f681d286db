"""What each player plays: held chords, broken chords, bass, melody, drums."""

from dataclasses import dataclass

import numpy as np

from generator.arranger.form import Bar, Form
from generator.arranger.harmony import nearest, voice_lead
from generator.arranger.instruments import Instrument
from generator.arranger.prompt import Brief
from generator.arranger.styles import CLAP, CRASH, DRUMS, KICK, SNARE, STYLES, Style

PLAYS = {
    "intro": {"pad", "figure"},
    "build": {"pad", "figure", "bass", "lead", "drums"},
    "main": {"pad", "figure", "bass", "lead", "drums"},
    "climax": {"pad", "figure", "bass", "lead", "drums"},
    "break": {"pad", "bass", "lead"},
    "ending": {"pad", "figure", "bass", "lead", "drums"},
}
"""Who plays in which section."""

LEVELS = {"pad": 0.66, "figure": 0.72, "bass": 0.88, "lead": 0.95, "drums": 0.9}
"""Loudness of a part relative to the style's."""

DRUM_PITCHES = (CLAP, SNARE)

SPARSE_ENERGY = 0.25
"""A build that has not got this far yet is played without melody and drums."""
VELOCITY_SPREAD = 4.0
MOST_PHRASE_BARS = 4


@dataclass(frozen=True, slots=True)
class Note:
    """A note to be played.

    Attributes:
        part: "lead", "pad", "figure", "bass" or "drums".
        start: beat from the start of the piece.
        beats: length.
        pitch: MIDI pitch, for drums the percussion key.
        velocity: 1 to 127.
    """

    part: str
    start: float
    beats: float
    pitch: int
    velocity: int


def arrange(brief: Brief, form: Form, rng: np.random.Generator) -> list[Note]:
    """Write all parts of a piece, the last chord included."""
    style = STYLES[brief.style]
    writer = _Writer(style, brief, rng)
    notes: list[Note] = []
    for bar in form.bars:
        notes += writer.bar(bar)
    return notes + writer.last(form.last)


class _Writer:
    """Writes bar after bar; remembers where each voice stands."""

    def __init__(self, style: Style, brief: Brief, rng: np.random.Generator) -> None:
        self._style = style
        self._brief = brief
        self._rng = rng
        self._voicings: dict[str, tuple[int, ...]] = {"pad": (), "figure": ()}
        self._before = ""  # section of the bar before
        self._alone = brief.pad is None and brief.figure is None
        self._melody = _Melody(brief.lead, style.density, rng, restless=self._alone)

    def bar(self, bar: Bar) -> list[Note]:
        sparse = bar.section == "build" and bar.energy < SPARSE_ENERGY
        plays = PLAYS[bar.section] - ({"lead", "drums"} if sparse else set())
        plays |= {"lead"} if self._alone else set()
        notes: list[Note] = []
        if "pad" in plays and self._brief.pad:
            notes += self._held(bar, self._brief.pad, bar.beats)
        if "figure" in plays and self._brief.figure:
            notes += self._broken(bar, self._brief.figure)
        if "bass" in plays and self._brief.bass:
            notes += self._bass(bar, self._brief.bass)
        if "lead" in plays:
            notes += self._tune(bar)
        if "drums" in plays and self._brief.drums:
            notes += self._drums(bar)
        self._before = bar.section
        return notes

    def _tune(self, bar: Bar) -> list[Note]:
        """Write the melody; in a climax in octaves, and never late."""
        tune = self._melody.bar(bar)
        if bar.section == "climax":
            at, beats, pitch = tune[0]
            tune[0] = 0.0, at + beats, pitch
            away = 12 if max(pitch for *_, pitch in tune) + 12 <= self._brief.lead.high else -12
            tune += [(at, beats, pitch + away) for at, beats, pitch in tune]
        return [self._note(("lead", bar), at, beats, pitch) for at, beats, pitch in tune]

    def last(self, bar: Bar) -> list[Note]:
        """Write the final chord; its notes ring for a bar, the renderer lets them fade."""
        notes: list[Note] = []
        for part, player in (("pad", self._brief.pad), ("figure", self._brief.figure)):
            if player:
                notes += [
                    self._note((part, bar), 0.0, bar.beats, pitch)
                    for pitch in self._voiced(part, bar, player)
                ]
        if self._brief.bass:
            low = nearest(40, bar.chord[:1], self._brief.bass.low, self._brief.bass.high)
            notes.append(self._note(("bass", bar), 0.0, bar.beats, low))
        notes.append(self._note(("lead", bar), 0.0, bar.beats, self._melody.close(bar)))
        if self._brief.drums:
            notes += [self._note(("drums", bar), 0.0, 1.0, key) for key in (CRASH, KICK)]
        return notes

    def _note(
        self, place: tuple[str, Bar], at: float, beats: float, pitch: int, level: float = 1.0
    ) -> Note:
        part, bar = place
        loud = self._style.velocity * LEVELS[part] * level * (0.7 + 0.3 * bar.energy)
        accent = 1.05 if at == 0 else 1.0 if at == int(at) else 0.94
        spread = self._rng.normal(0, VELOCITY_SPREAD * (0.5 if part == "drums" else 1.0))
        return Note(
            part, bar.start + at, beats, pitch, int(np.clip(loud * accent + spread, 8, 127))
        )

    def _voiced(self, part: str, bar: Bar, player: Instrument) -> tuple[int, ...]:
        low, high = _register(player, 48 if part == "pad" else 52, 79)
        voicing = voice_lead(bar.chord, self._voicings[part], low, high)
        self._voicings[part] = voicing
        return voicing

    def _held(self, bar: Bar, player: Instrument, beats: float) -> list[Note]:
        chord = self._voiced("pad", bar, player)
        if bar.section == "climax":
            chord += tuple(pitch + 12 for pitch in chord if pitch + 12 <= player.high)
        return [self._note(("pad", bar), 0.0, beats * 0.98, pitch) for pitch in chord]

    def _broken(self, bar: Bar, player: Instrument) -> list[Note]:
        chord = self._voiced("figure", bar, player)
        write = {
            "arpeggio": _arpeggio,
            "strum": _strum,
            "pulse": _pulse,
            "waltz": _waltz,
            "stabs": _stabs,
        }[self._style.figuration]
        return [
            self._note(("figure", bar), at, beats, pitch, level)
            for at, beats, pitch, level in write(chord, bar.beats)
        ]

    def _bass(self, bar: Bar, player: Instrument) -> list[Note]:
        root = nearest(38, bar.chord[:1], player.low, min(player.high, 52))
        fifth = nearest(root + 7, bar.chord[2:], player.low, player.high)
        third = nearest(root + 4, bar.chord[1:2], player.low, player.high)
        n = bar.beats
        lines: dict[str, list[tuple[float, float, int]]] = {
            "held": [(0, n * 0.97, root)],
            "root-fifth": [(0, n / 2 * 0.9, root), (n / 2, n / 2 * 0.9, fifth)],
            "walking": [(b, 0.92, p) for b, p in zip(range(n), (root, third, fifth, root + 12),
                                                     strict=False)],
            "eighths": [(b / 2, 0.42, root) for b in range(2 * n)],
            "offbeat": [(b + 0.5, 0.4, root) for b in range(n)],
        }  # fmt: skip
        return [
            self._note(("bass", bar), float(at), beats, pitch)
            for at, beats, pitch in lines[self._style.bass_line]
        ]

    def _drums(self, bar: Bar) -> list[Note]:
        strokes = [s for s in DRUMS[self._brief.drums] if s[0] < bar.beats]
        if bar.section == "build" and bar.energy < 0.75:
            strokes = [s for s in strokes if s[1] not in DRUM_PITCHES]
        notes = [self._note(("drums", bar), at, 0.2, key, level) for at, key, level in strokes]
        entered = bar.section == "climax" and self._before != "climax"
        if entered or (bar.section == "main" and bar.number % 8 == 0):
            notes.append(self._note(("drums", bar), 0.0, 1.0, CRASH, 0.8))
        return notes


Figure = list[tuple[float, float, int, float]]
"""Beat within the bar, length in beats, pitch, relative loudness."""


def _arpeggio(chord: tuple[int, ...], beats: int) -> Figure:
    low, mid, high = chord
    order = (low, mid, high, low + 12, high, mid, high, mid)
    return [(n / 2, 1.2, order[n % 8], 1.0 if n % 2 == 0 else 0.88) for n in range(2 * beats)]


def _strum(chord: tuple[int, ...], beats: int) -> Figure:
    hits = ((0, 1.0), (1, 0.75), (1.5, 0.65), (2.5, 0.7), (3, 0.85), (3.5, 0.6))
    return [
        (at + 0.018 * string, 0.7, pitch, level)
        for at, level in hits
        if at < beats
        for string, pitch in enumerate(chord)
    ]


def _pulse(chord: tuple[int, ...], beats: int) -> Figure:
    low = chord[0] - 12 if chord[0] >= 60 else chord[0]
    return [
        (n / 2, 0.42, pitch, 1.0 if n % 4 == 0 else 0.8)
        for n in range(2 * beats)
        for pitch in (low, chord[2])
    ]


def _waltz(chord: tuple[int, ...], beats: int) -> Figure:
    bass = [(0.0, 0.9, chord[0] - 12, 1.1)]
    return bass + [(float(b), 0.6, p, 0.8) for b in range(1, beats) for p in chord]


def _stabs(chord: tuple[int, ...], beats: int) -> Figure:
    hits = ((0.0, 1.2, 0.9), (1.5, 0.6, 0.8), (3.0, 0.5, 0.75))
    return [(at, n, pitch, level) for at, n, level in hits if at < beats for pitch in chord]


class _Melody:
    """A tune of four-bar phrases: a motif, its answer, something new, and a long note.

    A restless tune plays from the start of every bar, because nobody else fills its rests.
    """

    def __init__(
        self, player: Instrument, density: float, rng: np.random.Generator, *, restless: bool
    ) -> None:
        self._low, self._high = _register(player, 57, 86)
        self._centre = self._low + 0.55 * (self._high - self._low)
        self._pitch = self._centre
        self._density = density
        self._restless = restless
        self._rng = rng
        self._motifs: list[list[tuple[float, int]]] = []

    def bar(self, bar: Bar) -> list[tuple[float, float, int]]:
        """Return beat within the bar, length in beats and pitch of each note."""
        place = bar.number % MOST_PHRASE_BARS
        if not self._motifs or bar.number % (4 * MOST_PHRASE_BARS) == 0:
            self._motifs = [self._motif(bar.beats) for _ in range(2)]
        if place == MOST_PHRASE_BARS - 1:
            motif = [(0.0, -1)]
        else:
            motif = self._motifs[1 if place == 2 else 0]
        motif = [(at, step) for at, step in motif if at < bar.beats] or [(0.0, -1)]
        ends = [at for at, _ in motif[1:]] + [float(bar.beats)]
        return [
            (at, (end - at) * 0.95, self._step(bar, at, step))
            for (at, step), end in zip(motif, ends, strict=True)
        ]

    def close(self, bar: Bar) -> int:
        """Return the tonic nearest to where the tune stands."""
        return nearest(self._pitch, bar.chord[:1], self._low, self._high)

    def _motif(self, beats: int) -> list[tuple[float, int]]:
        onsets = [
            n / 2
            for n in range(2 * beats)
            if self._rng.random() < self._density * (1.5 if n % 2 == 0 else 0.6)
            or (n == 0 and self._restless)
        ]
        steps = self._rng.choice([-2, -1, -1, 1, 1, 2], size=max(1, len(onsets)))
        return list(zip(onsets or [0.0], (int(step) for step in steps), strict=True))

    def _step(self, bar: Bar, at: float, step: int) -> int:
        pull = (self._centre - self._pitch) / 6
        wanted = self._pitch + 1.8 * step + pull
        classes = bar.chord if at in (0.0, 2.0) else bar.scale
        self._pitch = nearest(wanted, classes, self._low, self._high)
        return int(self._pitch)


def _register(player: Instrument, low: int, high: int) -> tuple[int, int]:
    """Return the overlap of a player's register with the wanted one, at least two octaves."""
    bottom = max(player.low, min(low, player.high - 24))
    return bottom, max(bottom + 24, min(high, player.high))
