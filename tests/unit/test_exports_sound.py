"""A plan as cue sheet, stems and schema."""

import csv
import json
import tracemalloc
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from tests.unit.plans import (
    Memory,
    Shelf,
    at_every_rate,
    looped,
    make_cue,
    make_film,
    make_plan,
    noise,
    whole_mix,
)
from v2m.errors import BackendError, InputError, MediaError
from v2m.soundtrack.exports import stems as stems_module
from v2m.soundtrack.exports.cuesheet import COLUMNS, cue_sheet, write_cue_sheet
from v2m.soundtrack.exports.schema import plan_schema, write_plan_schema
from v2m.soundtrack.exports.stems import write_stems
from v2m.soundtrack.mix import RATE, CueSound
from v2m.soundtrack.plan import Cue, CuePlan
from v2m.soundtrack.timecode import FrameRate, frame_rate

# ---- cue sheet


@at_every_rate
def test_the_cue_sheet_has_every_cue_within_a_frame(rate: FrameRate, tmp_path: Path) -> None:
    plan = make_film(rate)

    write_cue_sheet(plan, tmp_path / "cues.csv")

    with (tmp_path / "cues.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["cue"] for row in rows] == ["1", "2", "3", "4"]
    sounding = [cue for cue in plan.cues if cue.source != "silence"]
    for row, cue in zip(rows, sounding, strict=True):
        for column, seconds in (("in", cue.start_seconds), ("out", cue.end_seconds)):
            read = rate.seconds_at(rate.frame(row[column]))
            assert abs(read - Fraction(seconds)) <= 1 / rate.fps


def test_a_row_says_what_a_rights_society_asks_for() -> None:
    cue = make_cue(0, 75.2, title='The "Rain", part 1', artist="Ada", licence="CC BY 4.0",
               licence_url="https://l.org", attribution="Rain by Ada")  # fmt: skip

    (row,) = cue_sheet(make_plan(cue))

    assert tuple(row) == COLUMNS
    assert list(row.values()) == [
        "1", 'The "Rain", part 1', "Ada", "00:00:00:00", "00:01:15:05", "1:15", "library",
        "background", "CC BY 4.0", "https://l.org", "Rain by Ada", "a",
    ]  # fmt: skip


def test_composed_music_is_called_so_and_silence_left_out() -> None:
    made = make_cue(0, 0.2, source="generated", title="", prompt="slow waltz", model="arranger")

    (row,) = cue_sheet(make_plan(made, make_cue(0.2, 5, "")))

    assert (row["title"], row["source"]) == ("slow waltz", "composed")
    assert (row["artist"], row["duration"]) == ("composed by computer (arranger)", "0:01")


# ---- stems


def _mixed_plan() -> tuple[CuePlan, Shelf]:
    shelf = Shelf(a=noise(9, 1), b=noise(9, 2), c=noise(3, 3))
    seams = looped(0.5, 2, 15.7001 - 7)
    plan = make_plan(
        make_cue(0, 3.3333, "a", in_seconds=0.2, gain_db=-3, fade_in_seconds=0.7),
        make_cue(3.3333, 6, "b", in_seconds=2, gain_db=2),
        make_cue(6, 7, ""),
        make_cue(7, 15.7001, "c", seams=seams, fade_in_seconds=0.2, fade_out_seconds=1),
    )
    return plan, shelf


def _sum(paths: tuple[Path, ...]) -> Any:
    return sum(soundfile.read(path, dtype="float64")[0].T for path in paths)


def test_the_sum_of_the_stems_is_the_mix(tmp_path: Path) -> None:
    plan, shelf = _mixed_plan()

    stems = write_stems(plan, tmp_path / "stems", shelf)

    assert stems.gain_db == 0
    np.testing.assert_allclose(_sum(stems.paths), whole_mix(plan, shelf), rtol=0, atol=1e-6)


def test_stems_are_as_long_as_the_video_in_24_bits(tmp_path: Path) -> None:
    plan, shelf = _mixed_plan()

    stems = write_stems(plan, tmp_path, shelf)

    assert [path.name for path in stems.paths] == ["01-a.wav", "02-b.wav", "03-c.wav"]
    assert sorted(tmp_path.iterdir()) == sorted(stems.paths)
    for path in stems.paths:
        facts = soundfile.info(path)
        assert (facts.samplerate, facts.channels, facts.subtype) == (RATE, 2, "PCM_24")
        assert facts.frames == round(15.7001 * RATE)


def test_a_stem_is_silent_where_its_cue_is_not(tmp_path: Path) -> None:
    plan, shelf = _mixed_plan()

    last = soundfile.read(write_stems(plan, tmp_path, shelf).paths[2])[0]

    assert not last[: 7 * RATE].any()
    assert last[7 * RATE + 100 : 8 * RATE].any(axis=1).all()


def test_cues_over_full_scale_are_all_turned_down_alike(tmp_path: Path) -> None:
    loud = np.concatenate([noise(2, 1), np.full((2, RATE), 0.9, np.float32)], axis=1)
    shelf = Shelf(a=loud, b=noise(5, 2))
    plan = make_plan(make_cue(0, 3, "b"), make_cue(3, 6, "a", gain_db=12))

    stems = write_stems(plan, tmp_path, shelf)

    gain = 10 ** (stems.gain_db / 20)
    assert stems.gain_db == pytest.approx(-20 * np.log10(0.9) - 12, abs=0.01)
    np.testing.assert_allclose(_sum(stems.paths), gain * whole_mix(plan, shelf), atol=1e-6)


def test_a_track_that_cannot_be_read_leaves_no_stem_behind(tmp_path: Path) -> None:
    plan, shelf = _mixed_plan()

    def open_track(cue: Cue) -> Memory:
        if cue.track_path == "c":
            raise MediaError("c", "no such file")
        return shelf(cue)

    with pytest.raises(MediaError, match="c: no such file"):
        write_stems(plan, tmp_path, open_track)
    assert not list(tmp_path.iterdir())


def test_a_file_where_the_folder_should_be_is_named(tmp_path: Path) -> None:
    plan, shelf = _mixed_plan()
    (tmp_path / "stems").write_text("")

    with pytest.raises(InputError, match="stems: is not a folder"):
        write_stems(plan, tmp_path / "stems", shelf)
    with pytest.raises(InputError, match="is not a folder"):
        write_stems(plan, tmp_path / "stems" / "deeper", shelf)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    plan, shelf = _mixed_plan()

    with pytest.raises(InputError, match="File name too long"):
        write_stems(plan, tmp_path / ("x" * 300), shelf)


def test_a_full_disk_is_no_bug_and_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, shelf = _mixed_plan()

    def write(*_: object) -> None:
        raise soundfile.LibsndfileError(2)

    monkeypatch.setattr(soundfile.SoundFile, "write", write)

    with pytest.raises(BackendError, match=r"disk: .*System error"):
        write_stems(plan, tmp_path, shelf)
    assert not list(tmp_path.iterdir())


def test_titles_become_names_that_any_system_takes(tmp_path: Path) -> None:
    titles = ["../../etc: a*b?", "", "Käse \udcff", "x" * 300]
    cues = [make_cue(n, n + 1, title=title) for n, title in enumerate(titles)]

    stems = write_stems(make_plan(*cues), tmp_path, Shelf(a=noise(1, 0)))

    assert [path.name for path in stems.paths] == [
        "01-etc a b.wav", "02-cue.wav", "03-Käse.wav", f"04-{'x' * 40}.wav",
    ]  # fmt: skip


def test_long_stems_have_sizes_of_64_bits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan, shelf = _mixed_plan()
    monkeypatch.setattr(stems_module, "LARGEST_WAV_BYTES", 1000)

    stems = write_stems(plan, tmp_path, shelf)

    assert stems.paths[0].read_bytes()[:4] == b"RF64"
    np.testing.assert_allclose(_sum(stems.paths), whole_mix(plan, shelf), rtol=0, atol=1e-6)


def test_memory_is_that_of_a_block_not_of_the_video(tmp_path: Path) -> None:
    track = Memory(noise(5, 0))
    cue = make_cue(0, 120, seams=looped(0, 5, 120))
    tracemalloc.start()

    write_stems(make_plan(cue), tmp_path, lambda _: track)

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 120 * RATE * 2 * 4 / 5


def test_a_cue_alone_is_what_the_mix_holds_there() -> None:
    plan, shelf = _mixed_plan()

    cue = CueSound(plan, 3, shelf)

    assert cue.first == 7 * RATE
    alone = cue.read(cue.first, cue.stop - cue.first)
    np.testing.assert_array_equal(alone, whole_mix(plan, shelf)[:, cue.first :])


# ---- schema


def test_the_schema_is_written_as_json(tmp_path: Path) -> None:
    write_plan_schema(tmp_path / "plan.schema.json")

    assert json.loads((tmp_path / "plan.schema.json").read_text()) == plan_schema()


def test_the_schema_knows_every_key_and_refuses_others() -> None:
    schema = plan_schema()

    assert schema["$schema"].endswith("2020-12/schema")
    assert set(schema["properties"]) == set(CuePlan.model_fields)
    for name, part in schema["$defs"].items():
        assert part["additionalProperties"] is False, name
    assert set(schema["$defs"]["Cue"]["properties"]) == set(Cue.model_fields)


def test_the_schema_says_what_keys_mean_and_may_hold() -> None:
    gain = plan_schema()["$defs"]["Cue"]["properties"]["gain_db"]

    assert gain["description"] == "applied to the track before the mix."
    assert (gain["minimum"], gain["maximum"]) == (-120, 60)


def test_a_rate_may_be_chosen() -> None:
    plan = make_plan(make_cue(0, 60), fps=29.97)

    assert cue_sheet(plan)[0]["out"] == "00:00:59;28"
    assert cue_sheet(plan, rate=frame_rate(29.97, drop_frame=False))[0]["out"] == "00:00:59:28"
