"""Forms become answers, or problems that say what is missing."""

import pytest

from tests.unit.raters import KnownRater, a_study
from v2m.study.design import SCALES
from v2m.study.order import Page, pages_of
from v2m.study.questions import Answer, fields_of, passed, read_form

STUDY = a_study()
RANKING = Page("ranking", 1, (2, 0, 3, 1))


def test_a_filled_in_form_has_no_problems() -> None:
    rater = KnownRater(STUDY, 0)

    for page in pages_of(STUDY, 0):
        reading = read_form(STUDY, page, rater.fill_in(page))
        assert reading.problems == {}
        assert len(reading.answers) == len(fields_of(page))


def test_an_empty_form_names_every_field() -> None:
    reading = read_form(STUDY, Page("rating", 0, (1,)), {})

    assert list(reading.problems) == list(SCALES)
    assert reading.answers == ()


def test_a_value_nobody_offered_is_no_answer() -> None:
    reading = read_form(STUDY, Page("silent", 0), {"emotion": "boredom"})

    assert list(reading.problems) == ["emotion"]


def test_places_belong_to_what_was_shown_there() -> None:
    form = {"rank0": "4", "rank1": "1", "rank2": "3", "rank3": "2"}

    ranks = {a.configuration: a.value for a in read_form(STUDY, RANKING, form).answers}

    assert ranks == {2: "4", 0: "1", 3: "3", 1: "2"}


def test_a_place_given_twice_is_said_at_the_second() -> None:
    form = {"rank0": "1", "rank1": "1", "rank2": "3", "rank3": "2"}

    problems = read_form(STUDY, RANKING, form).problems

    assert list(problems) == ["rank1"]
    assert "Place 1" in problems["rank1"]


def test_a_preference_is_about_both_clips_in_the_order_shown() -> None:
    reading = read_form(STUDY, Page("pair", 2, (3, 1)), {"preference": "second"})

    assert reading.answers == (Answer("preference", 2, 3, 1, "second"),)


def test_the_sound_check_goes_on_only_with_the_right_number() -> None:
    wrong = read_form(STUDY, Page("sound"), {"tones": "5"})

    assert "listen again" in wrong.problems["tones"]
    assert read_form(STUDY, Page("sound"), {"tones": "3"}).problems == {}


@pytest.mark.parametrize(
    ("question", "right", "wrong"), [("tones", "4", "3"), ("words", "surprise", "anger")]
)
def test_checks_tell_who_is_attentive(question: str, right: str, wrong: str) -> None:
    assert passed(STUDY, Answer(question, -1, -1, -1, right))
    assert not passed(STUDY, Answer(question, -1, -1, -1, wrong))


def test_opinions_are_never_wrong() -> None:
    assert passed(STUDY, Answer("fitness", 0, 1, -1, "1"))
