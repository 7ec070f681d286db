"""The cue sheet as PDF, read again with pypdf."""

from pathlib import Path

import pypdf
import pytest

from tests.unit.plans import at_every_rate, make_cue, make_film, make_plan
from v2m.errors import InputError
from v2m.soundtrack.exports import cuesheet_pdf
from v2m.soundtrack.exports.cuesheet import cue_sheet
from v2m.soundtrack.exports.cuesheet_pdf import write_cue_sheet_pdf
from v2m.soundtrack.plan import CuePlan
from v2m.soundtrack.timecode import FrameRate


def _pages(plan: CuePlan, folder: Path, rate: FrameRate | None = None) -> list[str]:
    write_cue_sheet_pdf(plan, folder / "cues.pdf", rate=rate)
    return [page.extract_text() for page in pypdf.PdfReader(folder / "cues.pdf").pages]


@at_every_rate
def test_every_cue_stands_in_the_sheet_with_its_timecode(rate: FrameRate, tmp_path: Path) -> None:
    plan = make_film(rate)

    (page,) = _pages(plan, tmp_path, rate)

    for row in cue_sheet(plan, rate=rate):
        assert row["in"] in page
        assert row["out"] in page
    assert "Cue sheet: my film.mp4" in page
    assert "First" in page
    assert "Ada" in page


def test_a_long_sheet_has_its_heading_on_every_page(tmp_path: Path) -> None:
    cues = [make_cue(n, n + 1, title=f"Track {n}", attribution="by Ada " * 9) for n in range(60)]

    pages = _pages(make_plan(*cues), tmp_path)

    assert len(pages) > 1
    assert all("Artist" in page for page in pages)
    assert "Track 59" in pages[-1]


@pytest.mark.parametrize("title", ["Käse & <Brot>", "Весна", "a\x01b\udcff"])
def test_any_title_can_be_written(tmp_path: Path, title: str) -> None:
    assert len(_pages(make_plan(make_cue(0, 4, title=title)), tmp_path)) == 1


def test_letters_without_a_font_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cuesheet_pdf, "system_font_path", lambda: None)

    (page,) = _pages(make_plan(make_cue(0, 4, title="Весна", artist="Käthe")), tmp_path)

    assert "?????" in page
    assert "Käthe" in page
    assert "the CSV has them" in page


def test_composed_music_is_explained(tmp_path: Path) -> None:
    composed = make_plan(make_cue(0, 4, source="generated", prompt="slow waltz"))

    assert "made by computer" in _pages(composed, tmp_path)[0]
    assert "made by computer" not in _pages(make_plan(make_cue(0, 4)), tmp_path)[0]


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        write_cue_sheet_pdf(make_plan(make_cue(0, 4)), tmp_path / "no" / "cues.pdf")
