"""The whole evaluation on one page, with a profile and models that cost nothing."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.commands import Commands
from tests.toys import TITLES, toy_library, toy_profile  # noqa: F401 - a fixture
from tests.unit.videos import BLUE, RED, plain, write_video
from v2m.evaluation import everything
from v2m.evaluation.faces import FaceDetector
from v2m.evaluation.intervals import Estimate
from v2m.evaluation.music import Note, Notes, notes_of
from v2m.evaluation.pages import Section, write_page, write_tables
from v2m.evaluation.plots import bars
from v2m.evaluation.tables import Table, as_html
from v2m.evaluation.transcription import Transcriber
from v2m.library import Library

LOGS = Path(__file__).parents[1] / "data" / "paper_eval"


def _toy_demo(out: Path, _say: Callable[[str], None]) -> None:
    out.mkdir(parents=True, exist_ok=True)
    library = toy_library(out / "catalogue", TITLES[:24], noise=0.8, named=True)
    for track in library.tracks():
        wave = 0.2 * np.sin(2 * np.pi * 440 * np.arange(30 * 8000) / 8000)
        soundfile.write(track.path, wave, 8000)
    frames = [*plain(RED, 100), *plain(BLUE, 100)]
    write_video(out / "input.mp4", frames)
    write_video(out / "demo.mp4", frames, sound=True)


@pytest.fixture
def _cheap(toy_profile: str, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    def scale(_self: Transcriber, _audio: object) -> Notes:
        return notes_of([Note(60 + n, 220 * n, 220 * n + 200) for n in (0, 2, 4)], 220)

    monkeypatch.setattr(everything, "run_demo", _toy_demo)
    monkeypatch.setattr(everything, "CLIPS", ("demo-carphone",))
    monkeypatch.setattr(everything, "Library", lambda folder: Library(folder, profile="toy"))
    monkeypatch.setattr(Transcriber, "transcribe", scale)
    monkeypatch.setattr(FaceDetector, "has_face", lambda _self, _frames: True)


@pytest.mark.usefixtures("_cheap")
def test_one_page_holds_every_part_and_needs_no_other_file(v2m: Commands, tmp_path: Path) -> None:
    outcome = v2m("eval", "all", "-o", tmp_path / "out", "--paper", LOGS, "--json")

    assert outcome.code == 0, outcome.err
    said = json.loads(outcome.out)
    page = Path(said["page"]).read_text(encoding="utf-8")
    for heading in ("paper", "emotion", "music", "retrieval", "decision", "picture", "made"):
        assert f'<section id="{heading}">' in page
    assert page.count("data:image/svg+xml;base64,") >= 10
    assert 'src="http' not in page
    assert all(Path(name).is_file() for name in said["files"])
    assert {Path(name).suffix for name in said["files"]} == {
        ".txt", ".md", ".csv", ".tex", ".svg", ".json",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("given", "code", "said"),
    [
        (["--paper", "nologs"], 2, "nologs"),
        (["--emotion-model", "nomodel"], 2, "nomodel: holds neither"),
        (["--test", "nowhere"], 3, "nowhere; run 'v2m index"),
    ],
)
def test_what_is_given_wrongly_is_told_before_the_demo_is_made(
    given: list[str], code: int, said: str, v2m: Commands, tmp_path: Path
) -> None:
    option, name = given
    outcome = v2m("eval", "all", "-o", tmp_path / "out", option, tmp_path / name)

    assert outcome.code == code
    assert said in outcome.complaint
    assert not (tmp_path / "out").exists()


def test_packages_that_are_missing_are_told_before_the_demo_is_made(
    v2m: Commands, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(everything, "NEEDED", ("matplotlib", "no_such_package"))

    outcome = v2m("eval", "all", "-o", tmp_path / "out")

    assert outcome.code == 4
    assert "(no_such_package); pip install 'v2m[eval]'" in outcome.complaint


def test_a_table_in_html_is_escaped_and_aligned() -> None:
    prose = "many words " * 9
    table = Table("a < b", ("name", "x", "y"), (("<i>", 0.5, prose),), notes=("5 > 4",))

    written = as_html(table)

    assert "<caption>a &lt; b</caption>" in written
    assert '<td class="name">&lt;i&gt;</td><td class="figure">0.500</td><td>many' in written
    assert '<p class="note">5 &gt; 4</p>' in written


def test_several_tables_of_a_group_are_several_files_of_csv(tmp_path: Path) -> None:
    one, two = (Table(name, ("x",), ((1,),)) for name in "ab")

    files = write_tables(tmp_path, {"alone": [one], "both": [one, two]})

    assert {path.name for path in files if path.suffix == ".csv"} == {
        "alone.csv", "both-1.csv", "both-2.csv",
    }  # fmt: skip
    assert "a" in (tmp_path / "both.md").read_text()


def test_a_page_says_what_its_pictures_are(tmp_path: Path) -> None:
    drawn = bars("t", {"x": Estimate(0.5, 0.4, 0.6, 9), "none": Estimate(np.nan, 0, 0, 0)})
    section = Section("s", "Heading & all", "lead", (), {'a "plot"': drawn})

    write_page(tmp_path / "page.html", "Title", "lead", [section])

    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert 'alt="a &quot;plot&quot;"' in page
    assert "Heading &amp; all" in page
    assert '<html lang="en">' in page


def test_equal_figures_give_equal_plots() -> None:
    figures = {"x": Estimate(0.5, 0.4, 0.6, 9)}

    assert bars("t", figures, chance=0.1) == bars("t", figures, chance=0.1)


@pytest.mark.skipif("V2M_EVALUATION" not in os.environ, reason="minutes long; V2M_EVALUATION=1")
def test_the_real_evaluation_takes_under_five_minutes(v2m: Commands, tmp_path: Path) -> None:
    said = json.loads(v2m("eval", "all", "-o", tmp_path, "--paper", LOGS, "--json").out)

    assert sum(said["seconds"].values()) < 300
