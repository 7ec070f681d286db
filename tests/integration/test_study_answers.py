"""Answers on disk."""

from pathlib import Path

import pytest

from v2m.study.answers import Answers, Rater
from v2m.study.questions import Answer

HAPPY = Answer("emotion of silent", 0, -1, -1, "happiness")
SAD = Answer("emotion of silent", 0, -1, -1, "sadness")


@pytest.fixture
def answers(tmp_path: Path) -> Answers:
    return Answers(tmp_path)


def test_raters_are_numbered_in_the_order_of_beginning(answers: Answers) -> None:
    tokens = [answers.begin() for _ in range(3)]

    assert [answers.rater(token) for token in tokens] == [Rater(n, 0) for n in range(3)]
    assert len(set(tokens)) == 3


def test_numbers_of_those_who_withdrew_are_not_given_again(answers: Answers) -> None:
    answers.withdraw(answers.begin())

    assert answers.rater(answers.begin()) == Rater(1, 0)


def test_answers_outlive_the_program(answers: Answers, tmp_path: Path) -> None:
    token = answers.begin()
    answers.record(token, 0, [HAPPY], 2.5)

    again = Answers(tmp_path)

    assert again.rater(token) == Rater(0, 1)
    assert [(g.rater, g.page, g.seconds, g.answer) for g in again.all()] == [(0, 0, 2.5, HAPPY)]


def test_the_first_answer_to_a_page_stands(answers: Answers) -> None:
    token = answers.begin()
    answers.record(token, 0, [HAPPY], None)
    answers.record(token, 0, [SAD], 1.0)
    answers.record(token, 7, [SAD], 1.0)

    assert [g.answer for g in answers.all()] == [HAPPY]


def test_an_unknown_token_is_nobody(answers: Answers) -> None:
    assert answers.rater("nobody") is None


def test_withdrawing_leaves_the_others(answers: Answers) -> None:
    first, second = answers.begin(), answers.begin()
    for token in (first, second):
        answers.record(token, 0, [HAPPY], None)

    answers.withdraw(first)

    assert [g.rater for g in answers.all()] == [1]
