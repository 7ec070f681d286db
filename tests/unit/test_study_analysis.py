"""Reports recover what simulated raters think."""

import json
import math
from itertools import pairwise

import numpy as np
import pytest

from tests.unit.raters import QUALITY, KnownRater, a_study
from v2m.commands.shared import print_json
from v2m.errors import ConfigError
from v2m.study.analysis import evaluate_study
from v2m.study.answers import Given
from v2m.study.design import SCALES, Study
from v2m.study.questions import Answer
from v2m.study.report import REPORT_FORMATS, report_json, report_text
from v2m.study.results import Results

STUDY = a_study()
GIVEN = [g for number in range(12) for g in KnownRater(STUDY, number).answer_all()]


@pytest.fixture(scope="module")
def results() -> Results:
    return evaluate_study(STUDY, GIVEN)


def rate(rater: int, question: str, configuration: int, value: str, item: int = 0) -> Given:
    return Given(rater, 0, 15.0, Answer(question, item, configuration, -1, value))


def prefer(rater: int, first: int, second: int, value: str) -> Given:
    return Given(rater, 0, 40.0, Answer("preference", 0, first, second, value))


def test_every_scale_recovers_the_order(results: Results) -> None:
    for scale in SCALES:
        means = [judged.scales[scale].value for judged in results.judged]
        assert means == sorted(means)


def test_scales_recover_the_level(results: Results) -> None:
    for judged in results.judged:
        assert judged.scales["fitness"].value == pytest.approx(QUALITY[judged.name], abs=0.3)


def test_ranks_and_decisions_recover_the_order(results: Results) -> None:
    assert all(a.mean_rank.value > b.mean_rank.value for a, b in pairwise(results.judged))
    assert all(a.preference.value < b.preference.value for a, b in pairwise(results.judged))


def test_emotion_precision_lies_above_chance_for_the_best(results: Results) -> None:
    best = results.judged[-1]

    assert best.emotion_precision.value == pytest.approx(QUALITY["human"] / 5, abs=0.15)
    assert best.emotion_precision.low > best.emotion_chance


def test_every_difference_is_found(results: Results) -> None:
    assert len(results.differences) == 6
    for difference in results.differences:
        assert difference.overall.high < 0
        assert difference.overall_p < 0.05


def test_raters_who_think_alike_agree(results: Results) -> None:
    assert results.agreement["emotion of silent"].value == 1
    assert results.agreement["fitness"].value > 0.6


def test_raters_who_answer_by_chance_find_nothing() -> None:
    rng = np.random.default_rng(5)
    given = [
        rate(rater, scale, configuration, str(rng.integers(1, 6)))
        for rater in range(12)
        for configuration in range(4)
        for scale in SCALES
    ]

    results = evaluate_study(STUDY, given)

    assert all(difference.overall_p > 0.05 for difference in results.differences)
    assert results.agreement["fitness"].value == pytest.approx(0, abs=0.15)
    assert results.power[0].smallest > 1


def test_who_fails_a_check_is_left_out_unless_kept() -> None:
    deaf = KnownRater(STUDY, 12, listens=False).answer_all()

    left_out = evaluate_study(STUDY, GIVEN + deaf)
    kept = evaluate_study(STUDY, GIVEN + deaf, keep_inattentive=True)

    assert (left_out.raters.begun, left_out.raters.inattentive, left_out.raters.used) == (13, 1, 12)
    assert kept.raters.used == 13


def test_who_answers_before_the_clips_end_is_counted() -> None:
    hurried = KnownRater(STUDY, 0).answer_all(seconds=2.0)

    assert evaluate_study(STUDY, hurried).raters.hurried == 1
    assert evaluate_study(STUDY, GIVEN).raters.hurried == 0


def test_a_rater_counts_once_however_many_videos_were_rated() -> None:
    busy = [rate(0, "fitness", 0, "5", item) for item in range(3)]

    results = evaluate_study(STUDY, [*busy, rate(1, "fitness", 0, "1")])

    assert results.judged[0].scales["fitness"].value == 3


def test_ties_count_half_for_both() -> None:
    results = evaluate_study(STUDY, [prefer(0, 1, 2, "same")])

    assert results.judged[1].preference.value == results.judged[2].preference.value == 0.5


def test_decisions_count_from_whichever_side_they_were_shown() -> None:
    results = evaluate_study(STUDY, [prefer(0, 0, 1, "second"), prefer(1, 1, 0, "first")])

    direct = results.differences[0]
    assert (direct.first, direct.second) == ("random", "simple")
    assert (direct.preference.value, direct.n_decisions) == (0, 2)


def test_emotion_chance_is_that_of_labels_dealt_out() -> None:
    given = [
        g
        for rater, label in enumerate(["anger", "fear"])
        for g in (
            rate(rater, "emotion of silent", -1, label),
            rate(rater, "emotion of music", 0, label),
        )
    ]

    judged = evaluate_study(STUDY, given).judged[0]

    assert (judged.emotion_precision.value, judged.emotion_chance) == (1.0, 0.5)


def test_nobody_answered() -> None:
    results = evaluate_study(STUDY, [])

    assert results.raters.begun == 0
    assert math.isnan(results.judged[0].scales["fitness"].value)
    told = report_text(STUDY, results, "text")
    assert "counted here" in told
    assert told.endswith("nobody has answered yet; 'v2m study serve' lets them")
    assert "p (A/B)" in report_text(STUDY, results, "csv")


@pytest.mark.parametrize("form", REPORT_FORMATS)
def test_a_report_names_every_configuration(form: str, results: Results) -> None:
    text = report_text(STUDY, results, form)

    assert all(name in text for name in QUALITY)
    assert "P" in text


def test_a_report_says_whether_raters_told_reference_from_floor(results: Results) -> None:
    assert "above the random floor" in report_text(STUDY, results, "text")


def test_a_report_warns_where_they_did_not() -> None:
    given = [rate(r, scale, c, "3") for r in range(3) for c in range(4) for scale in SCALES]

    text = report_text(STUDY, evaluate_study(STUDY, given), "text")

    assert "did not tell the reference from the random floor" in text


def test_a_report_without_anchors_says_so() -> None:
    study: Study = a_study(("brief", "simple"))

    assert "no anchor" in report_text(study, evaluate_study(study, []), "text")


def test_json_is_json_also_without_answers(capsys: pytest.CaptureFixture[str]) -> None:
    print_json(report_json(STUDY, evaluate_study(STUDY, [])))

    assert json.loads(capsys.readouterr().out)["raters"]["begun"] == 0


def test_unknown_formats_are_refused(results: Results) -> None:
    with pytest.raises(ConfigError, match="markdown"):
        report_text(STUDY, results, "markdwn")
