"""A study's results as tables, as JSON, and the answers as a table for other programs."""

import csv
import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from v2m.errors import ConfigError, printable
from v2m.evaluation.tables import FORMATS, Cell, Table, render
from v2m.files import replacing
from v2m.study.answers import Given
from v2m.study.design import EMOTIONS, SCALES, Study
from v2m.study.make import MadeStudy
from v2m.study.order import pages_of
from v2m.study.results import Judged, Results

REPORT_FORMATS = tuple(FORMATS)

OVER_RATERS = "Means over raters' own means; 95 % intervals by resampling raters."


UNANIMOUS = "Where all raters agree, resampling shows no doubt: such an interval is too narrow."


def report_text(study: Study, results: Results, form: str) -> str:
    """Write the report in one of ``REPORT_FORMATS``.

    Raises:
        ConfigError: there is no such format.
    """
    if form not in FORMATS:
        raise ConfigError("format", form, REPORT_FORMATS)
    tables = report_tables(study, results)
    if form == "text" and not results.raters.begun:
        return f"{render(tables[0], form)}\n\nnobody has answered yet; 'v2m study serve' lets them"
    return "\n\n".join(render(table, form) for table in tables)


def report_json(study: Study, results: Results) -> dict[str, Any]:
    """Return the report with every digit."""
    return {"title": study.title, "target_lufs": study.target_lufs, **asdict(results)}


def report_tables(study: Study, results: Results) -> tuple[Table, ...]:
    """Lay the results out section by section, as the questionnaire asks."""
    return (
        _raters(study, results),
        _emotions(results),
        _qualities(results),
        _orders(results),
        _differences(results),
        _agreement(results),
        _power(results),
    )


def _raters(study: Study, results: Results) -> Table:
    counts = results.raters
    return Table(
        f"{study.title}: {_videos(study)}, {len(study.configurations)} configurations",
        ("raters", "number"),
        (
            ("begun", counts.begun),
            ("finished", counts.finished),
            ("failed an attention check", counts.inattentive),
            ("answered before clips could have ended", counts.hurried),
            ("counted here", counts.used),
        ),
        tuple(_anchors(results)),
    )


def _videos(study: Study) -> str:
    return f"{len(study.items)} video{'s' * (len(study.items) != 1)}"


def _anchors(results: Results) -> list[str]:
    """Say whether raters told the human reference from the random floor."""
    roles = {judged.role: judged.name for judged in results.judged}
    for d in results.differences:
        if {d.first, d.second} == {roles.get("floor"), roles.get("reference")}:
            sign = 1 if d.first == roles["reference"] else -1
            low, high = sorted((sign * d.overall.low, sign * d.overall.high))
            span = f"{sign * d.overall.value:.2f} [{low:.2f}, {high:.2f}]"
            if low > 0:
                return [f"Raters put the reference {span} above the random floor."]
            return [
                f"Raters did not tell the reference from the random floor (difference {span}): "
                "what lies between the two says nothing."
            ]
    return ["Without a random floor and a human reference the figures have no anchor."]


def _named(judged: Judged) -> str:
    return judged.name if judged.role == "system" else f"{judged.name} ({judged.role})"


def _emotions(results: Results) -> Table:
    rows = [
        (_named(j), j.emotion_precision, j.emotion_chance, j.scales["congruence"])
        for j in results.judged
    ]
    return Table(
        "Section 1: emotion and congruence",
        ("configuration", "P_SEmo", "by chance", "R_Cong"),
        tuple(rows),
        (
            f"P_SEmo: silent video and music alone got the same of {len(EMOTIONS)} emotions.",
            OVER_RATERS,
        ),
        digits=2,
    )


def _qualities(results: Results) -> Table:
    names = SCALES[1:]
    rows: list[tuple[Cell, ...]] = [
        (_named(j), *(j.scales[name] for name in names)) for j in results.judged
    ]
    return Table(
        "Section 2: ratings, 1 to 5",
        ("configuration", *names),
        tuple(rows),
        (OVER_RATERS,),
        digits=2,
    )


