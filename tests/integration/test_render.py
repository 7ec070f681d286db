import errno
import os
import signal
import subprocess
import threading
from fractions import Fraction
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from tests.conftest import WriteMusic
from tests.unit.plans import looped
from v2m.audio.decode import decode_audio
from v2m.audio.loudness import integrated_lufs, true_peak_dbtp
from v2m.errors import BackendError, InputError, MediaError
from v2m.ffmpeg import av
from v2m.soundtrack import render
from v2m.soundtrack.mux import mux
from v2m.soundtrack.plan import Cue, CuePlan
from v2m.soundtrack.proof import Proof
from v2m.soundtrack.render import render_plan
from v2m.types import Samples
from v2m.video.probe import probe_video

RATE = 48000
SECONDS = 4.0


def _film(
    path: Path,
    sound: Samples | None = None,
    *,
    codec: str = "libx264",
    late_seconds: float = 0.0,
    first_frame: int = 0,
) -> Path:
    """Write four seconds of noise pictures; the sound, if any, starts so much late."""
    rng = np.random.default_rng(0)
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        heard: Any = None
        if sound is not None:
            heard = container.add_stream("pcm_s16le", rate=RATE, layout="stereo")
        for n in range(round(SECONDS * 25)):
            picture: npt.NDArray[np.uint8] = rng.integers(0, 255, (48, 64, 3), dtype=np.uint8)
            frame = av.VideoFrame.from_ndarray(picture)
            frame.pts = first_frame + n
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if sound is not None and sound.size:
            whole = (sound.T * 32767).astype(np.int16).reshape(1, -1)
            spoken = av.AudioFrame.from_ndarray(whole, "s16", layout="stereo")
            spoken.sample_rate, spoken.time_base = RATE, Fraction(1, RATE)
            spoken.pts = round(late_seconds * RATE)
            container.mux(heard.encode(spoken))
            container.mux(heard.encode(None))
    return path


def _tone(hertz: float, seconds: float = SECONDS, level: float = 0.2) -> Samples:
    time = np.arange(round(seconds * RATE)) / RATE
    tone = (level * np.sin(2 * np.pi * hertz * time)).astype(np.float32)
    return np.stack([tone, tone])


def _track(path: Path, sound: Samples) -> Path:
    soundfile.write(path, sound.T, RATE, subtype="FLOAT")
    return path


def _cue(track: Path | None, start: float = 0.0, end: float = SECONDS, **more: Any) -> Cue:
    source = "retrieved" if track else "silence"
    facts = {"source": source, "track_path": str(track or ""), "scenes": (0,)} | more
    return Cue(start_seconds=start, end_seconds=end, **facts)


def _plan(*cues: Cue, **mix: Any) -> CuePlan:
    video = {
        "path": "a.mp4",
        "duration_seconds": SECONDS,
        "fps": 25,
        "width": 64,
        "height": 48,
        "has_audio": True,
    }
    return CuePlan.model_validate(
        {
            "video": video,
            "profile": "light",
            "min_probability": 0.5,
            "scenes": (),
            "cues": cues,
            "mix": mix,
        }
    )


def _heard(path: Path) -> Samples:
    return decode_audio(path, sample_rate=RATE).samples


def _picture(path: Path) -> list[bytes]:
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(video=0) if packet.size]


def _level(sound: Samples, hertz: float) -> float:
    """Return the level of a tone in a sound, decibels."""
    n = sound.shape[1]
    spectrum = np.abs(np.fft.rfft(sound[0] * np.hanning(n)))
    place = round(hertz * n / RATE)
    return 20 * float(np.log10(spectrum[place - 3 : place + 4].max() + 1e-9))


