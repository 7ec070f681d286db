import re
import shutil
from pathlib import Path

import pytest

from v2m.errors import InputError
from v2m.evaluation.paper import COMPUTED, IMPLIED, MISSING, PRINTED, paper_tables, reproduce_paper
from v2m.evaluation.paper_logs import read_emotions, read_frames, read_music, read_wording
from v2m.evaluation.tables import FORMATS, render

LOGS = Path(__file__).parents[1] / "data" / "paper_eval"


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """Return a copy of the released logs that a test may damage."""
    return Path(shutil.copytree(LOGS, tmp_path / "logs"))


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize("configuration", PRINTED)
def test_every_printed_figure_comes_out_to_the_digit(configuration: str) -> None:
    figures = {
        f.measure: f
        for f in reproduce_paper(LOGS, draws=50).figures
        if f.configuration == configuration
    }

    assert {m: f"{f.estimate.value:.3f}" for m, f in figures.items()} == {
        m: f"{printed:.3f}" for m, printed in PRINTED[configuration].items()
    }
    assert all(f.agrees for f in figures.values() if f.source == COMPUTED)


def test_the_printed_figures_are_those_of_the_paper() -> None:
    assert {c: row["P_desc"] for c, row in PRINTED.items() if "P_desc" in row} == {
        "Simple": 0.877,
        "Brief@30": 0.911,
        "Long@50": 0.863,
    }
    assert PRINTED["Drama"]["P_emo"] == 0.455


def test_only_the_share_of_emotions_cannot_be_computed() -> None:
    report = reproduce_paper(LOGS, draws=50)

    assert [f.measure for f in report.figures if f.source != COMPUTED] == ["P_emo"]
    assert report.figures[-1].source == IMPLIED
    assert not report.figures[-1].agrees
    assert report.n_agreeing == 19
    assert f"{report.neutral_share:.0%}" == "36%"
    assert report.n_texts == 13


def test_every_interval_holds_its_figure() -> None:
    figures = reproduce_paper(LOGS, draws=500).figures

    assert all(f.estimate.low <= f.estimate.value <= f.estimate.high for f in figures)
    assert {f.estimate.n for f in figures} == {11, 13}


def test_brief_over_simple_is_not_told_from_nothing() -> None:
    first = reproduce_paper(LOGS).differences[0]

    assert (first.first, first.second, first.n_equal) == ("Brief@30", "Simple", 10)
    assert first.estimate.value == pytest.approx(0.0345, abs=5e-5)
    assert first.estimate.low == pytest.approx(-0.027, abs=0.002)
    assert first.estimate.high == pytest.approx(0.11, abs=0.01)


def test_equal_seeds_give_equal_reports() -> None:
    assert reproduce_paper(LOGS, draws=60, seed=4) == reproduce_paper(LOGS, draws=60, seed=4)


def test_wanted_emotions_make_their_share_a_computation() -> None:
    heard = [clip.label for clip in read_emotions(LOGS / "drama2emo.txt")]

    found = reproduce_paper(LOGS, wanted_emotions=[*heard[:5], *["ang"] * 6], draws=50).figures[-1]

    assert found.source == COMPUTED
    assert found.agrees
    assert found.estimate.n == 11


def test_wanted_emotions_must_be_as_many_as_clips() -> None:
    with pytest.raises(InputError, match="1 wanted emotions for 11 drama clips"):
        reproduce_paper(LOGS, wanted_emotions=["sad"], draws=2)


def test_a_count_that_does_not_print_as_the_share_gives_no_figure(logs: Path) -> None:
    edit(logs / "drama2emo.txt", "the 11 clip is ['hap']\ntensor([1.])", "")

    found = reproduce_paper(logs, draws=5).figures[-1]

    assert (found.source, found.estimate.n, found.agrees) == (MISSING, 0, False)


def test_the_logs_hold_what_their_readme_counts() -> None:
    wording = read_wording(LOGS / "wording.csv")
    runs = read_frames(LOGS / "video2desc.txt", wording)

    assert wording[3].simple == "two elephants walking in a zoo enclosure"
    assert sum(map(len, read_music(LOGS / "music_q.txt").values())) == 50
    assert [sum(len(video.chosen_ids) for video in run) for run in runs] == [104] * 3
    assert all(0 < p <= 1 for run in runs for video in run for p in video.probabilities)


def test_every_format_shows_the_table() -> None:
    figures, differences = paper_tables(reproduce_paper(LOGS, draws=50))

    for form in FORMATS:
        assert "0.911" in render(figures, form)
        assert "Brief@30 - Simple" in render(differences, form)
    assert "1/13 = 0.077" in render(figures, "text")


