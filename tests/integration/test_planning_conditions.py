"""What a plan asks of the tracks it may take, before it searches."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from catalogs.rows import IndexedFile
from catalogs.store import Catalogue
from v2m.errors import InputError
from v2m.planner import VideoPlanner
from v2m.results import PlanOptions
from v2m.types import Scene, Span, Track, TrackRecord


@dataclass
class Spy:
    """A searcher that finds nothing and remembers the conditions."""

    asked: list[str] = field(default_factory=list)

    def search(self, *_: Any, also: str, **__: Any) -> list[Any]:
        self.asked.append(also)
        return []


def _conditions(folder: Path, options: PlanOptions, *, described: bool, heard: bool) -> list[str]:
    catalogue = Catalogue.open(folder, create=True)
    path = Path("/m/a.mp3")
    track = Track("a", path, "A", has_audio=not described)
    catalogue.write_batch([IndexedFile(path, 1, 1, path.parent, TrackRecord(track, (), "1"))])
    spy: Any = Spy()
    planner = VideoPlanner(catalogue, Any, lambda: spy, lambda *_: Any)  # type: ignore[arg-type]
    scene: Any = Mock()
    planner.choose([scene], options, 5, heard=heard)
    asked: list[str] = spy.asked
    return asked


NC = PlanOptions(usage="noncommercial")


@pytest.mark.parametrize(
    ("options", "described", "heard", "condition"),
    [
        (PlanOptions(), False, True, ""),
        (PlanOptions(), True, False, ""),
        (PlanOptions(), True, True, "has_audio"),
        (NC, True, True, "(sync_ok) AND has_audio"),
        (NC, False, True, "(sync_ok)"),
        (
            PlanOptions(usage="commercial", allow_unknown=True),
            False,
            True,
            "(sync_ok AND commercial_ok OR NOT licence_known)",
        ),
    ],
)
def test_a_plan_leaves_out_what_may_not_be_used_and_what_cannot_be_heard(
    tmp_path: Path, options: PlanOptions, described: bool, heard: bool, condition: str
) -> None:
    assert _conditions(tmp_path, options, described=described, heard=heard) == [condition]


def _noted(notes: dict[int, str], film: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the words that are searched for, by scene, of a video of three."""
    scenes = [Scene(n, Span(4.0 * n, 4.0 * n + 4), 100 * n, 100 * n + 100) for n in range(3)]
    monkeypatch.setattr("v2m.planner.probe_video", lambda path: Mock(path=path))
    monkeypatch.setattr("v2m.planner.look", lambda *_, **__: [(one, None) for one in scenes])
    planner = VideoPlanner(Mock(), Mock(), Mock(), Mock())
    monkeypatch.setattr("retriever.query.scene_query", Mock())
    _, asked = planner.ask(film, PlanOptions(notes=notes))
    return [one.note for one in asked]


def test_a_note_may_count_scenes_from_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _noted({0: "a", -1: "z"}, tmp_path, monkeypatch) == ["a", "", "z"]


@pytest.mark.parametrize("number", [3, -4])
def test_a_note_for_a_scene_that_is_not_there_is_refused(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InputError, match=f"--note {number}=…: the video has 3 scenes"):
        _noted({number: "a"}, tmp_path, monkeypatch)
