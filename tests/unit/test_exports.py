import csv
import json
import re
import tracemalloc
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import opentimelineio as otio
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from v2m.errors import BackendError, InputError, MediaError
from v2m.soundtrack.exports import stems as stems_module
from v2m.soundtrack.exports.cuesheet import COLUMNS, cue_sheet, write_cue_sheet
from v2m.soundtrack.exports.edl import edl_text, write_edl
from v2m.soundtrack.exports.otio import otio_timeline, write_otio
from v2m.soundtrack.exports.pieces import plan_pieces
from v2m.soundtrack.exports.schema import plan_schema, write_plan_schema
from v2m.soundtrack.exports.stems import write_stems
from v2m.soundtrack.mix import RATE, cue_sound, mix_cues
from v2m.soundtrack.plan import Cue, CuePlan, Loop, PlannedScene
from v2m.soundtrack.timecode import FrameRate, frame_rate
from v2m.types import Audio, Samples, Span

NTSC_FILM = FrameRate(Fraction(24000, 1001))
DROP = FrameRate(Fraction(30000, 1001), drop_frame=True)
RATES = [NTSC_FILM, FrameRate(Fraction(25)), DROP, FrameRate(Fraction(60))]
RATE_NAMES = ["23.976", "25", "29.97 drop", "60"]
at_every_rate = pytest.mark.parametrize("rate", RATES, ids=RATE_NAMES)


class Shelf:
    """Tracks in memory, by path."""

    def __init__(self, **tracks: Samples) -> None:
        self._tracks = tracks

    def __call__(self, cue: Cue, span: Span) -> Audio:
        return Audio(self._tracks[cue.track_path], RATE).excerpt(span)


def _noise(seconds: float, seed: int) -> Samples:
    rng = np.random.default_rng(seed)
    return rng.normal(0, 0.1, (2, round(seconds * RATE))).astype(np.float32)


def _cue(start: float, end: float, track: str = "a", **more: Any) -> Cue:
    source = "retrieved" if track else "silence"
    facts = {"source": source, "track_path": track, "title": track, "scenes": (0,)} | more
    return Cue(start_seconds=start, end_seconds=end, **facts)


def _scene(index: int, start: float, end: float, **more: Any) -> PlannedScene:
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


def _plan(*cues: Cue, fps: float = 25, crossfade: float = 1.0, **more: Any) -> CuePlan:
    video = {
        "path": "/v/my film.mp4",
        "duration_seconds": cues[-1].end_seconds,
        "fps": fps,
        "width": 64,
        "height": 48,
        "has_audio": False,
    }
    facts = {"profile": "lite", "min_probability": 0.5, "scenes": ()} | more
    return CuePlan.model_validate(
        {"video": video, "cues": cues, "mix": {"crossfade_seconds": crossfade}, **facts}
    )


def _film(rate: FrameRate) -> CuePlan:
    """A film of twenty minutes: long enough for a wrong rate to show."""
    loop = Loop(start_seconds=2.015, end_seconds=21.437)
    cues = (
        _cue(0, 61.7283, "/m/a b.mp3", in_seconds=12.345, title="First", artist="Ada"),
        _cue(61.7283, 75.4, ""),
        _cue(75.4, 403.91, "/m/b.wav", in_seconds=3.21, loop=loop, gain_db=-4.5),
        _cue(403.91, 1000.013, "/m/c.flac", in_seconds=60.6, fade_out_seconds=2),
        _cue(1000.013, 1203.456, "/m/a b.mp3", in_seconds=0.2),
    )
    scenes = (_scene(0, 0, 61.7283, note="the sea"), _scene(1, 61.7283, 1203.456))
    return _plan(*cues, fps=float(rate.fps), scenes=scenes)


# ---- pieces


def test_a_loop_becomes_pieces_that_follow_each_other() -> None:
    cue = _cue(0, 10, in_seconds=1, loop=Loop(start_seconds=2, end_seconds=5))

    (part,) = plan_pieces(_plan(cue), FrameRate(Fraction(25)))

    places = [(piece.record_in, piece.record_out, piece.source_in) for piece in part.pieces]
    assert places == [(0, 100, 25), (100, 175, 50), (175, 250, 50)]


def test_a_cue_that_starts_behind_its_loop_starts_in_it() -> None:
    late = _cue(5, 10, in_seconds=9, loop=Loop(start_seconds=2, end_seconds=5))

    part = plan_pieces(_plan(_cue(0, 5), late), FrameRate(Fraction(25)))[1]

    assert [piece.source_in for piece in part.pieces] == [63, 50]  # half a second of crossfade
    assert part.pieces[0].n_frames == 63


