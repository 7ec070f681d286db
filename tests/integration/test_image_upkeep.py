"""An image that is kept up while tracks come, go and change answers as one that was made anew."""

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from catalogs.duplicates import keep, propose
from catalogs.image import Image, current_image
from catalogs.image_building import read_image
from catalogs.image_paths import table_folder
from catalogs.search_index import SearchIndex
from catalogs.stamp import FILE_NAME
from catalogs.store import Catalogue
from retriever.query import text_query
from retriever.search import BRANCHES, Searcher, tables_of
from tests.libraries import counting_profile, fill, track
from v2m.vectors.stack import Stack

PROFILE = counting_profile()
TABLES = tables_of(PROFILE)
MOODS = ("calm", "dark", "bright", "slow")
WORDS = ("river", "mountain", "piece", "night", "drums")


class Life:
    """Adds, removes and changes tracks at random."""

    def __init__(self, catalogue: Catalogue, seed: int) -> None:
        self.catalogue, self._random = catalogue, random.Random(seed)
        self._older = b""

    def pass_(self) -> None:
        """Do one thing, or several."""
        for _ in range(self._random.choice((1, 2))):
            add = self.add
            self._random.choice((add, add, self.remove, self.change, self.hide, self.put_back))()

    def add(self, n: int = 0) -> None:
        """Add tracks, some of which were there before, between those that are there."""
        pick = self._random
        chosen = pick.sample(range(500), n or pick.randrange(1, 6))
        tracks = [
            track(
                n,
                f"{pick.choice(WORDS)} {pick.choice(WORDS)}",
                tags=tuple(pick.sample(MOODS, 2)),
                tempo_bpm=float(pick.randrange(60, 180)),
                description=pick.choice(("", "a slow river", "drums at night")),
            )
            for n in chosen
        ]
        fill(self.catalogue, tracks, PROFILE)

    def remove(self) -> None:
        """Remove some tracks."""
        ids = self.catalogue.track_ids()
        self.catalogue.remove_tracks(self._random.sample(ids, min(len(ids), 3)))

    def change(self) -> None:
        """Change what no vector knows of, past everything that writes tracks."""
        with self.catalogue.writing() as con:
            con.execute(
                "UPDATE tracks SET tempo_bpm = tempo_bpm + 1, artist = ? WHERE track_id IN"
                " (SELECT track_id FROM tracks ORDER BY hash(track_id) LIMIT 2)",
                [self._random.choice(WORDS)],
            )

    def put_back(self) -> None:
        """Put an older file in the place of the catalogue, add to that, and keep the newer."""
        path = self.catalogue.folder / FILE_NAME
        content = path.read_bytes()
        if self._older:
            path.write_bytes(self._older)
            self.add()
        self._older = content

    def hide(self) -> None:
        """Say that two tracks are one recording."""
        ids = self.catalogue.track_ids()
        if len(ids) > 2:
            one, other = self._random.sample(ids, 2)
            propose(self.catalogue, [(one, other, 0.9)])
            keep(self.catalogue, one)


