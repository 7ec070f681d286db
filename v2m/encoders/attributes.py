"""The attribute space: what music sounds like, in words that text reaches too.

A track is a point whose coordinates are standardised tags (musicnn) and descriptors (signal
processing). A text reaches the same space through its similarity to the tags' phrases, to phrases
for much and little of a descriptor, and to hand-written moods and scenes.
"""

import json
from collections.abc import Sequence
from functools import cached_property
from importlib.resources import files

import numpy as np
import numpy.typing as npt

from v2m.encoders.anchors import ANCHORS
from v2m.encoders.kept import kept_vectors
from v2m.encoders.vocabulary import (
    BRIGHT,
    DESCRIPTORS,
    EXCITING,
    MSD_TAGS,
    MTT_TAGS,
    POLES,
    PROTOTYPES,
)
from v2m.protocols import TextEncoder
from v2m.types import Heard, Vectors
from v2m.vectors.arithmetic import unit_rows

Floats = npt.NDArray[np.float64]

PHRASES = tuple(dict.fromkeys([*MTT_TAGS.values(), *MSD_TAGS.values()]))
NAMES = (*PHRASES, *DESCRIPTORS)
PLACE = {name: n for n, name in enumerate(NAMES)}
TAG_PHRASES = (*MTT_TAGS.values(), *MSD_TAGS.values())
MEASURED = DESCRIPTORS[:8]
N_MOODS = sum(1 + len(ANCHORS.get(mood, ())) for mood in PROTOTYPES)
"""Concepts that stand for moods; they come first in the table."""

TAG_LIMIT = 3.0
MEASURED_LIMIT = 2.5
TEMPERATURE = 0.05
HANDICAP = 0.10
"""A phrase must be this much nearer to a text than a hand-written mood to count as much."""

CERTAIN = 0.2
"""A tag that stands out counts in proportion to its probability up to this one. The tags of rare
genres are 3 deviations out at a probability of 0.01, where they mean nothing."""

DESCRIPTOR_WEIGHT = 2.0
"""Measured descriptors against tags. Both constants were chosen on game music, by how well the best
score tells everyday requests from genres the library lacks, with the benchmark in view
(docs/decisions/0004-attribute-space.md)."""

WEIGHTS = np.array([DESCRIPTOR_WEIGHT if name in DESCRIPTORS else 1.0 for name in NAMES])

FEEL_SCALE = 1.5

VOCAL_TAGS = ("vocal", "singing", "vocals", "voice", "female", "male", "woman", "man")
SPOKEN = {
    "tempo": ("fast", "slow"),
    "lufs": ("loud", "quiet"),
    "bright": ("bright", "dark in tone"),
    "onset": ("busy", "sparse"),
    "mode": ("major", "minor"),
    "perc": ("percussive", "without drums"),
    "dyn": ("dynamic", "even"),
    "harm": ("sustained", "noisy"),
    "arousal": ("energetic", "calm"),
    "valence": ("cheerful", "melancholic"),
}
"""Plain words for much and little of a descriptor."""


