from typing import Any

import pytest

from v2m.soundtrack.difference import plan_differences
from v2m.soundtrack.plan import Candidate, Cue, CuePlan, Mix, PlannedScene, PlannedVideo, Seam


def _cue(start: float, end: float, track: str = "rain", **more: Any) -> Cue:
    facts = {
        "source": "retrieved" if track else "silence",
        "track_id": track,
        "track_path": f"/m/{track}.mp3" if track else "",
        "title": track.title(),
        "scenes": (0,),
    } | more
    return Cue(start_seconds=start, end_seconds=end, **facts)


def _scene(index: int, start: float, end: float, **more: Any) -> PlannedScene:
    facts: dict[str, Any] = {
        "start_frame": round(start * 25),
        "end_frame": round(end * 25),
        "description": "a beach",
        "prompt": "calm",
        "decision": "retrieve",
        "probability": 0.7,
        "reason": "likely enough",
    } | more
    return PlannedScene(index=index, start_seconds=start, end_seconds=end, **facts)


def _plan(*cues: Cue, **more: Any) -> CuePlan:
    video = {
        "path": "film.mp4",
        "duration_seconds": cues[-1].end_seconds,
        "fps": 25,
        "width": 64,
        "height": 48,
        "has_audio": False,
    }
    facts = {"profile": "lite", "min_probability": 0.5, "scenes": ()} | more
    return CuePlan.model_validate({"video": video, "cues": cues, **facts})


def test_equal_plans_do_not_differ() -> None:
    plan = _plan(_cue(0, 4), _cue(4, 10, ""), scenes=(_scene(0, 0, 10),))

    assert plan_differences(plan, plan.model_copy(deep=True)) == []


def test_another_track_is_one_line() -> None:
    before = _plan(_cue(0, 4), _cue(4, 10, "sun", in_seconds=3, gain_db=2, artist="Ada"))
    after = _plan(_cue(0, 4), _cue(4, 10, "moon", in_seconds=7, gain_db=-2, score=1))

    assert plan_differences(before, after) == [
        'cue 2 (0:04.0 to 0:10.0): "Moon" replaces "Sun" by Ada'
    ]


def test_another_track_elsewhere_says_where() -> None:
    lines = plan_differences(_plan(_cue(0, 4)), _plan(_cue(0, 5, "sun", fade_in_seconds=1)))

    assert lines[1:] == [
        'cue 1 (0:00.0 to 0:05.0): "Sun" replaces "Rain"',
        "cue 1 (0:00.0 to 0:05.0): end: 4 s becomes 5 s",
        "cue 1 (0:00.0 to 0:05.0): fade in: 0 s becomes 1 s",
    ]


def test_what_was_edited_in_a_cue_is_told_with_its_unit() -> None:
    seams = (Seam(out_seconds=13, in_seconds=12),)
    after = _plan(_cue(0, 4, gain_db=-6.5, in_seconds=12.25, seams=seams, probability=0.256))

    assert plan_differences(_plan(_cue(0, 4)), after) == [
        "cue 1 (0:00.0 to 0:04.0): starts in the track at: 0 s becomes 12.25 s",
        "cue 1 (0:00.0 to 0:04.0): seams: nothing becomes ends in the track at 13 s, "
        "starts in the track at 12 s, speed 1",
        "cue 1 (0:00.0 to 0:04.0): gain: 0 dB becomes -6.5 dB",
        "cue 1 (0:00.0 to 0:04.0): probability: 0% becomes 26%",
    ]


def test_a_setting_of_the_mix_is_compared_key_by_key() -> None:
    plans = [_plan(_cue(0, 9), mix=Mix(target_lufs=lufs)) for lufs in (-14, -16)]

    assert plan_differences(*plans) == ["mix: loudness: -14 LUFS becomes -16 LUFS"]


def test_a_cue_put_in_is_new_and_its_neighbours_stay_themselves() -> None:
    before = _plan(_cue(0, 10), _cue(10, 20, "sun"))
    after = _plan(_cue(0, 7), _cue(7, 10, "moon"), _cue(10, 20, "sun"))

    assert plan_differences(before, after) == [
        "cue 1 (0:00.0 to 0:07.0): end: 10 s becomes 7 s",
        "cue 2 (0:07.0 to 0:10.0) is new",
    ]
    assert plan_differences(after, before) == [
        "cue 1 (0:00.0 to 0:10.0): end: 7 s becomes 10 s",
        "cue 2 (0:07.0 to 0:10.0) is gone",
    ]


def test_a_cue_split_in_halves_stays_with_its_track() -> None:
    lines = plan_differences(_plan(_cue(0, 10)), _plan(_cue(0, 5, "sun"), _cue(5, 10)))

    assert "cue 1 (0:00.0 to 0:05.0) is new" in lines
    assert "cue 2 (0:05.0 to 0:10.0): start: 0 s becomes 5 s" in lines


