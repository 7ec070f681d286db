"""An index run carried out by workers elsewhere: nothing is lost, each track is there once."""

import json
import os
import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import fsspec
import numpy as np
import pytest

from catalogs.image import current_image
from catalogs.shards import ShardRow, read_shard
from catalogs.store import Catalogue
from indexer import chunk
from indexer.chunk import CRASHED, Known, Order, carry_out, known_identities, orders_of
from indexer.cluster import fill
from indexer.dispatch import Fate, Outcome, dispatch
from indexer.folding import fold
from indexer.index import index
from indexer.listing import list_music
from indexer.options import Options
from indexer.reports import IndexReport
from retriever.search import Searcher, tables_of
from tests.commands import Commands
from tests.conftest import WriteMusic
from tests.libraries import counting_profile, record
from tests.unit.structures import steady
from v2m.audio.decode import WHOLE_SECONDS
from v2m.audio.descriptors import ANALYSIS_VERSION
from v2m.encoders.profiles import ProfileSpec, load_profile
from v2m.errors import BackendError, InputError
from v2m.report import index_text
from v2m.types import Track, TrackRecord

LITE = ProfileSpec()
OPTIONS = Options(batch=2, shown=False)


class CountingMapper:
    """Maps a file without models, into the spaces of profile lite."""

    def __init__(self) -> None:
        self.mapped: list[str] = []
        self.seconds = 30.0

    def map(self, path: Path, track_id: str) -> TrackRecord:
        self.mapped.append(path.name)
        made = record(
            Track(track_id, path, path.stem, duration_seconds=self.seconds), counting_profile()
        )
        spaces = {"counting/music": "lite/attributes-v2", "counting/text": "lite/minilm-l6-v2"}
        rows = tuple(replace(row, space=spaces[row.space]) for row in made.vectors)
        return TrackRecord(
            made.track,
            rows,
            ANALYSIS_VERSION,
            structure=steady(4),
            fingerprint=np.array([1], np.uint32),
        )


class HerePool:
    """Carries out orders in this process; what is to become of them may be scripted."""

    def __init__(self, known: Known, fate: Callable[[Order], Fate]) -> None:
        self._known, self._fate = known, fate
        self._running: deque[Order] = deque()
        self.most = 0

    def slots(self) -> int:
        return 2

    def start(self, order: Order) -> None:
        self._running.append(order)
        self.most = max(self.most, len(self._running))

    def wait(self) -> Outcome:
        order = self._running.popleft()
        if (fate := self._fate(order)) is not Fate.DONE:
            error = BackendError("storage", "away") if fate is Fate.FAILED else None
            return Outcome(order, fate, error)
        carry_out(order, self._known)
        return Outcome(order, Fate.DONE)


@pytest.fixture
def mapper(monkeypatch: pytest.MonkeyPatch) -> CountingMapper:
    made = CountingMapper()
    monkeypatch.setattr(chunk, "_mapper", lambda _profile: made)
    return made


@pytest.fixture
def music(write_music: WriteMusic, tmp_path: Path) -> Path:
    """Three different short pieces and one file that is none."""
    for n in range(3):
        write_music(tmp_path / "music" / f"piece {n}.flac", seconds=0.5, seed=n)
    (tmp_path / "music" / "bad.mp3").write_bytes(b"no sound")
    return tmp_path / "music"


@pytest.fixture
def shards(tmp_path: Path) -> Path:
    (tmp_path / "shards").mkdir()
    return tmp_path / "shards"


def _fill(
    folder: Path,
    music: str,
    shards: str,
    fate: Callable[[Order], Fate] = lambda _order: Fate.DONE,
    *,
    keep: bool = False,
) -> IndexReport:
    @contextmanager
    def pool(known: Known) -> Iterator[HerePool]:
        yield HerePool(known, fate)

    catalogue = Catalogue.open(folder, create=True)
    return fill(catalogue, list_music([music]), OPTIONS, shards, pool, keep=keep)


def _once(*fates: Fate) -> Callable[[Order], Fate]:
    """Give the first orders these fates."""
    left = list(fates)
    return lambda _order: left.pop(0) if left else Fate.DONE


@pytest.mark.usefixtures("mapper")
def test_what_is_lost_is_done_again_and_each_track_is_there_once(
    music: Path, shards: Path, tmp_path: Path
) -> None:
    troubles = _once(Fate.NODE_LOST, Fate.CRASHED, Fate.FAILED, Fate.NODE_LOST, Fate.FAILED)

    report = _fill(tmp_path / "c", str(music), str(shards), troubles, keep=True)

    assert (report.files, report.added, report.tracks) == (4, 3, 3)
    assert [path.name for path, _ in report.failed] == ["bad.mp3"]
    other = Catalogue.open(tmp_path / "other", create=True)
    fold(other, [str(shards)], shown=False)  # what was left makes the same library again
    assert other.tracks() == Catalogue.open(tmp_path / "c", create=False).tracks()
    assert other.failed_files().keys() == {music / "bad.mp3"}


