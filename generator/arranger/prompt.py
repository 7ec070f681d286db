"""Reads what a prompt asks for: style, tempo, key, instruments."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from generator.arranger.instruments import (
    INSTRUMENTS,
    Instrument,
    named_instruments,
    without_instruments,
)
from generator.arranger.styles import DEFAULT_STYLE, STYLES

Similarity = Callable[[str, Sequence[str]], Sequence[float]]
"""Cosine of one text with each of several others, -1 to 1."""

WORD_WEIGHT = 0.3
"""A style's own word in the prompt counts as much as this much more similarity."""

UNSURE = 0.3
"""Below this score no style fits; the default is taken and said so."""

SLOWER, FASTER = 0.87, 1.15
TEMPO_RANGE = (40.0, 220.0)

_TONICS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_ACCIDENTALS = {"#": 1, "♯": 1, "sharp": 1, "b": -1, "♭": -1, "flat": -1, "": 0}
_MODE = r"[\s-]*([Mm]ajor|[Mm]inor)\b"
_KEY = re.compile(r"\b([A-G])[\s-]?(#|♯|b|♭|[Ss]harp|[Ff]lat)?" + _MODE)
_KEY_AFTER_IN = re.compile(
    r"\bin (?!a (?:major|minor) key)([a-g])[\s-]?(#|♯|b|♭|sharp|flat)?" + _MODE
)
_BPM = re.compile(r"\b(\d{2,3}(?:\.\d+)?)\s*(?:bpm|beats per minute)\b", re.IGNORECASE)
_NO_DRUMS = re.compile(
    r"\b(?:no|without)(?: any)? (?:drums?|percussion|beats?)\b|\b(?:drum|beat)less\b"
)
_DRUMS = re.compile(r"\b(drums?|percussion|beats?|groove)\b(?! per minute)")
_SOLO = re.compile(r"\b(solo|alone|only|unaccompanied)\b")


@dataclass(frozen=True, slots=True)
class Brief:
    """What will be arranged.

    Attributes:
        style: a key of ``STYLES``.
        sure: whether the prompt named or resembled that style.
        tempo_bpm: 40 to 220.
        tonic: pitch class 0 to 11, None where the prompt leaves it open.
        mode: "major" or "minor".
        lead: plays the melody.
        pad: holds chords, None where nobody does.
        figure: breaks chords, None where nobody does.
        bass: plays the bass line, None where nobody does.
        drums: drum pattern, "" for none.
    """

    style: str
    sure: bool
    tempo_bpm: float
    tonic: int | None
    mode: str
    lead: Instrument
    pad: Instrument | None
    figure: Instrument | None
    bass: Instrument | None
    drums: str


def read_prompt(prompt: str, similarity: Similarity | None = None) -> Brief:
    """Read a prompt; what it leaves open comes from its style.

    Args:
        prompt: English words.
        similarity: compares texts by meaning; without it only the styles' own words count.

    >>> brief = read_prompt("a slow sad cello in D minor, 60 bpm, no drums")
    >>> brief.style, brief.tempo_bpm, brief.tonic, brief.mode, brief.lead.name
    ('sad', 60.0, 2, 'minor', 'cello')
    """
    name, sure = _style(prompt, similarity)
    style = STYLES[name]
    tonic, mode = _key(prompt)
    parts = _parts(prompt, name)
    return Brief(
        style=name,
        sure=sure,
        tempo_bpm=_tempo(prompt, style.tempo_bpm),
        tonic=tonic,
        mode=mode or style.mode,
        lead=parts["lead"] or INSTRUMENTS[style.lead],
        pad=parts["pad"],
        figure=parts["figure"],
        bass=parts["bass"],
        drums=_drums(prompt, style.drums),
    )


def _style(prompt: str, similarity: Similarity | None) -> tuple[str, bool]:
    mood = without_instruments(_BPM.sub(" ", _KEY.sub(" ", prompt)))
    words = set(re.findall(r"[a-z-]+", prompt.lower()))
    names = list(STYLES)
    scores = [WORD_WEIGHT * len(words & set(STYLES[name].words.split())) for name in names]
    if similarity:
        near = similarity(mood, [STYLES[name].words for name in names])
        scores = [score + float(cosine) for score, cosine in zip(scores, near, strict=True)]
    best = max(range(len(names)), key=lambda n: scores[n])
    sure = scores[best] >= UNSURE
    return (names[best] if sure else DEFAULT_STYLE), sure


def _tempo(prompt: str, usual: float) -> float:
    given = _BPM.search(prompt)
    if given:
        tempo = float(given[1])
    elif re.search(r"\b(slow|slowly|unhurried)\b", prompt.lower()):
        tempo = usual * SLOWER
    elif re.search(r"\b(fast|quick|rapid)\b", prompt.lower()):
        tempo = usual * FASTER
    else:
        tempo = usual
    return min(max(tempo, TEMPO_RANGE[0]), TEMPO_RANGE[1])


def _key(prompt: str) -> tuple[int | None, str]:
    found = _KEY.search(prompt) or _KEY_AFTER_IN.search(prompt.lower())
    if found:
        tonic = _TONICS[found[1].upper()] + _ACCIDENTALS[(found[2] or "").lower()]
        return tonic % 12, found[3].lower()
    mode = re.search(r"\b(major|minor)\b", prompt.lower())
    return None, mode[1] if mode else ""


def _drums(prompt: str, usual: str) -> str:
    lower = prompt.lower()
    if _NO_DRUMS.search(lower) or _SOLO.search(lower):
        return ""
    return usual or ("pop" if _DRUMS.search(lower) else "")


def _parts(prompt: str, name: str) -> dict[str, Instrument | None]:
    """Give the named instruments the parts that suit them; a soloist accompanies itself."""
    style = STYLES[name]
    usual = {"pad": style.pad, "figure": style.figure, "bass": style.bass}
    parts: dict[str, Instrument | None] = {
        part: INSTRUMENTS[player] if player else None for part, player in usual.items()
    }
    parts["lead"] = None
    named = named_instruments(prompt)
    if not named:
        return parts
    if _SOLO.search(prompt.lower()) or (len(named) == 1 and named[0].family != "bass"):
        return _accompanied(parts, named[0], alone=bool(_SOLO.search(prompt.lower())))
    for instrument in named:
        part = _suited(instrument, taken={p for p in parts if parts[p] in named})
        if part:
            parts[part] = instrument
    return parts


def _accompanied(
    parts: dict[str, Instrument | None], soloist: Instrument, *, alone: bool
) -> dict[str, Instrument | None]:
    chords = soloist.family in ("struck", "plucked") or soloist.name in ("organ", "accordion")
    if alone:
        return {
            "lead": soloist,
            "pad": soloist if soloist.name in ("organ", "accordion", "choir", "strings") else None,
            "figure": soloist if chords else None,
            "bass": None,
        }
    return {**parts, "lead": soloist, **({"figure": soloist} if chords else {})}


def _suited(instrument: Instrument, taken: set[str]) -> str | None:
    order = {
        "bass": ("bass",),
        "sustained": ("lead", "pad", "figure"),
        "struck": ("figure", "lead", "pad"),
        "plucked": ("figure", "lead", "pad"),
    }[instrument.family]
    return next((part for part in order if part not in taken), None)
