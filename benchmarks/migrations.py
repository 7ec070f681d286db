"""Opens a catalogue of the first version with many tracks, which brings it up to date."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb

from benchmarks.rows import Row, Setting, Side, Spent, Spread, alone, python
from catalogs.migrations import MIGRATIONS, create_meta, m001_initial
from catalogs.stamp import FILE_NAME

LICENCES = ("CC BY 4.0", "CC0", "https://creativecommons.org/licenses/by-nc-sa/3.0/", "", "odd")
OPENING = (
    "import sys; from pathlib import Path; from catalogs.store import Catalogue;"
    " Catalogue.open(Path(sys.argv[1]), create=False)"
)


def rows(setting: Setting) -> Iterator[Row]:
    """Bring a copy up to date in each round."""
    n = setting.size(1_000_000, 200)
    old = setting.folder / "old"
    old.mkdir()
    _make(old / FILE_NAME, n)
    spent = [_opened(old, setting.folder / "copy") for _ in range(setting.size(2, 1))]
    yield alone(
        f"all {len(MIGRATIONS)} migrations on {n:,} tracks, and reading their licences",
        [one.seconds for one in spent],
        "s",
        peak_mb=Spread.of(one.peak_mb or 0 for one in spent).highest,
    )


def _opened(old: Path, copy: Path) -> Spent:
    shutil.copytree(old, copy, dirs_exist_ok=True)
    opening: Side = python("-c", OPENING, str(copy))
    return opening()


def _make(path: Path, n: int) -> None:
    """Write tracks as the first version kept them."""
    con = duckdb.connect(str(path))
    create_meta(con)
    m001_initial(con)
    con.execute("INSERT INTO meta VALUES ('schema_version', '1')")
    con.execute(
        """
        INSERT INTO tracks BY NAME SELECT
            md5(n::VARCHAR) AS track_id, '/music/' || n || '.flac' AS path,
            'Piece ' || n AS title, 'Artist ' || n % 1000 AS artist, '' AS album,
            'calm; piano; recorded at home' AS description,
            'a slow piece with a piano, major' AS summary, 'imported' AS origin,
            180.0 AS duration_seconds, 60 + n % 120 AS tempo_bpm, 'C' AS key, 'major' AS mode,
            -14.0 AS loudness_lufs, 0.9 AS instrumental, ['piano', 'slow'] AS tags,
            ?[1 + n % ?] AS licence, '' AS licence_url, '' AS attribution, '' AS source_url,
            '1' AS analysis_version
        FROM range(?) numbers(n)
        """,
        [list(LICENCES), len(LICENCES), n],
    )
    con.execute(
        "INSERT INTO files SELECT path, track_id, 1, 1, '/music', current_localtimestamp()"
        " FROM tracks"
    )
    con.close()