class AttributeSpace:
    """Encodes music and text as attributes.

    Args:
        text: encoder of the phrases and of queries.
    """

    space = "lite/attributes-v2"
    dim = len(NAMES)

    def __init__(self, text: TextEncoder) -> None:
        self._text = text

    def encode_audio(self, clips: Sequence[Heard]) -> Vectors:
        """Return float32 (len(clips), dim), unit rows; nothing in gives (0, dim)."""
        if not clips:
            return np.empty((0, self.dim), np.float32)
        rows = []
        for clip in clips:
            z = self.standardise(clip)
            rows.append(z * _confidence(clip, z))
        return unit_rows(np.stack(rows) * WEIGHTS)

    def encode_track(self, whole: Heard, sections: Sequence[Heard]) -> Vectors:
        """Return float32 (1 + len(sections), dim), unit rows: a track, then its sections."""
        return self.encode_audio([whole, *sections])

    def encode_text(self, texts: Sequence[str]) -> Vectors:
        """Return float32 (len(texts), dim), unit rows; nothing in gives (0, dim)."""
        return self.encode_text_vectors(self._text.encode_text(texts))

    def encode_text_vectors(self, vectors: Vectors) -> Vectors:
        """Encode texts or pictures that are vectors of the text space already, (n, dim of it)."""
        if not len(vectors):
            return np.empty((0, self.dim), np.float32)
        concepts, handicap, targets = self._concepts
        near = (vectors @ concepts.T - handicap) / TEMPERATURE
        weights = np.exp(near - near.max(axis=1, keepdims=True))
        weights /= weights.sum(axis=1, keepdims=True)
        return unit_rows((weights @ targets) * WEIGHTS)

    def encode_mood(self, arousal: float, valence: float) -> npt.NDArray[np.float32]:
        """Return the music of a mood given in numbers, each about [-3, 3]; unit, or zeros for 0, 0.

        What excites is fast, busy and beaten; what is bright is major and happy.
        """
        row = np.zeros(self.dim)
        for attributes, amount in ((EXCITING, arousal), (BRIGHT, valence)):
            for name, value in attributes.items():
                row[PLACE[name]] += value * amount
        return np.asarray(unit_rows((row * WEIGHTS)[None])[0])

    def standardise(self, heard: Heard) -> Floats:
        """Return a clip's attributes in deviations from the reference music, shape (dim,)."""
        reference = self._reference
        tags = standard_tags(heard.tag_probabilities, reference)
        measured = (raw_descriptors(heard) - reference["descriptor_mean"]) / reference[
            "descriptor_deviation"
        ]
        z = np.zeros(self.dim)
        for phrase in PHRASES:
            z[PLACE[phrase]] = tags[_PLACES_OF_PHRASE[phrase]].mean()
        for name, value in zip(MEASURED, measured, strict=True):
            z[PLACE[name]] = np.clip(value, -MEASURED_LIMIT, MEASURED_LIMIT)
        z[PLACE["arousal"]] = _arousal(z)
        z[PLACE["valence"]] = _valence(z)
        return np.clip(z, -TAG_LIMIT, TAG_LIMIT)

    def explain(
        self, query: npt.NDArray[np.float32], track: npt.NDArray[np.float32], top: int = 3
    ) -> list[str]:
        """Name the attributes in which query and track agree most, in plain words, best first."""
        products = query * track
        words = (
            _spoken(NAMES[n], float(query[n])) for n in np.argsort(-products) if products[n] > 0.01
        )
        return list(dict.fromkeys(word for word in words if word))[:top]

    def tag_words(self, heard: Heard, top: int) -> tuple[str, ...]:
        """Return what the tagger heard: the tags that stand out most from the reference music."""
        tags = standard_tags(heard.tag_probabilities, self._reference)
        likely = np.log10(np.maximum(heard.tag_probabilities, 1e-3)) + 1.5
        names = (*MTT_TAGS, *MSD_TAGS)
        order = np.argsort(-(tags + likely))
        clear = (names[n].lower() for n in order if heard.tag_probabilities[n] > 0.05)
        return tuple(dict.fromkeys(name for name in clear if not name.startswith("no ")))[:top]

    def instrumental_probability(self, heard: Heard) -> float:
        """Return the probability that nobody sings, 0 to 1.

        One minus the mean of the three strongest vocal tags, each relative to what "no vocals" and
        "no voice" say.
        """
        probability = dict(zip(MTT_TAGS, heard.tag_probabilities[: len(MTT_TAGS)], strict=True))
        sung = float(np.mean(sorted(float(probability[tag]) for tag in VOCAL_TAGS)[-3:]))
        unsung = float(max(probability["no vocals"], probability["no vocal"],
                           probability["no voice"]))  # fmt: skip
        return float(np.clip(1 - sung / max(sung + unsung + 0.05, 1e-9), 0, 1))

    def summary(self, heard: Heard, key: str, mode: str) -> str:
        """Return an English sentence about the music, for people."""
        z = self.standardise(heard)
        mood = [
            _spoken(name, float(z[PLACE[name]]))
            for name in ("arousal", "valence", "tempo")
            if abs(z[PLACE[name]]) > 0.5
        ]
        tags = [tag for tag in self.tag_words(heard, 6) if tag not in mood][:3]
        facts = [f"{heard.tempo_bpm:.0f} bpm"] if heard.tempo_bpm else []
        facts += [f"{key} {mode}"] if key else []
        if self.instrumental_probability(heard) > 0.5:
            facts.append("instrumental")
        head = f"{', '.join([*mood, ''])[:-2] or 'even'} music"
        heard_words = f" with {', '.join(tags)}" if tags else ""
        return f"{head[0].upper()}{head[1:]}{heard_words}; {', '.join(facts)}.".replace("; .", ".")

    @cached_property
    def _reference(self) -> dict[str, Floats]:
        return load_reference()

    @cached_property
    def _concepts(self) -> tuple[Vectors, Floats, Floats]:
        """Phrases and moods: vectors (c, text dim), handicaps (c,), attribute targets (c, dim)."""
        texts, targets = concept_table()
        handicap = np.full(len(texts), HANDICAP)
        handicap[:N_MOODS] = 0
        return kept_vectors(self._text, texts), handicap, targets


