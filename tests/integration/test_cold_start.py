"""What a first search in a new process does without."""

import subprocess
import sys
from pathlib import Path
from unittest.mock import Mock

import duckdb
import numpy as np
import pytest

from catalogs.store import Catalogue
from retriever.probes import PROBES
from retriever.query import text_query
from retriever.search import Searcher
from tests.libraries import counting_profile, fill, track
from v2m.encoders.minilm import MiniLM
from v2m.profiles.lite import LiteProfile

HEAVY = (
    "av", "duckdb", "faiss", "fastapi", "moviepy", "mutagen", "numpy.ma", "PIL", "pyarrow",
    "pydantic", "rich", "scipy", "scenedetect", "soundfile", "tokenizers", "torch",
    "v2m.audio.structure", "v2m.soundtrack.plan",
)  # fmt: skip
"""Modules that take 20 ms or more to import and that finding by words has no use for."""

CODE = (
    "import sys, contextlib, io, cli; sys.argv = ['v2m', *sys.argv[2:]]\n"
    "with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.suppress(SystemExit):\n"
    "    cli.main()\n"
    "assert 'slow piano' in out.getvalue()\n"
    f"print([name for name in {HEAVY!r} if name in sys.modules])"
)


def test_finding_by_words_imports_nothing_heavy(tmp_path: Path) -> None:
    catalogue, profile = Catalogue.open(tmp_path, create=True), LiteProfile()
    fill(catalogue, [track(1, "slow piano"), track(2, "fast drums")], profile)
    Searcher(catalogue, profile)  # leaves the image for the next process

    command = [sys.executable, "-c", CODE, "--", "find", "--text", "piano", "--catalog"]
    done = subprocess.run([*command, str(tmp_path)], capture_output=True, text=True, check=False)

    assert done.stdout.strip() == "[]", done.stderr


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