def test_silence_and_composed_music_are_called_what_they_are() -> None:
    made = {"source": "generated", "prompt": "slow waltz", "model": "arranger"}
    plans = [
        _plan(_cue(0, 4, "")),
        _plan(_cue(0, 4, seed=7, **made)),
        _plan(_cue(0, 4, seed=8, **made)),
    ]

    place = "cue 1 (0:00.0 to 0:04.0): "
    assert plan_differences(plans[0], plans[1]) == [
        f'{place}music composed for "slow waltz" (seed 7) replaces silence'
    ]
    assert plan_differences(plans[1], plans[2]) == [
        f'{place}music composed for "slow waltz" (seed 8) replaces '
        'music composed for "slow waltz" (seed 7)'
    ]


def test_a_track_without_a_title_goes_by_its_file() -> None:
    lines = plan_differences(_plan(_cue(0, 4, "")), _plan(_cue(0, 4, "sun", title="")))

    assert lines == ['cue 1 (0:00.0 to 0:04.0): "sun.mp3" replaces silence']


def test_a_moved_file_is_the_same_track() -> None:
    lines = plan_differences(_plan(_cue(0, 4)), _plan(_cue(0, 4, track_path="/n/rain.mp3")))

    assert lines == [
        "cue 1 (0:00.0 to 0:04.0): file: '/m/rain.mp3' becomes '/n/rain.mp3'"
    ]  # fmt: skip


def test_settings_of_the_whole_plan_are_told_first() -> None:
    mix = Mix(target_lufs=-23, original_audio="mix")
    after = _plan(_cue(0, 4), mix=mix, seed=3, min_probability=0.75, notices=("one", "two"))

    assert plan_differences(_plan(_cue(0, 4)), after) == [
        "least probability of a match: 50% becomes 75%",
        "seed: 0 becomes 3",
        "mix: loudness: -14 LUFS becomes -23 LUFS",
        "mix: the video's own sound: 'replace' becomes 'mix'",
        "notices: nothing becomes 'one'; 'two'",
    ]


def test_another_video_is_told() -> None:
    before, after = _plan(_cue(0, 4)), _plan(_cue(0, 4))
    video = PlannedVideo.model_validate(after.video.model_dump() | {"has_audio": True, "fps": 30})

    lines = plan_differences(before, after.model_copy(update={"video": video}))

    assert lines == [
        "video: frames per second: 25 becomes 30",
        "video: has audio: no becomes yes",
    ]


def test_scenes_are_compared_before_cues() -> None:
    before = _plan(_cue(0, 4), scenes=(_scene(0, 0, 4),))
    after = _plan(_cue(0, 4, gain_db=1), scenes=(_scene(0, 0, 2, note="dark"), _scene(1, 2, 4)))

    lines = plan_differences(before, after)

    assert [line.split(" (")[0] for line in lines] == ["scene 1"] * 3 + ["scene 2", "cue 1"]
    assert lines[2] == "scene 1 (0:00.0 to 0:02.0): note: nothing becomes 'dark'"
    assert lines[3] == "scene 2 (0:02.0 to 0:04.0) is new"


def _candidate(title: str, score: float) -> Candidate:
    return Candidate(track_id=title, title=title, score=score, probability=0.5, why="")


@pytest.mark.parametrize(
    ("candidates", "words"),
    [
        ((_candidate("b", 1), _candidate("a", 2)), "candidates: 'a'; 'b' becomes 'b'; 'a'"),
        ((_candidate("a", 3), _candidate("b", 1)), "candidates changed"),
    ],
)
def test_candidates_go_by_their_titles(candidates: tuple[Candidate, ...], words: str) -> None:
    first = (_candidate("a", 2), _candidate("b", 1))
    plans = [
        _plan(_cue(0, 4), scenes=(_scene(0, 0, 4, candidates=c),)) for c in (first, candidates)
    ]

    assert plan_differences(*plans) == [f"scene 1 (0:00.0 to 0:04.0): {words}"]


def test_versions_are_listed() -> None:
    plans = [_plan(_cue(0, 4), versions={"v2m": version, "a": "1"}) for version in ("1", "2")]

    assert plan_differences(*plans) == ["versions: a 1, v2m 1 becomes a 1, v2m 2"]


def test_what_nobody_can_hear_is_no_difference() -> None:
    after = _plan(_cue(0, 4, in_seconds=1e-5, gain_db=-1e-7))

    assert plan_differences(_plan(_cue(0, 4)), after) == []


@pytest.mark.parametrize("key", sorted(set(Cue.model_fields) - {"start_seconds", "end_seconds"}))
def test_no_change_of_a_cue_goes_untold(key: str) -> None:
    other: dict[str, Any] = {
        "scenes": (1,),
        "source": "generated",
        "probability": 0.9,
        "seed": 4,
        "speed": 1.02,
        "own_ending": True,
        "n_cuts": 3,
    }
    kind = Cue.model_fields[key].annotation
    value = other.get(key, "x" if kind is str else 3.0)
    if key == "seams":
        value = (Seam(out_seconds=1, in_seconds=0),)

    assert plan_differences(_plan(_cue(0, 4)), _plan(_cue(0, 4, **{key: value})))