@pytest.mark.usefixtures("mapper")
def test_a_file_that_ends_its_process_is_found_out_and_blamed_alone(
    music: Path, shards: Path
) -> None:
    def killer(order: Order) -> Fate:
        deadly = any(file.path.name == "piece 2.flac" for file in order.files)
        return Fate.CRASHED if deadly else Fate.DONE

    orders = orders_of(list_music([str(music)]).files, str(shards), LITE, 2)
    done = list(dispatch(orders, HerePool(known_identities(set()), killer)))

    rows = [row for order in done for row in read_shard(Path(order.place).read_bytes()).rows]
    assert [Path(row.place.path).name for row in rows if row.reason == CRASHED] == ["piece 2.flac"]
    assert sorted(Path(row.place.path).name for row in rows if row.record) == [
        "piece 0.flac",
        "piece 1.flac",
    ]


@pytest.mark.usefixtures("mapper")
def test_an_error_that_stays_ends_the_run_with_it(music: Path, shards: Path) -> None:
    orders = orders_of(list_music([str(music)]).files, str(shards), LITE, 2)
    pool = HerePool(known_identities(set()), lambda _order: Fate.FAILED)

    with pytest.raises(BackendError, match="away"):
        list(dispatch(orders, pool))


def test_a_driver_that_was_killed_repeats_only_what_was_open(
    mapper: CountingMapper, music: Path, shards: Path, tmp_path: Path
) -> None:
    orders = orders_of(list_music([str(music)]).files, str(shards), LITE, 2)
    carry_out(orders[0], known_identities(set()))
    mapper.mapped.clear()  # and here the driver dies

    report = _fill(tmp_path / "c", str(music), str(shards))

    assert len(mapper.mapped) == 2
    assert (report.added, report.tracks) == (3, 3)
    assert list(shards.iterdir()) == []


def test_long_files_are_told_once_whoever_hears_them(
    mapper: CountingMapper, music: Path, shards: Path, tmp_path: Path
) -> None:
    mapper.seconds = WHOLE_SECONDS + 1
    orders = orders_of(list_music([str(music)]).files, str(shards), LITE, 2)
    carry_out(orders[0], known_identities(set()))  # what an earlier run left counts, too

    report = _fill(tmp_path / "c", str(music), str(shards))
    again = _fill(tmp_path / "c", str(music), str(shards))

    long = [notice for notice in report.notices if notice.startswith("files longer than")]
    assert [notice.split(";")[0] for notice in long] == ["files longer than 15 minutes: 3"]
    assert not any("longer" in notice for notice in again.notices)


