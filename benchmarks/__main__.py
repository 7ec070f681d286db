"""Runs benchmarks by name.

    python -m benchmarks [NAME] [--rounds 5] [--json] [--write docs/speed.md]

Without a name the rows of benchmarks/rows.py: v2m beside a peer or a limit. With one, the script
of that name with its own defaults.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from importlib.util import find_spec
from pathlib import Path

from benchmarks.bulk import bulk_row
from benchmarks.hearing import hearing_rows
from benchmarks.rows import Row, decode_row, loudness_row, start_row
from v2m.files import replacing

SCRIPTS = (
    "beats", "bulk", "ducking", "duplicates", "filters", "importing", "models", "quality",
    "rendering", "soundtrack", "speed",
)  # fmt: skip
"""Those that need no argument."""


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", nargs="?", choices=SCRIPTS)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--write", type=Path, help="also write the page here")
    options = parser.parse_args()
    if options.name:
        script = Path(__file__).with_name(f"{options.name}.py")
        sys.exit(subprocess.run([sys.executable, str(script)], check=False).returncode)
    rows = _rows(options.rounds)
    print(json.dumps([asdict(row) for row in rows], indent=2) if options.json else page(rows))
    if options.write:
        with replacing(options.write) as temporary:
            temporary.write_text(page(rows), encoding="utf-8")


def _rows(rounds: int) -> list[Row]:
    spec = find_spec("immich_memories_music")
    if spec is None or spec.origin is None:
        sys.exit("pip install immich-memories-music")
    music = Path(spec.origin).parent
    track = min(music.rglob("*.opus"))
    with tempfile.TemporaryDirectory() as folder:
        return [
            decode_row(track, 0.75, rounds=rounds),
            loudness_row(180, rounds=rounds),
            *hearing_rows(music, Path(folder), seconds=180, rounds=rounds),
            start_row(Path(folder) / "catalogue", rounds=rounds),
            bulk_row(Path(folder), tracks=2_000, rounds=rounds),
        ]


def page(rows: Sequence[Row]) -> str:
    """Write rows as a page in Markdown."""
    lines = [
        "# Speed",
        "",
        "Written by `python -m benchmarks --write docs/speed.md`. Both sides of a row ran in turns,"
        " in processor",
        "seconds; the ratio is the other's time over v2m's, with the lowest and the highest of the"
        " rounds.",
        "",
        "| work | v2m, s | beside | its, s | ratio | goal |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row.name} | {row.ours_seconds:.3f} | {row.other} | {row.other_seconds:.3f} |"
        f" {row.ratio:.2f} ({row.lowest:.2f} to {row.highest:.2f}) |"
        f" {'' if row.goal is None else f'{row.goal:.3g}'} |"
        for row in rows
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
