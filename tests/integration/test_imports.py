"""Rows of sources in the catalogue: none lost, none double, files attached by name."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from catalogs import imports
from catalogs.rows import IndexedFile
from catalogs.store import Catalogue
from indexer.fetching import PATIENCE, audio_folder, fetch_audio
from indexer.importing import finish, import_rows, settle_words
from indexer.reports import ImportReport
from indexer.texts import encode_waiting
from v2m.errors import BackendError
from v2m.types import Refused, SourceRow, Span, Track, TrackRecord, VectorRow, Vectors

SPACE, DIM = "fake-text/4", 4


class CountingEncoder:
    """Encodes text by its letters and remembers what it was asked."""

    space, dim = SPACE, DIM

    def __init__(self) -> None:
        self.asked: list[str] = []

    def encode_text(self, texts: Sequence[str]) -> Vectors:
        self.asked += texts
        return np.stack([_vector(text) for text in texts])


def _vector(text: str) -> Vectors:
    vector = np.array([len(text), text.count("a"), text.count("e"), 1], np.float32)
    return np.asarray(vector / np.linalg.norm(vector), np.float32)


class Given:
    """A source that says what it is given."""

    name = "given"

    def __init__(self, *rows: SourceRow | Refused) -> None:
        self._rows = rows

    def n_rows(self) -> int:
        return len(self._rows)

    def notices(self) -> list[str]:
        return []

    def rows(self) -> Iterator[SourceRow | Refused]:
        yield from self._rows


RAIN = SourceRow(
    "1",
    2,
    "Rain on glass",
    "Ada",
    description="calm",
    duration_seconds=10,
    licence="CC BY 4.0",
    source_url="http://x/1",
    audio_name="000/1.mp3",
)
STORM = replace(RAIN, key="2", line=3, title="Storm chase", audio_name="000/2.mp3", licence="")


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    return Catalogue.open(tmp_path / "cat", create=True)


@pytest.fixture
def profile() -> Any:
    return SimpleNamespace(text=CountingEncoder())


def _import(catalogue: Catalogue, profile: Any, *rows: SourceRow | Refused) -> ImportReport:
    report = import_rows(catalogue, Given(*rows), profile)
    finish(catalogue, profile, report)
    return report


def _index(catalogue: Catalogue, path: str, track_id: str, seconds: float = 10) -> None:
    """Index a file as ``v2m index`` would, tags and all."""
    track = Track(track_id, Path(path), "tag title", duration_seconds=seconds, tempo_bpm=90)
    rows = (
        VectorRow("music", "track", Span(0, seconds), _vector("sound")),
        VectorRow(SPACE, "title", Span(0, seconds), _vector("tag title")),
    )
    file = IndexedFile(Path(path), 1, 1, Path("/m"), TrackRecord(track, rows, "1"))
    catalogue.write_batch([file])


def _texts(catalogue: Catalogue, track_id: str) -> dict[str, bytes]:
    table = catalogue.vector_table(SPACE, ["title", "description"])
    return {
        kind: vector.tobytes()
        for kind, owner, vector in zip(table.kinds, table.track_ids, table.vectors, strict=True)
        if owner == track_id
    }


def test_a_row_is_a_track_without_audio_with_words_to_find_it_by(
    catalogue: Catalogue, profile: Any
) -> None:
    report = _import(catalogue, profile, RAIN)

    (track,) = catalogue.tracks()
    assert (track.title, track.artist, track.has_audio) == ("Rain on glass", "Ada", False)
    assert track.retrieved_at
    assert set(_texts(catalogue, track.track_id)) == {"title", "description"}
    assert catalogue.filter_ids("licence_id = 'CC-BY-4.0' AND commercial_ok") == {track.track_id}
    assert (report.rows, report.imported, report.without_audio) == (1, 1, 1)
    assert catalogue.health() == []


def test_every_row_is_in_one_of_four_counts(catalogue: Catalogue, profile: Any) -> None:
    _import(catalogue, profile, RAIN, STORM)
    changed = replace(STORM, title="Storm over")
    new = replace(RAIN, key="3", audio_name="3.mp3")

    report = _import(catalogue, profile, RAIN, changed, new, new, Refused(9, "x", "no title"))

    assert (report.imported, report.updated, report.unchanged) == (1, 1, 1)
    assert [(row.key, row.reason) for row in report.refused] == [
        ("3", "the same id as line 2"),
        ("x", "no title"),
    ]
    assert report.rows == 5
    assert sorted(t.title for t in catalogue.tracks()) == [
        "Rain on glass", "Rain on glass", "Storm over",
    ]  # fmt: skip


def test_a_text_is_encoded_once_however_many_tracks_bear_it(
    catalogue: Catalogue, profile: Any
) -> None:
    rows = [replace(RAIN, key=str(n), audio_name=f"{n}.mp3") for n in range(20)]

    report = _import(catalogue, profile, *rows)

    assert len(profile.text.asked) == 2 == report.encoded
    assert len(catalogue.vector_table(SPACE, ["title"]).ids) == 20


def test_importing_again_encodes_only_what_changed(catalogue: Catalogue, profile: Any) -> None:
    _import(catalogue, profile, RAIN, STORM)
    profile.text.asked.clear()

    _import(catalogue, profile, RAIN, replace(STORM, title="Storm over"))

    assert [text for text in profile.text.asked if "titled" in text] == [
        "a piece of music titled Storm over"
    ]
    (storm,) = catalogue.filter_ids("title = 'Storm over'")
    expected = _vector("a piece of music titled Storm over").tobytes()
    assert _texts(catalogue, storm)["title"] == expected
    assert catalogue.health() == []


def test_words_that_were_not_encoded_wait_for_the_next_run(
    catalogue: Catalogue, profile: Any
) -> None:
    import_rows(catalogue, Given(RAIN, STORM), profile)
    assert imports.waiting_texts(catalogue, SPACE) == 3

    assert encode_waiting(catalogue, profile) == 3
    assert imports.waiting_texts(catalogue, SPACE) == 0


def test_a_file_is_attached_by_the_end_of_its_path(catalogue: Catalogue, profile: Any) -> None:
    _import(catalogue, profile, RAIN, STORM)
    _index(catalogue, "/m/fma_full/000/1.mp3", "sound1")

    attached = settle_words(catalogue, profile)

    assert attached.tracks == 1
    track = catalogue.track("sound1")
    assert (track.title, track.licence, track.tempo_bpm) == ("Rain on glass", "CC BY 4.0", 90)
    assert track.has_audio
    assert catalogue.count() == 2
    title = _vector("a piece of music titled Rain on glass").tobytes()
    assert _texts(catalogue, "sound1")["title"] == title
    assert catalogue.filter_ids("commercial_ok") == {"sound1"}
    assert catalogue.health() == []


def test_a_file_that_was_there_first_is_attached_by_the_import(
    catalogue: Catalogue, profile: Any
) -> None:
    _index(catalogue, "/m/000/1.mp3", "sound1")

    report = _import(catalogue, profile, RAIN)

    assert (report.attached, report.without_audio, catalogue.count()) == (1, 0, 1)
    assert set(_texts(catalogue, "sound1")) == {"title", "description"}


def test_importing_again_keeps_what_is_attached(catalogue: Catalogue, profile: Any) -> None:
    _index(catalogue, "/m/000/1.mp3", "sound1")
    _import(catalogue, profile, RAIN)

    report = _import(catalogue, profile, replace(RAIN, title="Rain on tin"))

    assert (report.updated, catalogue.count()) == (1, 1)
    track = catalogue.track("sound1")
    assert (track.title, track.has_audio, track.duration_seconds) == ("Rain on tin", True, 10)


def test_tags_do_not_win_over_a_source(catalogue: Catalogue, profile: Any) -> None:
    _index(catalogue, "/m/000/1.mp3", "sound1")
    _import(catalogue, profile, RAIN)

    _index(catalogue, "/m/000/1.mp3", "sound1")
    assert catalogue.track("sound1").title == "tag title"
    settle_words(catalogue, profile)
    encode_waiting(catalogue, profile)

    track = catalogue.track("sound1")
    assert (track.title, track.licence) == ("Rain on glass", "CC BY 4.0")
    assert catalogue.filter_ids("licence_id = 'CC-BY-4.0'") == {"sound1"}
    title = _vector("a piece of music titled Rain on glass").tobytes()
    assert _texts(catalogue, "sound1")["title"] == title


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ([("/m/000/1.mp3", "a", 60.0)], "not as long as row 1 says"),
        ([("/m/000/1.mp3", "a", 10.0), ("/n/000/1.mp3", "b", 10.0)], "several files answer"),
    ],
)
def test_a_file_that_may_be_another_is_not_attached(
    catalogue: Catalogue, profile: Any, files: list[tuple[str, str, float]], reason: str
) -> None:
    for file in files:
        _index(catalogue, *file)

    report = _import(catalogue, profile, RAIN)

    assert report.attached == 0
    assert report.unclear[0][0] == "/m/000/1.mp3"
    assert reason in report.unclear[0][1]
    assert report.without_audio == 1


def test_a_name_within_a_name_is_no_match(catalogue: Catalogue, profile: Any) -> None:
    _index(catalogue, "/m/9000/1.mp3", "a")

    assert _import(catalogue, profile, RAIN).attached == 0


def test_two_rows_of_one_sound_make_one_track(catalogue: Catalogue, profile: Any) -> None:
    _index(catalogue, "/m/000/1.mp3", "sound")
    _index(catalogue, "/m/000/2.mp3", "sound")

    report = _import(catalogue, profile, RAIN, STORM)

    assert (report.attached, report.copies, catalogue.count()) == (1, 1, 1)
    assert catalogue.track("sound").title == "Rain on glass"
    assert catalogue.health() == []
    assert _import(catalogue, profile, RAIN, STORM).unchanged == 2


def test_a_described_track_outlives_its_file(catalogue: Catalogue, profile: Any) -> None:
    _index(catalogue, "/m/000/1.mp3", "sound1")
    _import(catalogue, profile, RAIN)

    assert catalogue.forget_files([Path("/m/000/1.mp3")]) == 1
    track = catalogue.track("sound1")
    assert (track.title, track.has_audio) == ("Rain on glass", False)
    assert len(catalogue.vector_table("music", ["track"]).ids) == 0
    assert catalogue.health() == []

    _index(catalogue, "/new/000/1.mp3", "sound1")
    settle_words(catalogue, profile)
    assert catalogue.track("sound1").has_audio
    assert catalogue.track("sound1").title == "Rain on glass"


def test_a_removed_track_comes_back_with_the_next_import(
    catalogue: Catalogue, profile: Any
) -> None:
    _import(catalogue, profile, RAIN)
    catalogue.remove_tracks([track.track_id for track in catalogue.tracks()])

    assert _import(catalogue, profile, RAIN).imported == 1
    assert catalogue.count() == 1


# ---- fetching ----------------------------------------------------------------------------------


class Shop:
    """A downloader that has some files and refuses the rest."""

    def __init__(self, *there: str) -> None:
        self.asked: list[str] = []
        self._there = there

    def download(self, url: str, path: Path) -> None:
        self.asked.append(url)
        if url not in self._there:
            raise BackendError("shop", f"{url}: HTTP 404 Not Found")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"sound")


def _offered(n: int, name: str = "") -> SourceRow:
    return replace(RAIN, key=str(n), audio_name=name or f"x/{n}.mp3", audio_url=f"http://x/{n}")


def test_offered_sound_is_fetched_once_into_the_catalogues_folder(
    catalogue: Catalogue, profile: Any
) -> None:
    report = _import(catalogue, profile, _offered(1), _offered(2), RAIN)
    shop = Shop("http://x/1")

    fetch_audio(catalogue, shop, report, limit=10)
    fetch_audio(catalogue, shop, report, limit=10)

    assert (report.fetched, report.failed[0]) == (1, ("2", "http://x/2: HTTP 404 Not Found"))
    assert shop.asked == ["http://x/1", "http://x/2", "http://x/2"]
    assert (audio_folder(catalogue, "given") / "x" / "1.mp3").read_bytes() == b"sound"


def test_no_more_is_fetched_than_asked_for(catalogue: Catalogue, profile: Any) -> None:
    report = _import(catalogue, profile, *(_offered(n) for n in range(5)))
    shop = Shop()

    fetch_audio(catalogue, shop, report, limit=2)

    assert len(shop.asked) == 2


@pytest.mark.parametrize("name", ["../../out.mp3", "/etc/x.mp3", "a\\..\\b.mp3", "run.sh"])
def test_a_name_that_leads_out_of_the_folder_is_not_fetched(
    catalogue: Catalogue, profile: Any, name: str
) -> None:
    report = _import(catalogue, profile, _offered(1, name))
    shop = Shop("http://x/1")

    fetch_audio(catalogue, shop, report, limit=10)

    assert shop.asked == []
    assert "out of its folder" in report.failed[0][1] or "no kind of sound" in report.failed[0][1]


def test_a_server_that_refuses_all_is_left_in_peace(catalogue: Catalogue, profile: Any) -> None:
    report = _import(catalogue, profile, *(_offered(n) for n in range(9)))
    shop = Shop()

    fetch_audio(catalogue, shop, report, limit=100)

    assert len(shop.asked) == PATIENCE
    assert report.notices == [f"fetching stopped after {PATIENCE} failures in a row"]