@pytest.mark.usefixtures("mapper")
def test_a_cluster_s_run_prepares_searches(
    v2m: Commands, music: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def pool(_address: str, _spec: ProfileSpec, known: Known, **_: int) -> Iterator[HerePool]:
        yield HerePool(known, lambda _order: Fate.DONE)

    monkeypatch.setattr("v2m.cluster.ray_pool", pool)
    done = v2m("index", music, "--cluster", "local", "--catalog", tmp_path / "c", "--json")

    assert (done.code, json.loads(done.out)["added"]) == (0, 3)
    tables = tables_of(load_profile(LITE))
    assert current_image(tmp_path / "c", tables.values()) is not None


def test_moved_music_is_not_analysed_again(
    mapper: CountingMapper, music: Path, shards: Path, tmp_path: Path
) -> None:
    _fill(tmp_path / "c", str(music), str(shards))
    (music / "piece 1.flac").rename(music / "named anew.flac")
    mapper.mapped.clear()

    report = _fill(tmp_path / "c", str(music), str(shards))

    assert (mapper.mapped, report.moved, report.tracks) == ([], 1, 3)
    catalogue = Catalogue.open(tmp_path / "c", create=False)
    assert "named anew" in [track.title for track in catalogue.tracks()]
    assert catalogue.health() == []


@pytest.fixture
def bucket(music: Path) -> Iterator[str]:
    """The same music in a store that is no folder."""
    system = fsspec.filesystem("memory")
    for path in music.iterdir():
        system.pipe_file(f"/bucket/music/{path.name}", path.read_bytes())
    system.pipe_file("/bucket/music/.hidden/no.mp3", b"x")
    yield "memory://bucket/music"
    system.rm("/bucket", recursive=True)


def test_music_and_shards_may_lie_in_a_bucket(
    mapper: CountingMapper, bucket: str, music: Path, tmp_path: Path
) -> None:
    report = _fill(tmp_path / "c", bucket, "memory://bucket/shards", keep=True)
    again = _fill(tmp_path / "c", bucket, "memory://bucket/shards", keep=True)

    assert (report.added, len(report.failed)) == (3, 1)
    assert (again.encoded, again.unchanged) == (0, 3)
    catalogue = Catalogue.open(tmp_path / "c", create=False)
    assert not any(track.has_audio for track in catalogue.tracks())
    moved = index(catalogue, list_music([str(music)]), OPTIONS)  # a copy of the bucket
    assert (moved.encoded, moved.moved) == (0, 3)
    assert {track.path.parent for track in catalogue.tracks()} == {music}
    assert len(mapper.mapped) == 3


@pytest.mark.usefixtures("mapper")
def test_music_of_a_bucket_is_named_and_counted_once_and_forgotten_when_gone(
    bucket: str, tmp_path: Path
) -> None:
    report = _fill(tmp_path / "c", bucket, "memory://bucket/shards")
    catalogue = Catalogue.open(tmp_path / "c", create=False)
    searched = Searcher(catalogue, load_profile(LITE)).n_tracks

    fsspec.filesystem("memory").rm("/bucket/music/piece 1.flac")
    again = _fill(tmp_path / "c", bucket, "memory://bucket/shards")

    assert "cannot use memory://bucket/music/bad.mp3" in index_text(report)
    assert (searched, again.forgotten, again.tracks) == (3, 1, 2)


def test_an_address_that_holds_nothing_is_named() -> None:
    with pytest.raises(InputError, match="memory://nowhere/music: there is nothing"):
        list_music(["memory://nowhere/music"])


def test_a_scheme_nobody_knows_is_named() -> None:
    with pytest.raises(InputError, match="nowhere://x/y: cannot be reached"):
        list_music(["nowhere://x/y"])


@pytest.mark.usefixtures("mapper")
def test_a_machine_that_does_not_see_the_music_says_so(
    music: Path, shards: Path, tmp_path: Path
) -> None:
    (order, *_) = orders_of(list_music([str(music)]).files, str(shards), LITE, 2)
    music.rename(tmp_path / "elsewhere")

    with pytest.raises(BackendError, match=r"does not see .*music"):
        carry_out(order, known_identities(set()))


@pytest.mark.usefixtures("mapper")
def test_work_is_named_by_what_is_asked(music: Path, shards: Path) -> None:
    files = list_music([str(music)]).files
    (order, *_) = orders_of(files, str(shards), LITE, 2)
    os.utime(files[0].path, ns=(1, 1))
    (changed, *_) = orders_of(list_music([str(music)]).files, str(shards), LITE, 2)

    carry_out(order, known_identities(set()))
    carry_out(order, known_identities(set()))

    assert order.place != changed.place
    assert [path.name for path in shards.iterdir()] == [Path(order.place).name]
    rows: tuple[ShardRow, ...] = read_shard(Path(order.place).read_bytes()).rows
    assert [Path(row.place.path) for row in rows] == [file.path for file in order.files]


@pytest.mark.usefixtures("mapper")
def test_a_file_that_goes_away_meanwhile_is_not_called_unusable(
    music: Path, shards: Path, tmp_path: Path
) -> None:
    def away(_order: Order) -> Fate:
        (music / "piece 1.flac").unlink(missing_ok=True)
        return Fate.DONE

    report = _fill(tmp_path / "c", str(music), str(shards), away)

    assert report.away == [music / "piece 1.flac"]
    assert (report.added, [path.name for path, _ in report.failed]) == (2, ["bad.mp3"])


def test_options_that_do_not_go_together_are_refused(v2m: Commands, tmp_path: Path) -> None:
    assert "--shards goes with --cluster" in v2m("index", tmp_path, "--shards", "x").complaint
    assert "buckets go with --cluster" in v2m("index", "s3://bucket/music").complaint
    watched = v2m("index", "s3://bucket/music", "--cluster", "local", "--watch")
    assert "cannot be watched" in watched.complaint


def test_without_ray_the_package_to_install_is_named(
    v2m: Commands, music: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)

    done = v2m("index", music, "--cluster", "local", "--catalog", tmp_path / "c")

    assert done.code == 2
    assert "pip install 'v2m[ray]'" in done.complaint
