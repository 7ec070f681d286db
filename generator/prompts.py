"""Writes music prompts out of what a scene shows, in the four manners of the paper.

Simple says the content and the feeling, Brief keeps to 30 words, Long may take 50, and Drama starts
from the emotion (Tsai and Chen, "Making Music for Videos"). The words come from a template: no
language model is asked.
"""

import re

from v2m.errors import ConfigError
from v2m.types import Description, Prompt

LONGEST = 256
"""Characters of a prompt."""

WORD_LIMITS = {"simple": 20, "brief": 30, "long": 50, "drama": 40}

SEEN_FROM = 0.2
"""Mean probability from which a thing seen is put into a prompt for music."""

FAST_MOTION, SLOW_MOTION = 0.03, 0.012
"""Mean change of luminance between thumbnails, eighths of a second apart."""


class TemplateWriter:
    """Writes prompts without a language model.

    Args:
        style: "simple", "brief", "long" or "drama".

    Raises:
        ConfigError: there is no such style.
    """

    def __init__(self, style: str = "brief") -> None:
        if style not in WORD_LIMITS:
            raise ConfigError("style", style, sorted(WORD_LIMITS))
        self._style = style

    def write(self, description: Description) -> Prompt:
        """Return one line of English, at most 256 characters, the same for the same input."""
        return Prompt(self._sentence(description), "template")

    def _sentence(self, description: Description) -> str:
        mood = description.mood or "gentle, warm pleasant"
        seen = [name for name, weight in description.words if weight >= SEEN_FROM][:2]
        scene = f"a scene with {' and '.join(seen)}" if seen else "a scene"
        sentences = {
            "simple": f"{mood} music for {scene}",
            "brief": f"{mood} music, {_pace(description)}, {_players(description)}, for {scene}",
            "long": (
                f"{mood} music for {scene}, {_pace(description)}, led by {_players(description)}; "
                f"it opens quietly, {_course(description)}, and comes to a clear end"
            ),
            "drama": (
                f"{_emotion(description)} music that makes one feel {mood}, "
                f"{_players(description)}, {_course(description)}, under {scene}"
            ),
        }
        return _within(sentences[self._style], WORD_LIMITS[self._style])


def prompt_from_note(note: str) -> str:
    r"""Return a person's own words as a prompt: one line, at most 256 characters.

    >>> prompt_from_note("  solo cello,\n slow ")
    'solo cello, slow'
    """
    return " ".join(re.sub(r"[\x00-\x1f]+", " ", note).split())[:LONGEST].rstrip()


def _pace(description: Description) -> str:
    motion = description.looks.get("motion", SLOW_MOTION)
    if motion > FAST_MOTION and description.arousal > 0:
        return "fast and rhythmic"
    return "slow and spacious" if description.arousal < -1 else "at a medium tempo"


def _players(description: Description) -> str:
    """Choose players by how exciting and how bright the scene is."""
    lively, bright = description.arousal > 0, description.valence > 0
    return {
        (True, True): "acoustic guitar and light drums",
        (True, False): "driving strings and drums",
        (False, True): "soft piano and warm strings",
        (False, False): "slow strings and sparse piano",
    }[lively, bright]


def _course(description: Description) -> str:
    return "builds with the action" if description.arousal > 0 else "stays close and unhurried"


def _emotion(description: Description) -> str:
    lively, bright = description.arousal > 0, description.valence > 0
    return {
        (True, True): "joyful",
        (True, False): "tense",
        (False, True): "tender",
        (False, False): "melancholic",
    }[lively, bright]


def _within(text: str, n_words: int) -> str:
    words = " ".join(text.split()[:n_words])
    return words if len(words) <= LONGEST else words[:LONGEST].rsplit(" ", 1)[0]