def test_a_piece_that_is_over_before_its_cue_starts_is_left_out() -> None:
    cue = _cue(5, 10, in_seconds=3, loop=Loop(start_seconds=0.5, end_seconds=2.81))

    part = plan_pieces(_plan(_cue(0, 5), cue), FrameRate(Fraction(25)))[1]

    assert [piece.record_in for piece in part.pieces] == [125, 178, 236]
    assert part.pieces[0].source_in == round((0.5 + 0.19) * 25)  # 0.19 s into its second round


def test_pieces_show_the_sound_that_the_mix_plays() -> None:
    ramp = np.arange(30 * RATE, dtype=np.float32) / RATE  # every sample tells its second
    loop = Loop(start_seconds=2.01, end_seconds=5.37)
    plan = _plan(_cue(0, 9, ""), _cue(9, 29, in_seconds=1.3, loop=loop))
    rate = FrameRate(Fraction(25))

    mixed = mix_cues(plan, Shelf(a=np.stack([ramp, ramp])))[0]

    for piece in plan_pieces(plan, rate)[1].pieces:
        for frame in (5, piece.n_frames - 5):
            heard = mixed[round(rate.seconds_at(piece.record_in + frame) * RATE)]
            assert heard == pytest.approx((piece.source_in + frame) / 25, abs=0.021)


@settings(max_examples=60)
@given(
    st.lists(st.floats(0.01, 30), min_size=1, max_size=12),
    st.sampled_from(RATES),
    st.floats(0, 20),
    st.floats(0.5, 5),
)
def test_pieces_cover_the_video_without_gap_or_overlap(
    lengths: list[float], rate: FrameRate, start: float, repeats: float
) -> None:
    borders = np.cumsum([0.0, *lengths]).tolist()
    loop = Loop(start_seconds=start, end_seconds=start + repeats + 1e-6)
    cues = [
        _cue(a, b, loop=loop if n % 2 else None, in_seconds=start)
        for n, (a, b) in enumerate(pairwise(borders))
    ]

    parts = plan_pieces(_plan(*cues), rate)

    here = 0
    for part in parts:
        assert part.record_in == here
        for piece in part.pieces:
            assert piece.record_in == here < piece.record_out
            assert piece.source_in >= 0
            here = piece.record_out
        assert part.record_out == here
    assert here == rate.frame_at(borders[-1])


# ---- edit decision list


@dataclass
class Event:
    """An event of an edit decision list, times in frames."""

    channels: str
    source: tuple[int, int]
    record: tuple[int, int]
    comments: dict[str, list[str]]


def _read_edl(text: str, rate: FrameRate) -> list[Event]:
    """Read the list as CMX 3600 has it: eight fields an event, comments behind it."""
    events: list[Event] = []
    for line in text.splitlines()[2:]:
        if line.startswith("* "):
            key, _, value = line[2:].partition(": ")
            events[-1].comments.setdefault(key, []).append(value)
        elif line:
            number, reel, channels, edit, *times = line.split()
            assert (int(number), reel, edit) == (len(events) + 1, "AX", "C")
            a, b, c, d = (rate.frame(time) for time in times)
            events.append(Event(channels, (a, b), (c, d), {}))
    return events


def _one_per_cue(events: list[Event]) -> dict[int, list[Event]]:
    cues: dict[int, list[Event]] = {}
    for event in events:
        match = re.match(r"cue (\d+)", event.comments["COMMENT"][0])
        assert match
        cues.setdefault(int(match[1]), []).append(event)
    return cues


@at_every_rate
def test_the_edit_list_has_every_cue_within_a_frame(rate: FrameRate, tmp_path: Path) -> None:
    plan = _film(rate)

    write_edl(plan, tmp_path / "film.edl")

    text = (tmp_path / "film.edl").read_text(encoding="utf-8")
    zero = rate.frame("01:00:00:00")
    read = _one_per_cue(_read_edl(text, rate))
    sounding = [cue for cue in plan.cues if cue.source != "silence"]
    assert list(read) == [1, 2, 3, 4]
    for cue, events in zip(sounding, read.values(), strict=True):
        start = rate.seconds_at(events[0].record[0] - zero)
        end = rate.seconds_at(events[-1].record[1] - zero)
        assert abs(start - Fraction(cue.start_seconds)) <= 1 / rate.fps
        assert abs(end - Fraction(cue.end_seconds)) <= 1 / rate.fps
        begin = rate.seconds_at(events[0].source[0])
        assert abs(begin - Fraction(cue.in_seconds)) <= 1 / rate.fps
        assert {event.channels for event in events} == {"AA"}
        for event in events:
            assert event.source[1] - event.source[0] == event.record[1] - event.record[0]


