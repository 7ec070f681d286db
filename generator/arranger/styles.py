"""The styles the arranger knows: how fast, which harmony, who plays what, how loud."""

from dataclasses import dataclass

MAJOR: tuple[int, ...] = (0, 2, 4, 5, 7, 9, 11)
MINOR: tuple[int, ...] = (0, 2, 3, 5, 7, 8, 10)


@dataclass(frozen=True, slots=True)
class Style:
    """A way of arranging.

    Attributes:
        words: what a prompt says when it wants this style.
        tempo_bpm: usual tempo.
        mode: "major" or "minor".
        progressions: four scale degrees (0 is the tonic) each, one chord a bar.
        lead: instrument of the melody.
        pad: instrument of held chords, "" for none.
        figure: instrument of broken chords, "" for none.
        bass: instrument of the bass line, "" for none.
        figuration: "arpeggio", "strum", "pulse", "waltz" or "stabs".
        bass_line: "held", "root-fifth", "walking", "eighths" or "offbeat".
        drums: name of a drum pattern, "" for none.
        velocity: loudness of the fullest section, 1 to 127.
        density: share of eighth notes the melody plays, 0 to 1.
        ending: degree of the chord before the last.
    """

    words: str
    tempo_bpm: float
    mode: str
    progressions: tuple[tuple[int, int, int, int], ...]
    lead: str
    pad: str
    figure: str
    bass: str
    figuration: str
    bass_line: str
    drums: str
    velocity: int
    density: float
    ending: int = 4


STYLES: dict[str, Style] = {
    "calm": Style(
        "calm peaceful relaxing relaxed quiet ambient meditation serene gentle sleep dreamy",
        68, "major", ((0, 4, 5, 3), (0, 3, 0, 4), (0, 2, 3, 3)),
        "flute", "warm pad", "piano", "", "arpeggio", "held", "", 62, 0.28, 3,
    ),
    "energetic": Style(
        "energetic fast driving powerful workout sports action rock intense adrenaline exciting",
        140, "minor", ((0, 5, 2, 6), (0, 0, 5, 6), (0, 6, 5, 6)),
        "electric guitar", "brass", "distorted guitar", "bass guitar", "pulse", "eighths", "rock",
        112, 0.6,
    ),
    "happy": Style(
        "happy cheerful upbeat fun joyful bright sunny playful party holiday children",
        118, "major", ((0, 4, 5, 3), (0, 3, 4, 4), (0, 5, 3, 4)),
        "vibraphone", "strings", "steel guitar", "double bass", "strum", "root-fifth", "pop",
        98, 0.55,
    ),
    "nostalgic": Style(
        "nostalgic wistful bittersweet memories sentimental past melancholic remembering",
        80, "minor", ((0, 5, 2, 6), (0, 3, 5, 4), (5, 6, 0, 0)),
        "piano", "slow strings", "piano", "double bass", "arpeggio", "held", "", 76, 0.4, 4,
    ),
    "tender": Style(
        "tender romantic love warm intimate delicate wedding soft affectionate",
        92, "major", ((0, 5, 3, 4), (0, 2, 3, 4), (3, 4, 2, 5)),
        "violin", "strings", "guitar", "double bass", "arpeggio", "held", "", 74, 0.42, 4,
    ),
    "sad": Style(
        "sad mournful sorrow grief funeral lament tragic loss farewell lonely",
        62, "minor", ((0, 3, 5, 4), (0, 6, 5, 4), (0, 5, 3, 4)),
        "cello", "slow strings", "piano", "", "arpeggio", "held", "", 66, 0.28, 4,
    ),
    "epic": Style(
        "epic battle fight war tense heroic orchestral cinematic trailer adventure chase",
        126, "minor", ((0, 5, 6, 0), (0, 5, 2, 6), (0, 0, 5, 4)),
        "french horn", "strings", "strings", "contrabass", "pulse", "eighths", "epic", 116, 0.45, 6,
    ),
    "dark": Style(
        "dark eerie ominous haunted spooky drone horror suspense mysterious creepy tension",
        58, "minor", ((0, 0, 1, 0), (0, 5, 0, 1), (0, 3, 1, 0)),
        "crystal", "dark pad", "", "contrabass", "arpeggio", "held", "", 74, 0.16, 1,
    ),
    "electronic": Style(
        "electronic techno dance house trance club futuristic neon cyberpunk edm machine",
        128, "minor", ((0, 5, 2, 6), (0, 0, 3, 3), (5, 6, 0, 0)),
        "synthesizer", "synth pad", "synthesizer", "synth bass", "arpeggio", "offbeat", "four",
        108, 0.45, 6,
    ),
    "victory": Style(
        "victory triumphant fanfare celebration glorious win proud majestic anthem",
        112, "major", ((0, 3, 4, 0), (0, 5, 3, 4), (0, 4, 5, 3)),
        "trumpet", "brass", "strings", "tuba", "stabs", "root-fifth", "march", 112, 0.5,
    ),
    "jazz": Style(
        "jazz swing blues lounge cocktail bar noir smoky cafe",
        120, "major", ((1, 4, 0, 5), (0, 5, 1, 4), (2, 5, 1, 4)),
        "saxophone", "", "electric piano", "double bass", "stabs", "walking", "swing", 86, 0.5,
    ),
    "folk": Style(
        "acoustic folk country unplugged campfire rustic travel road homely",
        100, "major", ((0, 3, 0, 4), (0, 4, 5, 3), (0, 0, 3, 4)),
        "flute", "", "steel guitar", "double bass", "strum", "root-fifth", "", 84, 0.45, 3,
    ),
    "sacred": Style(
        "solemn baroque church sacred fugue hymn cathedral ceremonial religious renaissance",
        76, "minor", ((0, 3, 4, 0), (0, 6, 5, 4), (0, 4, 5, 2)),
        "organ", "organ", "organ", "organ", "arpeggio", "walking", "", 88, 0.5, 4,
    ),
    "waltz": Style(
        "waltz ballroom carousel elegant vintage accordion paris old-fashioned",
        150, "major", ((0, 4, 4, 0), (0, 5, 1, 4), (0, 3, 4, 0)),
        "accordion", "", "piano", "double bass", "waltz", "held", "", 84, 0.45, 4,
    ),
}  # fmt: skip

