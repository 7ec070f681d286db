"""Runs benchmarks by name.

    python -m benchmarks [NAME] [--large] [--rounds 3] [--json] [--write docs/speed.md]

Without a name all groups of rows, v2m beside a peer or a limit, each in a process of its own; those
that take minutes only with --large. With the name of a script, that script with its own defaults.
--write keeps what was measured in benchmarks/results and writes the page of all that is kept there.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path

from benchmarks.page import Result, keep, kept, page, rows_from_json, rows_to_json, table
from benchmarks.rows import LeftOut, Row, Setting
from v2m.files import replacing
from v2m.threads import ONE_EACH

GROUPS = {
    "decode": "benchmarks.decoding",
    "hearing": "benchmarks.hearing",
    "lite": "benchmarks.lite",
    "loudness": "benchmarks.loudness",
    "start": "benchmarks.starting",
    "cold": "benchmarks.cold",
    "vectors": "benchmarks.vectors",
    "filters": "benchmarks.filters",
    "bulk": "benchmarks.bulk",
}
"""Name and module of a group of rows; its function ``rows`` takes a Setting. The page has this
order."""

LARGE = {
    "scenes": "benchmarks.scenes",
    "muxing": "benchmarks.muxing",
    "million": "benchmarks.million",
    "ten_million": "benchmarks.ten_million",
    "growth": "benchmarks.growth",
    "long": "benchmarks.long",
    "migrations": "benchmarks.migrations",
    "cluster": "benchmarks.cluster",
}
"""The same, for what takes minutes or gigabytes."""

SCRIPTS = (
    "beats", "ducking", "duplicates", "importing", "models", "quality", "rendering",
    "soundtrack", "speed",
)  # fmt: skip
"""Scripts that print something else than rows, and need no argument."""


def main() -> None:
    """Run what is asked for."""
    options = _options()
    if options.name in SCRIPTS:
        script = Path(__file__).with_name(f"{options.name}.py")
        sys.exit(subprocess.run([sys.executable, str(script)], check=False).returncode)
    if options.here:
        print(rows_to_json(measure(options.name, options.rounds, smallest=options.smallest)))
        return
    names = [options.name] if options.name else [*GROUPS, *(LARGE if options.large else ())]
    results = [found for name in names if (found := _in_a_process(name, options))]
    if options.json:
        print(rows_to_json([row for found in results for row in found.rows]))
    if options.write:
        for found in results:
            keep(found)
        with replacing(options.write) as temporary:
            temporary.write_text(page(kept([*GROUPS, *LARGE])), encoding="utf-8")
    sys.exit(len(results) < len(names))


def measure(name: str, rounds: int, *, smallest: bool = False) -> list[Row]:
    """Measure the rows of a group in this process.

    Raises:
        LeftOut: something it is set beside is not installed.
    """
    rows: Callable[[Setting], Iterable[Row]] = import_module((GROUPS | LARGE)[name]).rows
    with tempfile.TemporaryDirectory() as folder:
        return list(rows(Setting(Path(folder), 0 if smallest else rounds, smallest)))


def _in_a_process(name: str, options: argparse.Namespace) -> Result | None:
    """Measure a group alone, so that no other has warmed it up or left memory behind."""
    asked = [name, "--rounds", str(options.rounds), *(["--smallest"] if options.smallest else [])]
    print(f"{name} ...", file=sys.stderr, flush=True)
    command = [sys.executable, "-m", "benchmarks", *asked, "--here"]
    done = subprocess.run(
        command,
        check=False,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **dict.fromkeys(ONE_EACH, "1")},
    )
    if done.returncode:
        return None
    found = Result.of(name, " ".join(["python -m benchmarks", *asked]), rows_from_json(done.stdout))
    if not options.json:
        print(table(found.rows), end="\n\n", flush=True)
    return found


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", nargs="?", choices=(*GROUPS, *LARGE, *SCRIPTS))
    parser.add_argument("--large", action="store_true", help="also what takes minutes")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--smallest", action="store_true", help="only show that all of it runs")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    parser.add_argument("--write", type=Path, help="keep the results, and write the page here")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.smallest and options.write:
        parser.error("figures of the smallest size are worth nothing on the page")
    return options


if __name__ == "__main__":
    try:
        main()
    except LeftOut as err:
        sys.exit(f"left out: {err}")
