"""Exports of a plan by command, from another folder than the plan was made in."""

import json
from pathlib import Path

import pytest
import soundfile

from tests.commands import Commands
from tests.system.conftest import ffmpeg
from v2m.library import Library


@pytest.fixture
def plan(
    v2m: Commands, music_library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A plan made with relative names."""
    monkeypatch.chdir(tmp_path)
    source = "mandelbrot=size=160x90:rate=25,trim=duration=4"
    ffmpeg("-f", "lavfi", "-i", source, tmp_path / "clip.mp4")
    name = music_library.folder.name
    made = v2m("plan", "clip.mp4", "-o", "plan.json", "--generate", "always", "--catalog", name)
    assert made.code == 0, made.err
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    return tmp_path / "plan.json"


def test_a_plan_renders_from_anywhere(plan: Path, v2m: Commands) -> None:
    assert v2m("render", plan, "-o", "out.mp4").code == 0
    assert Path("out.mp4").stat().st_size > 10_000


@pytest.mark.parametrize(
    "kind", ["credits", "cuesheet", "cuesheet-pdf", "edl", "fcpxml", "otio", "picture"]
)
def test_files(kind: str, plan: Path, v2m: Commands) -> None:
    outcome = v2m("export", plan, "--format", kind, "-o", f"out.{kind}")

    assert outcome.code == 0
    assert outcome.out == f"wrote out.{kind}\n"
    assert Path(f"out.{kind}").stat().st_size > 50


def test_stems(plan: Path, v2m: Commands) -> None:
    assert v2m("export", plan, "--format", "stems", "-o", "stems").code == 0

    (stem,) = Path("stems").iterdir()
    assert soundfile.info(stem).frames == 4 * 48000


def test_an_unknown_format_names_the_nearest(plan: Path, v2m: Commands) -> None:
    outcome = v2m("export", plan, "--format", "otioo", "-o", "out.x")

    assert outcome.code == 2
    assert "otio" in outcome.complaint


def test_differences(plan: Path, v2m: Commands) -> None:
    other = plan.with_name("other.json")
    data = json.loads(plan.read_text())
    data["mix"]["target_lufs"] = -16.0
    other.write_text(json.dumps(data))

    assert v2m("diff", plan, plan).out == "no difference\n"
    found = v2m("diff", plan, other).out
    assert "-16" in found
    assert v2m("plan", "--diff", plan, other).out == found


def test_schema(v2m: Commands, tmp_path: Path) -> None:
    shown = v2m("schema")
    written = v2m("schema", "-o", tmp_path / "schema.json")

    assert (shown.code, written.code) == (0, 0)
    assert json.loads(shown.out) == json.loads((tmp_path / "schema.json").read_text())
    assert "cues" in json.loads(shown.out)["properties"]
