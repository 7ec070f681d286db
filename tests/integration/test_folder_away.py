"""Music on a disk or a network folder that goes away: nothing is lost, the next run goes on."""

import errno
import io
from collections.abc import Generator, Sequence
from pathlib import Path

import pytest

from catalogs.rows import IndexedFile
from indexer import index as index_module
from indexer.away import gone_files, is_there, opens
from indexer.recordings import NO_CHROMAPRINT
from indexer.runner import Job, Mapped, run
from indexer.scan import FoundFile, Scan, scan
from tests.conftest import write_piece
from tests.toys import ToyEncoder, ToyProfile
from v2m.audio.decode import audio_identity, decode_audio
from v2m.audio.descriptors import ANALYSIS_VERSION
from v2m.encoders import profiles
from v2m.encoders.profiles import ProfileSpec, TrackWords
from v2m.errors import MediaError
from v2m.library import Library
from v2m.types import Heard, Span, Track, TrackRecord, VectorRow, Vectors

PIECES = 3


class _Ear(ToyEncoder):
    def encode_track(self, whole: Heard, sections: Sequence[Heard]) -> Vectors:
        return self.encode_audio([whole, *sections])


class _Hearing(ToyProfile):
    """The toy profile, able to index."""

    music = _Ear()
    most_workers = None

    def describe_track(self, heard: Heard) -> TrackWords:
        return TrackWords((), "", 1.0)


@pytest.fixture
def music(tmp_path: Path) -> Path:
    """A folder of short pieces, all different."""
    for n in range(PIECES):
        write_piece(tmp_path / "share" / f"piece {n}.wav", seconds=2, pitch=200 + 30 * n, seed=n)
    return tmp_path / "share"


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Library:
    monkeypatch.setitem(profiles.PROFILES, "hearing", "tests.integration.test_folder_away:_Hearing")
    monkeypatch.setitem(profiles._loaded, ProfileSpec("hearing"), _Hearing())
    return Library(tmp_path / "catalogue", profile="hearing", create=True)


def _vanish_after(monkeypatch: pytest.MonkeyPatch, n: int, music: Path) -> None:
    """Take the folder away as soon as n files of a run are analysed."""

    def interrupted(
        jobs: Sequence[Job], profile: ProfileSpec, workers: int
    ) -> Generator[Mapped, None, None]:
        for count, outcome in enumerate(run(jobs, profile, workers)):
            if count == n:
                music.rename(music.with_name("away"))
            yield outcome

    monkeypatch.setattr(index_module, "run", interrupted)


def _know(library: Library, path: Path) -> None:
    """Let the catalogue hold a file as if it had been indexed."""
    (file,) = scan([path]).files
    track = Track(audio_identity(path), path, "by hand")
    row = VectorRow("toy/words", "track", Span(0, 2), ToyEncoder().encode_text(["a"])[0])
    record = TrackRecord(track, (row,), ANALYSIS_VERSION)
    library.catalogue.write_batch(
        [IndexedFile(path, file.size_bytes, file.mtime_ns, path.parent, record)]
    )


def test_a_folder_gone_in_the_middle_of_a_run_loses_nothing_and_the_next_run_mends(
    library: Library, music: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        _vanish_after(patch, 1, music)
        first = library.index([music], workers=1)
    assert (first.added, len(first.away), first.failed) == (2, PIECES - 2, [])
    assert library.catalogue.failed_files() == {}

    music.with_name("away").rename(music)
    second = library.index([music], workers=1)

    assert (second.added, second.unchanged, second.away) == (PIECES - 2, 2, [])
    assert library.catalogue.count() == PIECES
    assert library.catalogue.health() == []


def test_the_empty_place_of_a_disk_that_is_away_forgets_nothing(
    library: Library, music: Path
) -> None:
    _know(library, music / "piece 0.wav")
    music.rename(music.with_name("away"))
    music.mkdir()

    report = library.index([music], workers=1)

    assert (report.forgotten, library.catalogue.count()) == (0, 1)
    (notice,) = [line for line in report.notices if "holds no music" in line]
    assert "its 1 files are kept" in notice


def test_a_renamed_file_whose_disk_goes_away_keeps_its_words(
    library: Library, music: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _know(library, music / "piece 0.wav")
    for n in range(1, PIECES):
        (music / f"piece {n}.wav").unlink()
    renamed = (music / "piece 0.wav").rename(music / "new name.wav")
    monkeypatch.setattr(index_module, "opens", lambda path: False)
    monkeypatch.setattr(index_module, "available", lambda: False)

    report = library.index([music], workers=1)

    assert (report.away, report.forgotten) == ([renamed], 0)
    assert report.notices == [NO_CHROMAPRINT]
    assert [track.title for track in library.tracks()] == ["by hand"]


def test_what_is_gone_is_told_from_what_cannot_be_reached(music: Path, tmp_path: Path) -> None:
    found = scan([music])
    unread = Scan(found.files, found.roots, ((music / "locked", "no permission"),))
    known = [music / "gone.wav", music / "locked" / "a.wav", tmp_path / "elsewhere.wav"]

    assert gone_files(known, unread) == ([music / "gone.wav"], {})
    assert gone_files(known[:1], Scan((), found.roots, ())) == ([], {music: 1})


def test_a_file_is_there_only_as_it_was_found(music: Path) -> None:
    (file, *_) = scan([music]).files
    assert is_there(file)

    assert not is_there(FoundFile(file.path, file.size_bytes + 1, file.mtime_ns, music))
    assert not is_there(FoundFile(music / "gone.wav", 1, 1, music))
    assert opens(file.path)
    assert not opens(music / "gone.wav")


class _Failing(io.FileIO):
    """A file whose server stops answering."""

    def read(self, size: int | None = -1) -> bytes:
        if self.tell() > 40_000:
            raise OSError(errno.EIO, "Input/output error")
        return super().read(20_000 if size is None or size < 0 else min(size, 20_000))


def test_a_read_that_fails_is_said_of_its_file(
    music: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "open", lambda path, mode: _Failing(path, mode.replace("b", "")))
    path = music / "piece 0.wav"

    with pytest.raises(MediaError, match="piece 0"):
        audio_identity(path)
    with pytest.raises(MediaError, match="piece 0"):
        decode_audio(path, sample_rate=22050)
    assert not is_there(FoundFile(path, path.stat().st_size, path.stat().st_mtime_ns, music))
