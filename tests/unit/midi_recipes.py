"""Small MIDI files out of a kind and a seed, the same on every machine and with every release."""

import hashlib
from collections.abc import Callable
from random import Random

import mido

Event = tuple[int, int, str, int, int]
"""Tick, channel, message type, first data byte, second data byte."""

SCALE = (0, 2, 4, 5, 7, 9, 11)
TICKS_PER_BEAT = (24, 96, 120, 220, 480, 960)
PER_KIND = 30


def _pick(rng: Random, low: int, high: int) -> int:
    """Return an integer of [low, high); only ``random`` is promised to stay as it is."""
    return low + int(rng.random() * (high - low))


def _note(tick: int, length: int, pitch: int, channel: int = 0) -> list[Event]:
    return [
        (tick, channel, "note_on", pitch, 80),
        (tick + length, channel, "note_off", pitch, 0),
    ]


def _anything(rng: Random, beat: int) -> list[Event]:
    events: list[Event] = []
    for _ in range(_pick(rng, 1, 80)):
        start, length = _pick(rng, 0, 20 * beat), _pick(rng, 0, 3 * beat)
        events += _note(start, length, _pick(rng, 0, 128), _pick(rng, 0, 16))
    return events


def _scale(rng: Random, beat: int) -> list[Event]:
    root, strangers = _pick(rng, 36, 60), rng.random() * 0.4
    events: list[Event] = []
    for step in range(_pick(rng, 4, 60)):
        pitch = root + 12 * _pick(rng, 0, 3) + SCALE[_pick(rng, 0, 7)]
        pitch += rng.random() < strangers
        events += _note(step * beat // 2, beat // 2, pitch)
    return events


def _drums(rng: Random, beat: int) -> list[Event]:
    events: list[Event] = []
    for step in range(_pick(rng, 1, 40)):
        if rng.random() < 0.7:
            events += _note(step * beat, beat // 4, _pick(rng, 35, 82), 9)
    return events or _note(0, beat, 36, 9)


def _gaps(rng: Random, beat: int) -> list[Event]:
    events, tick = [], 0
    for _ in range(_pick(rng, 1, 12)):
        tick += _pick(rng, 0, 9) * beat + _pick(rng, 0, 2) * _pick(rng, 0, beat)
        length = _pick(rng, 1, 3) * beat - _pick(rng, 0, 2)
        events += _note(tick, length, _pick(rng, 40, 90), (0, 9)[rng.random() < 0.3])
    return events


def _left_open(rng: Random, beat: int) -> list[Event]:
    events = _anything(rng, beat)
    return [event for event in events if event[2] == "note_on" or rng.random() < 0.6]


def _doubled(rng: Random, beat: int) -> list[Event]:
    """Return equal pitches that overlap, closed by silent note_on as often as by note_off."""
    events = []
    for event in _anything(rng, beat):
        tick, channel, kind, pitch, _ = event
        silent = kind == "note_off" and rng.random() < 0.5
        pitch = 60 + pitch % 3
        events.append(
            (tick, channel % 2, "note_on" if silent else kind, pitch, 0 if silent else 80)
        )
    return events


def _controlled(rng: Random, beat: int) -> list[Event]:
    events = _gaps(rng, beat)
    for _ in range(_pick(rng, 1, 5)):
        events.append((_pick(rng, 0, 80 * beat), _pick(rng, 0, 16), "control_change", 64, 0))
        events.append((_pick(rng, 0, 90 * beat), _pick(rng, 0, 16), "program_change", 7, 0))
    return events


def _one_pitch(rng: Random, beat: int) -> list[Event]:
    pitch = _pick(rng, 0, 128)
    events: list[Event] = []
    for step in range(_pick(rng, 1, 6)):
        events += _note(step * beat * _pick(rng, 0, 3), _pick(rng, 0, 2 * beat), pitch)
    return events


KINDS: dict[str, Callable[[Random, int], list[Event]]] = {
    "anything": _anything,
    "scale": _scale,
    "drums": _drums,
    "gaps": _gaps,
    "left open": _left_open,
    "doubled": _doubled,
    "controlled": _controlled,
    "one pitch": _one_pitch,
}


def events_of(kind: str, seed: int) -> tuple[int, int, list[list[Event]], int]:
    """Return ticks per beat, MIDI type, the events of each track, and the silence at the end."""
    rng = Random(f"{kind} {seed}")
    ticks_per_beat = TICKS_PER_BEAT[_pick(rng, 0, len(TICKS_PER_BEAT))]
    events = sorted(KINDS[kind](rng, ticks_per_beat))
    n_tracks = _pick(rng, 1, 4)
    tail = _pick(rng, 0, 2) * _pick(rng, 0, 5 * ticks_per_beat)
    if n_tracks == 1:
        return ticks_per_beat, 0, [events], tail
    tracks = [[event for event in events if event[1] % n_tracks == i] for i in range(n_tracks)]
    return ticks_per_beat, 1, tracks, tail


def fingerprint(kind: str, seed: int) -> str:
    """Return 12 hexadecimal digits that change when a recipe does."""
    return hashlib.sha256(repr(events_of(kind, seed)).encode()).hexdigest()[:12]


def midi_of(kind: str, seed: int) -> mido.MidiFile:
    """Return the file in memory."""
    ticks_per_beat, midi_type, tracks, tail = events_of(kind, seed)
    file = mido.MidiFile(type=midi_type, ticks_per_beat=ticks_per_beat)
    for events in tracks:
        track, now = mido.MidiTrack(), 0
        for tick, channel, name, first, second in events:
            names = {
                "control_change": {"control": first, "value": second},
                "program_change": {"program": first},
            }
            values = names.get(name, {"note": first, "velocity": second})
            track.append(mido.Message(name, channel=channel, time=tick - now, **values))
            now = tick
        track.append(mido.MetaMessage("end_of_track", time=tail))
        file.tracks.append(track)
    return file