def _anew(catalogue: Catalogue, folder: Path) -> Catalogue:
    """Return a copy of a catalogue that no image was made of."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(catalogue.folder, folder, ignore=shutil.ignore_patterns("*.safetensors"))
    return Catalogue.open(folder, create=False)


def _check(kept_up: Catalogue, fresh: Catalogue) -> None:
    one, other = (read_image(catalogue, TABLES.values()) for catalogue in (kept_up, fresh))
    _check_images(one, other)
    searchers = [
        Searcher(kept_up, PROFILE, image=one, lasting=True),
        Searcher(fresh, PROFILE, image=other),
    ]
    for text, where, by in (
        ("calm river", None, BRANCHES),
        ("dark drums night", "tempo_bpm < 120", BRANCHES[:3]),
        ("bright mountain", "list_contains(tags, 'slow')", ("audio",)),
        ("piece", None, ("words",)),
    ):
        query = text_query(PROFILE, text)
        ours, theirs = (searcher.search(query, 20, by=by, where=where) for searcher in searchers)
        assert [match.track for match in ours] == [match.track for match in theirs]
        assert [m.probability for m in ours] == pytest.approx([m.probability for m in theirs])
        assert [match.section for match in ours] == [match.section for match in theirs]


def _check_images(one: Image, other: Image) -> None:
    assert one.ids == other.ids
    assert one.tracks(range(one.n_tracks)) == other.tracks(range(other.n_tracks))
    assert one.recordings == other.recordings
    for number in range(one.n_tracks):
        np.testing.assert_array_equal(one.bars_seconds(number), other.bars_seconds(number))
    for table in TABLES.values():
        ours, theirs = one.rows(table), other.rows(table)
        for name in ("ids", "numbers", "starts", "ends", "by_track"):
            np.testing.assert_array_equal(getattr(ours, name), getattr(theirs, name))
        np.testing.assert_array_equal(ours.vectors.every(1), theirs.vectors.every(1))


@pytest.mark.parametrize("least_apart", [0, 4, 1000])
def test_a_kept_image_answers_as_a_fresh_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, least_apart: int
) -> None:
    monkeypatch.setattr("catalogs.image_files.LEAST_APART", least_apart)
    catalogue = Catalogue.open(tmp_path / "cat", create=True)
    life = Life(catalogue, seed=least_apart)
    life.add(60)
    for _ in range(4):
        life.pass_()
        life.pass_()
        _check(catalogue, _anew(catalogue, tmp_path / "fresh"))


def _wide(catalogue: Catalogue) -> dict[str, int]:
    """Return when each file of all that was there at first was written."""
    files = catalogue.folder.glob("vectors/*/rows-*")
    return {str(path): path.stat().st_mtime_ns for path in files}


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    made = Catalogue.open(tmp_path / "cat", create=True)
    Life(made, seed=7).add(80)
    read_image(made, TABLES.values())
    return made


def test_a_small_change_writes_no_wide_file_again(catalogue: Catalogue) -> None:
    before = _wide(catalogue)
    Life(catalogue, seed=8).pass_()
    read_image(catalogue, TABLES.values())

    sections = str(table_folder(catalogue.folder / "vectors", TABLES["section"]))
    assert {f: t for f, t in _wide(catalogue).items() if not f.startswith(sections)} == {
        f: t for f, t in before.items() if not f.startswith(sections)
    }


def test_many_changes_end_in_one_file(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("catalogs.image_files.LEAST_APART", 4)
    before = _wide(catalogue)
    fill(catalogue, [track(n, f"new {n}", tags=("calm",)) for n in range(600, 606)], PROFILE)
    read_image(catalogue, TABLES.values())

    assert not set(_wide(catalogue)) & {f for f in before if "tracks" in f or "audio" in f}
    assert not list(catalogue.folder.glob("vectors/tracks/added-*"))


def test_only_what_changed_is_read_from_the_catalogue(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    from catalogs import filed_tracks

    read: list[int] = []
    original = filed_tracks._read

    def reading(con: object, rows: object) -> object:
        found = original(con, rows)  # type: ignore[arg-type]
        read.append(len(found))
        return found

    monkeypatch.setattr(filed_tracks, "_read", reading)
    fill(catalogue, [track(700, "new", tags=("calm",))], PROFILE)
    with catalogue.writing() as con:
        con.execute("UPDATE structures SET bars_seconds = [0.5]")
        con.execute(
            "UPDATE tracks SET album = 'b' WHERE track_id = (SELECT min(track_id) FROM tracks)"
        )
    read_image(catalogue, TABLES.values())

    assert read == [2]


def test_ids_that_cannot_be_told_apart_by_their_hash_are_all_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("catalogs.filed_tracks.KEY", "hash(track_id[:4])")
    catalogue = Catalogue.open(tmp_path / "cat", create=True)
    life = Life(catalogue, seed=3)
    life.add(30)
    for _ in range(3):
        life.pass_()
        image = read_image(catalogue, TABLES.values())
        rows = sorted(catalogue.tracks(), key=lambda one: one.track_id)
        assert image.tracks(range(image.n_tracks)) == rows


def test_an_id_with_the_hash_of_one_that_went_is_not_taken_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("catalogs.filed_tracks.KEY", "hash(track_id[6:])")
    catalogue = Catalogue.open(tmp_path / "cat", create=True)
    fill(catalogue, [track(n, f"piece {n}") for n in range(5)], PROFILE)
    read_image(catalogue, TABLES.values())
    catalogue.remove_tracks(["t00003"])
    fill(catalogue, [track(13, "piece 3")], PROFILE)

    assert read_image(catalogue, TABLES.values()).ids == catalogue.track_ids()


def _unlink(pattern: str) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        for path in folder.glob(f"vectors/{pattern}"):
            path.unlink()

    return damage


def _cut(folder: Path) -> None:
    for path in folder.glob("vectors/*/*.safetensors"):
        path.write_bytes(path.read_bytes()[:-3])


@pytest.mark.parametrize(
    "damage",
    [_unlink("*/added-*"), _unlink("tracks/of-*"), _unlink("*/rows-*"), _unlink("*/of-*"), _cut],
)
@pytest.mark.parametrize("then", ["nothing", "a change"])
def test_whatever_is_lost_is_made_from_the_catalogue(
    catalogue: Catalogue, tmp_path: Path, damage: Callable[[Path], None], then: str
) -> None:
    life = Life(catalogue, seed=9)
    life.add()
    life.remove()
    read_image(catalogue, TABLES.values())
    damage(catalogue.folder)
    assert current_image(catalogue.folder, TABLES.values()) is None
    if then == "a change":
        life.add()
        life.remove()

    _check(catalogue, _anew(catalogue, tmp_path / "fresh"))


def test_a_profile_that_was_not_asked_for_long_is_found_by_the_right_tracks(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    life = Life(catalogue, seed=10)
    for _ in range(3):  # the tables of the other profile stay behind
        life.add()
        life.remove()
        read_image(catalogue, [TABLES["audio"]])

    _check(catalogue, _anew(catalogue, tmp_path / "fresh"))


@pytest.mark.parametrize(
    ("came", "come_again"), [("a", "b"), ("a", "ba"), ("ac", "bc"), ("ab", "ba")]
)
def test_an_older_catalogue_put_back_by_hand_gives_ids_again_and_no_vectors(
    tmp_path: Path, came: str, come_again: str
) -> None:
    tracks = {
        "a": track(500, "dark drums", tags=("dark",)),
        "b": track(501, "bright river", tags=("bright",)),
        "c": track(502, "slow night", tags=("slow",)),
    }
    catalogue = Catalogue.open(tmp_path / "cat", create=True)
    Life(catalogue, seed=12).add(100)
    older = Path(shutil.copy2(catalogue.folder / FILE_NAME, tmp_path / "older"))
    fill(catalogue, [tracks[name] for name in came], PROFILE)
    read_image(catalogue, TABLES.values())
    shutil.copy2(older, catalogue.folder / FILE_NAME)
    fill(catalogue, [tracks[name] for name in come_again], PROFILE)

    _check(catalogue, _anew(catalogue, tmp_path / "fresh"))


@pytest.fixture
def large(tmp_path: Path) -> Catalogue:
    """Return a catalogue of more rows than are compared one by one."""
    made = Catalogue.open(tmp_path / "cat", create=True)
    fill(made, [track(n, f"piece {n}", tags=("calm",)) for n in range(103)], PROFILE)
    return made


def test_words_that_changed_in_an_older_catalogue_are_not_those_of_the_newer(
    large: Catalogue, tmp_path: Path
) -> None:
    older = Path(shutil.copy2(large.folder / FILE_NAME, tmp_path / "older"))
    for title in ("mountain drums", "river night"):
        shutil.copy2(older, large.folder / FILE_NAME)
        fill(large, [track(50, title, tags=("calm",))], PROFILE)
        read_image(large, TABLES.values())

    _check(large, _anew(large, tmp_path / "fresh"))


def test_codes_of_ids_that_came_again_are_made_anew(large: Catalogue, tmp_path: Path) -> None:
    def index() -> SearchIndex:
        return SearchIndex(read_image(large, [TABLES["audio"]]), TABLES["audio"], coarse_rows=20)

    older = Path(shutil.copy2(large.folder / FILE_NAME, tmp_path / "older"))
    query = PROFILE.music.encode_text(["dark"])
    fill(large, [track(500, "one", tags=("bright",))], PROFILE)
    index().search(query, 1)
    codes = next(large.folder.glob("vectors/counting-music-track/rows.faiss"))
    written = codes.stat().st_mtime_ns
    shutil.copy2(older, large.folder / FILE_NAME)
    fill(large, [track(501, "other", tags=("dark",))], PROFILE)
    index().search(query, 1)

    assert codes.stat().st_mtime_ns != written


def test_codes_go_on_over_two_files(catalogue: Catalogue) -> None:
    def index() -> SearchIndex:
        return SearchIndex(
            read_image(catalogue, [TABLES["audio"]]), TABLES["audio"], coarse_rows=20
        )

    query = PROFILE.music.encode_text(["calm dark"])
    index().search(query, 5)
    codes = next(catalogue.folder.glob("vectors/counting-music-track/rows.faiss"))
    written = codes.stat().st_mtime_ns
    life = Life(catalogue, seed=11)
    life.add(4)
    life.remove()

    found = index()
    hits = found.search(query, 12)

    scores = found.rows.vectors.every(1) @ query[0]
    assert hits.scores[0] == pytest.approx(np.sort(scores)[::-1][:12], abs=1e-6)
    assert codes.stat().st_mtime_ns == written
    assert list(catalogue.folder.glob("vectors/counting-music-track/added-*"))


def test_rows_in_two_pieces_are_as_in_one() -> None:
    rng = np.random.default_rng(0)
    base, added = (rng.standard_normal((n, 4)).astype(np.float32) for n in (6, 3))
    left = np.array([0, 2, 5, 6, 8], np.int32)
    stack, whole = Stack(base, added, left), np.concatenate([base, added])[left]

    assert stack.shape == whole.shape
    np.testing.assert_array_equal(stack.take(np.array([4, 0, 3])), whole[[4, 0, 3]])
    np.testing.assert_array_equal(stack.between(1, 9), whole[1:])
    np.testing.assert_array_equal(stack.every(2), whole[::2])
    np.testing.assert_array_equal(stack.first(4).every(1), whole[:4])
    np.testing.assert_allclose(stack.products(whole[:2]), whole[:2] @ whole.T, rtol=1e-5)
