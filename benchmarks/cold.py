"""A first search in a new process, over libraries of 28 and of 100,000 tracks.

The work is ``v2m find --text`` as a person types it, beside a Python that does nothing; both read
byte code, as installed programs do. The library is made up, with four sections a track, and was
searched once before, so that its image is there.
"""

from collections.abc import Iterator

from benchmarks.made_up import MadeUp
from benchmarks.rows import Row, Setting, compare, installed, more
from v2m.library import Library

GOAL = more(0.25)

SECTIONS = (
    "INSERT INTO vectors SELECT nextval('vector_rows'), track_id, space, 'section', 40 * n,"
    " 40 * n + 40, dim, vector FROM vectors, range(4) r(n) WHERE kind = 'track'"
)


def rows(setting: Setting) -> Iterator[Row]:
    """Find by words, against ``python -c pass``."""
    for tracks in (28, setting.size(100_000, 56)):
        folder = setting.folder / str(tracks)
        library = Library(folder, create=True)
        MadeUp(library.catalogue, library.profile).grow(tracks)
        with library.catalogue.writing() as con:
            con.execute(SECTIONS)
        library.find(text="warm up")
        find = ["-m", "cli", "find", "--text", "calm piano", "--catalog", str(folder)]
        yield compare(
            f"find --text in a new process, {tracks:,} tracks",
            installed(setting.folder, *find),
            "python -c pass",
            installed(setting.folder, "-c", "pass"),
            goal=GOAL,
            rounds=setting.size(max(9, setting.rounds), 1),
            note="processor time: the command runs on one core",
        )