@pytest.mark.parametrize(
    ("source", "codec", "out"),
    [
        ("a.mp4", "libx264", "b.mp4"),
        ("a.mkv", "mpeg4", "b.mkv"),
        ("a.webm", "libvpx", "b.webm"),
    ],
)
def test_a_finished_video_has_its_picture_and_its_loudness(
    tmp_path: Path, write_music: WriteMusic, source: str, codec: str, out: str
) -> None:
    film = _film(tmp_path / source, codec=codec)
    cues = (
        _cue(write_music(tmp_path / "one.wav", seconds=5), 0, 2),
        _cue(write_music(tmp_path / "two.wav", seconds=6, pitch=300), 2, in_seconds=1),
    )

    report = render_plan(_plan(*cues), film, tmp_path / out)

    sound = _heard(tmp_path / out)
    assert report.path == tmp_path / out
    assert report.notices == ()
    assert report.lufs == pytest.approx(integrated_lufs(sound, RATE), abs=0.001)
    assert report.lufs == pytest.approx(-14, abs=0.3)
    assert report.true_peak_dbtp == pytest.approx(true_peak_dbtp(sound, RATE), abs=0.001)
    assert report.true_peak_dbtp <= -1
    assert report.duration_seconds == pytest.approx(SECONDS, abs=0.03)
    assert _picture(tmp_path / out) == _picture(film)
    assert probe_video(tmp_path / out).duration_seconds == pytest.approx(SECONDS, abs=0.002)


@pytest.mark.parametrize(("target", "ceiling"), [(-23.0, -3.0), (-16.0, -1.5), (-30.0, -12.0)])
def test_the_loudness_asked_for_is_reached(
    tmp_path: Path, write_music: WriteMusic, target: float, ceiling: float
) -> None:
    plan = _plan(_cue(write_music(tmp_path / "a.wav")), target_lufs=target, true_peak_dbtp=ceiling)

    report = render_plan(plan, _film(tmp_path / "a.mp4"), tmp_path / "b.mp4")

    assert report.lufs == pytest.approx(target, abs=0.3)
    assert report.true_peak_dbtp <= ceiling


def test_music_stands_where_its_cue_says(tmp_path: Path) -> None:
    low, high = _track(tmp_path / "l.wav", _tone(300)), _track(tmp_path / "h.wav", _tone(3000))
    plan = _plan(_cue(low, 0, 1.5), _cue(None, 1.5, 2.5), _cue(high, 2.5, 4))

    render_plan(plan, _film(tmp_path / "a.mp4"), tmp_path / "b.mp4")

    sound = _heard(tmp_path / "b.mp4")
    first, pause, last = (
        sound[:, round(a * RATE) : round(b * RATE)] for a, b in ((0.1, 1.4), (1.6, 2.4), (2.6, 3.9))
    )
    assert _level(first, 300) > _level(first, 3000) + 50
    assert _level(last, 3000) > _level(last, 300) + 50
    assert np.abs(pause).max() < 0.002


