"""Conditions are answered from memory as the catalogue answers them."""

from pathlib import Path

import pytest

from catalogs.conditions import Conditions
from catalogs.image_building import read_image
from catalogs.store import Catalogue
from tests.libraries import counting_profile, fill, track
from v2m.errors import InputError

CONDITIONS = (
    "tempo_bpm < 20", "TEMPO_BPM >= 20 and \"mode\" = 'minor'", "list_contains(tags, 'slow')",
    "true", "title ILIKE '%3%' AND sync_ok IS NOT NULL", "added_at > TIMESTAMP '2020-01-01'",
    "has_audio = false",
)  # fmt: skip


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    made = Catalogue.open(tmp_path, create=True)
    modes = ("minor", "major")
    tracks = [
        track(n * 37 % 40, f"piece {n}", tempo_bpm=float(n), mode=modes[n % 2],
              tags=("slow",) if n % 3 else ())
        for n in range(40)
    ]  # fmt: skip
    fill(made, tracks, counting_profile())
    return made


def _conditions(catalogue: Catalogue, *, lasting: bool = True) -> Conditions:
    return Conditions(read_image(catalogue, []), lambda: catalogue, lasting=lasting)


def test_memory_answers_as_the_file_does(catalogue: Catalogue) -> None:
    asked, ids = _conditions(catalogue), catalogue.filter_ids("true")

    for condition in CONDITIONS:
        for also in ("", "tempo_bpm > 5"):
            found = {
                i for i, met in zip(sorted(ids), asked.mask(condition, also), strict=True) if met
            }
            assert found == catalogue.filter_ids(condition, also), condition


def test_from_the_second_condition_on_the_file_is_left_alone(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = _conditions(catalogue, lasting=False)
    asked.mask("tempo_bpm < 3")
    asked.mask("tempo_bpm < 4")

    def opened(*_: object, **__: object) -> None:
        raise AssertionError("the catalogue was opened")

    monkeypatch.setattr("catalogs.database.connected", opened)

    assert asked.mask("tempo_bpm < 5 AND has_audio").sum() == 5
    assert asked.mask("tempo_bpm < 3").sum() == 3


@pytest.mark.parametrize("condition", ["tempo_bpmm < 3", "tempo_bpm <", "1; DROP TABLE tracks",
    "track_id IN (SELECT track_id FROM files)", "tempo_bpm = 'slow'"])  # fmt: skip
def test_a_wrong_condition_is_refused_the_same_way(catalogue: Catalogue, condition: str) -> None:
    with pytest.raises(InputError) as by_file:
        catalogue.filter_ids(condition)

    with pytest.raises(InputError) as by_memory:
        _conditions(catalogue).mask(condition)

    assert str(by_memory.value) == str(by_file.value)


def test_memory_reaches_no_file(catalogue: Catalogue, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("hidden")
    asked = _conditions(catalogue)

    with pytest.raises(InputError):
        asked.mask(f"title < (read_text('{tmp_path}/secret'))")


def test_a_catalogue_that_has_changed_is_asked_itself(catalogue: Catalogue) -> None:
    asked = _conditions(catalogue)
    fill(catalogue, [track(5, "new", tempo_bpm=500.0)], counting_profile())

    assert asked.mask("tempo_bpm = 500").tolist().index(True) == 5
