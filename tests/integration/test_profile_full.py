"""Profile full in a catalogue: side by side with lite, one column at a time, honest about odds."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from indexer.columns import fill_columns
from tests.checkpoints.encoders import build_clap
from tests.checkpoints.fixtures import checkpoints
from tests.commands import Commands
from tests.conftest import write_piece
from v2m.errors import ConfigError
from v2m.library import Library
from v2m.types import Provenance, Track, TrackRecord

__all__ = ["checkpoints"]


@pytest.fixture(scope="module")
def models(checkpoints: dict[str, Path]) -> dict[str, str]:
    """Tiny models for profile full."""
    return {"picture-text": str(checkpoints["clip"]), "music-text": str(checkpoints["clap"])}


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two pieces."""
    folder = tmp_path_factory.mktemp("music")
    write_piece(folder / "calm lake.wav", pitch=220.0, seed=1)
    write_piece(folder / "wild chase.wav", pitch=330.0, seed=2)
    return folder


@pytest.fixture(scope="module")
def _indexed(tmp_path_factory: pytest.TempPathFactory, music: Path, models: dict[str, str]) -> Path:
    folder = tmp_path_factory.mktemp("catalogue") / "c"
    Library(folder, create=True).index([music], workers=1)
    Library(folder, profile="full", models=models).index([music], workers=1)
    return folder


@pytest.fixture
def both(tmp_path: Path, _indexed: Path, models: dict[str, str]) -> tuple[Library, Library]:
    """The same catalogue through profile lite and profile full, indexed with both."""
    folder = tmp_path / "catalogue"
    shutil.copytree(_indexed, folder)
    return Library(folder), Library(folder, profile="full", models=models)


def _row_ids(library: Library, space: str) -> list[int]:
    kinds = ["track", "section", "title", "description"]
    return [int(n) for n in library.catalogue.vector_table(space, kinds).ids]


def test_two_profiles_live_side_by_side(both: tuple[Library, Library]) -> None:
    lite, full = both

    by_lite, by_full = (library.find(text="calm lake") for library in (lite, full))

    assert (by_lite.profile, by_full.profile) == ("lite", "full")
    assert by_lite.tracks_searched == by_full.tracks_searched == 2
    assert len(_row_ids(full, full.profile.music.space)) >= 4  # two tracks with a section each
    assert len(_row_ids(full, full.profile.text.space)) == 2  # two titles


def test_the_second_profile_leaves_the_first_ones_vectors_alone(
    both: tuple[Library, Library], music: Path
) -> None:
    lite, full = both
    before = _row_ids(lite, lite.profile.music.space)

    again = full.index([music], workers=1)

    assert _row_ids(lite, lite.profile.music.space) == before
    assert (again.encoded, again.unchanged) == (0, 2)
    assert lite.index([music], workers=1).encoded == 0


def test_another_model_recomputes_its_own_column_only(
    both: tuple[Library, Library], music: Path, models: dict[str, str], tmp_path: Path
) -> None:
    _, full = both
    texts = _row_ids(full, full.profile.text.space)
    other = build_clap(tmp_path / "other", seed=5)

    changed = Library(full.folder, profile="full", models={**models, "music-text": str(other)})
    report = changed.index([music], workers=1)

    assert report.updated == 2
    assert _row_ids(full, full.profile.music.space)  # the old column is still there
    assert len(_row_ids(changed, changed.profile.music.space)) >= 4
    assert len(_row_ids(changed, changed.profile.text.space)) == len(texts)


def test_another_text_model_needs_no_sound(
    both: tuple[Library, Library],
    music: Path,
    models: dict[str, str],
    checkpoints: dict[str, Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, full = both
    named = {**models, "picture-text": str(checkpoints["siglip"])}
    changed = Library(full.folder, profile="full", models=named)
    monkeypatch.setattr("indexer.parts.decode_in_stretches", None)

    report = changed.index([music], workers=1)

    assert (report.encoded, report.unchanged) == (0, 2)
    assert len(_row_ids(changed, changed.profile.text.space)) == 2


def test_what_was_composed_is_heard_by_the_next_index(
    both: tuple[Library, Library], music: Path, caplog: pytest.LogCaptureFixture
) -> None:
    _, full = both
    take = Track("take", music / "calm lake.wav", "slow piano", "", "", "slow piano")
    made = Provenance("arranger", "1", "slow piano", 0, {}, "0")
    record = TrackRecord(replace(take, origin="generated"), (), "1", made)
    full.catalogue.add_generated(record)

    assert full.find(text="anything").tracks_searched == 2
    assert "1 of 3 tracks are not searched" in caplog.text
    assert fill_columns(full.catalogue, full.profile, shown=False) == 1

    space = full.profile.music.space
    assert "take" in full.catalogue.vector_table(space, ["track"]).track_ids


def test_probabilities_without_calibration_say_so(both: tuple[Library, Library]) -> None:
    lite, full = both

    assert "not calibrated" in full.find(text="calm lake").caution
    assert lite.find(text="calm lake").caution == ""


def test_a_catalogue_answers_with_the_profile_of_its_first_index(
    both: tuple[Library, Library], models: dict[str, str]
) -> None:
    lite, _ = both

    assert lite.catalogue.note("profile") == "lite"
    lite.catalogue.set_note("profile", "full")
    assert Library(lite.folder, models=models).profile.name == "full"


def test_the_command_line_takes_models_from_the_environment(
    v2m: Commands,
    both: tuple[Library, Library],
    models: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for role, folder in models.items():
        monkeypatch.setenv(f"V2M_MODEL_{role.replace('-', '_').upper()}", folder)

    found = v2m("find", "--text", "calm", "--profile", "full", "--catalog", both[0].folder)

    assert found.code == 0, found.err
    assert "searched 2 tracks with profile full" in found.out
    assert "not calibrated" in found.out


def test_a_role_nobody_plays_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="music-text"):
        Library(tmp_path / "c", profile="full", models={"music": "clap-general"}, create=True)
