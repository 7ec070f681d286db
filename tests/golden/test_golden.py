"""Outputs that people and scripts rely on, word for word; V2M_REGOLD=1 writes them anew."""

import json
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from generator.arranger.form import lay_out
from generator.arranger.parts import arrange
from generator.arranger.prompt import read_prompt
from generator.arranger.styles import STYLES
from retriever.search import Match
from tests.conftest import WriteMusic
from tests.unit.structures import steady
from v2m.choices import SceneChoice
from v2m.composing import Composed, Order
from v2m.cueing import place_cues, planned_scene
from v2m.plan_report import plan_text
from v2m.report import find_json, find_text
from v2m.results import FindResult, FoundScene
from v2m.soundtrack.credits import credits_text
from v2m.soundtrack.plan import CuePlan, PlannedVideo
from v2m.types import Description, Prompt, Provenance, Scene, Span, Track

HERE = Path(__file__).parent


def check(name: str, text: str) -> None:
    """Compare a text with the file of that name beside this module."""
    path = HERE / name
    if os.environ.get("V2M_REGOLD"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def _description(mood: str) -> Description:
    return Description("Looks like seashore.", (), mood, -1.0, 0.5, {}, np.zeros(4, np.float32))


@pytest.fixture
def choices(write_music: WriteMusic, tmp_path: Path) -> tuple[SceneChoice, ...]:
    """Three scenes: two that want the same track, and a miss."""
    path = write_music(tmp_path / "rain.wav", seconds=12)
    track = Track(
        "t1", path, "Rain", "A. Player", duration_seconds=12, tempo_bpm=120, licence="CC-BY-4.0"
    )
    hit = Match(track, 1.5, 0.8, {"title": 0.6, "audio": 0.4}, Span(2, 6), "sounds slow (0.40)")
    far = Match(track, 0.1, 0.2, {"audio": 0.1}, Span(0, 4), "sounds slow (0.10)")
    spans = (Span(0, 3), Span(3, 6), Span(6, 10))
    made = []
    for n, span in enumerate(spans):
        scene = Scene(n, span, round(span.start_seconds * 25), round(span.end_seconds * 25))
        miss = n == 2
        made.append(
            SceneChoice(
                scene,
                _description("slow calm peaceful"),
                Prompt("slow calm peaceful music", "template"),
                "",
                (far if miss else hit,),
                "generate" if miss else "retrieve",
                "a miss: the best track is 20% likely, 50% asked" if miss else "80% likely to fit",
            )
        )
    return tuple(made)


def test_plan_and_credits(
    choices: tuple[SceneChoice, ...], write_music: WriteMusic, tmp_path: Path
) -> None:
    def compose(orders: Sequence[Order]) -> list[Composed]:
        (order,) = orders
        path = write_music(tmp_path / "take.wav", seconds=order.seconds, pitch=110)
        track = Track("t2", path, order.prompt, origin="generated", duration_seconds=order.seconds)
        made = Provenance("arranger", "1", order.prompt, order.scene.index, {}, "0.1.0")
        return [Composed(track, made)]

    cues, told = place_cues(
        choices,
        crossfade_seconds=1.0,
        compose=compose,
        structure_of=lambda _track, _audio: steady(6),
    )
    plan = CuePlan(
        video=PlannedVideo(
            path="holiday.mp4", duration_seconds=10, fps=25, width=1280, height=720, has_audio=False
        ),
        profile="lite",
        min_probability=0.5,
        scenes=tuple(planned_scene(choice) for choice in choices),
        cues=cues,
        notices=("scene 2: a miss", *told),
    )

    assert [cue.scenes for cue in cues] == [(0, 1), (2,)]
    text = json.dumps(plan.model_dump(mode="json"), indent=1).replace(str(tmp_path), "MUSIC")
    check("plan.json", text + "\n")
    check("credits.txt", credits_text(plan))
    check("plan.txt", plan_text(plan, Path("plan.json")) + "\n")


def test_find(choices: tuple[SceneChoice, ...], tmp_path: Path) -> None:
    scenes = tuple(
        FoundScene(c.scene, c.description.text, c.prompt, c.decision, c.reason, c.matches)
        for c in choices
    )
    result = FindResult("video", "holiday.mp4", 10.0, "lite", 28, scenes)

    text = json.dumps(find_json(result), indent=1).replace(str(tmp_path), "MUSIC")
    check("find.json", text + "\n")
    check("find.txt", find_text(result).replace(str(tmp_path), "MUSIC") + "\n")


def test_notes_of_the_arranger() -> None:
    rng = np.random.default_rng(7)
    brief = read_prompt("a slow waltz for accordion in D minor")
    form = lay_out(
        STYLES[brief.style],
        12.0,
        tempo_bpm=brief.tempo_bpm,
        beats_per_bar=3,
        tonic=brief.tonic or 0,
        mode=brief.mode,
        steady=False,
        rng=rng,
    )

    lines = [
        f"{note.part:7}{note.start:7.3f}{note.beats:7.3f}{note.pitch:5}{note.velocity:5}"
        for note in arrange(brief, form, rng)
    ]

    check("waltz.txt", "\n".join(lines) + "\n")
