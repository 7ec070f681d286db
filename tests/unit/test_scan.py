from pathlib import Path

import pytest

from indexer.scan import scan
from v2m.errors import InputError


def _touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def test_scan_finds_music_in_subfolders_and_nothing_else(tmp_path: Path) -> None:
    _touch(tmp_path / "a.mp3", tmp_path / "b" / "c.FLAC", tmp_path / "cover.jpg")

    found = scan([tmp_path])

    assert [file.path.name for file in found.files] == ["a.mp3", "c.FLAC"]


def test_scan_skips_hidden_files_and_folders(tmp_path: Path) -> None:
    _touch(tmp_path / ".a.mp3", tmp_path / ".trash" / "b.mp3", tmp_path / "c.mp3")

    found = scan([tmp_path])

    assert [file.path.name for file in found.files] == ["c.mp3"]


def test_scan_lists_a_linked_file_once(tmp_path: Path) -> None:
    _touch(tmp_path / "real" / "a.mp3")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    (tmp_path / "b.mp3").symlink_to(tmp_path / "real" / "a.mp3")

    found = scan([tmp_path])

    assert [file.path for file in found.files] == [tmp_path / "real" / "a.mp3"]


def test_scan_survives_a_link_that_points_to_itself(tmp_path: Path) -> None:
    _touch(tmp_path / "a.mp3")
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "knot.mp3").symlink_to(tmp_path / "knot.mp3")

    found = scan([tmp_path])

    assert [file.path.name for file in found.files] == ["a.mp3"]
    assert [path.name for path, _ in found.unreadable] == ["knot.mp3"]


def test_scan_reports_a_broken_link(tmp_path: Path) -> None:
    (tmp_path / "gone.mp3").symlink_to(tmp_path / "nowhere.mp3")

    found = scan([tmp_path])

    assert [path.name for path, _ in found.unreadable] == ["gone.mp3"]


def test_scan_takes_a_single_file(tmp_path: Path) -> None:
    _touch(tmp_path / "a.mp3", tmp_path / "b.mp3")

    found = scan([tmp_path / "a.mp3"])

    assert [file.path.name for file in found.files] == ["a.mp3"]
    assert found.roots == ()


@pytest.mark.parametrize(
    ("name", "words"), [("missing", "no such folder"), ("notes.txt", "not a music file")]
)
def test_scan_refuses_what_is_no_music_folder(tmp_path: Path, name: str, words: str) -> None:
    _touch(tmp_path / "notes.txt")

    with pytest.raises(InputError, match=words):
        scan([tmp_path / name])


def test_scan_keeps_names_that_are_not_utf8(tmp_path: Path) -> None:
    name = b"caf\xe9 'n\n.mp3".decode("utf-8", "surrogateescape")
    _touch(tmp_path / name)

    assert [file.path.name for file in scan([tmp_path]).files] == [name]
