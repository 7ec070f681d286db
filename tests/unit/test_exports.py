"""A plan for editing programs: pieces, edit decision list, OpenTimelineIO."""

import re
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

from tests.unit.plans import (
    DROP,
    NTSC_FILM,
    RATES,
    Shelf,
    at_every_rate,
    looped,
    make_cue,
    make_film,
    make_plan,
    make_scene,
    noise,
    whole_mix,
)
from v2m.errors import InputError
from v2m.soundtrack.exports.cuesheet import write_cue_sheet
from v2m.soundtrack.exports.edl import edl_text, write_edl
from v2m.soundtrack.exports.otio import otio_timeline, write_otio
from v2m.soundtrack.exports.pieces import plan_pieces
from v2m.soundtrack.mix import RATE
from v2m.soundtrack.timecode import FrameRate

# ---- pieces


def test_every_stretch_between_seams_is_a_piece() -> None:
    cue = make_cue(0, 10, in_seconds=1, seams=looped(2, 5, 10, 1))

    (part,) = plan_pieces(make_plan(cue), FrameRate(Fraction(25)))

    places = [(piece.record_in, piece.record_out, piece.source_in) for piece in part.pieces]
    assert places == [(0, 100, 25), (100, 175, 50), (175, 250, 50)]


def test_pieces_show_the_sound_that_the_mix_plays() -> None:
    ramp = np.arange(30 * RATE, dtype=np.float32) / RATE  # every sample tells its second
    loop = looped(2.01, 5.37, 20, 1.3)
    plan = make_plan(make_cue(0, 9, ""), make_cue(9, 29, in_seconds=1.3, seams=loop))
    rate = FrameRate(Fraction(25))

    mixed = whole_mix(plan, Shelf(a=np.stack([ramp, ramp])))[0]

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
    loop = looped(start, start + repeats + 1e-6, 30, start)
    cues = [
        make_cue(a, b, seams=loop if n % 2 else (), in_seconds=start)
        for n, (a, b) in enumerate(pairwise(borders))
    ]

    parts = plan_pieces(make_plan(*cues), rate)

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
    plan = make_film(rate)

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
    plan = make_film(rate)
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
    lines = edl_text(make_film(rate)).splitlines()

    assert lines[:2] == ["TITLE: my film", f"FCM: {mode}"]


def test_an_event_names_its_file_and_what_a_cut_cannot_say() -> None:
    plan = make_film(RATES[1]).model_copy(update={"scenes": ()})

    events = _read_edl(edl_text(plan), RATES[1])

    assert events[0].comments == {
        "FROM CLIP NAME": ["a b.mp3"],
        "SOURCE FILE": ["/m/a b.mp3"],
        "COMMENT": ['cue 1, "First" by Ada', "gain +0.0 dB"],
    }
    assert events[1].comments["COMMENT"] == ['cue 2, part 1 of 17, "/m/b.wav"', "gain -4.5 dB"]
    assert "crossfade of 1.000 s centred on the end" in events[17].comments["COMMENT"]


def test_fades_stand_in_comments_where_no_crossfade_is() -> None:
    plan = make_plan(make_cue(0, 4, fade_in_seconds=0.5, fade_out_seconds=2))

    (event,) = _read_edl(edl_text(plan), RATES[1])

    assert event.comments["COMMENT"][2:] == ["fade in 0.500 s", "fade out 2.000 s"]


def test_a_name_can_not_add_an_event() -> None:
    plan = make_plan(make_cue(0, 4, "/m/x\n002  AX.mp3", title="a\u2028b", artist="\r"))

    assert len(_read_edl(edl_text(plan), RATES[1])) == 1


def test_the_record_time_may_start_elsewhere() -> None:
    text = edl_text(make_plan(make_cue(0, 4)), record_start="00:00:00:00")

    assert _read_edl(text, RATES[1])[0].record == (0, 100)
    with pytest.raises(InputError, match="not a timecode"):
        edl_text(make_plan(make_cue(0, 4)), record_start="now")


def test_scenes_and_cuts_are_locators_of_the_edit_list() -> None:
    scenes = (make_scene(0, 0, 4, cuts_seconds=(1.5,)), make_scene(1, 4, 8, note="the sea"))
    plan = make_plan(make_cue(0, 3, ""), make_cue(3, 8), scenes=scenes)

    read = otio.adapters.read_from_string(edl_text(plan), "cmx_3600", rate=25)

    clip = read.find_clips()[0]
    assert [(m.name, m.color, m.marked_range.start_time.to_timecode()) for m in clip.markers] == [
        ("Scene 1 scene 0", "CYAN", "01:00:00:00"),
        ("Cut", "RED", "01:00:01:13"),
        ("Scene 2 the sea", "CYAN", "01:00:04:00"),
    ]


