"""The prompts written out of descriptions, and a person's own."""

from dataclasses import replace

import numpy as np
import pytest

from generator.prompts import LONGEST, WORD_LIMITS, TemplateWriter, prompt_from_note
from v2m.errors import ConfigError
from v2m.types import Description

SCENE = Description(
    text="",
    words=(("bicycle", 0.5), ("road", 0.25), ("tree", 0.21)),
    mood="gentle, warm pleasant",
    arousal=-0.5,
    valence=0.5,
    looks={"motion": 0.02},
    picture_vector=np.zeros(4, np.float32),
)


@pytest.mark.parametrize(
    ("style", "prompt"),
    [
        ("simple", "gentle, warm pleasant music for a scene with bicycle and road"),
        (
            "brief",
            "gentle, warm pleasant music, at a medium tempo, soft piano and warm strings, "
            "for a scene with bicycle and road",
        ),
        (
            "long",
            "gentle, warm pleasant music for a scene with bicycle and road, at a medium tempo, "
            "led by soft piano and warm strings; it opens quietly, stays close and unhurried, "
            "and comes to a clear end",
        ),
        (
            "drama",
            "tender music that makes one feel gentle, warm pleasant, soft piano and warm strings, "
            "stays close and unhurried, under a scene with bicycle and road",
        ),
    ],
)
def test_each_manner_has_its_sentence(style: str, prompt: str) -> None:
    assert TemplateWriter(style).write(SCENE).text == prompt


@pytest.mark.parametrize(
    ("arousal", "valence", "emotion", "players"),
    [
        (1.0, 1.0, "joyful", "acoustic guitar and light drums"),
        (1.0, -1.0, "tense", "driving strings and drums"),
        (-1.0, 1.0, "tender", "soft piano and warm strings"),
        (-1.0, -1.0, "melancholic", "slow strings and sparse piano"),
    ],
)
def test_feeling_chooses_emotion_and_players(
    arousal: float, valence: float, emotion: str, players: str
) -> None:
    prompt = TemplateWriter("drama").write(replace(SCENE, arousal=arousal, valence=valence)).text

    assert prompt.startswith(f"{emotion} music")
    assert players in prompt


@pytest.mark.parametrize(
    ("motion", "arousal", "pace"),
    [
        (0.05, 1.0, "fast and rhythmic"),
        (0.05, -0.5, "at a medium tempo"),
        (0.02, 1.0, "at a medium tempo"),
        (0.02, -1.5, "slow and spacious"),
    ],
)
def test_motion_and_arousal_choose_the_pace(motion: float, arousal: float, pace: str) -> None:
    scene = replace(SCENE, arousal=arousal, looks={"motion": motion})

    assert f"music, {pace}, " in TemplateWriter().write(scene).text


def test_an_exciting_scene_builds_up() -> None:
    assert (
        "builds with the action" in TemplateWriter("long").write(replace(SCENE, arousal=0.5)).text
    )


def test_things_seen_only_dimly_are_left_out() -> None:
    scene = replace(SCENE, words=(("bicycle", 0.19), ("road", 0.05)))

    assert TemplateWriter("simple").write(scene).text.endswith("music for a scene")


def test_a_scene_without_mood_and_measures_still_gets_a_prompt() -> None:
    prompt = TemplateWriter().write(replace(SCENE, mood="", words=(), looks={})).text

    assert prompt.startswith("gentle, warm pleasant music, at a medium tempo")


@pytest.mark.parametrize("style", WORD_LIMITS)
@pytest.mark.parametrize("thing", ["word " * 80, "x" * 400, f"{'y' * 200} {'z' * 200}", "a\nb\tc"])
def test_a_prompt_is_one_line_within_its_limits(style: str, thing: str) -> None:
    scene = replace(SCENE, words=((thing, 0.9),))
    prompt = TemplateWriter(style).write(scene).text

    assert 0 < len(prompt) <= LONGEST
    assert len(prompt.split()) <= WORD_LIMITS[style]
    assert prompt == " ".join(prompt.split())


@pytest.mark.parametrize("style", WORD_LIMITS)
def test_the_same_scene_gives_the_same_prompt(style: str) -> None:
    assert TemplateWriter(style).write(SCENE).text == TemplateWriter(style).write(SCENE).text


def test_an_unknown_manner_is_answered_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match="did you mean 'drama'"):
        TemplateWriter("dramma")


@pytest.mark.parametrize(
    ("note", "prompt"),
    [
        ("  solo cello,\n slow ", "solo cello, slow"),
        ("a\x00b\x1fc", "a b c"),
        ("", ""),
        ("\n\t", ""),
        ("z" * 400, "z" * LONGEST),
        ("a" * 255 + " b", "a" * 255),
    ],
)
def test_a_note_becomes_one_line(note: str, prompt: str) -> None:
    assert prompt_from_note(note) == prompt
