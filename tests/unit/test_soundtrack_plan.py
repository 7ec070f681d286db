import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from v2m.errors import InputError, StateError
from v2m.soundtrack.plan import Cue, CuePlan, Mix, PlannedScene, Seam, read_plan, write_plan

VIDEO = {
    "path": "a.mp4",
    "duration_seconds": 10.0,
    "fps": 25.0,
    "width": 640,
    "height": 360,
    "has_audio": True,
}
SCENE = PlannedScene(
    index=0,
    start_seconds=0,
    end_seconds=10,
    start_frame=0,
    end_frame=250,
    description="a beach",
    prompt="calm",
    decision="retrieve",
    probability=0.7,
    reason="likely enough",
)


def _cue(start: float, end: float, **more: Any) -> Cue:
    facts = {"source": "retrieved", "track_path": "/m/a.mp3", "scenes": (0,)} | more
    return Cue(start_seconds=start, end_seconds=end, **facts)


def _plan(*cues: Cue, **more: Any) -> CuePlan:
    facts = {"profile": "light", "min_probability": 0.5, "scenes": (SCENE,)} | more
    return CuePlan.model_validate({"video": VIDEO, "cues": cues or (_cue(0, 10),), **facts})


def _written(path: Path, **changes: Any) -> Path:
    path.write_text(json.dumps(_plan().model_dump(mode="json") | changes))
    return path


def test_a_plan_comes_back_as_it_was_written(tmp_path: Path) -> None:
    seam = Seam(out_seconds=4, in_seconds=1, speed=1.02)
    plan = _plan(
        _cue(0, 4, title="Käse “quoted”", seams=(seam,)),
        _cue(4, 10, source="silence", track_path=""),
        mix=Mix(target_lufs=-20, original_audio="mix"),
        versions={"v2m": "0.1"},
        notices=("one",),
    )

    write_plan(plan, tmp_path / "p.json")

    assert read_plan(tmp_path / "p.json") == plan
    assert (tmp_path / "p.json").read_text().endswith("}\n")


def test_a_plan_counts_its_cues_by_source() -> None:
    plan = _plan(_cue(0, 2), _cue(2, 4, source="silence", track_path=""), _cue(4, 9), _cue(9, 10))

    assert plan.counts() == {"retrieved": 3, "silence": 1}


@pytest.mark.parametrize(
    ("cues", "words"),
    [
        ((_cue(1, 10),), "cue 0 starts at 1.0 s, expected 0.0 s"),
        ((_cue(0, 4), _cue(5, 10)), "cue 1 starts at 5.0 s, expected 4.0 s"),
        ((_cue(0, 5), _cue(4, 10)), "cue 1 starts at 4.0 s, expected 5.0 s"),
        ((_cue(0, 0), _cue(0, 10)), "cue 0 ends before it starts"),
        ((_cue(0, 10, track_path=""),), "cue 0 is retrieved but names no track_path"),
        ((_cue(0, 9),), "last cue ends at 9.0 s but the video at 10.0 s"),
    ],
)
def test_cues_must_cover_the_video(cues: tuple[Cue, ...], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        _plan(*cues)


def test_a_plan_without_cues_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cues: Tuple should have at least 1 item"):
        read_plan(_written(tmp_path / "p.json", cues=[]))


def test_half_a_second_must_lie_between_seams() -> None:
    near = (Seam(out_seconds=4, in_seconds=2), Seam(out_seconds=2.4, in_seconds=1))

    with pytest.raises(ValidationError, match=r"seam 1 leaves the track at 2\.4 s, less"):
        _cue(0, 10, seams=near)
    with pytest.raises(ValidationError, match=r"seam 0 leaves the track at 4\.0 s"):
        _cue(0, 10, in_seconds=9, seams=near[:1])


def test_tempo_changes_by_three_percent_at_most() -> None:
    with pytest.raises(ValidationError, match=r"less than or equal to 1\.03"):
        Seam(out_seconds=4, in_seconds=2, speed=1.04)
    with pytest.raises(ValidationError, match=r"greater than or equal to 0\.97"):
        _cue(0, 10, speed=0.9)


def test_stretches_are_what_is_heard_between_seams_at_their_speed() -> None:
    cue = _cue(0, 10, in_seconds=1, seams=(Seam(out_seconds=5, in_seconds=2, speed=1.02),))

    first, last = cue.stretches

    assert (first.in_seconds, first.out_seconds, first.speed) == (1, 5, 1)
    assert (last.in_seconds, last.speed) == (2, 1.02)
    assert last.out_seconds == pytest.approx(2 + 6 * 1.02) == cue.out_seconds


def test_parts_of_a_plan_do_not_change() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        _cue(0, 10).title = "other"


def test_a_missing_plan_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"p\.json: no such plan"):
        read_plan(tmp_path / "p.json")
    with pytest.raises(InputError, match="Is a directory"):
        read_plan(tmp_path)


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe", b""])
def test_what_is_no_json_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "p.json").write_bytes(content)

    with pytest.raises(InputError, match="not a plan"):
        read_plan(tmp_path / "p.json")


def test_a_list_is_no_plan(tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text("[]")

    with pytest.raises(InputError, match="plan: Input should be"):
        read_plan(tmp_path / "p.json")


def test_a_plan_of_another_format_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="'v2m-plan/2' is not 'v2m-plan/1'; make the plan again"):
        read_plan(_written(tmp_path / "p.json", format="v2m-plan/2"))


def test_an_unknown_key_is_named_with_the_nearest_known_one(tmp_path: Path) -> None:
    mix = {"target_lufts": -16}

    with pytest.raises(InputError, match=r"lufts: unknown key; did you mean 'target_lufs'"):
        read_plan(_written(tmp_path / "p.json", mix=mix))


def test_an_unknown_key_like_no_other_is_named_alone(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"zzzz: unknown key$"):
        read_plan(_written(tmp_path / "p.json", zzzz=1))


@pytest.mark.parametrize(
    "mix",
    [{"target_lufs": 3}, {"true_peak_dbtp": 1}, {"crossfade_seconds": -1}, {"original_audio": "?"}],
)
def test_a_mix_out_of_range_names_its_key(tmp_path: Path, mix: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=f"mix.{next(iter(mix))}: Input should be"):
        read_plan(_written(tmp_path / "p.json", mix=mix))
