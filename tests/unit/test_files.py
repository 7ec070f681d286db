import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from v2m.errors import InputError
from v2m.files import path_to_text, replacing, text_to_path


def test_a_file_appears_only_when_the_block_ends_well(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"

    with replacing(path) as temporary:
        temporary.write_text("new")
        assert not path.exists()

    assert path.read_text() == "new"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_a_failing_block_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")

    with pytest.raises(RuntimeError), replacing(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError

    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"), replacing(tmp_path / "no" / "a.txt"):
        pass


def test_a_written_file_gets_ordinary_permissions(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    umask = os.umask(0o022)
    try:
        with replacing(path) as temporary:
            temporary.write_text("x")
    finally:
        os.umask(umask)

    assert path.stat().st_mode & 0o777 == 0o644


@given(st.binary(min_size=1, max_size=30).filter(lambda name: b"\0" not in name))
def test_any_absolute_path_survives_being_written_as_text(name: bytes) -> None:
    path = Path(os.fsdecode(b"/music/" + name))

    text = path_to_text(path)

    text.encode("utf-8")
    assert text_to_path(text) == path
