"""Imports generated catalogues in the formats of FMA and MTG-Jamendo: speed, memory, accounts.

Run: python benchmarks/importing.py [ROWS] [--words]

Titles and tags are drawn from word lists with fixed seeds, licences in the shares of the published
lists. A known share of rows is damaged, each in a known way; the script fails if a row is not
accounted for. ``--words`` also encodes the words, which takes minutes.
"""

import argparse
import csv
import json
import random
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

ADJECTIVES = [
    "quiet",
    "bright",
    "slow",
    "endless",
    "broken",
    "golden",
    "distant",
    "electric",
    "hollow",
    "tender",
]
NOUNS = [
    "harbour",
    "morning",
    "engine",
    "forest",
    "mirror",
    "letter",
    "signal",
    "garden",
    "winter",
    "river",
]
MOODS = [
    "calm",
    "dark",
    "happy",
    "epic",
    "sad",
    "dreamy",
    "energetic",
    "romantic",
    "film",
    "nature",
]
GENRES = [
    "ambient",
    "rock",
    "folk",
    "electronic",
    "jazz",
    "pop",
    "classical",
    "hiphop",
    "blues",
    "experimental",
]
INSTRUMENTS = [
    "piano",
    "guitar",
    "strings",
    "drums",
    "synthesizer",
    "violin",
    "flute",
    "cello",
    "bass",
    "voice",
]
CC = "http://creativecommons.org/licenses"
LICENCES = (
    ("Attribution-NonCommercial-ShareAlike 3.0 International", f"{CC}/by-nc-sa/3.0/", 40),
    ("Attribution-NonCommercial-NoDerivatives 4.0 International", f"{CC}/by-nc-nd/4.0/", 23),
    ("Attribution-ShareAlike", f"{CC}/by-sa/2.5/", 21),
    ("Attribution-NonCommercial", f"{CC}/by-nc/3.0/de/", 7),
    ("Attribution", f"{CC}/by/4.0/", 5),
    ("", "", 4),
)
NOTE = "<p>made at home,\nin one take</p>"
DAMAGED_EVERY = 500
"""One row of this many is damaged; the damages below take turns."""

FMA_COLUMNS = (
    ("album", "title"), ("artist", "name"), ("track", "title"), ("track", "license"),
    ("track", "duration"), ("track", "tags"), ("track", "genres_all"), ("track", "genre_top"),
    ("track", "information"),
)  # fmt: skip


WORKER = """
import json, resource, sys, time
from pathlib import Path

from catalogs.sources.known import open_source
from catalogs.store import Catalogue
from indexer.importing import finish, import_rows
from v2m.encoders.profiles import load_profile

name, folder, place, words = sys.argv[1:]
catalogue, profile = Catalogue.open(Path(place), create=True), load_profile("lite")
start, worked = time.perf_counter(), time.process_time()
report = import_rows(catalogue, open_source(name, folder, lambda: None), profile)
seconds, worked = time.perf_counter() - start, time.process_time() - worked
if words == "True":
    finish(catalogue, profile, report)
counts = {n: getattr(report, n) for n in ("rows", "imported", "updated", "unchanged", "encoded")}
print(json.dumps(counts | {
    "refused": len(report.refused),
    "seconds": seconds,
    "cpu_seconds": worked,
    "words_seconds": time.perf_counter() - start - seconds,
    "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
}))
"""


def title(rng: random.Random) -> str:
    """Return a title of two to four words; about one of twenty comes again."""
    words = [rng.choice(ADJECTIVES), rng.choice(NOUNS), "of", rng.choice(NOUNS)]
    return " ".join(words[: rng.choice((2, 4))]).capitalize() + f" {rng.randrange(20)}"


