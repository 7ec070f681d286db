"""The first five minutes: the demo, and the README's own example."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from unittest.mock import Mock

import pytest

from tests.commands import Commands
from tests.imports import imports_of
from tests.system.conftest import bundled_track, ffmpeg
from v2m.demo import NOTE
from v2m.library import Library
from v2m.soundtrack.plan import read_plan

README = Path(__file__).parents[2] / "README.md"


def test_demo_writes_what_it_promises(
    v2m: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "demo"
    sought = Mock(return_value=[])
    monkeypatch.setattr("v2m.soundtrack.picture.sought_strip", sought)

    outcome = v2m("demo", "--out", out)

    assert not sought.called

    assert outcome.code == 0
    for name in ("demo.mp4", "plan.json", "plan.png", "credits.txt"):
        assert (out / name).stat().st_size > 100
        assert f"demo/{name}" in outcome.out
    plan = read_plan(out / "plan.json")
    assert len(plan.scenes) >= 3
    assert plan.counts()["retrieved"] >= 1
    assert plan.cues[-1].source == "generated"
    assert [scene.note for scene in plan.scenes[-2:]] == ["", NOTE]
    text = (out / "credits.txt").read_text()
    assert "MIT" in text
    assert "Composed by computer" in text


def test_the_readme_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = re.search(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    music = tmp_path / "Music" / "licensed"
    music.mkdir(parents=True)
    shutil.copy(bundled_track("happy/happy_acoustic_1.opus"), music)
    source = "testsrc2=size=160x90:rate=25:duration=4"
    ffmpeg("-f", "lavfi", "-i", source, tmp_path / "holiday.mp4")
    monkeypatch.setenv("HOME", str(tmp_path))

    script = tmp_path / "example.py"
    script.write_text(found[1])
    done = subprocess.run(
        [sys.executable, script.name], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    assert "happy acoustic 1" in done.stdout
    assert (tmp_path / "holiday-scored.mp4").exists()


def test_an_index_run_that_changes_nothing_loads_no_model(music_library: Library) -> None:
    music = min(music_library.catalogue.known_files()).parent
    line = ["index", music, "--catalog", music_library.folder]

    heavy = imports_of("nothing to encode", *line) & {"torch", "scipy", "faiss", "tokenizers"}

    assert not heavy