@at_every_rate
def test_another_reader_sees_the_edit_list_alike(rate: FrameRate, tmp_path: Path) -> None:
    plan = _film(rate)
    write_edl(plan, tmp_path / "film.edl")

    timeline = otio.adapters.read_from_file(str(tmp_path / "film.edl"), rate=float(rate.fps))

    track = timeline.tracks[0]
    assert [t.name for t in timeline.tracks] == ["A1", "A2"]
    expected = [piece for part in plan_pieces(plan, rate) for piece in part.pieces]
    clips = [item for item in track if isinstance(item, otio.schema.Clip)]
    for clip, piece in zip(clips, expected, strict=True):
        assert clip.range_in_parent().start_time.to_frames() == piece.record_in
        assert clip.source_range.start_time.to_frames() == piece.source_in
        assert clip.source_range.duration.to_frames() == piece.n_frames


@pytest.mark.parametrize(
    ("rate", "mode"),
    [(NTSC_FILM, "NON-DROP FRAME"), (DROP, "DROP FRAME")],
)
def test_the_edit_list_says_how_it_counts(rate: FrameRate, mode: str) -> None:
    lines = edl_text(_film(rate)).splitlines()

    assert lines[:2] == ["TITLE: my film", f"FCM: {mode}"]


def test_an_event_names_its_file_and_what_a_cut_cannot_say() -> None:
    events = _read_edl(edl_text(_film(RATES[1])), RATES[1])

    assert events[0].comments == {
        "FROM CLIP NAME": ["a b.mp3"],
        "SOURCE FILE": ["/m/a b.mp3"],
        "COMMENT": ['cue 1, "First" by Ada', "gain +0.0 dB"],
    }
    assert events[1].comments["COMMENT"] == ['cue 2, part 1 of 17, "/m/b.wav"', "gain -4.5 dB"]
    assert "crossfade of 1.000 s centred on the end" in events[17].comments["COMMENT"]


def test_fades_stand_in_comments_where_no_crossfade_is() -> None:
    plan = _plan(_cue(0, 4, fade_in_seconds=0.5, fade_out_seconds=2))

    (event,) = _read_edl(edl_text(plan), RATES[1])

    assert event.comments["COMMENT"][2:] == ["fade in 0.500 s", "fade out 2.000 s"]


def test_a_name_can_not_add_an_event() -> None:
    plan = _plan(_cue(0, 4, "/m/x\n002  AX.mp3", title="a\u2028b", artist="\r"))

    assert len(_read_edl(edl_text(plan), RATES[1])) == 1


def test_the_record_time_may_start_elsewhere() -> None:
    text = edl_text(_plan(_cue(0, 4)), record_start="00:00:00:00")

    assert _read_edl(text, RATES[1])[0].record == (0, 100)
    with pytest.raises(InputError, match="not a timecode"):
        edl_text(_plan(_cue(0, 4)), record_start="now")


# ---- OpenTimelineIO


@at_every_rate
def test_the_time_line_comes_back_with_every_cue_within_a_frame(
    rate: FrameRate, tmp_path: Path
) -> None:
    plan = _film(rate)

    write_otio(plan, tmp_path / "film.otio")

    timeline = otio.adapters.read_from_file(str(tmp_path / "film.otio"))
    video, music = timeline.tracks
    assert (video.kind, music.kind) == ("Video", "Audio")
    assert video.duration() == music.duration()
    clips: dict[int, list[Any]] = {}
    for clip in music.find_clips():
        clips.setdefault(clip.metadata["v2m"]["cue"], []).append(clip)
    sounding = [cue for cue in plan.cues if cue.source != "silence"]
    for cue, found in zip(sounding, clips.values(), strict=True):
        first, last = found[0].range_in_parent(), found[-1].range_in_parent()
        frame = 1 / float(rate.fps)
        assert first.start_time.to_seconds() == pytest.approx(cue.start_seconds, abs=frame)
        end = last.end_time_exclusive().to_seconds()
        assert end == pytest.approx(cue.end_seconds, abs=frame)
        begin = found[0].source_range.start_time
        assert begin.to_seconds() == pytest.approx(cue.in_seconds, abs=frame)
        assert begin.rate == float(rate.fps)
        assert found[0].media_reference.target_url == Path(cue.track_path).as_uri()


