"""A real S3-compatible server: music and shards in a bucket. V2M_S3=http://HOST:PORT names it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from catalogs.store import Catalogue
from tests.conftest import WriteMusic

SERVER = os.environ.get("V2M_S3", "")

pytestmark = [
    pytest.mark.skipif(not SERVER, reason="V2M_S3=http://HOST:PORT names a server to try"),
    pytest.mark.enable_socket,
    pytest.mark.timeout(600),
    pytest.mark.filterwarnings("default"),
]

NAMES = ["über eins.flac", "sub/two +%20&.flac", "sub/trois.flac"]


@pytest.fixture
def bucket(
    write_music: WriteMusic, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Any]:
    """A bucket with three pieces and a file that is none; yields the store and its address."""
    s3fs = pytest.importorskip("s3fs")
    monkeypatch.setenv("AWS_ENDPOINT_URL", SERVER)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, os.environ.get(name, "testing"))
    store, bucket = s3fs.S3FileSystem(use_listings_cache=False), f"v2m-{uuid4().hex}"
    store.mkdir(bucket)
    for n, name in enumerate(NAMES):
        piece = write_music(tmp_path / "music" / name, pitch=150 + 11 * n, seed=n)
        store.put_file(str(piece), f"{bucket}/music/{name}")
    store.pipe_file(f"{bucket}/music/bad.mp3", b"no sound")
    yield store, f"s3://{bucket}"
    store.rm(bucket, recursive=True)


def _v2m(*arguments: object) -> Any:
    command = [sys.executable, "-m", "cli", *map(str, arguments), "--json"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_music_in_a_bucket_is_indexed_merged_and_found(bucket: Any, tmp_path: Path) -> None:
    store, address = bucket
    how = ("--cluster", "local", "--shards", f"{address}/shards", "--catalog")

    first = _v2m("index", f"{address}/music", *how, tmp_path / "c")
    again = _v2m("index", f"{address}/music", *how, tmp_path / "c")
    merged = _v2m(
        "catalog", "merge", f"{address}/shards", "--music", tmp_path / "music",
        "--catalog", tmp_path / "other",
    )  # fmt: skip

    assert (first["added"], [one["path"] for one in first["failed"]]) == (
        3, [f"{address}/music/bad.mp3"],
    )  # fmt: skip
    assert (again["encoded"], again["unchanged"], again["tracks"]) == (0, 3, 3)
    assert (merged["added"], merged["tracks"], merged["broken"]) == (3, 3, [])
    here = [track.path for track in Catalogue.open(tmp_path / "other", create=False).tracks()]
    assert sorted(here) == sorted(tmp_path / "music" / name for name in NAMES)
    found = _v2m("find", "--text", "über eins", "--catalog", tmp_path / "c")
    assert found["tracks_searched"] == 3
    assert found["scenes"][0]["matches"][0]["title"] == "über eins"
    assert len(store.ls(f"{address}/shards")) > 0


def test_what_is_gone_from_the_bucket_is_forgotten(bucket: Any, tmp_path: Path) -> None:
    store, address = bucket
    how = ("--cluster", "local", "--catalog", tmp_path / "c")
    _v2m("index", f"{address}/music", *how)

    store.rm(f"{address}/music/{NAMES[2]}")
    report = _v2m("index", f"{address}/music", *how)

    assert (report["forgotten"], report["tracks"]) == (1, 2)


def test_a_bucket_that_is_not_there_is_one_clear_line(bucket: Any, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "cli", "index", "s3://v2m-not-there/music"]

    done = subprocess.run(
        [*command, "--cluster", "local", "--catalog", str(tmp_path / "c")],
        check=False, capture_output=True, text=True,
    )  # fmt: skip

    assert done.returncode == 2
    assert done.stderr.strip() == "v2m: s3://v2m-not-there/music: no such file or folder"
