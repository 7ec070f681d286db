"""Plans and tracks in memory, for tests of what a plan is rendered to."""

from fractions import Fraction
from math import ceil
from typing import Any

import numpy as np
import pytest

from v2m.soundtrack.mix import RATE, mix_cues
from v2m.soundtrack.plan import Cue, CuePlan, PlannedScene, Seam
from v2m.soundtrack.timecode import FrameRate
from v2m.types import Samples

NTSC_FILM = FrameRate(Fraction(24000, 1001))
DROP = FrameRate(Fraction(30000, 1001), drop_frame=True)
RATES = [NTSC_FILM, FrameRate(Fraction(25)), DROP, FrameRate(Fraction(60))]
RATE_NAMES = ["23.976", "25", "29.97 drop", "60"]
at_every_rate = pytest.mark.parametrize("rate", RATES, ids=RATE_NAMES)


class Memory:
    """Sound in memory, as a reader."""

    def __init__(self, samples: Samples) -> None:
        self._samples = samples

    def read(self, first: int, n: int) -> Samples:
        out = np.zeros((2, n), np.float32)
        piece = self._samples[:, max(0, first) : max(0, first + n)]
        ahead = max(0, -first)
        out[:, ahead : ahead + piece.shape[1]] = piece
        return out


class Shelf:
    """Tracks in memory, by path."""

    def __init__(self, **tracks: Samples) -> None:
        self._tracks = tracks

    def __call__(self, cue: Cue) -> Memory:
        return Memory(self._tracks[cue.track_path])


def whole_mix(plan: CuePlan, shelf: Shelf) -> Samples:
    """The mix in one piece."""
    return np.concatenate(list(mix_cues(plan, shelf)), axis=1)


def noise(seconds: float, seed: int) -> Samples:
    rng = np.random.default_rng(seed)
    return rng.normal(0, 0.1, (2, round(seconds * RATE))).astype(np.float32)


def make_cue(start: float, end: float, track: str = "a", **more: Any) -> Cue:
    source = "retrieved" if track else "silence"
    facts = {"source": source, "track_path": track, "title": track, "scenes": (0,)} | more
    return Cue(start_seconds=start, end_seconds=end, **facts)


def looped(start: float, end: float, seconds: float, in_seconds: float = 0.0) -> tuple[Seam, ...]:
    """Seams that repeat a stretch of a track, entered at ``in_seconds``, for so many seconds."""
    n = max(0, ceil((seconds - (end - in_seconds)) / (end - start) - 1e-9)) + 1
    return (Seam(out_seconds=end, in_seconds=start),) * n


def make_scene(index: int, start: float, end: float, **more: Any) -> PlannedScene:
    facts: dict[str, Any] = {
        "start_frame": 0,
        "end_frame": 1,
        "description": f"scene {index}",
        "prompt": "calm",
        "decision": "retrieve",
        "probability": 0.7,
        "reason": "likely enough",
    } | more
    return PlannedScene(index=index, start_seconds=start, end_seconds=end, **facts)


def make_plan(*cues: Cue, fps: float = 25, crossfade: float = 1.0, **more: Any) -> CuePlan:
    video = {
        "path": "/v/my film.mp4",
        "duration_seconds": cues[-1].end_seconds,
        "fps": fps,
        "width": 64,
        "height": 48,
        "has_audio": False,
    }
    mix = {"crossfade_seconds": crossfade}
    facts = {"profile": "lite", "min_probability": 0.5, "scenes": (), "mix": mix} | more
    return CuePlan.model_validate({"video": video, "cues": cues, **facts})


def make_film(rate: FrameRate) -> CuePlan:
    """A film of twenty minutes: long enough for a wrong rate to show."""
    loop = looped(2.015, 21.437, 403.91 - 75.4, 3.21)
    cues = (
        make_cue(0, 61.7283, "/m/a b.mp3", in_seconds=12.345, title="First", artist="Ada"),
        make_cue(61.7283, 75.4, ""),
        make_cue(75.4, 403.91, "/m/b.wav", in_seconds=3.21, seams=loop, gain_db=-4.5),
        make_cue(403.91, 1000.013, "/m/c.flac", in_seconds=60.6, fade_out_seconds=2),
        make_cue(1000.013, 1203.456, "/m/a b.mp3", in_seconds=0.2),
    )
    scenes = (make_scene(0, 0, 61.7283, note="the sea"), make_scene(1, 61.7283, 1203.456))
    return make_plan(*cues, fps=float(rate.fps), scenes=scenes)