def test_a_loop_is_repeated_clips_and_silence_a_gap() -> None:
    timeline = otio_timeline(_film(RATES[1]))
    music = timeline.tracks[1]

    kinds = "".join(type(item).__name__[0] for item in music)
    assert kinds == "CG" + "C" * 17 + "TCTC"
    assert music[1].source_range.duration.to_frames() == 342


def test_crossfades_are_transitions_centred_on_the_border() -> None:
    timeline = otio_timeline(_film(RATES[1]))
    music = timeline.tracks[1]

    first, second = (item for item in music if isinstance(item, otio.schema.Transition))
    assert (first.in_offset.value, first.out_offset.value) == (13, 13)
    assert (second.in_offset.value, second.out_offset.value) == (5, 13)  # no more track before it


def test_without_crossfades_there_are_no_transitions() -> None:
    plan = _plan(_cue(0, 4), _cue(4, 8), crossfade=0)

    timeline = otio_timeline(plan)

    assert [type(item).__name__ for item in timeline.tracks[1]] == ["Clip", "Clip"]


def test_silence_shorter_than_a_frame_leaves_no_gap() -> None:
    plan = _plan(_cue(0, 4), _cue(4, 4.005, ""), _cue(4.005, 8))

    timeline = otio_timeline(plan)

    assert [type(item).__name__ for item in timeline.tracks[1]] == ["Clip", "Clip"]


def test_scenes_are_markers_of_the_time_line() -> None:
    timeline = otio_timeline(_film(RATES[1]))
    markers = timeline.tracks.markers

    assert [(m.name, m.comment) for m in markers] == [
        ("Scene 1", "the sea"),
        ("Scene 2", "scene 1"),
    ]
    assert [m.marked_range.start_time.to_frames() for m in markers] == [0, 1543]
    assert markers[1].marked_range.end_time_exclusive().to_frames() == 30086


def test_the_picture_is_one_clip_of_its_file() -> None:
    timeline = otio_timeline(_film(RATES[1]))
    (clip,) = timeline.tracks[0]

    assert clip.media_reference.target_url == "file:///v/my%20film.mp4"
    assert clip.source_range == clip.media_reference.available_range
    assert clip.duration().to_frames() == 30086


