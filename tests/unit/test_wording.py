"""What is taken out of a language model's answer."""

import pytest

from generator.prompts import LONGEST, WORD_LIMITS
from generator.wording import UnusableAnswerError, is_english, worded

GOOD = "slow ambient piano, warm strings, 60 bpm, wistful"


@pytest.mark.parametrize(
    "answer",
    [
        GOOD,
        f'"{GOOD}"',
        f"Sure! Here's a music prompt for your scene:\n\n{GOOD}",
        f"**Prompt:** {GOOD}",
        f"```text\n{GOOD}\n```",
        f"<think>The scene is sad. I could say: loud drums.</think>\n{GOOD}",
        f"  \u201c{GOOD.replace(', ', ',  ')}.\u201d\n",
        GOOD.replace(" ", "\u00a0", 1),
        f"\u202e{GOOD}\x07",
    ],
)
def test_the_prompt_is_found_in_what_is_said_around_it(answer: str) -> None:
    assert worded(answer, "brief").rstrip(".") == GOOD


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ("", "is empty"),
        ("\n \t", "is empty"),
        ("...", "is empty"),
        ("<think>never came to an end, piano", "is empty"),
        ("I'm sorry, but I can't help with that.", "is a refusal"),
        ("As an AI language model I cannot hear music", "is a refusal"),
        ("I cannot write this prompt.", "is a refusal"),
        ("Ruhige Klaviermusik mit warmen Streichern und langsamem Tempo", "is not in English"),
        ("Musique douce au piano, cordes chaleureuses", "is not in English"),
        ("平静的钢琴音乐", "is not in English"),
        ("Спокойная музыка на фортепиано", "is not in English"),
    ],
)
def test_an_answer_that_is_no_prompt_is_refused_with_the_reason(answer: str, why: str) -> None:
    with pytest.raises(UnusableAnswerError, match=why):
        worded(answer, "brief")


@pytest.mark.parametrize("style", WORD_LIMITS)
def test_limits_are_enforced_at_the_end_of_a_clause(style: str) -> None:
    rambling = ", ".join(f"calm piano and warm strings in part {n}" for n in range(40))

    prompt = worded(rambling, style)

    assert len(prompt.split()) <= WORD_LIMITS[style]
    assert len(prompt) <= LONGEST
    assert prompt.rstrip("0123456789 ").endswith("part")


def test_one_endless_word_is_cut() -> None:
    assert len(worded("calm" * 200, "long")) <= LONGEST


@pytest.mark.parametrize(
    "prompt",
    [
        "ambient drone",
        "Andante piano, legato violins",
        "bossa nova, nylon guitar, samba shaker",
        "epic orchestral, brass, taiko",
    ],
)
def test_terms_of_music_pass_for_english(prompt: str) -> None:
    assert is_english(prompt)
