"""A real Ray of two nodes, one of them killed in the middle; V2M_RAY=1 asks for it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from catalogs.image import current_image
from catalogs.store import Catalogue
from retriever.search import tables_of
from tests.conftest import WriteMusic
from v2m.encoders.profiles import load_profile
from v2m.types import Track

pytestmark = [
    pytest.mark.skipif(os.environ.get("V2M_RAY") != "1", reason="V2M_RAY=1 asks for it"),
    pytest.mark.enable_socket,
    pytest.mark.timeout(900),
    pytest.mark.filterwarnings("default"),
]

TRACKS = int(os.environ.get("V2M_RAY_TRACKS", "16"))


@pytest.fixture
def music(write_music: WriteMusic, tmp_path: Path) -> Path:
    """A folder of short pieces, all different, and a file that is none."""
    for n in range(TRACKS):
        write_music(tmp_path / "music" / f"piece {n:02}.flac", pitch=150 + 11 * n, seed=n)
    (tmp_path / "music" / "bad.mp3").write_bytes(b"no sound")
    return tmp_path / "music"


@pytest.fixture
def cluster() -> Iterator[Any]:
    """A cluster of a head without processors, to which tests add nodes."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    from ray.cluster_utils import Cluster

    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 0})
    yield made
    made.shutdown()


def _start(music: Path, catalogue: Path, address: str, *more: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "cli", "index", str(music), "--cluster", address, "--json"]
    return subprocess.Popen(
        [*command, "--catalog", str(catalogue), *more],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "V2M_BATCH": "2", "V2M_WORKERS": "0"},
    )


def _wait_for_tracks(folder: Path, n: int) -> None:
    give_up = time.monotonic() + 300
    while time.monotonic() < give_up:
        there = (folder / "catalog.duckdb").exists()
        if there and Catalogue.open(folder, create=False).count() >= n:
            return
        time.sleep(0.5)
    pytest.fail("nothing was indexed")


def _paths(folder: Path) -> list[str]:
    return sorted(track.path.name for track in Catalogue.open(folder, create=False).tracks())


def _facts(track: Track) -> tuple[object, ...]:
    return track.track_id, track.path, track.title, track.key, track.mode, track.tags


def _all() -> list[str]:
    return [f"piece {n:02}.flac" for n in range(TRACKS)]


def test_a_node_that_is_killed_takes_no_track_with_it(
    cluster: Any, music: Path, tmp_path: Path
) -> None:
    cluster.add_node(num_cpus=1)
    doomed = cluster.add_node(num_cpus=1)
    run = _start(music, tmp_path / "c", cluster.address)
    _wait_for_tracks(tmp_path / "c", 2)

    cluster.remove_node(doomed, allow_graceful=False)
    out, err = run.communicate(timeout=600)

    report = json.loads(out)
    assert run.returncode == 0, err
    assert (report["added"], report["tracks"], len(report["failed"])) == (TRACKS, TRACKS, 1)
    assert _paths(tmp_path / "c") == _all()
    assert Catalogue.open(tmp_path / "c", create=False).health() == []
    tables = tables_of(load_profile("lite"))
    assert current_image(tmp_path / "c", tables.values()) is not None  # searches are prepared


def test_a_driver_that_is_killed_goes_on_where_it_was(
    cluster: Any, music: Path, tmp_path: Path
) -> None:
    cluster.add_node(num_cpus=1)
    run = _start(music, tmp_path / "c", cluster.address)
    _wait_for_tracks(tmp_path / "c", 2)
    os.kill(run.pid, signal.SIGKILL)
    run.communicate()
    there = Catalogue.open(tmp_path / "c", create=False).count()

    out, err = _start(music, tmp_path / "c", cluster.address).communicate(timeout=600)

    report = json.loads(out)
    assert there + report["added"] == report["tracks"] == TRACKS, err
    assert _paths(tmp_path / "c") == _all()


def test_the_cluster_finds_what_the_local_run_finds(
    cluster: Any, music: Path, tmp_path: Path
) -> None:
    cluster.add_node(num_cpus=1)
    _, err = _start(music, tmp_path / "there", cluster.address).communicate(timeout=600)
    local = [sys.executable, "-m", "cli", "index", str(music), "--catalog", str(tmp_path / "here")]
    subprocess.run(local, check=True, capture_output=True)

    here, there = (
        Catalogue.open(tmp_path / name, create=False).tracks() for name in ("here", "there")
    )

    assert [_facts(track) for track in here] == [_facts(track) for track in there], err
    for one, other in zip(here, there, strict=True):  # equal but for the order of additions
        assert one.loudness_lufs == pytest.approx(other.loudness_lufs, abs=1e-3)
        assert one.tempo_bpm == pytest.approx(other.tempo_bpm, abs=1e-3)
        assert one.instrumental == pytest.approx(other.instrumental, abs=1e-3)