TAIL = """========================vmcpdata/drama_midi
sc = 0.9637082405162677
pe= 2.93753027472618
pce= 1.8574644575231234
ebr=0.0
dpc = nan"""
DAMAGE: list[tuple[str, str, str, int, str]] = [
    (
        "music_q.txt",
        "id_sc = 1.0,     id_pe= 2.18",
        "id_sc = one,     id_pe= 2.18",
        2,
        "not a line",
    ),
    ("music_q.txt", "sc = 0.98996", "sc = 0.97996", 28, "states 0.97996"),
    ("music_q.txt", "-----2 / 13 -----", "-----3 / 13 -----", 3, "clip 2 expected"),
    ("music_q.txt", "-----13 / 13 -----", "-----13 / 14 -----", 27, "13 of 14 clips"),
    ("music_q.txt", TAIL, "", 119, "ends before"),
    ("video2desc.txt", "generated id =  9", "generated id =  8", 8, "text 8"),
    ("video2desc.txt", "g_id = 9, v_id = 69", "g_id = 99, v_id = 69", 11, "text 99"),
    ("video2desc.txt", "clip: 3,", "clip: 4,", 17, "3 of 4 key frames"),
    ("video2desc.txt", "this clip: 1.0", "this clip: 0.5", 17, "states 0.5"),
    ("video2desc.txt", "accuracy:  0.8767", "accuracy:  0.8777", 294, "states 0.8777"),
    ("video2desc.txt", "Total video: 13", "Total video: 14", 294, "13 of 14 videos"),
    ("video2desc.txt", "sample_target = 2", "sample_target = 3", 297, "run 2 over 13"),
    ("video2desc.txt", "======Total accuracy:  0.8625723738626964", "", 877, "ends before"),
    ("drama2emo.txt", "the 2 clip", "the 3 clip", 5, "clip 2 expected"),
    ("drama2emo.txt", "the 1 clip is ['hap']\n", "", 3, "a certainty without"),
    ("drama2emo.txt", "tensor([1.])\nthe 2", "the 2", 4, "clip 1 expected"),
    ("wording.csv", "2,a view of", "1,a view of", 3, "twice"),
    ("wording.csv", "69,the", '69,"",the', 11, "three texts"),
]


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_log_is_refused_by_file_and_line(
    damage: tuple[str, str, str, int, str], logs: Path
) -> None:
    name, old, new, line, reason = damage
    edit(logs / name, old, new)

    with pytest.raises(InputError, match=rf"{re.escape(name)}, line {line}: .*{reason}"):
        reproduce_paper(logs, draws=2)


@pytest.mark.parametrize("name", ["wording.csv", "music_q.txt", "video2desc.txt", "drama2emo.txt"])
def test_a_missing_empty_or_foreign_log_is_named(name: str, logs: Path) -> None:
    (logs / name).write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match=rf"{re.escape(name)}: not a text file"):
        reproduce_paper(logs, draws=2)

    (logs / name).write_text("")
    with pytest.raises(InputError, match=rf"{re.escape(name)}, line"):
        reproduce_paper(logs, draws=2)

    (logs / name).unlink()
    with pytest.raises(InputError, match=rf"{re.escape(name)}: No such file"):
        reproduce_paper(logs, draws=2)


def test_a_group_that_is_missing_is_named(logs: Path) -> None:
    edit(logs / "music_q.txt", "vmcpdata/simple_midi", "vmcpdata/other_midi")

    with pytest.raises(InputError, match=r"no group simple_midi \(Simple\)"):
        reproduce_paper(logs, draws=2)


def test_a_run_that_is_missing_is_told(logs: Path) -> None:
    lines = (logs / "video2desc.txt").read_text(encoding="utf-8").splitlines()
    (logs / "video2desc.txt").write_text("\n".join(lines[:587]), encoding="utf-8")

    with pytest.raises(InputError, match="2 runs, 3 expected"):
        reproduce_paper(logs, draws=2)


def test_runs_over_different_videos_are_refused(logs: Path) -> None:
    lines = (logs / "video2desc.txt").read_text(encoding="utf-8").splitlines()
    fewer = [line for number, line in enumerate(lines, 1) if not 19 <= number <= 30]
    text = "\n".join(fewer).replace("Total video: 13", "Total video: 12", 1)
    mean = (0.8767576509511994 * 13 - 1) / 12
    text = text.replace("0.8767576509511994", repr(mean))
    (logs / "video2desc.txt").write_text(text, encoding="utf-8")

    with pytest.raises(InputError, match="not over the same videos"):
        reproduce_paper(logs, draws=2)
