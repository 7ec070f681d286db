"""What a command in a new process does without."""

from pathlib import Path
from unittest.mock import Mock

import duckdb
import numpy as np
import pytest

from catalogs.store import Catalogue
from retriever.probes import PROBES
from retriever.query import text_query
from retriever.search import Searcher
from tests.imports import HEAVY, imports_of
from tests.libraries import counting_profile, fill, track
from tests.unit.plans import make_cue, make_plan
from v2m.encoders.minilm import MiniLM
from v2m.profiles.lite import LiteProfile
from v2m.soundtrack.plan import write_plan


def test_finding_by_words_imports_nothing_heavy(tmp_path: Path) -> None:
    catalogue, profile = Catalogue.open(tmp_path, create=True), LiteProfile()
    fill(catalogue, [track(1, "slow piano"), track(2, "fast drums")], profile)
    Searcher(catalogue, profile)  # leaves the image for the next process

    find = ["find", "--text", "piano", "--catalog", tmp_path]
    assert not imports_of("slow piano", *find) & {*HEAVY}


@pytest.mark.parametrize(
    ("line", "said"), [("--help", "backends"), ("--version", "v2m"), ("config", "catalog")]
)
def test_what_needs_no_library_imports_nothing_heavy(line: str, said: str) -> None:
    assert not imports_of(said, line) & {*HEAVY, "numpy", "filelock", "v2m.library"}


def test_help_imports_no_command() -> None:
    commands = {
        name for name in imports_of("backends", "--help") if name.startswith("v2m.commands.")
    }
    assert commands == {"v2m.commands.lazy", "v2m.commands.quick"}


def test_listing_tracks_imports_the_database_and_nothing_else_heavy(tmp_path: Path) -> None:
    fill(Catalogue.open(tmp_path, create=True), [track(1, "slow piano")], LiteProfile())

    listed = imports_of("slow piano", "tracks", "list", "--catalog", tmp_path)

    assert not listed & ({*HEAVY, "numpy", "v2m.encoders.profiles"} - {"duckdb"})


def test_credits_are_written_without_what_mixes_sound(tmp_path: Path) -> None:
    write_plan(make_plan(make_cue(0, 4)), tmp_path / "plan.json")
    export = ["export", tmp_path / "plan.json", "-o", tmp_path / "credits.txt"]

    assert not imports_of("credits.txt", *export) & {"torch", "scipy", "duckdb", "PIL", "fpdf"}


def test_a_condition_opens_the_file_once_and_a_search_without_one_never(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue, profile = Catalogue.open(tmp_path, create=True), counting_profile()
    fill(catalogue, [track(1, "slow piano"), track(2, "fast drums")], profile)
    searcher = Searcher(catalogue, profile)
    opener = Mock(wraps=duckdb.connect)
    monkeypatch.setattr(duckdb, "connect", opener)

    for where in (None, "title <> 'x'", "title <> 'x'"):
        searcher.search(text_query(profile, "piano"), 2, where=where)

    files = [call for call in opener.call_args_list if call.args]  # checking needs no file
    assert len(files) == 1


def test_a_writer_may_come_after_a_reader_that_asked_within_its_reading(tmp_path: Path) -> None:
    catalogue = Catalogue.open(tmp_path, create=True)

    with catalogue.reading():
        assert catalogue.count() == 0
        assert catalogue.matching_ids("true").to_pylist() == []
        assert catalogue.matching_ids("true").to_pylist() == []
    catalogue.set_note("a", "b")

    assert catalogue.note("a") == "b"


def test_kept_phrases_are_the_vectors_of_their_texts() -> None:
    texts = [PROBES[3], "a text of its own"]

    np.testing.assert_allclose(
        MiniLM(PROBES).encode_text(texts), MiniLM().encode_text(texts), atol=1e-5
    )
