"""What a library of a million tracks costs beside one of a thousand.

Storing a batch, looking over known files, removing and adding, and searches by words before and
after: on catalogues of made-up tracks whose rows are written by SQL, so that a million take a
minute.
"""

from collections.abc import Iterator, Sequence
from functools import partial

from benchmarks.bulk import MUSIC, track_id
from benchmarks.made_up import MadeUp
from benchmarks.rows import (
    Row,
    Setting,
    Side,
    Spent,
    Spread,
    alone,
    here,
    in_turns,
    python,
    share,
    value,
)
from catalogs.store import Catalogue
from indexer.index import forget, set_apart, settle
from indexer.options import Options
from indexer.reports import IndexReport
from indexer.scan import FoundFile, Scan
from retriever.preparing import prepare
from v2m.encoders.profiles import ProfileSpec, load_profile

BATCHES = 5
"""Batches that are written in a round, so that what comes with one of several counts too."""

AFTER = share(0.1)


def rows(setting: Setting) -> Iterator[Row]:
    """Measure a small library and a large one."""
    small, large = setting.size(1_000, 100), setting.size(1_000_000, 200)
    profile = load_profile(ProfileSpec())
    libraries = []
    for n in (small, large):
        library = MadeUp(Catalogue.open(setting.folder / str(n), create=True), profile)
        library.grow(n)
        libraries.append(library)
    beside = f"among {small:,}"
    for name, work, most in (
        ("storing a batch of 8 tracks", store_batches, 8),
        ("looking over 1,000 known files", look_over, 2),
    ):
        sides = [partial(work, library) for library in libraries]
        rounds = setting.size(most, 0)
        yield _grown(f"{name}, among {large:,}", sides[1], beside, sides[0], rounds)
    yield from _changed(libraries[1], large, setting.size(setting.rounds, 0))


def _grown(name: str, ours: Side, beside: str, other: Side, rounds: int) -> Row:
    pairs = in_turns(ours, other, rounds)
    goal = share(1.5)
    times = [(our.cpu_seconds, their.cpu_seconds) for our, their in pairs]
    return Row(
        name,
        "CPU s",
        Spread.of(our for our, _ in times),
        beside,
        Spread.of(their for _, their in times),
        Spread.of(our / their for our, their in times),
        goal.judged,
        goal,
        max(our.peak_mb or 0 for our, _ in pairs),
        max(their.peak_mb or 0 for _, their in pairs),
    )


def _changed(library: MadeUp, n: int, rounds: int) -> Iterator[Row]:
    """Search in a new process, before and after tracks are removed and added."""
    among = f"among {n:,} tracks, {library.vectors_mb:.0f} MB of vectors"
    first = find(library)
    yield _cost(f"the first find --text, which makes its files, {among}", [first])
    nexts = [find(library) for _ in range(rounds)] or [first]
    yield _cost(f"the next find --text {among}", nexts)
    peaks = [spent.peak_mb / library.vectors_mb for spent in nexts if spent.peak_mb is not None]
    yield alone(f"memory of find --text {among}", peaks, "of the vectors", goal=value(most=1.2))
    some = 1000 if n > 1000 else 10
    yield _cost(f"removing {some:,} {among}", [here(lambda: remove(library, some))()])
    store_batch(library)
    after = find(library)
    yield Row(
        f"find after removing {some:,}, adding 8, {among}",
        "CPU s",
        Spread.of([after.cpu_seconds]),
        "the first find",
        Spread.of([first.cpu_seconds]),
        Spread.of([after.cpu_seconds / first.cpu_seconds]),
        AFTER.judged,
        AFTER,
        after.peak_mb,
        first.peak_mb,
    )
    store_batch(library)
    prepared = here(lambda: prepare(library.catalogue, load_profile(ProfileSpec())))()
    yield _cost(f"preparing searches, after adding 8, {among}", [prepared])


def _cost(name: str, spent: Sequence[Spent]) -> Row:
    peaks = [one.peak_mb for one in spent if one.peak_mb is not None]
    seconds = [one.cpu_seconds for one in spent]
    return alone(name, seconds, "CPU s", peak_mb=max(peaks, default=None))


def store_batches(library: MadeUp) -> Spent:
    """Write batches as an index run does; return what one took of it."""
    batches = [library.files(8) for _ in range(BATCHES)]

    def write() -> None:
        for files in batches:
            library.catalogue.write_batch(files)

    spent = here(write)()
    return Spent(spent.cpu_seconds / BATCHES, spent.seconds / BATCHES, spent.peak_mb)


def store_batch(library: MadeUp) -> None:
    """Write one batch."""
    library.catalogue.write_batch(library.files(8))


def look_over(library: MadeUp) -> Spent:
    """Do what an index run does where nothing is new; return what 1,000 files took of it."""
    found = tuple(FoundFile(MUSIC / f"{n}.flac", 1, 1, MUSIC) for n in range(library.n_tracks))
    options = Options(shown=False)

    def run() -> None:
        report = IndexReport(files=len(found))
        new = set_apart(library.catalogue, found, options, report)
        assert not new, f"{len(new)} files seem new"
        forget(library.catalogue, Scan(found, (MUSIC,), ()), report)
        settle(library.catalogue, options, report)

    spent = here(run)()
    part = 1000 / library.n_tracks
    return Spent(spent.cpu_seconds * part, spent.seconds * part, spent.peak_mb)


def remove(library: MadeUp, n: int) -> None:
    """Remove tracks spread over the catalogue."""
    step = max(1, library.n_tracks // n)
    library.catalogue.remove_tracks([track_id(place) for place in range(0, library.n_tracks, step)])


def find(library: MadeUp) -> Spent:
    """Search by words in a process of its own."""
    catalogue = str(library.catalogue.folder)
    return python("-m", "cli", "find", "--text", "calm piano", "--catalog", catalogue)()