DEFAULT_STYLE = "folk"

BEATS_PER_BAR = {"waltz": 3}
"""Four wherever nothing is said here."""

# General MIDI percussion keys
KICK, STICK, SNARE, CLAP, FLOOR, HAT, MID, OPEN, HIGH, CRASH, RIDE = (
    36, 37, 38, 39, 41, 42, 45, 46, 48, 49, 51,
)  # fmt: skip

Stroke = tuple[float, int, float]
"""Beat within the bar, percussion key, loudness relative to the style's (0 to 1.2)."""

DRUMS: dict[str, tuple[Stroke, ...]] = {
    "pop": (
        (0, KICK, 1), (1, SNARE, 0.9), (2, KICK, 0.9), (2.5, KICK, 0.8), (3, SNARE, 0.9),
        *((n / 2, HAT, 0.6 if n % 2 else 0.75) for n in range(8)),
    ),
    "rock": (
        (0, KICK, 1.1), (1, SNARE, 1), (1.5, KICK, 0.9), (2, KICK, 1), (3, SNARE, 1.05),
        *((n / 2, HAT, 0.65 if n % 2 else 0.8) for n in range(8)),
    ),
    "four": (
        *((float(n), KICK, 1.1) for n in range(4)), *((n + 0.5, OPEN, 0.6) for n in range(4)),
        (1, CLAP, 0.85), (3, CLAP, 0.9),
        *((n / 4, HAT, 0.4) for n in range(16)),
    ),
    "epic": (
        (0, FLOOR, 1.1), (0, KICK, 1), (1.5, FLOOR, 1), (2.5, MID, 0.85), (3, FLOOR, 1),
        (3, KICK, 0.9), (3.5, MID, 0.8),
    ),
    "march": (
        (0, KICK, 1), (2, KICK, 0.95), (1, SNARE, 0.8), (3, SNARE, 0.85), (3.5, SNARE, 0.65),
        (3.75, SNARE, 0.7),
    ),
    "swing": (
        (0, RIDE, 0.8), (1, RIDE, 0.9), (1.67, RIDE, 0.65), (2, RIDE, 0.8), (3, RIDE, 0.9),
        (3.67, RIDE, 0.65), (1, STICK, 0.5), (3, STICK, 0.5), (0, KICK, 0.45),
    ),
}  # fmt: skip
