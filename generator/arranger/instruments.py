"""What the SoundFont can play: General MIDI programs, the names people use, and their registers."""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Instrument:
    """A General MIDI program.

    Attributes:
        name: as a prompt would say it.
        program: 0 to 127.
        family: "struck" and "plucked" notes decay, "sustained" ones hold, "bass" plays low lines.
        low: lowest comfortable MIDI pitch.
        high: highest comfortable MIDI pitch.
    """

    name: str
    program: int
    family: str
    low: int
    high: int


_TABLE = (
    Instrument("piano", 0, "struck", 36, 96),
    Instrument("electric piano", 4, "struck", 40, 88),
    Instrument("harpsichord", 6, "plucked", 41, 88),
    Instrument("music box", 10, "struck", 60, 96),
    Instrument("vibraphone", 11, "struck", 53, 89),
    Instrument("marimba", 12, "struck", 48, 91),
    Instrument("xylophone", 13, "struck", 60, 96),
    Instrument("bells", 14, "struck", 60, 84),
    Instrument("organ", 19, "sustained", 36, 86),
    Instrument("accordion", 21, "sustained", 48, 84),
    Instrument("harmonica", 22, "sustained", 60, 84),
    Instrument("guitar", 24, "plucked", 40, 79),
    Instrument("steel guitar", 25, "plucked", 40, 79),
    Instrument("electric guitar", 27, "plucked", 40, 84),
    Instrument("distorted guitar", 30, "sustained", 40, 79),
    Instrument("double bass", 32, "bass", 28, 55),
    Instrument("bass guitar", 33, "bass", 28, 55),
    Instrument("synth bass", 38, "bass", 28, 55),
    Instrument("violin", 40, "sustained", 55, 93),
    Instrument("viola", 41, "sustained", 48, 84),
    Instrument("cello", 42, "sustained", 36, 72),
    Instrument("contrabass", 43, "bass", 28, 55),
    Instrument("harp", 46, "plucked", 36, 91),
    Instrument("strings", 48, "sustained", 40, 88),
    Instrument("slow strings", 49, "sustained", 40, 88),
    Instrument("choir", 52, "sustained", 48, 79),
    Instrument("trumpet", 56, "sustained", 55, 82),
    Instrument("trombone", 57, "sustained", 40, 70),
    Instrument("tuba", 58, "bass", 28, 55),
    Instrument("french horn", 60, "sustained", 41, 77),
    Instrument("brass", 61, "sustained", 43, 79),
    Instrument("saxophone", 66, "sustained", 49, 81),
    Instrument("oboe", 68, "sustained", 58, 87),
    Instrument("bassoon", 70, "sustained", 36, 67),
    Instrument("clarinet", 71, "sustained", 50, 86),
    Instrument("flute", 73, "sustained", 60, 94),
    Instrument("pan flute", 75, "sustained", 60, 91),
    Instrument("whistle", 78, "sustained", 54, 78),
    Instrument("synthesizer", 81, "sustained", 48, 88),
    Instrument("warm pad", 89, "sustained", 40, 84),
    Instrument("synth pad", 90, "sustained", 40, 84),
    Instrument("dark pad", 91, "sustained", 36, 79),
    Instrument("crystal", 98, "struck", 55, 91),
    Instrument("sitar", 104, "plucked", 48, 79),
    Instrument("banjo", 105, "plucked", 48, 84),
    Instrument("kalimba", 108, "plucked", 55, 86),
    Instrument("bagpipe", 109, "sustained", 55, 79),
    Instrument("fiddle", 110, "sustained", 55, 93),
    Instrument("steel drum", 114, "struck", 55, 84),
)

INSTRUMENTS = {instrument.name: instrument for instrument in _TABLE}

ALSO = {
    "acoustic guitar": "guitar",
    "nylon guitar": "guitar",
    "guitars": "guitar",
    "ukulele": "guitar",
    "mandolin": "banjo",
    "lute": "guitar",
    "rhodes": "electric piano",
    "church organ": "organ",
    "pipe organ": "organ",
    "hammond": "organ",
    "celesta": "music box",
    "glockenspiel": "music box",
    "bell": "bells",
    "chimes": "bells",
    "orchestra": "strings",
    "orchestral": "strings",
    "string quartet": "strings",
    "string": "strings",
    "violins": "violin",
    "cellos": "cello",
    "horn": "french horn",
    "horns": "french horn",
    "trumpets": "trumpet",
    "fanfare": "trumpet",
    "sax": "saxophone",
    "synth": "synthesizer",
    "synths": "synthesizer",
    "distortion": "distorted guitar",
    "distorted": "distorted guitar",
    "heavy guitar": "distorted guitar",
    "upright bass": "double bass",
    "voices": "choir",
    "choral": "choir",
    "pianos": "piano",
    "flutes": "flute",
    "pads": "warm pad",
    "pad": "warm pad",
    "steel drums": "steel drum",
    "bagpipes": "bagpipe",
    "panpipes": "pan flute",
    "hurdy gurdy": "bagpipe",
}
"""Other words for the same sound, or the nearest the SoundFont has."""

_NAMED = {**{name: name for name in INSTRUMENTS}, **ALSO}
_PATTERN = re.compile(
    r"\b(" + "|".join(re.escape(n) for n in sorted(_NAMED, key=len, reverse=True)) + r")\b"
)


def named_instruments(prompt: str) -> list[Instrument]:
    """Return the instruments a prompt names, in its order, each once.

    >>> [i.name for i in named_instruments("Solo cello over a church organ")]
    ['cello', 'organ']
    """
    names = (_NAMED[match] for match in _PATTERN.findall(prompt.lower()))
    return [INSTRUMENTS[name] for name in dict.fromkeys(names)]


def without_instruments(prompt: str) -> str:
    """Return the prompt without the names of instruments, which say nothing about its mood."""
    return _PATTERN.sub(" ", prompt.lower())