def test_clips_know_how_much_there_is_of_a_file_that_can_be_read(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", _noise(6.2, 0).T, RATE)
    (tmp_path / "b.wav").write_text("no sound")
    plan = _plan(_cue(0, 4, str(tmp_path / "a.wav")), _cue(4, 8, str(tmp_path / "b.wav")))

    timeline = otio_timeline(plan)

    first, second = timeline.tracks[1].find_clips()
    assert first.available_range().duration.to_frames() == 155
    assert second.media_reference.available_range is None


def test_a_clip_never_reaches_beyond_what_there_is(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", _noise(3, 0).T, RATE)

    timeline = otio_timeline(_plan(_cue(0, 4, str(tmp_path / "a.wav"), in_seconds=1)))

    (clip,) = timeline.tracks[1]
    assert clip.available_range().end_time_exclusive() == clip.source_range.end_time_exclusive()


def test_names_of_any_bytes_can_be_exported(tmp_path: Path) -> None:
    cue = _cue(0, 4, "file:///m/%FF.mp3", title="")

    write_otio(_plan(cue), tmp_path / "o.otio")
    write_edl(_plan(cue), tmp_path / "o.edl")
    write_cue_sheet(_plan(cue), tmp_path / "o.csv")

    timeline = otio.adapters.read_from_file(str(tmp_path / "o.otio"))
    clip = timeline.tracks[1][0]
    assert clip.media_reference.target_url == "file:///m/%FF.mp3"
    assert clip.name == "'\\udcff.mp3'"
    assert "SOURCE FILE: file:///m/%FF.mp3" in (tmp_path / "o.edl").read_text(encoding="utf-8")
    assert "file:///m/%FF.mp3" in (tmp_path / "o.csv").read_text(encoding="utf-8")


# ---- cue sheet


@at_every_rate
def test_the_cue_sheet_has_every_cue_within_a_frame(rate: FrameRate, tmp_path: Path) -> None:
    plan = _film(rate)

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
    cue = _cue(0, 75.2, title='The "Rain", part 1', artist="Ada", licence="CC BY 4.0",
               licence_url="https://l.org", attribution="Rain by Ada")  # fmt: skip

    (row,) = cue_sheet(_plan(cue))

    assert tuple(row) == COLUMNS
    assert list(row.values()) == [
        "1", 'The "Rain", part 1', "Ada", "00:00:00:00", "00:01:15:05", "1:15", "library",
        "background", "CC BY 4.0", "https://l.org", "Rain by Ada", "a",
    ]  # fmt: skip


def test_composed_music_is_called_so_and_silence_left_out() -> None:
    made = _cue(0, 0.2, source="generated", title="", prompt="slow waltz", model="arranger")

    (row,) = cue_sheet(_plan(made, _cue(0.2, 5, "")))

    assert (row["title"], row["source"]) == ("slow waltz", "composed")
    assert (row["artist"], row["duration"]) == ("composed by computer (arranger)", "0:01")


# ---- stems


def _mixed_plan() -> tuple[CuePlan, Shelf]:
    shelf = Shelf(a=_noise(9, 1), b=_noise(9, 2), c=_noise(3, 3))
    loop = Loop(start_seconds=0.5, end_seconds=2)
    plan = _plan(
        _cue(0, 3.3333, "a", in_seconds=0.2, gain_db=-3, fade_in_seconds=0.7),
        _cue(3.3333, 6, "b", in_seconds=2, gain_db=2),
        _cue(6, 7, ""),
        _cue(7, 15.7001, "c", loop=loop, fade_in_seconds=0.2, fade_out_seconds=1),
    )
    return plan, shelf


def _sum(paths: tuple[Path, ...]) -> Any:
    return sum(soundfile.read(path, dtype="float64")[0].T for path in paths)


def test_the_sum_of_the_stems_is_the_mix(tmp_path: Path) -> None:
    plan, shelf = _mixed_plan()

    stems = write_stems(plan, tmp_path / "stems", shelf)

    assert stems.gain_db == 0
    np.testing.assert_allclose(_sum(stems.paths), mix_cues(plan, shelf), rtol=0, atol=1e-6)


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
    loud = np.concatenate([_noise(2, 1), np.full((2, RATE), 0.9, np.float32)], axis=1)
    shelf = Shelf(a=loud, b=_noise(5, 2))
    plan = _plan(_cue(0, 3, "b"), _cue(3, 6, "a", gain_db=12))

    stems = write_stems(plan, tmp_path, shelf)

    gain = 10 ** (stems.gain_db / 20)
    assert stems.gain_db == pytest.approx(-20 * np.log10(0.9) - 12, abs=0.01)
    np.testing.assert_allclose(_sum(stems.paths), gain * mix_cues(plan, shelf), atol=1e-6)


def test_a_track_that_cannot_be_read_leaves_no_stem_behind(tmp_path: Path) -> None:
    plan, shelf = _mixed_plan()

    def load(cue: Cue, span: Span) -> Audio:
        if cue.track_path == "c":
            raise MediaError("c", "no such file")
        return shelf(cue, span)

    with pytest.raises(MediaError, match="c: no such file"):
        write_stems(plan, tmp_path, load)
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
    cues = [_cue(n, n + 1, title=title) for n, title in enumerate(titles)]

    stems = write_stems(_plan(*cues), tmp_path, Shelf(a=_noise(1, 0)))

    assert [path.name for path in stems.paths] == [
        "01-etc a b.wav", "02-cue.wav", "03-Käse.wav", f"04-{'x' * 40}.wav",
    ]  # fmt: skip


def test_long_stems_have_sizes_of_64_bits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan, shelf = _mixed_plan()
    monkeypatch.setattr(stems_module, "LARGEST_WAV_BYTES", 1000)

    stems = write_stems(plan, tmp_path, shelf)

    assert stems.paths[0].read_bytes()[:4] == b"RF64"
    np.testing.assert_allclose(_sum(stems.paths), mix_cues(plan, shelf), rtol=0, atol=1e-6)


def test_memory_is_that_of_one_cue_not_of_the_video(tmp_path: Path) -> None:
    shelf = Shelf(a=_noise(5, 0))
    cues = [_cue(5 * n, 5 * n + 5) for n in range(12)]
    tracemalloc.start()

    write_stems(_plan(*cues), tmp_path, shelf)

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5 * (6 * RATE * 2 * 4)  # a cue with its crossfades, a few times over


def test_a_cue_alone_is_what_the_mix_holds_there() -> None:
    plan, shelf = _mixed_plan()

    first, sound = cue_sound(plan, 3, shelf)

    assert first == 7 * RATE
    np.testing.assert_array_equal(sound, mix_cues(plan, shelf)[:, first:])


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
    plan = _plan(_cue(0, 60), fps=29.97)

    assert cue_sheet(plan)[0]["out"] == "00:00:59;28"
    assert cue_sheet(plan, rate=frame_rate(29.97, drop_frame=False))[0]["out"] == "00:00:59:28"
