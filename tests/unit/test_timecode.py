from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentimelineio import opentime

from v2m.errors import InputError
from v2m.soundtrack.timecode import DROP_RATES, STANDARD_RATES, FrameRate, frame_rate

NTSC = Fraction(30000, 1001)
RATES = [FrameRate(fps) for fps in STANDARD_RATES] + [FrameRate(fps, True) for fps in DROP_RATES]
rates = st.sampled_from(RATES)


@given(rates, st.integers(0, 10**7))
def test_a_frame_comes_back_from_its_seconds(rate: FrameRate, frame: int) -> None:
    assert rate.frame_at(rate.seconds_at(frame)) == frame
    assert rate.frame_at(float(rate.seconds_at(frame))) == frame


@given(rates, st.floats(0, 1e5))
def test_seconds_come_back_within_half_a_frame(rate: FrameRate, seconds: float) -> None:
    back = rate.seconds_at(rate.frame_at(seconds))

    assert abs(back - Fraction(seconds)) <= 1 / rate.fps / 2


@given(rates, st.data())
def test_a_frame_comes_back_from_its_timecode(rate: FrameRate, data: st.DataObject) -> None:
    frame = data.draw(st.integers(0, rate.frames_per_day - 1))

    assert rate.frame(rate.timecode(frame)) == frame


@given(rates, st.data())
def test_later_frames_have_later_timecode(rate: FrameRate, data: st.DataObject) -> None:
    frame = data.draw(st.integers(0, rate.frames_per_day - 2))

    assert rate.timecode(frame) < rate.timecode(frame + 1)


@given(rates, st.integers(0, 2 * 10**6))
def test_another_library_writes_the_same_timecode(rate: FrameRate, frame: int) -> None:
    fps = float(rate.fps)

    theirs = opentime.to_timecode(opentime.RationalTime(frame, fps), fps, rate.drop_frame)

    assert rate.timecode(frame) == theirs


@given(rates, st.integers(0, 10**8))
def test_after_a_day_timecode_starts_over(rate: FrameRate, frame: int) -> None:
    assert rate.timecode(frame) == rate.timecode(frame + rate.frames_per_day)


@pytest.mark.parametrize("fps", DROP_RATES)
def test_drop_frame_keeps_step_with_the_clock(fps: Fraction) -> None:
    rate = FrameRate(fps, drop_frame=True)

    for minutes in (10, 60, 600, 1439):
        frame = rate.frame_at(60 * minutes)
        shown = rate.timecode(frame)
        hours, minute = int(shown[:2]), int(shown[3:5])
        late = (60 * hours + minute + int(shown[6:8]) / 60) - minutes
        assert abs(late * 60) <= 1.01


def test_every_number_of_drop_frame_timecode_is_used_once() -> None:
    rate = FrameRate(NTSC, drop_frame=True)

    seen = [rate.timecode(frame) for frame in range(17982 + 1)]

    assert seen[-1] == "00:10:00;00"
    assert len(set(seen)) == len(seen)
    left_out = [f"00:{minute:02d}:00;{frame:02d}" for minute in range(1, 10) for frame in (0, 1)]
    assert not set(left_out) & set(seen)


@pytest.mark.parametrize(
    ("rate", "frame", "timecode"),
    [
        (FrameRate(Fraction(25)), 0, "00:00:00:00"),
        (FrameRate(Fraction(25)), 25 * 3661 + 24, "01:01:01:24"),
        (FrameRate(NTSC), 1800, "00:01:00:00"),
        (FrameRate(NTSC, drop_frame=True), 1799, "00:00:59;29"),
        (FrameRate(NTSC, drop_frame=True), 1800, "00:01:00;02"),
        (FrameRate(NTSC, drop_frame=True), 17982, "00:10:00;00"),
        (FrameRate(NTSC, drop_frame=True), 2589407, "23:59:59;29"),
        (FrameRate(Fraction(60000, 1001), drop_frame=True), 3600, "00:01:00;04"),
        (FrameRate(Fraction(24000, 1001)), 86400, "01:00:00:00"),
        (FrameRate(Fraction(120)), 119, "00:00:00:119"),
    ],
)
def test_timecode_known_from_the_standard(rate: FrameRate, frame: int, timecode: str) -> None:
    assert rate.timecode(frame) == timecode
    assert rate.frame(timecode) == frame


def test_any_usual_mark_may_stand_before_the_frames() -> None:
    rate = FrameRate(NTSC, drop_frame=True)

    assert {rate.frame(f"01:00:00{mark}00") for mark in ":;.,"} == {107892}


@pytest.mark.parametrize("text", ["", "1:2:3:4", "00:60:00:00", "24:00:00:00", "00:00:00", "x"])
def test_what_is_no_timecode_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="not a timecode; write it like"):
        FrameRate(Fraction(25)).frame(text)


@pytest.mark.parametrize(
    ("rate", "text"),
    [
        (FrameRate(Fraction(25)), "00:00:00:25"),
        (FrameRate(NTSC, drop_frame=True), "00:01:00;01"),
        (FrameRate(Fraction(60000, 1001), drop_frame=True), "00:11:00;03"),
    ],
)
def test_a_number_that_no_frame_bears_is_refused(rate: FrameRate, text: str) -> None:
    with pytest.raises(InputError, match="there is no frame"):
        rate.frame(text)


def test_frames_before_the_first_have_no_timecode() -> None:
    with pytest.raises(ValueError, match="before 0"):
        FrameRate(Fraction(25)).timecode(-1)


@pytest.mark.parametrize("fps", [Fraction(25), Fraction(30), Fraction(24000, 1001)])
def test_only_the_two_television_rates_drop_frames(fps: Fraction) -> None:
    with pytest.raises(ValueError, match="no drop-frame timecode at"):
        FrameRate(fps, drop_frame=True)


def test_a_rate_is_above_zero() -> None:
    with pytest.raises(ValueError, match="above 0"):
        FrameRate(Fraction(0))


@pytest.mark.parametrize(
    ("measured", "fps"),
    [
        (23.976, Fraction(24000, 1001)),
        (23.98, Fraction(24000, 1001)),
        (24.0, Fraction(24)),
        (25.002, Fraction(25)),
        (29.97, NTSC),
        (29.999, Fraction(30)),
        (59.94, Fraction(60000, 1001)),
        (12.0, Fraction(12)),
        (100.0, Fraction(100)),
        (12.5, Fraction(24000, 1001)),
        (33.3, Fraction(50)),
        (239.76, Fraction(60)),
    ],
)
def test_a_measured_rate_stands_for_an_exact_one(measured: float, fps: Fraction) -> None:
    assert frame_rate(measured).fps == fps


def test_drop_frame_is_the_custom_where_it_exists_and_can_be_refused() -> None:
    assert [rate.drop_frame for rate in map(frame_rate, (29.97, 59.94, 30.0, 25.0))] == [
        True, True, False, False,
    ]  # fmt: skip
    assert not frame_rate(29.97, drop_frame=False).drop_frame
