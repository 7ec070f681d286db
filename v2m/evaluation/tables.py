"""One table of figures, written as text, Markdown, CSV or LaTeX."""

import csv
import html
import io
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from v2m.errors import ConfigError
from v2m.evaluation.intervals import Estimate

Cell = str | int | float | Estimate | None
"""What may stand in a cell; None and NaN mean that there is no figure."""

ABSENT = "–"

LONGEST_NAME = 44
"""Characters of a cell that a page keeps on one line."""

_LATEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "–": "--",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
    "[": "{[}",  # after a line break it would open an option
}


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells under headings.

    Attributes:
        title: one line.
        columns: headings.
        rows: cells, as many in a row as there are headings.
        notes: sentences below the table.
        digits: decimals of floats and estimates, from 0; CSV keeps all.

    Raises:
        ValueError: a row has more or fewer cells than there are headings.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = field(default=())
    digits: int = 3

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(f"{len(self.columns)} cells expected in {row!r}")


def as_text(table: Table) -> str:
    """Write a table for a terminal: words to the left, figures to the right, notes below.

    >>> print(as_text(Table("Speed", ("what", "seconds"), (("find", 0.25), ("index", None)))))
    Speed
    what   seconds
    -----  -------
    find     0.250
    index        –
    """
    cells = [_names(table), *_written(table)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    figures = _figure_columns(table)
    lines = [
        "  ".join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(row, widths, figures, strict=True)
        ).rstrip()
        for row in [*cells[:1], ["-" * width for width in widths], *cells[1:]]
    ]
    return "\n".join([_one_line(table.title), *lines, *map(_one_line, table.notes)])


def as_markdown(table: Table) -> str:
    """Write a table in GitHub's Markdown; signs with a meaning there are escaped."""
    rules = ["---:" if right else "---" for right in _figure_columns(table)]
    body = [[_markdown(cell) for cell in row] for row in [_names(table), *_written(table)]]
    lines = [f"| {' | '.join(row)} |" for row in [body[0], rules, *body[1:]]]
    head = [f"**{_markdown(_one_line(table.title))}**", ""] if table.title else []
    notes = [line for note in table.notes for line in ("", _markdown(_one_line(note)))]
    return "\n".join([*head, *lines, *notes])


def as_csv(table: Table) -> str:
    """Write headings and rows as RFC 4180 comma-separated values with all digits.

    A column that holds an estimate becomes three: the figure, then its "low" and "high". None
    leaves a field empty, NaN is written as "nan", words stand on one line. Title and notes are
    left out.
    """
    wide = [any(isinstance(cell, Estimate) for cell in column) for column in _by_column(table)]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    headings = zip(table.columns, wide, strict=True)
    writer.writerow([h for name, w in headings for h in _headings(_one_line(name), w)])
    for row in table.rows:
        writer.writerow([f for cell, w in zip(row, wide, strict=True) for f in _fields(cell, w)])
    return out.getvalue().rstrip("\n")


def as_latex(table: Table) -> str:
    """Write a ``table`` environment that needs no package; signs with a meaning are escaped."""
    frame = "".join("r" if right else "l" for right in _figure_columns(table))
    rows = [
        " & ".join(_latex(cell) for cell in row) + r" \\"
        for row in [_names(table), *_written(table)]
    ]
    notes = [rf"\par\smallskip\footnotesize {_latex(_one_line(note))}" for note in table.notes]
    return "\n".join(
        [
            r"\begin{table}",
            r"\centering",
            rf"\caption{{{_latex(_one_line(table.title))}}}",
            rf"\begin{{tabular}}{{{frame}}}",
            r"\hline",
            rows[0],
            r"\hline",
            *rows[1:],
            r"\hline",
            r"\end{tabular}",
            *notes,
            r"\end{table}",
        ]
    )


def as_html(table: Table) -> str:
    """Write a ``table`` element with its title as caption and its notes as paragraphs below."""
    right = _figure_columns(table)
    head, *body = [_names(table), *_written(table)]
    columns = zip(*(body or [head]), strict=True)
    kinds = [_kind(cells, figure) for cells, figure in zip(columns, right, strict=True)]
    names = "".join(f'<th scope="col"{k}>{_html(c)}</th>' for c, k in zip(head, kinds, strict=True))
    rows = [
        "".join(f"<td{k}>{_html(c)}</td>" for c, k in zip(row, kinds, strict=True)) for row in body
    ]
    lines = [f"<tr>{row}</tr>" for row in [names, *rows]]
    notes = [f'<p class="note">{_html(_one_line(note))}</p>' for note in table.notes]
    caption = f"<caption>{_html(_one_line(table.title))}</caption>"
    return "\n".join(["<table>", caption, *lines, "</table>", *notes])


def _kind(cells: Sequence[str], is_figure: bool) -> str:
    """Return the class of a column: figures, names that stay on one line, or else prose."""
    if is_figure:
        return ' class="figure"'
    return ' class="name"' if max(map(len, cells)) <= LONGEST_NAME else ""


FORMATS: dict[str, Callable[[Table], str]] = {
    "text": as_text,
    "markdown": as_markdown,
    "csv": as_csv,
    "latex": as_latex,
}


def render(table: Table, form: str) -> str:
    """Write a table in one of ``FORMATS``, without a newline at the end.

    Raises:
        ConfigError: there is no such format.
    """
    if form not in FORMATS:
        raise ConfigError("format", form, list(FORMATS))
    return FORMATS[form](table)


def _names(table: Table) -> list[str]:
    return [_one_line(name) for name in table.columns]


def _written(table: Table) -> list[list[str]]:
    return [[_one_line(_cell(cell, table.digits)) for cell in row] for row in table.rows]


def _cell(cell: Cell, digits: int) -> str:
    if isinstance(cell, Estimate):
        if math.isnan(cell.value):
            return ABSENT
        value, low, high = (_fixed(v, digits) for v in (cell.value, cell.low, cell.high))
        return f"{value} [{low}, {high}]"
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return ABSENT
    return _fixed(cell, digits) if isinstance(cell, float) else str(cell)


def _fixed(value: float, digits: int) -> str:
    """Write a float with so many decimals, and never a negative nothing."""
    return f"{round(value, digits) + 0.0:.{digits}f}"


def _by_column(table: Table) -> list[tuple[Cell, ...]]:
    return [tuple(row[i] for row in table.rows) for i in range(len(table.columns))]


def _figure_columns(table: Table) -> list[bool]:
    """Say by column whether it holds figures: no words, and not only gaps."""
    return [
        not any(isinstance(cell, str) for cell in column) and any(c is not None for c in column)
        for column in _by_column(table)
    ]


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _markdown(text: str) -> str:
    escaped = re.sub(r"([\\|*`<])", r"\\\1", text)
    return re.sub(r"(?<!\w)_|_(?!\w)", r"\\_", escaped)


def _html(text: str) -> str:
    return html.escape(text, quote=False)


def _latex(text: str) -> str:
    return "".join(_LATEX.get(sign, sign) for sign in text)


def _headings(name: str, is_wide: bool) -> list[str]:
    return [name, f"{name} low", f"{name} high"] if is_wide else [name]


def _fields(cell: Cell, is_wide: bool) -> list[Cell]:
    if isinstance(cell, Estimate):
        return [cell.value, cell.low, cell.high]
    if isinstance(cell, str):
        cell = _one_line(cell)
    return [cell, None, None] if is_wide else [cell]
