"""Says in plain words how two cue plans differ."""

from collections.abc import Collection, Sequence

from pydantic import BaseModel

from v2m.files import text_to_path
from v2m.soundtrack.plan import Candidate, Cue, CuePlan, PlannedScene, Speech

WORDS = {
    "artist": "artist",
    "crossfade_seconds": "crossfade between cues",
    "deeper_db": "music deeper under it by",
    "duck_attack_seconds": "music goes down within",
    "duck_db": "music goes down under speech by",
    "duck_release_seconds": "music comes back within",
    "duration_seconds": "length",
    "end_seconds": "end",
    "fade_in_seconds": "fade in",
    "fade_out_seconds": "fade out",
    "fps": "frames per second",
    "gain_db": "gain",
    "in_seconds": "starts in the track at",
    "licence": "licence",
    "licence_url": "licence address",
    "min_probability": "least probability of a match",
    "original_audio": "the video's own sound",
    "original_gain_db": "gain of the video's own sound",
    "original_under_lu": "the video's own sound, under the music by",
    "out_seconds": "ends in the track at",
    "prompt": "music asked for",
    "start_seconds": "start",
    "target_lufs": "loudness",
    "track_path": "file",
    "true_peak_dbtp": "highest peak",
    "why": "reason",
}
"""What a key is called where its own name would not do."""

UNITS = {"_seconds": "s", "_db": "dB", "_lufs": "LUFS", "_dbtp": "dBTP", "_lu": "LU", "_bpm": "bpm"}

SHARES = ("probability", "min_probability")

OF_THE_TRACK = {
    "source", "track_id", "track_path", "title", "artist", "in_seconds", "speed", "seams",
    "own_ending", "hit_seconds", "n_cuts", "cut_to_beat_before_seconds", "cut_to_beat_seconds",
    "gain_db", "score", "probability", "why", "licence", "licence_url", "attribution", "prompt",
    "seed", "model",
}  # fmt: skip
"""What changes of itself where another track stands: not told again."""

Timed = Cue | PlannedScene | Speech


def plan_differences(a: CuePlan, b: CuePlan) -> list[str]:
    """Return what has to change in plan ``a`` to get plan ``b``, a line each; [] for equal plans.

    Cues and scenes are compared with those they share most time with, so that one that was put in
    or taken out is one difference. Another track is one line; what follows from it is left out.
    Numbers count as equal that agree to a thousandth, or in percent to the whole number.

    Args:
        a: the plan before.
        b: the plan after.
    """
    lines = _changes("", a, b, leave_out=("scenes", "cues", "speech"))
    lines += _timed("scene", a.scenes, b.scenes)
    lines += _timed("speech", a.speech, b.speech)
    return lines + _timed("cue", a.cues, b.cues)


def _timed(kind: str, a: Sequence[Timed], b: Sequence[Timed]) -> list[str]:
    """Compare two rows of cues or scenes, in the order of time."""
    pairs = _pairs(a, b)
    found: list[tuple[float, list[str]]] = []
    for i, before in enumerate(a):
        if i not in pairs:
            found.append((before.start_seconds, [f"{_place(kind, i, before)} is gone"]))
    olds = {j: i for i, j in pairs.items()}
    for j, after in enumerate(b):
        place = _place(kind, j, after)
        if j not in olds:
            found.append((after.start_seconds, [f"{place} is new"]))
        else:
            found.append((after.start_seconds, _pair_changes(place, a[olds[j]], after)))
    return [line for _, lines in sorted(found, key=lambda item: item[0]) for line in lines]


def _pairs(a: Sequence[Timed], b: Sequence[Timed]) -> dict[int, int]:
    """Pair those that share most time, of equals those with the same track, each once."""
    shared = []
    for i, before in enumerate(a):
        for j, after in enumerate(b):
            start = max(before.start_seconds, after.start_seconds)
            overlap = min(before.end_seconds, after.end_seconds) - start
            if overlap > 0:
                shared.append((-round(overlap, 3), _identity(before) != _identity(after), i, j))
    pairs: dict[int, int] = {}
    taken = set()
    for _, _, i, j in sorted(shared):
        if i not in pairs and j not in taken:
            pairs[i] = j
            taken.add(j)
    return pairs


def _pair_changes(place: str, before: Timed, after: Timed) -> list[str]:
    if _identity(before) == _identity(after):
        return _changes(f"{place}: ", before, after)
    replaced = f"{place}: {_music(after)} replaces {_music(before)}"
    return [replaced, *_changes(f"{place}: ", before, after, leave_out=OF_THE_TRACK)]


def _identity(part: Timed) -> tuple[str, ...]:
    """Return what makes a cue's music what it is; nothing for scenes and speech."""
    if not isinstance(part, Cue):
        return ()
    made = (part.prompt, str(part.seed), part.model) if part.source == "generated" else ()
    return (part.source, part.track_id or part.track_path, *made)


def _place(kind: str, number: int, part: Timed) -> str:
    return f"{kind} {number + 1} ({_clock(part.start_seconds)} to {_clock(part.end_seconds)})"


def _music(part: Timed) -> str:
    if not isinstance(part, Cue) or part.source == "silence":
        return "silence"
    if part.source == "generated":
        return f'music composed for "{part.prompt}" (seed {part.seed})'
    by = f" by {part.artist}" if part.artist else ""
    return f'"{part.title or text_to_path(part.track_path).name}"{by}'


def _changes(place: str, a: BaseModel, b: BaseModel, leave_out: Collection[str] = ()) -> list[str]:
    """Compare two parts of the same kind, key by key."""
    lines: list[str] = []
    for key in type(b).model_fields:
        before, after = getattr(a, key), getattr(b, key)
        if key in leave_out or before == after:
            continue
        if isinstance(before, BaseModel) and isinstance(after, BaseModel):
            lines += _changes(f"{place}{_words(key)}: ", before, after)
            continue
        old, new = _shown(key, before), _shown(key, after)
        if old != new:
            lines.append(f"{place}{_words(key)}: {old} becomes {new}")
        elif not isinstance(before, float):
            lines.append(f"{place}{_words(key)} changed")
    return lines


def _words(key: str) -> str:
    return WORDS.get(key, key.replace("_", " "))


def _shown(key: str, value: object) -> str:
    """Write a value with its unit."""
    if value is None or value in ("", (), {}):
        shown = "nothing"
    elif isinstance(value, bool):
        shown = "yes" if value else "no"
    elif isinstance(value, float):
        shown = f"{value:.0%}" if key in SHARES else _number(key, value)
    elif isinstance(value, dict):
        shown = ", ".join(f"{name} {kept}" for name, kept in sorted(value.items()))
    elif isinstance(value, tuple):
        shown = "; ".join(_shown(key, item) for item in value)
    elif isinstance(value, BaseModel):
        shown = repr(value.title) if isinstance(value, Candidate) else _parts(value)
    else:
        shown = repr(value) if isinstance(value, str) else str(value)
    return shown


def _number(key: str, value: float) -> str:
    unit = next((unit for ending, unit in UNITS.items() if key.endswith(ending)), "")
    digits = f"{value:.3f}".rstrip("0").rstrip(".")
    return f"{digits if digits != '-0' else '0'} {unit}".strip()


def _parts(value: BaseModel) -> str:
    return ", ".join(
        f"{_words(key)} {_shown(key, getattr(value, key))}" for key in type(value).model_fields
    )


def _clock(seconds: float) -> str:
    """Write minutes and seconds to a tenth, rounded."""
    tenths = round(seconds * 10)
    return f"{tenths // 600}:{tenths // 10 % 60:02d}.{tenths % 10}"
