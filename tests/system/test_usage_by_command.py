"""What may be published: the usage gate by command."""

import json
from pathlib import Path

import pytest

from tests.commands import Commands
from tests.system.conftest import ffmpeg
from v2m.library import Library

FREE = "https://creativecommons.org/licenses/by/4.0/"
CLOSED = "https://creativecommons.org/licenses/by-nd/4.0/"


@pytest.fixture
def video(tmp_path: Path) -> Path:
    """Four seconds without a cut."""
    path = tmp_path / "clip.mp4"
    source = "mandelbrot=size=160x90:rate=25,trim=duration=4"
    ffmpeg("-f", "lavfi", "-i", source, path)
    return path


def test_find_leaves_out_what_may_not_be_used(v2m: Commands, music_library: Library) -> None:
    catalog = ("--catalog", music_library.folder)
    asked = ("find", "--text", "calm acoustic", "--json", *catalog)

    assert json.loads(v2m(*asked, "--usage", "personal").out)["scenes"][0]["matches"]
    assert not json.loads(v2m(*asked, "--usage", "commercial").out)["scenes"][0]["matches"]
    music_library.catalogue.set_licence("CC BY 4.0", FREE, "")
    assert json.loads(v2m(*asked, "--usage", "commercial").out)["scenes"][0]["matches"]


def test_score_for_commercial_use_composes_where_no_licence_allows(
    v2m: Commands, music_library: Library, video: Path
) -> None:
    music_library.catalogue.set_licence("CC BY-ND 4.0", CLOSED, "")
    out = video.with_name("out.mp4")

    scored = v2m(
        "score", video, "-o", out, "--usage", "commercial", "--json",
        "--catalog", music_library.folder,
    )  # fmt: skip

    assert scored.code == 0
    plan = json.loads(scored.out)["plan"]
    assert plan["usage"] == "commercial"
    assert {cue["source"] for cue in plan["cues"]} == {"generated"}


def test_a_plan_that_breaks_its_usage_does_not_render(
    v2m: Commands, music_library: Library, video: Path
) -> None:
    music_library.catalogue.set_licence("CC BY-ND 4.0", CLOSED, "")
    plan = video.with_name("plan.json")
    options = ("--generate", "never", "--catalog", music_library.folder)
    assert v2m("plan", video, "-o", plan, *options).code == 0
    data = json.loads(plan.read_text())
    data["usage"] = "commercial"
    plan.write_text(json.dumps(data))

    outcome = v2m("render", plan, "-o", video.with_name("out.mp4"))

    assert outcome.code == 2
    assert "not for commercial use" in outcome.complaint
    assert "cue 0" in outcome.complaint or "cue 1" in outcome.complaint
    assert not video.with_name("out.mp4").exists()


def test_an_unknown_usage(v2m: Commands, music_library: Library) -> None:
    outcome = v2m("find", "--text", "a", "--usage", "public", "--catalog", music_library.folder)

    assert outcome.code == 2
    assert "usage" in outcome.complaint


@pytest.mark.parametrize("kind", ["credits-md", "credits-json", "end-card"])
def test_more_forms_of_credits(
    kind: str, v2m: Commands, music_library: Library, video: Path
) -> None:
    plan = video.with_name("plan.json")
    v2m("plan", video, "-o", plan, "--catalog", music_library.folder)
    suffix = {"credits-md": "md", "credits-json": "json", "end-card": "png"}[kind]
    out = video.with_name(f"credits.{suffix}")

    assert v2m("export", plan, "--format", kind, "-o", out).code == 0
    assert out.stat().st_size > 20