def write_fma(folder: Path, n_rows: int, seed: int = 1) -> Counter[str]:
    """Write FMA's three tables; return how many rows are damaged, by kind."""
    rng = random.Random(seed)
    damages: Counter[str] = Counter()
    folder.mkdir(parents=True, exist_ok=True)
    with (
        (folder / "tracks.csv").open("w", encoding="utf-8", newline="") as one,
        (folder / "raw_tracks.csv").open("w", encoding="utf-8", newline="") as two,
    ):
        tracks, raw = csv.writer(one), csv.writer(two)
        tracks.writerow(["", *(top for top, _ in FMA_COLUMNS)])
        tracks.writerow(["", *(name for _, name in FMA_COLUMNS)])
        tracks.writerow(["track_id", *("" for _ in FMA_COLUMNS)])
        raw.writerow(
            ["track_id", "license_title", "license_url", "track_url", "track_instrumental"]
        )
        for number in range(2, n_rows + 2):
            words, url, _ = rng.choices(LICENCES, [share for *_, share in LICENCES])[0]
            tags = rng.sample(MOODS + INSTRUMENTS, rng.randrange(4))
            row = [
                str(number), title(rng), f"Artist {rng.randrange(n_rows // 6 + 1)}", title(rng),
                words, str(rng.randrange(30, 600)), repr(tags), f"[{rng.randrange(10)}]",
                rng.choice(GENRES), NOTE if rng.random() < 0.1 else "",
            ]  # fmt: skip
            tracks.writerow(_damaged(row, number, damages, title_at=3, duration_at=5))
            raw.writerow(
                [number, words, url, f"http://music.example.org/{number}", number % 17 == 0]
            )
    genres = [["genre_id", "title"], *([str(n), name] for n, name in enumerate(GENRES))]
    with (folder / "genres.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(genres)
    return damages


def _damaged(
    row: list[str], number: int, damages: Counter[str], *, title_at: int, duration_at: int
) -> list[str]:
    if number % DAMAGED_EVERY:
        return row
    kind = ("no title", "duration", "cells", "twice")[number // DAMAGED_EVERY % 4]
    damages[kind] += 1
    if kind == "no title":
        row[title_at] = ""
    elif kind == "duration":
        row[duration_at] = "long"
    elif kind == "cells":
        row = row[:-2]
    else:
        row[0] = str(int(row[0]) - 1)
    return row


def write_jamendo(folder: Path, n_rows: int, seed: int = 2) -> Counter[str]:
    """Write a checkout of MTG-Jamendo; return how many rows are damaged, by kind."""
    rng = random.Random(seed)
    damages: Counter[str] = Counter()
    (folder / "data").mkdir(parents=True, exist_ok=True)
    tables = [
        (folder / name).open("w", encoding="utf-8")
        for name in ("data/autotagging.tsv", "data/raw.meta.tsv", "audio_licenses.txt")
    ]
    tags_table, names, licences = tables
    tags_table.write("TRACK_ID\tARTIST_ID\tALBUM_ID\tPATH\tDURATION\tTAGS\n")
    names.write(
        "TRACK_ID\tARTIST_ID\tALBUM_ID\tTRACK_NAME\tARTIST_NAME\tALBUM_NAME\tRELEASEDATE\tURL\n"
    )
    for number in range(1, n_rows + 1):
        key, path = f"track_{number:07d}", f"{number % 100:02d}/{number}.mp3"
        words, url, _ = rng.choices(LICENCES, [share for *_, share in LICENCES])[0]
        name, artist = title(rng), f"Artist {rng.randrange(n_rows // 6 + 1)}"
        tags = [f"genre---{tag}" for tag in rng.sample(GENRES, rng.randrange(1, 4))]
        tags += [f"instrument---{tag}" for tag in rng.sample(INSTRUMENTS, rng.randrange(3))]
        tags += [f"mood/theme---{tag}" for tag in rng.sample(MOODS, rng.randrange(4))]
        cells = [key, "artist_000001", "album_000001", path, f"{rng.uniform(30, 600):.1f}", *tags]
        tags_table.write("\t".join(_damaged_tsv(cells, number, damages)) + "\n")
        names.write(
            f"{key}\ta\tb\t{name}\t{artist}\tAlbum &amp; more\t2010-01-01\thttp://j/{number}\n"
        )
        if words:
            licences.write(
                f"{path}\n{name} by {artist}\nAvailable under a {words} license: {url}\n\n"
            )
    for table in tables:
        table.close()
    return damages


def _damaged_tsv(cells: list[str], number: int, damages: Counter[str]) -> list[str]:
    if number % DAMAGED_EVERY:
        return cells
    kind = ("id", "duration", "cells", "path")[number // DAMAGED_EVERY % 4]
    damages[kind] += 1
    changes = {"id": (0, "948"), "duration": (4, "3 min"), "path": (3, "948.mp3")}
    if kind == "cells":
        return cells[:3]
    place, value = changes[kind]
    cells[place] = value
    return cells


def measure(source: str, folder: Path, catalogue: Path, *, words: bool) -> dict[str, float]:
    """Import once in a process of its own, and return its counts, seconds and memory."""
    command = [sys.executable, "-c", WORKER, source, str(folder), str(catalogue), str(words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    try:
        counts: dict[str, float] = json.loads(done.stdout)
    except ValueError as err:
        raise SystemExit(f"{err}: {done.stdout[:2000]!r}") from err
    return counts


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a table; fail where a row is not accounted for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", type=int, nargs="?", default=100_000)
    parser.add_argument("--words", action="store_true", help="encode the words too")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as work:
        for source, write in (("fma", write_fma), ("jamendo", write_jamendo)):
            folder, catalogue = Path(work) / source, Path(work) / f"catalogue-{source}"
            damaged = write(folder, asked.rows).total()
            for run in ("first", "again"):
                found = measure(source, folder, catalogue, words=asked.words and run == "first")
                _check(found, asked.rows, damaged, first=run == "first")
                print(
                    f"{source:8} {run:6} {found['rows']:.0f} rows in {found['seconds']:.1f} s,"
                    f" {found['cpu_seconds']:.1f} s of processor"
                    f" ({found['rows'] / found['cpu_seconds']:.0f} rows a second): imported"
                    f" {found['imported']:.0f}, as they were {found['unchanged']:.0f}, refused"
                    f" {found['refused']:.0f}, {found['megabytes']:.0f} MB"
                )
                if found["encoded"]:
                    print(
                        f"{source:8} words  {found['encoded']:.0f} different texts in"
                        f" {found['words_seconds']:.0f} s"
                    )


def _check(found: dict[str, float], n_rows: int, damaged: int, *, first: bool) -> None:
    counted = sum(found[name] for name in ("imported", "updated", "unchanged", "refused"))
    right = found["imported" if first else "unchanged"] == n_rows - damaged
    if counted != n_rows or found["rows"] != n_rows or found["refused"] != damaged or not right:
        raise SystemExit(f"rows are lost: {found}, {n_rows} written, {damaged} damaged")


if __name__ == "__main__":
    main()