def _orders(results: Results) -> Table:
    n = len(results.judged)
    ordered = sorted(results.judged, key=lambda j: _last_if_nan(j.mean_rank.value))
    return Table(
        f"Section 3: mean rank, 1 is best of {n}; share of blind A/B decisions won",
        ("configuration", "mean rank", "A/B won"),
        tuple((_named(j), j.mean_rank, j.preference) for j in ordered),
        (f"By chance {(n + 1) / 2:.2f} and 0.50. {OVER_RATERS}", UNANIMOUS),
        digits=2,
    )


def _last_if_nan(value: float) -> float:
    return math.inf if math.isnan(value) else value


def _differences(results: Results) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (f"{d.first} - {d.second}", d.overall, d.overall_p, d.preference, d.n_decisions,
         d.preference_p)
        for d in results.differences
    ]  # fmt: skip
    return Table(
        "Differences",
        ("pair", "mean of the five scales", "p", "A/B won by the first", "decisions", "p (A/B)"),
        tuple(rows),
        (
            "p: sign flips over raters, two-sided, corrected for the number of pairs (Holm). "
            "Decisions with Wilson's interval.",
        ),
    )


def _agreement(results: Results) -> Table:
    return Table(
        "Agreement of raters: Krippendorff's alpha, 1 is perfect, 0 is chance",
        ("question", "alpha", "clips judged twice or more"),
        tuple((question, alpha, alpha.n) for question, alpha in results.agreement.items()),
        ("Emotions nominal, scales and ranks ordinal; intervals by resampling clips.",),
        digits=2,
    )


def _power(results: Results) -> Table:
    rows = [
        (p.question, p.n, p.deviation, p.smallest, p.worthwhile, p.power, p.raters_needed)
        for p in results.power
    ]
    return Table(
        "What this sample could have shown",
        ("question", "raters", "deviation", "found with 80 % power", "worth finding",
         "power for that", "raters for 80 %"),
        tuple(rows),
        (
            "Two-sided paired t-test over raters at 5 % divided by the number of pairs; deviation: "
            "of one rater's difference between two configurations.",
        ),
        digits=2,
    )  # fmt: skip


ANSWER_COLUMNS = (
    "rater",
    "page",
    "seconds",
    "question",
    "video",
    "configuration",
    "other",
    "value",
)


def write_answers(study: Study, given: Sequence[Given], out: Path) -> None:
    """Write every answer, with names in place of blind ones, as CSV.

    Raises:
        InputError: the folder does not exist or may not be written.
    """
    names = [*(configuration.name for configuration in study.configurations), ""]
    items = [*(item.name for item in study.items), ""]
    with replacing(out) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(ANSWER_COLUMNS)
        for g in given:
            a = g.answer
            seconds = "" if g.seconds is None else round(g.seconds, 1)
            writer.writerow(
                [g.rater, g.page, seconds, a.question, items[a.item], names[a.configuration],
                 names[a.other], a.value]
            )  # fmt: skip


def made_json(made: MadeStudy) -> dict[str, Any]:
    """Return a study that was made."""
    return {
        "folder": str(made.folder),
        "study": made.study.model_dump(mode="json"),
        "notices": list(made.notices),
    }


def made_text(made: MadeStudy) -> str:
    """Say what was made and what to do next."""
    study = made.study
    names = ", ".join(
        c.name if c.role == "system" else f"{c.name} ({c.role})" for c in study.configurations
    )
    lines = [
        f"{_videos(study)} under {len(study.configurations)} configurations: {names}",
        f"every clip at {study.target_lufs:.1f} LUFS; "
        f"{len(pages_of(study, 0))} pages for each rater",
        *(f"note: {notice}" for notice in made.notices),
        f"next: v2m study serve {printable(made.folder)}",
    ]
    return "\n".join(lines)
