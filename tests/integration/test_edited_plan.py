"""A plan that is written, edited by a person and rendered: only what was edited changes."""

import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.conftest import WriteMusic
from v2m.ffmpeg import av
from v2m.soundtrack.mix import RATE
from v2m.soundtrack.plan import CuePlan, read_plan, write_plan
from v2m.soundtrack.render import mixed_sound
from v2m.types import Samples
from v2m.video.probe import probe_video

SECONDS = 9.0
Edit = Callable[[dict[str, Any]], None]


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """Nine seconds with a hum of their own."""
    with av.open(str(tmp_path / "film.mkv"), "w") as container:
        picture: Any = container.add_stream("mpeg4", rate=10)
        picture.width, picture.height = 32, 32
        heard: Any = container.add_stream("pcm_s16le", rate=RATE, layout="stereo")
        for _ in range(round(SECONDS * 10)):
            grey = np.full((32, 32, 3), 90, np.uint8)
            container.mux(picture.encode(av.VideoFrame.from_ndarray(grey)))
        container.mux(picture.encode(None))
        hum = 3000 * np.sin(np.arange(round(SECONDS * RATE)) / 20)
        both = np.repeat(hum, 2).astype(np.int16).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(both, "s16", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = RATE, 0, Fraction(1, RATE)
        container.mux([*heard.encode(frame), *heard.encode(None)])
    return tmp_path / "film.mkv"


@pytest.fixture
def plan(film: Path, write_music: WriteMusic) -> CuePlan:
    """Three cues of three seconds, the original sound under them, speech in the second."""
    folder = film.parent
    facts = probe_video(film)
    video = {"path": str(film), "duration_seconds": facts.duration_seconds, "fps": 10,
             "width": 32, "height": 32, "has_audio": True}  # fmt: skip
    cues = [
        {"start_seconds": 3.0 * n, "end_seconds": 3.0 * n + 3, "scenes": [n], "source": "retrieved",
         "track_path": str(write_music(folder / f"{n}.flac", seconds=8, pitch=200 + 60 * n)),
         "in_seconds": 1.1, "gain_db": -3}
        for n in range(3)
    ]  # fmt: skip
    return CuePlan.model_validate(
        {"video": video, "profile": "lite", "min_probability": 0.5, "scenes": [], "cues": cues,
         "speech": [{"start_seconds": 4.2, "end_seconds": 4.8}],
         "mix": {"crossfade_seconds": 0.5, "original_audio": "mix", "original_gain_db": -6}}
    )  # fmt: skip


def _mixed(plan: CuePlan) -> Samples:
    sound, notices = mixed_sound(plan, probe_video(Path(plan.video.path)))
    assert notices == ()
    return np.concatenate(list(sound), axis=1)


def _edited(plan: CuePlan, folder: Path, edit: Edit) -> CuePlan:
    path = folder / "plan.json"
    write_plan(plan, path)
    words = json.loads(path.read_text(encoding="utf-8"))
    edit(words)
    path.write_text(json.dumps(words), encoding="utf-8")
    return read_plan(path)


def _set(**values: Any) -> Edit:
    return lambda words: words["cues"][1].update(values)


def test_a_plan_comes_back_as_it_was_written(plan: CuePlan, tmp_path: Path) -> None:
    again = _edited(plan, tmp_path, lambda _: None)

    assert again == plan
    np.testing.assert_array_equal(_mixed(again), _mixed(plan))


@pytest.mark.parametrize(
    "edit",
    [
        _set(gain_db=2),
        _set(in_seconds=3.3),
        _set(source="silence", track_path=""),
        _set(seams=[{"out_seconds": 2.5, "in_seconds": 0.5}]),
        lambda words: words["cues"][1].update(track_path=words["cues"][2]["track_path"]),
        lambda words: words.update(speech=[]),
    ],
    ids=["gain", "entry", "silence", "seam", "another track", "no speech"],
)
def test_only_what_was_edited_sounds_different(plan: CuePlan, tmp_path: Path, edit: Edit) -> None:
    before, after = _mixed(plan), _mixed(_edited(plan, tmp_path, edit))

    changed = np.flatnonzero((before != after).any(axis=0)) / RATE
    assert len(changed) > 0.3 * RATE
    assert changed.min() >= 3 - 0.25  # half a crossfade around the second cue
    assert changed.max() <= 6 + 0.25
