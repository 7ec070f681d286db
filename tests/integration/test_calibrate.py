"""Calibration by command, with a profile that needs no weights."""

import json
from pathlib import Path

import pytest

from retriever.calibration import stored_calibration
from tests.commands import Commands
from tests.toys import TITLES, toy_library, toy_profile  # noqa: F401 - a fixture
from v2m.library import Library

TOY = ("--profile", "toy", "--catalog")

pytestmark = pytest.mark.usefixtures("toy_profile")


@pytest.fixture
def library(toy_profile: str, tmp_path: Path) -> Library:  # noqa: F811
    return toy_library(tmp_path / "own", TITLES, noise=1.2)


def _probability(v2m: Commands, folder: Path) -> float:
    found = json.loads(v2m("find", "--text", "calm piano music", *TOY, folder, "--json").out)
    return float(found["scenes"][0]["matches"][0]["probability"])


def test_find_says_what_the_library_taught_until_it_is_forgotten(
    v2m: Commands, library: Library
) -> None:
    shipped = _probability(v2m, library.folder)

    outcome = v2m("eval", "calibrate", *TOY, library.folder)

    learned = stored_calibration(library.catalogue, library.profile)
    assert outcome.code == 0
    assert learned is not None
    assert _probability(v2m, library.folder) == pytest.approx(
        learned.probability(shipped), abs=1e-3
    )
    v2m("eval", "calibrate", "--forget", *TOY, library.folder)
    assert _probability(v2m, library.folder) == shipped


def test_the_error_falls_and_is_shown(v2m: Commands, library: Library) -> None:
    said = json.loads(v2m("eval", "calibrate", "--json", *TOY, library.folder).out)

    diagram = said["learned"]["reliability"]
    assert diagram["after"]["error"]["value"] < diagram["before"]["error"]["value"]
    assert said["decisions"]["auroc"]["value"] > 0.7


def test_a_trial_keeps_nothing(v2m: Commands, library: Library) -> None:
    outcome = v2m("eval", "calibrate", "--dry-run", *TOY, library.folder)

    assert "nothing was kept" in outcome.out
    assert stored_calibration(library.catalogue, library.profile) is None


def test_another_library_judges_it_and_all_is_written_down(
    v2m: Commands, library: Library, tmp_path: Path
) -> None:
    other = [f"{title} dance" for title in TITLES[:40]]
    toy_library(tmp_path / "other", other, noise=0.8, seed=1)

    outcome = v2m(
        "eval", "calibrate", "--test", tmp_path / "other", "-o", tmp_path / "out",
        *TOY, library.folder,
    )  # fmt: skip

    assert "learned on own" in outcome.out
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"calibration.md", "reliability.svg", "reliability-elsewhere-1.svg"} <= names
    assert (tmp_path / "out" / "risk-coverage.svg").read_bytes().startswith(b"<?xml")


def test_what_was_learned_with_other_branches_or_models_is_not_used(
    v2m: Commands, library: Library
) -> None:
    v2m("eval", "calibrate", "--by", "audio", *TOY, library.folder)
    whole = v2m("find", "--text", "calm piano", *TOY, library.folder)
    by_sound = v2m("find", "--text", "calm piano", "--by", "audio", *TOY, library.folder)
    learned = library.catalogue.note("calibration/toy") or ""
    library.catalogue.set_note("calibration/toy", learned.replace("toy/words", "toy/older-words"))
    renewed = v2m("find", "--text", "calm piano", "--by", "audio", *TOY, library.folder)

    assert "learned from this library" not in whole.out
    assert "learned from this library" in by_sound.out
    assert "learned from this library" not in renewed.out


def test_a_library_whose_names_say_nothing_is_refused(v2m: Commands, tmp_path: Path) -> None:
    toy_library(tmp_path / "mute", [f"Track {n}" for n in range(20)])

    outcome = v2m("eval", "calibrate", *TOY, tmp_path / "mute")

    assert outcome.code == 2
    assert "say what it is like" in outcome.complaint