def concept_table() -> tuple[list[str], Floats]:
    """Return every concept a text is compared with, and the attributes each stands for."""
    texts: list[str] = []
    rows: list[Floats] = []

    def add(text: str, attributes: dict[str, float]) -> None:
        row = np.zeros(len(NAMES))
        for name, value in attributes.items():
            row[PLACE[name]] += value
        texts.append(text)
        rows.append(row / np.linalg.norm(row))

    for mood, attributes in PROTOTYPES.items():
        for text in (mood, *ANCHORS.get(mood, ())):
            add(text, dict(attributes))
    for phrase in PHRASES:
        add(phrase, {phrase: 1.0})
    for name, (much, little) in POLES.items():
        add(much, {name: 1.0})
        add(little, {name: -1.0})
    return texts, np.array(rows)


def load_reference() -> dict[str, Floats]:
    """Return the means and deviations of the reference music that ship with the package."""
    text = files("v2m.encoders").joinpath("lite_reference.json").read_text(encoding="utf-8")
    data = json.loads(text)
    return {name: np.array(row) for name, row in data["statistics"].items()}


def log_odds(probabilities: npt.NDArray[np.floating]) -> Floats:
    """Return log(p / (1 - p)), probabilities held within [1e-4, 1 - 1e-4]."""
    p = np.clip(np.asarray(probabilities, np.float64), 1e-4, 1 - 1e-4)
    return np.asarray(np.log(p / (1 - p)))


def standard_tags(probabilities: npt.NDArray[np.floating], reference: dict[str, Floats]) -> Floats:
    """Return tags in deviations from the reference music, shape (100,), within +-3."""
    z = (log_odds(probabilities) - reference["tag_mean"]) / reference["tag_deviation"]
    return np.clip(z, -TAG_LIMIT, TAG_LIMIT)


def raw_descriptors(heard: Heard) -> Floats:
    """Return the eight measured descriptors before they are standardised, shape (8,)."""
    facts = heard.facts
    return np.array(
        [
            np.log2(heard.tempo_bpm) if heard.tempo_bpm else np.log2(105),
            facts.loudness_lufs,
            np.log(max(facts.centroid_hz, 20.0)),
            facts.onsets_per_second,
            facts.majorness,
            facts.percussive_share,
            facts.loudness_range_db,
            facts.harmonic_share,
        ]
    )


def tempo_feel(probabilities: npt.NDArray[np.floating], reference: dict[str, Floats]) -> float:
    """Return whether the tagger hears fast or slow music, about [-1.5, 1.5]."""
    names = list(MTT_TAGS)
    z = standard_tags(probabilities, reference)
    gap = z[names.index("fast")] - z[names.index("slow")]
    return float(np.clip(gap / FEEL_SCALE, -1.5, 1.5))


_PLACES_OF_PHRASE = {
    phrase: [n for n, other in enumerate(TAG_PHRASES) if other == phrase] for phrase in PHRASES
}


def _confidence(heard: Heard, z: Floats) -> Floats:
    """Return how much each attribute counts, 0 to 1, shape (dim,)."""
    share = np.ones(len(NAMES))
    for phrase, places in _PLACES_OF_PHRASE.items():
        if z[PLACE[phrase]] > 0:
            share[PLACE[phrase]] = min(1.0, float(heard.tag_probabilities[places].max()) / CERTAIN)
    return share


def _mean(z: Floats, *phrases: str) -> float:
    return float(np.mean([z[PLACE[phrase]] for phrase in phrases]))


def _arousal(z: Floats) -> float:
    loud = _mean(z, "fast music", "loud music", "music with a strong beat")
    soft = _mean(z, "slow music", "quiet music", "soft gentle music", "ambient music")
    measured = z[PLACE["tempo"]] + z[PLACE["onset"]] + z[PLACE["perc"]] + 0.7 * z[PLACE["lufs"]]
    return float((measured + (loud - soft)) / 3.2)


def _valence(z: Floats) -> float:
    glad = _mean(z, "happy music", "catchy music") - _mean(z, "sad music")
    measured = 1.2 * z[PLACE["mode"]] + 0.4 * z[PLACE["tempo"]] + 0.3 * z[PLACE["bright"]]
    return float((measured + glad) / 2.2)


def _spoken(name: str, value: float) -> str:
    """Return a plain word for much (value > 0) or little of an attribute."""
    if name in SPOKEN:
        return SPOKEN[name][0 if value > 0 else 1]
    if value < 0:
        return ""
    return name.removesuffix(" music").removesuffix(", old nostalgic")
