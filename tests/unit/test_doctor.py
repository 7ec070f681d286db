"""What the doctor finds."""

import json
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from catalogs.rows import IndexedFile
from catalogs.store import Catalogue
from v2m import doctor, ffmpeg, wheels
from v2m.doctor import Finding, clashes, examine
from v2m.errors import BackendError
from v2m.types import Span, Track, TrackRecord, VectorRow
from v2m.wheels import ModelStatus

OURS = {name: ["v2m"] for name in doctor.TOP_LEVEL}


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Make the names ours alone and the model cache empty, whatever this machine has."""
    monkeypatch.setattr(doctor, "packages_distributions", lambda: OURS)
    monkeypatch.setenv("V2M_MODELS", str(tmp_path / "models"))


def _finding(name: str, catalog: Path) -> Finding:
    return next(finding for finding in examine(catalog) if finding.name == name)


def test_a_healthy_machine_passes_every_check(tmp_path: Path) -> None:
    findings = examine(tmp_path / "catalogue")

    names = [
        "python",
        "packages",
        "names",
        "ffmpeg",
        "fingerprints",
        "soundfont",
        "models",
        "catalogue",
    ]
    assert [finding.name for finding in findings] == names
    assert [finding.name for finding in findings if not finding.ok] == []
    assert all(finding.text and "\n" not in finding.text for finding in findings)


def test_examining_changes_nothing(tmp_path: Path) -> None:
    examine(tmp_path / "catalogue")

    assert list(tmp_path.iterdir()) == []


def test_a_finding_is_plain_data() -> None:
    finding = Finding("python", True, "3.11")

    assert json.loads(json.dumps(finding.to_json())) == {
        "name": "python",
        "ok": True,
        "text": "3.11",
    }


def test_versions_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "version", lambda name: f"1.{len(name)}")

    text = _finding("packages", tmp_path).text
    assert text.split(", ") == [f"{name} 1.{len(name)}" for name in doctor.PACKAGES]


def test_an_ffmpeg_without_chromaprint_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("v2m.audio.fingerprint.available", lambda: False)

    found = _finding("fingerprints", tmp_path)
    assert found.ok  # all else works
    assert found.text.startswith("this FFmpeg was built without Chromaprint: copies")


def test_a_missing_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(doctor, "version", missing)

    found = _finding("packages", tmp_path)
    assert (found.ok, found.text) == (False, "av is not installed; pip install v2m again")


def test_a_package_with_our_names_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    owners = {**OURS, "cli": ["v2m", "Other-Tool"], "retriever": ["searcher"], "numpy": ["numpy"]}
    monkeypatch.setattr(doctor, "packages_distributions", lambda: owners)

    found = _finding("names", tmp_path)
    assert clashes() == {"cli": {"other-tool"}, "retriever": {"searcher"}}
    assert not found.ok
    assert "retriever (by searcher); cli (by other-tool)" in found.text


def test_names_nobody_claims_do_not_clash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "packages_distributions", dict)

    assert clashes() == {}


def test_missing_codecs_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    poor = SimpleNamespace(codecs_available={"h264", "mp3"}, __version__="14.0")
    monkeypatch.setattr(ffmpeg, "av", poor)

    found = _finding("ffmpeg", tmp_path)
    assert not found.ok
    assert found.text.startswith("PyAV lacks aac, libopus;")


def test_a_missing_soundfont_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> Path:
        raise BackendError("arranger", "TimGM6mb.sf2 is missing")

    monkeypatch.setattr("generator.arranger.render.soundfont_path", missing)

    found = _finding("soundfont", tmp_path)
    assert (found.ok, found.text) == (False, "arranger: TimGM6mb.sf2 is missing")


@pytest.mark.parametrize(
    ("places", "words"),
    [
        (["not fetched", "cached", "not fetched"], "2 files are fetched when first needed (3 MB)"),
        (["installed", "cached", "cached"], "all files are here"),
    ],
)
def test_missing_models_are_counted_and_are_no_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, places: list[str], words: str
) -> None:
    statuses = [ModelStatus("m", where, 1_500_000, "MIT", "p", "1") for where in places]
    monkeypatch.setattr(wheels, "models", lambda: statuses)

    found = _finding("models", tmp_path)
    assert found.ok
    assert found.text.startswith(words)


def test_no_catalogue_yet_is_no_fault(tmp_path: Path) -> None:
    found = _finding("catalogue", tmp_path / "none")

    assert found.ok
    assert "'v2m index FOLDER' makes one" in found.text


def _with_track(folder: Path) -> Catalogue:
    catalogue = Catalogue.open(folder, create=True)
    track = Track("id1", Path("/music/a.mp3"), "A")
    row = VectorRow("fake/2", "track", Span(0, 1), np.array([1, 0], np.float32))
    record = TrackRecord(track, (row,), "1")
    catalogue.write_batch([IndexedFile(track.path, 1, 2, Path("/music"), record)])
    return catalogue


def test_the_catalogue_is_counted(tmp_path: Path) -> None:
    _with_track(tmp_path / "cat")

    found = _finding("catalogue", tmp_path / "cat")
    assert (found.ok, found.text) == (True, f"1 tracks at {tmp_path / 'cat'}")


def test_a_sick_catalogue_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _with_track(tmp_path / "cat")
    monkeypatch.setattr(Catalogue, "health", lambda self: ["rows lost", "files lost"])

    found = _finding("catalogue", tmp_path / "cat")
    assert (found.ok, found.text) == (False, "rows lost; files lost")


def test_a_damaged_catalogue_is_found(tmp_path: Path) -> None:
    (tmp_path / "catalog.duckdb").write_text("hello" * 5000)

    found = _finding("catalogue", tmp_path)
    assert not found.ok
    assert "not a catalogue" in found.text
