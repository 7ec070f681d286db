"""Cuts that were found against cuts that people marked."""

import json
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest

from tests.commands import Commands
from tests.unit.videos import BLUE, RED, WHITE, plain, write_video
from v2m.errors import StateError
from v2m.evaluation.cuts import CutFigures, cut_table, match_cuts, measure_cuts
from v2m.evaluation.datasets.items import VideoItem


@pytest.mark.parametrize("seed", range(6))
def test_no_other_pairing_agrees_more_often(seed: int) -> None:
    rng = np.random.default_rng(seed)
    found, true = (sorted(rng.choice(25, 5, replace=False).tolist()) for _ in range(2))

    best = max(
        sum(abs(a - b) <= 2 for a, b in zip(found, order, strict=True))
        for order in permutations(true)
    )

    assert match_cuts(found, true) == best


def test_figures_of_a_video() -> None:
    some, none = CutFigures("a", 4, 5, 3), CutFigures("b", 0, 0, 0)

    assert [some.precision, some.recall, some.f1] == pytest.approx([0.6, 0.75, 2 / 3])
    assert none.f1 == 1
    assert cut_table([some, none]).rows[-1][:3] == ("mean", 4, 5)
    assert len(cut_table([some]).rows) == 1


def test_command_measures_a_copy_of_clipshots(v2m: Commands, tmp_path: Path) -> None:
    frames = [*plain(RED, 30), *plain(BLUE, 30), *plain(WHITE, 30)]
    write_video(tmp_path / "a.mp4", frames)
    marked = {"a.mp4": {"transitions": [[29, 30], [55, 65]], "frame_num": 90}}
    (tmp_path / "annotations").mkdir()
    (tmp_path / "annotations" / "test.json").write_text(json.dumps(marked))

    said = json.loads(v2m("eval", "cuts", "--copy", tmp_path, "--json").out)

    # the jump inside the marked gradual transition is left out
    assert said == [{"key": "a", "n_true": 1, "n_found": 1, "n_right": 1}]


def test_without_videos_nothing_is_measured() -> None:
    with pytest.raises(StateError, match="none of the 1 videos"):
        measure_cuts([VideoItem("a", cut_frames=(1,))])