def test_a_short_track_repeats_to_the_end(tmp_path: Path) -> None:
    track = _track(tmp_path / "a.wav", _tone(200, 1.5))

    plan = _plan(_cue(track, seams=looped(0.25, 1.25, 5)))
    render_plan(plan, _film(tmp_path / "a.mp4"), tmp_path / "b.mp4")

    sound = _heard(tmp_path / "b.mp4")[0, : round(3.9 * RATE)]
    levels = np.sqrt((sound.reshape(-1, RATE // 20) ** 2).mean(axis=1))
    assert levels.min() > 0.6 * np.median(levels)


@pytest.mark.parametrize("in_seconds", [1.7, 2.2, 30.0])
def test_where_a_track_has_ended_there_is_silence(tmp_path: Path, in_seconds: float) -> None:
    whole = _track(tmp_path / "a.wav", _tone(300))
    short = _track(tmp_path / "b.wav", _tone(3000, 2))
    plan = _plan(_cue(whole, 0, 2), _cue(short, 2, in_seconds=in_seconds), crossfade_seconds=0)

    render_plan(plan, _film(tmp_path / "a.mp4"), tmp_path / "b.mp4")

    assert np.abs(_heard(tmp_path / "b.mp4")[:, round(2.5 * RATE) :]).max() < 0.002


@pytest.mark.parametrize("under_lu", [3.0, 12.0])
def test_the_own_sound_lies_under_the_music(tmp_path: Path, under_lu: float) -> None:
    film = _film(tmp_path / "a.mkv", _tone(1000, level=0.7))
    track = _track(tmp_path / "m.wav", _tone(500))
    plan = _plan(_cue(track), original_audio="mix", original_under_lu=under_lu)

    report = render_plan(plan, film, tmp_path / "b.mkv")

    sound = _heard(tmp_path / "b.mkv")
    weighting = integrated_lufs(_tone(1000), RATE) - integrated_lufs(_tone(500), RATE)
    under = _level(sound, 500) - _level(sound, 1000)
    assert under == pytest.approx(under_lu + weighting, abs=0.3)
    assert report.notices == ()
    assert report.lufs == pytest.approx(-14, abs=0.3)


def test_the_own_sound_is_replaced_unless_asked_for(tmp_path: Path) -> None:
    film = _film(tmp_path / "a.mkv", _tone(1000, level=0.7))
    track = _track(tmp_path / "m.wav", _tone(500))

    render_plan(_plan(_cue(track)), film, tmp_path / "b.mkv")

    sound = _heard(tmp_path / "b.mkv")
    assert _level(sound, 500) > _level(sound, 1000) + 50


@pytest.mark.parametrize(
    ("first_frame", "late_seconds", "expected"), [(0, 0, 1.0), (0, 0.5, 1.5), (20, 0.5, 0.7)]
)
def test_the_own_sound_stays_in_step_with_the_picture(
    tmp_path: Path, first_frame: int, late_seconds: float, expected: float
) -> None:
    click = np.zeros((2, 3 * RATE), np.float32)
    click[:, RATE : RATE + 480] = 0.5 * np.sin(np.arange(480))
    film = _film(tmp_path / "a.mkv", click, first_frame=first_frame, late_seconds=late_seconds)
    plan = _plan(_cue(None), original_audio="mix", target_lufs=-30)

    render_plan(plan, film, tmp_path / "b.mkv")

    sound = np.abs(_heard(tmp_path / "b.mkv")[0])
    begins = int(np.flatnonzero(sound > 0.3 * sound.max())[0])
    assert begins / RATE == pytest.approx(expected, abs=0.005)


def test_without_music_the_own_sound_stays_alone(tmp_path: Path) -> None:
    film = _film(tmp_path / "a.mkv", _tone(1000))

    report = render_plan(_plan(_cue(None), original_audio="mix"), film, tmp_path / "b.mkv")

    assert report.notices == ()
    assert report.lufs == pytest.approx(-14, abs=0.3)
    assert _level(_heard(tmp_path / "b.mkv"), 1000) > 40


def test_a_silent_own_sound_is_named(tmp_path: Path) -> None:
    film = _film(tmp_path / "a.mkv", np.zeros((2, RATE), np.float32))
    plan = _plan(_cue(_track(tmp_path / "m.wav", _tone(500))), original_audio="mix")

    report = render_plan(plan, film, tmp_path / "b.mkv")

    assert report.notices == ("the video's own sound is silent",)


def test_an_own_sound_that_cannot_be_read_is_left_out_and_named(tmp_path: Path) -> None:
    film = _film(tmp_path / "a.mkv", np.zeros((2, 0), np.float32))
    plan = _plan(_cue(_track(tmp_path / "m.wav", _tone(500))), original_audio="mix")

    report = render_plan(plan, film, tmp_path / "b.mkv")

    assert report.notices == ("the video's own sound was left out: holds no sound",)
    assert report.lufs == pytest.approx(-14, abs=0.3)


def test_a_video_without_sound_needs_no_notice(tmp_path: Path) -> None:
    plan = _plan(_cue(_track(tmp_path / "m.wav", _tone(500))), original_audio="mix")

    assert render_plan(plan, _film(tmp_path / "a.mp4"), tmp_path / "b.mp4").notices == ()


def test_a_plan_of_silence_is_rendered_and_named(tmp_path: Path) -> None:
    report = render_plan(_plan(_cue(None)), _film(tmp_path / "a.mp4"), tmp_path / "b.mp4")

    assert report.notices == ("the sound is silent",)
    assert report.lufs == -70
    assert not _heard(tmp_path / "b.mp4").any()


def test_a_loudness_out_of_reach_is_named(tmp_path: Path) -> None:
    click = np.zeros((2, round(SECONDS * RATE)), np.float32)
    click[:, RATE : RATE + 200] = 0.5
    plan = _plan(_cue(_track(tmp_path / "m.wav", click)), target_lufs=-5)

    report = render_plan(plan, _film(tmp_path / "a.mp4"), tmp_path / "b.mp4")

    loudness, limited = report.notices
    assert loudness == f"loudness is {report.lufs:.1f} LUFS, -5.0 was asked"
    assert limited.startswith("peaks were turned down by up to ")
    assert report.true_peak_dbtp <= -1


@pytest.mark.parametrize(("gain_db", "way_out"), [(20.0, True), (0.0, False)])
def test_peaks_of_a_quiet_original_that_was_raised_come_with_the_way_out(
    tmp_path: Path, gain_db: float, way_out: bool
) -> None:
    knocks = _tone(300, level=0.01)
    knocks[:, RATE : RATE + 50] = 0.9  # as high once it is raised as it can be written
    film = _film(tmp_path / "a.mkv", knocks * 10 ** (-gain_db / 20))
    track = _track(tmp_path / "m.wav", _tone(500, level=0.02))
    plan = _plan(_cue(track), original_audio="mix", original_gain_db=gain_db)

    report = render_plan(plan, film, tmp_path / "b.mkv")

    (peaks,) = report.notices
    assert peaks.startswith("peaks were turned down by up to ")
    assert ("--original-audio replace" in peaks) is way_out


def test_a_quiet_original_whose_gain_is_found_here_is_told(tmp_path: Path) -> None:
    film = _film(tmp_path / "a.mkv", _tone(300, level=0.004))
    track = _track(tmp_path / "m.wav", _tone(500))

    report = render_plan(_plan(_cue(track), original_audio="mix"), film, tmp_path / "b.mkv")

    (raised,) = report.notices
    assert raised.startswith("the video's own sound is quiet and is raised by ")
    assert "--original-audio replace" in raised


def test_a_peak_that_coding_raised_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    noise = np.random.default_rng(0).uniform(-1, 1, (2, round(SECONDS * RATE))).astype(np.float32)
    monkeypatch.setattr(render, "MOST_ROUNDS", 1)
    monkeypatch.setattr(render, "HEADROOM_DB", 0.0)
    monkeypatch.setattr(render, "LOUD_BIT_RATE", 96_000)
    plan = _plan(_cue(_track(tmp_path / "m.wav", noise)), target_lufs=-8, true_peak_dbtp=-3)

    report = render_plan(plan, _film(tmp_path / "a.mp4"), tmp_path / "b.mp4")

    assert report.true_peak_dbtp > -3
    assert f"true peak is {report.true_peak_dbtp:.1f} dBTP, -3.0 was asked" in report.notices


def test_a_peak_that_coding_raised_is_brought_down_in_further_rounds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    noise = np.random.default_rng(0).uniform(-1, 1, (2, round(SECONDS * RATE))).astype(np.float32)
    monkeypatch.setattr(render, "HEADROOM_DB", 0.0)
    monkeypatch.setattr(render, "LOUD_BIT_RATE", 96_000)
    plan = _plan(_cue(_track(tmp_path / "m.wav", noise)), target_lufs=-10, true_peak_dbtp=-3)

    report = render_plan(plan, _film(tmp_path / "a.mp4"), tmp_path / "b.mp4")

    assert report.true_peak_dbtp <= -3


def test_the_same_plan_gives_the_same_sound(tmp_path: Path, write_music: WriteMusic) -> None:
    plan = _plan(_cue(write_music(tmp_path / "a.wav")))
    film = _film(tmp_path / "a.mp4")

    for name in ("b.mp4", "c.mp4"):
        render_plan(plan, film, tmp_path / name)

    np.testing.assert_array_equal(_heard(tmp_path / "b.mp4"), _heard(tmp_path / "c.mp4"))
    assert _sound_hash(tmp_path / "b.mp4") == _sound_hash(tmp_path / "c.mp4")


def _sound_hash(path: Path) -> str:
    """Return FFmpeg's hash of the coded sound, packet by packet."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin", "-i", str(path)]
    hashed = [*command, "-map", "0:a", "-c", "copy", "-f", "streamhash", "-hash", "sha256", "-"]
    told = subprocess.run(hashed, capture_output=True, check=True, text=True).stdout
    assert told.startswith("0,a,SHA256=")
    return told


def test_a_missing_track_is_named_with_its_cue(tmp_path: Path) -> None:
    film = _film(tmp_path / "a.mp4")
    plan = _plan(_cue(None, 0, 2), _cue(tmp_path / "gone.mp3", 2))

    with pytest.raises(InputError, match=r"cue 1: .*gone\.mp3 is not there any more.*v2m index"):
        render_plan(plan, film, tmp_path / "b.mp4")


def test_a_track_that_cannot_be_read_leaves_an_older_video_as_it_was(tmp_path: Path) -> None:
    film = _film(tmp_path / "a.mp4")
    (tmp_path / "words.mp3").write_text("only words " * 99)
    (tmp_path / "b.mp4").write_text("older")

    with pytest.raises(MediaError, match="not an audio file"):
        render_plan(_plan(_cue(tmp_path / "words.mp3")), film, tmp_path / "b.mp4")

    assert (tmp_path / "b.mp4").read_text() == "older"
    assert {p.name for p in tmp_path.iterdir()} >= {"a.mp4", "b.mp4", "words.mp3"}
    assert not [p for p in tmp_path.iterdir() if p.name.startswith(".")]


def test_an_interrupt_while_it_is_written_ends_all_threads_and_leaves_an_older_video(
    tmp_path: Path, write_music: WriteMusic, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = _film(tmp_path / "a.mp4")
    (tmp_path / "b.mp4").write_text("older")

    def interrupted(_proof: Proof, packet: Any) -> None:
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(Proof, "hear", interrupted)
    with pytest.raises(KeyboardInterrupt):
        render_plan(_plan(_cue(write_music(tmp_path / "a.wav"))), film, tmp_path / "b.mp4")

    assert (tmp_path / "b.mp4").read_text() == "older"
    assert {p.name for p in tmp_path.iterdir()} == {"a.mp4", "a.wav", "b.mp4"}
    assert not [t for t in threading.enumerate() if t.name.startswith("v2m ")]


@pytest.mark.parametrize("place", ["v2m.soundtrack.mix.Ducking.gain", "v2m.soundtrack.proof.gauge"])
def test_what_goes_wrong_in_a_thread_ends_the_others_and_leaves_an_older_video(
    tmp_path: Path, write_music: WriteMusic, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    film = _film(tmp_path / "a.mp4")
    (tmp_path / "b.mp4").write_text("older")

    def full(*_args: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(place, full)
    with pytest.raises(BackendError, match=r"^disk: .*b\.mp4: No space left on device$"):
        render_plan(_plan(_cue(write_music(tmp_path / "a.wav"))), film, tmp_path / "b.mp4")

    assert (tmp_path / "b.mp4").read_text() == "older"
    assert {p.name for p in tmp_path.iterdir()} == {"a.mp4", "a.wav", "b.mp4"}
    assert not [t for t in threading.enumerate() if t.name.startswith("v2m ")]


def test_a_video_of_another_length_is_refused(tmp_path: Path) -> None:
    film = _film(tmp_path / "a.mp4")
    plan = _plan(_cue(None))
    cues = (plan.cues[0].model_copy(update={"end_seconds": 9.0}),)
    video = plan.video.model_copy(update={"duration_seconds": 9.0})
    longer = plan.model_copy(update={"cues": cues, "video": video})

    with pytest.raises(InputError, match=r"is 4\.00 s long but the plan is for 9\.00 s"):
        render_plan(longer, film, tmp_path / "b.mp4")


def test_a_container_that_cannot_hold_the_picture_is_refused_first(tmp_path: Path) -> None:
    film = _film(tmp_path / "a.webm", codec="libvpx")

    with pytest.raises(InputError, match="cannot hold vp8"):
        render_plan(_plan(_cue(tmp_path / "gone.mp3")), film, tmp_path / "b.mp4")


@pytest.mark.parametrize(("level", "target", "expected"), [(0.3, -9, 320), (0.1, -30, 256)])
def test_sound_at_its_limit_is_given_more_bits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, level: float, target: float, expected: int
) -> None:
    rates: list[int] = []

    def watched(*args: Any, bit_rate: int, **more: Any) -> tuple[str, ...]:
        rates.append(bit_rate)
        return mux(*args, bit_rate=bit_rate, **more)

    monkeypatch.setattr(render, "mux", watched)
    noise = np.random.default_rng(0).normal(0, level, (2, round(SECONDS * RATE)))
    track = _track(tmp_path / "track.wav", noise.astype(np.float32))
    plan = _plan(_cue(track), target_lufs=target)
    render_plan(plan, _film(tmp_path / "a.mp4"), tmp_path / "b.mp4")

    assert set(rates) == {1000 * expected}