# ---- OpenTimelineIO


@at_every_rate
def test_the_time_line_comes_back_with_every_cue_within_a_frame(
    rate: FrameRate, tmp_path: Path
) -> None:
    plan = make_film(rate)

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
    timeline = otio_timeline(make_film(RATES[1]))
    music = timeline.tracks[1]

    kinds = "".join(type(item).__name__[0] for item in music)
    assert kinds == "CG" + "C" * 17 + "TCTC"
    assert music[1].source_range.duration.to_frames() == 342


def test_crossfades_are_transitions_centred_on_the_border() -> None:
    timeline = otio_timeline(make_film(RATES[1]))
    music = timeline.tracks[1]

    first, second = (item for item in music if isinstance(item, otio.schema.Transition))
    assert (first.in_offset.value, first.out_offset.value) == (13, 13)
    assert (second.in_offset.value, second.out_offset.value) == (5, 13)  # no more track before it


def test_without_crossfades_there_are_no_transitions() -> None:
    plan = make_plan(make_cue(0, 4), make_cue(4, 8), crossfade=0)

    timeline = otio_timeline(plan)

    assert [type(item).__name__ for item in timeline.tracks[1]] == ["Clip", "Clip"]


def test_silence_shorter_than_a_frame_leaves_no_gap() -> None:
    plan = make_plan(make_cue(0, 4), make_cue(4, 4.005, ""), make_cue(4.005, 8))

    timeline = otio_timeline(plan)

    assert [type(item).__name__ for item in timeline.tracks[1]] == ["Clip", "Clip"]


def test_scenes_are_markers_of_the_time_line() -> None:
    timeline = otio_timeline(make_film(RATES[1]))
    markers = timeline.tracks.markers

    assert [(m.name, m.comment) for m in markers] == [
        ("Scene 1", "the sea"),
        ("Scene 2", "scene 1"),
    ]
    assert [m.marked_range.start_time.to_frames() for m in markers] == [0, 1543]
    assert markers[1].marked_range.end_time_exclusive().to_frames() == 30086


def test_the_picture_is_one_clip_of_its_file() -> None:
    timeline = otio_timeline(make_film(RATES[1]))
    (clip,) = timeline.tracks[0]

    assert clip.media_reference.target_url == "file:///v/my%20film.mp4"
    assert clip.source_range == clip.media_reference.available_range
    assert clip.duration().to_frames() == 30086


def test_clips_know_how_much_there_is_of_a_file_that_can_be_read(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", noise(6.2, 0).T, RATE)
    (tmp_path / "b.wav").write_text("no sound")
    plan = make_plan(
        make_cue(0, 4, str(tmp_path / "a.wav")), make_cue(4, 8, str(tmp_path / "b.wav"))
    )

    timeline = otio_timeline(plan)

    first, second = timeline.tracks[1].find_clips()
    assert first.available_range().duration.to_frames() == 155
    assert second.media_reference.available_range is None


def test_a_clip_never_reaches_beyond_what_there_is(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", noise(3, 0).T, RATE)

    timeline = otio_timeline(make_plan(make_cue(0, 4, str(tmp_path / "a.wav"), in_seconds=1)))

    (clip,) = timeline.tracks[1]
    assert clip.available_range().end_time_exclusive() == clip.source_range.end_time_exclusive()


def test_names_of_any_bytes_can_be_exported(tmp_path: Path) -> None:
    cue = make_cue(0, 4, "file:///m/%FF.mp3", title="")

    write_otio(make_plan(cue), tmp_path / "o.otio")
    write_edl(make_plan(cue), tmp_path / "o.edl")
    write_cue_sheet(make_plan(cue), tmp_path / "o.csv")

    timeline = otio.adapters.read_from_file(str(tmp_path / "o.otio"))
    clip = timeline.tracks[1][0]
    assert clip.media_reference.target_url == "file:///m/%FF.mp3"
    assert clip.name == "'\\udcff.mp3'"
    assert "SOURCE FILE: file:///m/%FF.mp3" in (tmp_path / "o.edl").read_text(encoding="utf-8")
    assert "file:///m/%FF.mp3" in (tmp_path / "o.csv").read_text(encoding="utf-8")
