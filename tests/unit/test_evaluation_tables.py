import csv
import io
import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from v2m.errors import ConfigError
from v2m.evaluation.intervals import Estimate
from v2m.evaluation.tables import Table, as_csv, as_latex, as_markdown, as_text, render

TABLE = Table(
    "Found",
    ("system", "pool", "R@1"),
    (("ours", 28, Estimate(0.25, 0.125, 0.5, 9)), ("chance", 28, 0.0357)),
    notes=("One note.",),
)


def test_text_sets_words_left_and_figures_right() -> None:
    assert as_text(TABLE).splitlines() == [
        "Found",
        "system  pool                   R@1",
        "------  ----  --------------------",
        "ours      28  0.250 [0.125, 0.500]",
        "chance    28                 0.036",
        "One note.",
    ]


def test_markdown_is_githubs() -> None:
    assert as_markdown(TABLE).splitlines() == [
        "**Found**",
        "",
        "| system | pool | R@1 |",
        "| --- | ---: | ---: |",
        "| ours | 28 | 0.250 [0.125, 0.500] |",
        "| chance | 28 | 0.036 |",
        "",
        "One note.",
    ]


def test_csv_keeps_all_digits_and_gives_an_interval_columns() -> None:
    assert as_csv(TABLE).splitlines() == [
        "system,pool,R@1,R@1 low,R@1 high",
        "ours,28,0.25,0.125,0.5",
        "chance,28,0.0357,,",
    ]


def test_latex_needs_no_package() -> None:
    lines = as_latex(TABLE).splitlines()

    assert r"\begin{tabular}{lrr}" in lines
    assert r"ours & 28 & 0.250 {[}0.125, 0.500] \\" in lines
    assert lines[-1] == r"\end{table}"
    assert "usepackage" not in as_latex(TABLE)


def test_gaps_are_dashes_and_zero_is_never_negative() -> None:
    gap = Estimate(math.nan, math.nan, math.nan, 0)
    table = Table("", ("a", "b", "c", "d"), ((None, math.nan, gap, -0.0001),))

    assert as_text(table).splitlines()[-1].split() == ["–", "–", "–", "0.000"]
    assert "a & b & c & d" in as_latex(table)
    assert "-- & -- & -- & 0.000" in as_latex(table)
    assert as_csv(table).splitlines()[-1] == ",nan,nan,nan,nan,-0.0001"
    assert as_markdown(table).startswith("| a |")


def test_digits_are_the_tables() -> None:
    table = Table("t", ("x",), ((0.123456,), (Estimate(1, 0.5, 2, 3),)), digits=1)

    assert [line.strip() for line in as_text(table).splitlines()[3:]] == ["0.1", "1.0 [0.5, 2.0]"]


def test_signs_with_a_meaning_are_escaped() -> None:
    table = Table("50 % & _more_", ("a|b",), (("x_y*z<i>\n\\",),))

    assert r"a\|b" in as_markdown(table)
    assert r"x_y\*z\<i> \\ |" in as_markdown(table)
    assert as_markdown(table).startswith(r"**50 % & \_more\_**")
    assert r"\caption{50 \% \& \_more\_}" in as_latex(table)
    assert r"x\_y*z\textless{}i\textgreater{} \textbackslash{} \\" in as_latex(table)


def test_a_table_without_rows_still_has_its_headings() -> None:
    table = Table("t", ("a", "b"), ())

    for form in ("text", "markdown", "csv", "latex"):
        assert "a" in render(table, form)


def test_a_row_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="2 cells expected"):
        Table("t", ("a", "b"), (("x",),))


def test_an_unknown_format_is_refused_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"did you mean 'latex'"):
        render(TABLE, "latx")


@given(st.lists(st.lists(st.text(), min_size=2, max_size=2), max_size=4))
def test_csv_reads_back_as_it_was_but_for_breaks(rows: list[list[str]]) -> None:
    table = Table("t", ("a", "b"), tuple(tuple(row) for row in rows))

    found = list(csv.reader(io.StringIO(as_csv(table) + "\n", newline="")))

    assert found == [["a", "b"], *([" ".join(cell.split()) for cell in row] for row in rows)]


@given(st.lists(st.text(), min_size=1, max_size=4))
def test_markdown_keeps_one_line_a_row_and_every_column(words: list[str]) -> None:
    table = Table("t", ("a", "b"), tuple((word, 1) for word in words))

    lines = as_markdown(table).split("\n")[2:]

    assert len(lines) == len(words) + 2
    assert all(len(re.findall(r"(?<!\\)(?:\\\\)*\|", line)) == 3 for line in lines)


@given(st.text())
def test_latex_leaves_no_sign_with_a_meaning(word: str) -> None:
    row = as_latex(Table("t", ("a", "b"), ((word, "x"),))).split("\n")[7]

    assert len(re.findall(r"(?<!\\)&", row)) == 1
    assert not re.search(r"(?<!\\)[%$#_]", row)
    assert row.endswith(r"& x \\")
