"""Writes results into a folder: tables in four formats, and one page that shows everything."""

import base64
import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from v2m.evaluation.tables import FORMATS, Table, as_html, render
from v2m.files import replacing

SUFFIXES = {"text": "txt", "markdown": "md", "csv": "csv", "latex": "tex"}

LONGEST_OPEN = 20
"""Rows of a table that is shown without a click."""

STYLE = """
:root { color-scheme: light; }
body { font: 15px/1.5 system-ui, sans-serif; color: #1a202c; max-width: 1340px;
       margin: 2rem auto; padding: 0 1.2rem; }
h1 { font-size: 1.6rem; margin-bottom: .2rem; }
h2 { font-size: 1.2rem; margin-top: 2.2rem; border-bottom: 1px solid #d5dae1; }
p.lead { color: #4a5568; margin-top: 0; }
figure { display: inline-block; margin: .6rem .8rem .6rem 0; vertical-align: top; }
figure img { width: 500px; max-width: 100%; border: 1px solid #e5e8ec; border-radius: 4px; }
div.wide { overflow-x: auto; }
table { border-collapse: collapse; margin: .8rem 0 .2rem; font-size: 13px; }
caption { text-align: left; font-weight: 600; padding-bottom: .3rem; }
th, td { padding: .22rem .55rem; border-bottom: 1px solid #e5e8ec; text-align: left; }
th.figure, td.figure { text-align: right; font-variant-numeric: tabular-nums; }
td.figure, td.name { white-space: nowrap; }
summary { cursor: pointer; font-weight: 600; font-size: 13.5px; margin: .8rem 0; }
p.note { color: #4a5568; font-size: 12.5px; margin: .15rem 0; max-width: 900px; }
nav a { margin-right: 1rem; }
"""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page.

    Attributes:
        name: short, of its files.
        heading: of it.
        lead: a sentence on what it shows.
        tables: in order.
        plots: SVG by title.
    """

    name: str
    heading: str
    lead: str
    tables: tuple[Table, ...]
    plots: Mapping[str, bytes]


def write_tables(folder: Path, tables: Mapping[str, Sequence[Table]]) -> list[Path]:
    """Write tables as text, Markdown, CSV and LaTeX; of several in a group CSV gets numbers.

    Args:
        folder: that is there.
        tables: by the group's file name without suffix.

    Returns:
        the files, in order.
    """
    written = []
    for name, group in tables.items():
        for form in FORMATS:
            if form == "csv":  # a file of comma-separated values is one table
                many = len(group) > 1
                parts = {f"{name}-{n}" if many else name: [t] for n, t in enumerate(group, 1)}
            else:
                parts = {name: list(group)}
            for stem, held in parts.items():
                path = folder / f"{stem}.{SUFFIXES[form]}"
                text = "\n\n".join(render(table, form) for table in held)
                with replacing(path) as temporary:
                    temporary.write_text(f"{text}\n", encoding="utf-8")
                written.append(path)
    return written


def write_page(path: Path, title: str, lead: str, sections: Sequence[Section]) -> None:
    """Write one HTML page that needs no other file: tables and plots stand in it."""
    links = "".join(f'<a href="#{s.name}">{html.escape(s.heading)}</a>' for s in sections)
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{html.escape(title)}</title><style>{STYLE}</style></head><body>",
        f"<h1>{html.escape(title)}</h1>",
        f'<p class="lead">{html.escape(lead)}</p>',
        f"<nav>{links}</nav>",
        *(_section(section) for section in sections),
        "</body></html>",
    ]
    with replacing(path) as temporary:
        temporary.write_text("\n".join(parts) + "\n", encoding="utf-8")


def _section(section: Section) -> str:
    plots = "".join(_figure(title, drawn) for title, drawn in section.plots.items())
    tables = "".join(_table(table) for table in section.tables)
    return (
        f'<section id="{section.name}"><h2>{html.escape(section.heading)}</h2>'
        f'<p class="lead">{html.escape(section.lead)}</p>{plots}{tables}</section>'
    )


def _table(table: Table) -> str:
    """Write a table; a long one opens on a click."""
    written = f'<div class="wide">{as_html(table)}</div>'
    if len(table.rows) <= LONGEST_OPEN:
        return written
    rows = f"{html.escape(table.title)} ({len(table.rows)} rows)"
    return f"<details><summary>{rows}</summary>{written}</details>"


def _figure(title: str, drawn: bytes) -> str:
    data = base64.b64encode(drawn).decode("ascii")
    return (
        f'<figure><img alt="{html.escape(title, quote=True)}"'
        f' src="data:image/svg+xml;base64,{data}"></figure>'
    )
