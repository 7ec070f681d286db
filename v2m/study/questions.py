"""What each page asks, and how a filled-in form becomes answers."""

from collections.abc import Mapping
from dataclasses import dataclass

from v2m.study.design import EMOTIONS, SCALES, Study
from v2m.study.order import Page

WORDS_ANSWER = "surprise"
"""What the page that checks reading asks raters to choose."""

FIRST, SECOND, SAME = "first", "second", "same"
PREFERENCES = (FIRST, SECOND, SAME)

POINTS = ("1", "2", "3", "4", "5")
TONES = POINTS

RANK = "rank"


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of one rater.

    Attributes:
        question: "emotion of silent", "emotion of music", a scale, "preference", "rank", or the
            name of a check.
        item: index of the video, -1 on checks.
        configuration: index of the configuration judged, -1 where none is; on a pair the first.
        other: the second configuration of a pair, else -1.
        value: what was chosen.
    """

    question: str
    item: int
    configuration: int
    other: int
    value: str


@dataclass(frozen=True, slots=True)
class Reading:
    """A form that was read.

    Attributes:
        answers: what it says; empty if there are problems.
        problems: sentence by the name of the field it belongs to.
    """

    answers: tuple[Answer, ...]
    problems: dict[str, str]


def fields_of(page: Page) -> dict[str, tuple[str, ...]]:
    """Return the names of a page's fields, each with the values it may take."""
    if page.kind in ("silent", "music", "words"):
        return {"emotion": EMOTIONS}
    if page.kind == "rating":
        return dict.fromkeys(SCALES, POINTS)
    if page.kind == "pair":
        return {"preference": PREFERENCES}
    if page.kind == "ranking":
        n = len(page.configurations)
        return {f"{RANK}{place}": tuple(map(str, range(1, n + 1))) for place in range(n)}
    return {"tones": TONES}


def read_form(study: Study, page: Page, form: Mapping[str, str]) -> Reading:
    """Read a form that was sent for a page."""
    problems = {
        name: "Please choose an answer."
        for name, values in fields_of(page).items()
        if form.get(name) not in values
    }
    if not problems:
        problems = _conflicts(study, page, form)
    return Reading(() if problems else _answers(page, form), problems)


def _conflicts(study: Study, page: Page, form: Mapping[str, str]) -> dict[str, str]:
    if page.kind == "sound" and form["tones"] != str(study.checks[0].n_tones):
        return {"tones": "That is not the number of tones. Turn up the sound and listen again."}
    if page.kind != "ranking":
        return {}
    taken: set[str] = set()
    problems = {}
    for name in fields_of(page):
        if form[name] in taken:
            problems[name] = f"Place {form[name]} is given twice. Give each clip its own place."
        taken.add(form[name])
    return problems


def _answers(page: Page, form: Mapping[str, str]) -> tuple[Answer, ...]:
    shown = page.configurations
    if page.kind == "rating":
        return tuple(Answer(scale, page.item, shown[0], -1, form[scale]) for scale in SCALES)
    if page.kind == "ranking":
        return tuple(
            Answer(RANK, page.item, configuration, -1, form[f"{RANK}{place}"])
            for place, configuration in enumerate(shown)
        )
    if page.kind == "pair":
        return (Answer("preference", page.item, shown[0], shown[1], form["preference"]),)
    if page.kind == "silent":
        return (Answer("emotion of silent", page.item, -1, -1, form["emotion"]),)
    if page.kind == "music":
        return (Answer("emotion of music", page.item, shown[0], -1, form["emotion"]),)
    return (Answer(page.kind, -1, -1, -1, form["emotion" if page.kind == "words" else "tones"]),)


def passed(study: Study, answer: Answer) -> bool:
    """Tell whether an answer to a check is right; answers that check nothing pass."""
    if answer.question == "words":
        return answer.value == WORDS_ANSWER
    if answer.question == "tones":
        return answer.value == str(study.checks[1].n_tones)
    return True
