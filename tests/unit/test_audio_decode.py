import hashlib
import os
from pathlib import Path
from typing import Any

import mutagen
import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from v2m.audio import decode
from v2m.audio.decode import (
    SampleMemory,
    audio_identity,
    check_readable,
    decode_audio,
    decode_in_stretches,
)
from v2m.errors import MediaError
from v2m.ffmpeg import av
from v2m.types import Samples, Span

RATE = 44100


def _noise(seconds: float, channels: int = 2, seed: int = 0) -> Samples:
    rng = np.random.default_rng(seed)
    return rng.normal(0, 0.1, (channels, round(seconds * RATE))).astype(np.float32)


def _write(path: Path, samples: Samples, **options: str) -> Path:
    soundfile.write(path, samples.T, RATE, **options)
    return path


def _encode(path: Path, samples: Samples, codec: str) -> Path:
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream(codec, rate=RATE, layout="stereo")
        for first in range(0, samples.shape[1], 1024):
            block = np.ascontiguousarray(samples[:, first : first + 1024])
            frame = av.AudioFrame.from_ndarray(block, "fltp", layout="stereo")
            frame.sample_rate, frame.pts = RATE, first
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def _encode_picture(path: Path) -> Path:
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 32, 32, "yuv420p"
        for _ in range(5):
            grey: npt.NDArray[np.uint8] = np.full((32, 32, 3), 90, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(grey)))
        container.mux(stream.encode(None))
    return path


def _lag(found: Samples, expected: Samples) -> int:
    """Return by how many samples two sounds are shifted."""
    n = 1 << 17
    product = np.fft.rfft(found[0], n) * np.conj(np.fft.rfft(expected[0], n))
    place = int(np.argmax(np.fft.irfft(product)))
    return place - n if place > n // 2 else place


def _spoil(path: Path, out: Path, every: int, spoilt: bytes = bytes(50)) -> Path:
    """Copy a file; from the tenth packet on, one in every so many becomes unreadable."""
    with av.open(str(path)) as source, av.open(str(out), "w") as target:
        stream: Any = source.streams.audio[0]
        copied: Any = target.add_stream_from_template(stream)
        for number, packet in enumerate(p for p in source.demux(stream) if p.size):
            hit = number >= 10 and number % every == 0
            made = av.Packet(spoilt if hit else bytes(packet))
            made.pts, made.dts, made.time_base = packet.pts, packet.dts, packet.time_base
            made.stream = copied
            target.mux(made)
    return out


@pytest.mark.parametrize("suffix", ["wav", "flac"])
def test_lossless_sound_comes_back_as_it_was(tmp_path: Path, suffix: str) -> None:
    path = _write(tmp_path / f"a.{suffix}", _noise(1.5))

    audio = decode_audio(path, sample_rate=RATE)

    assert audio.sample_rate == RATE
    assert audio.samples.dtype == np.float32
    assert audio.samples.shape == (2, round(1.5 * RATE))
    np.testing.assert_allclose(audio.samples, _noise(1.5), atol=1 / 32000)


@pytest.mark.parametrize("suffix", ["mp3", "ogg"])
def test_lossy_sound_comes_back_in_step(tmp_path: Path, suffix: str) -> None:
    path = _write(tmp_path / f"a.{suffix}", _noise(2))

    found = decode_audio(path, sample_rate=RATE).samples

    assert abs(found.shape[1] - 2 * RATE) <= 1
    assert _lag(found, _noise(2)) == 0


def test_mono_is_doubled(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.wav", _noise(0.3, 1), subtype="FLOAT")

    left, right = decode_audio(path, sample_rate=RATE).samples

    np.testing.assert_array_equal(left, right)
    ratio = left @ _noise(0.3, 1)[0] / (left @ left)
    assert left == pytest.approx(_noise(0.3, 1)[0] / ratio, abs=1e-4)


def test_surround_is_mixed_down(tmp_path: Path) -> None:
    sound = np.zeros((6, RATE), np.float32)
    sound[2] = 0.3 * np.sin(np.arange(RATE) / 10)  # the centre speaker
    path = _write(tmp_path / "a.wav", sound, subtype="FLOAT", format="WAVEX")

    left, right = decode_audio(path, sample_rate=RATE).samples

    np.testing.assert_allclose(left, right, atol=1e-6)
    assert 0.05 < float(np.abs(left).max()) < 0.3


@pytest.mark.parametrize("rate", [16000, 48000])
def test_sound_is_brought_to_the_rate_asked_for(tmp_path: Path, rate: int) -> None:
    time = np.arange(RATE) / RATE
    tone = (0.5 * np.sin(2 * np.pi * 1000 * time)).astype(np.float32)
    path = _write(tmp_path / "a.wav", np.stack([tone, tone]))

    found = decode_audio(path, sample_rate=rate).samples

    assert abs(found.shape[1] - rate) <= 1
    spectrum = np.abs(np.fft.rfft(found[0], rate))
    assert int(np.argmax(spectrum)) == 1000


@pytest.mark.parametrize("start", [0.0, 0.4, 1.3, 2.71])
@pytest.mark.parametrize("suffix", ["wav", "flac"])
def test_a_span_is_that_part_of_the_whole(tmp_path: Path, suffix: str, start: float) -> None:
    path = _write(tmp_path / f"a.{suffix}", _noise(4))

    found = decode_audio(path, sample_rate=RATE, span=Span(start, start + 0.6)).samples

    first = round(start * RATE)
    assert found.shape == (2, round(0.6 * RATE))
    np.testing.assert_allclose(found, _noise(4)[:, first : first + found.shape[1]], atol=1 / 32000)


@pytest.mark.parametrize("suffix", ["mp3", "ogg", "m4a"])
def test_a_span_of_lossy_sound_is_in_step(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    if suffix == "m4a":
        _encode(path, _noise(4), "aac")
    else:
        _write(path, _noise(4))
    whole = decode_audio(path, sample_rate=RATE).samples

    found = decode_audio(path, sample_rate=RATE, span=Span(2.5, 3.2)).samples

    first = round(2.5 * RATE)
    assert found.shape == (2, round(3.2 * RATE) - first)
    assert abs(_lag(found, whole[:, first : first + found.shape[1]])) <= 1


def test_what_the_file_does_not_have_is_missing_from_a_span(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.wav", _noise(2))

    found = decode_audio(path, sample_rate=RATE, span=Span(1.5, 9)).samples

    assert found.shape == (2, RATE // 2)


@pytest.mark.parametrize("suffix", ["wav", "flac", "mp3", "mka"])
@pytest.mark.parametrize("start", [2.2, 30.0])
def test_a_span_behind_the_end_has_no_sound(tmp_path: Path, suffix: str, start: float) -> None:
    path = tmp_path / f"a.{suffix}"
    if suffix == "mka":
        _encode(path, _noise(2), "aac")
    else:
        _write(path, _noise(2))

    with pytest.raises(MediaError, match="has no sound there"):
        decode_audio(path, sample_rate=RATE, span=Span(start, start + 1))


@pytest.mark.parametrize("garbage", [bytes(50), b"\xff" * 50], ids=["zeros", "ones"])
def test_single_damaged_packets_are_left_out(tmp_path: Path, garbage: bytes) -> None:
    path = _encode(tmp_path / "a.mka", _noise(4), "aac")
    spoilt = _spoil(path, tmp_path / "b.mka", 15, garbage)

    found = decode_audio(spoilt, sample_rate=RATE).samples

    assert 3.6 * RATE < found.shape[1] <= 4 * RATE


@pytest.mark.parametrize(("seconds", "every"), [(1, 2), (3, 6), (6, 1)])
def test_a_badly_damaged_file_is_refused(tmp_path: Path, seconds: float, every: int) -> None:
    path = _encode(tmp_path / "a.mka", _noise(seconds), "aac")
    spoilt = _spoil(path, tmp_path / "b.mka", every)

    with pytest.raises(MediaError, match=r"damaged: \d+ of \d+ packets cannot be decoded"):
        decode_audio(spoilt, sample_rate=RATE)


def test_what_ffmpeg_cannot_read_is_read_another_way(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.mat", _noise(2), format="MAT5", subtype="FLOAT")

    whole = decode_audio(path, sample_rate=RATE).samples
    part = decode_audio(path, sample_rate=RATE, span=Span(0.5, 1.25)).samples

    np.testing.assert_allclose(whole, _noise(2), atol=1e-5)
    np.testing.assert_array_equal(part, whole[:, RATE // 2 : round(1.25 * RATE)])
    with pytest.raises(MediaError, match="has no sound there"):
        decode_audio(path, sample_rate=RATE, span=Span(5, 6))


def test_mono_read_another_way_is_doubled_and_resampled(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.mat", _noise(1, 1), format="MAT5", subtype="FLOAT")

    left, right = decode_audio(path, sample_rate=22050).samples

    assert len(left) == 22050
    np.testing.assert_array_equal(left, right)


def test_a_file_without_samples_holds_no_sound(tmp_path: Path) -> None:
    path = _write(tmp_path / "a.wav", np.zeros((2, 0), np.float32))

    with pytest.raises(MediaError, match="holds no sound"):
        decode_audio(path, sample_rate=RATE)
    with pytest.raises(MediaError, match="holds no sound"):
        audio_identity(path)


def test_a_silent_film_holds_no_sound(tmp_path: Path) -> None:
    path = _encode_picture(tmp_path / "a.mp4")

    with pytest.raises(MediaError, match="holds no sound"):
        decode_audio(path, sample_rate=RATE)
    with pytest.raises(MediaError, match="holds no sound"):
        audio_identity(path)


def test_a_text_is_not_an_audio_file(tmp_path: Path) -> None:
    path = tmp_path / "a.mp3"
    path.write_text("no sound here, only words\n" * 50)

    with pytest.raises(MediaError, match="not an audio file"):
        decode_audio(path, sample_rate=RATE)
    with pytest.raises(MediaError, match="not an audio file"):
        audio_identity(path)


def test_samples_that_are_not_numbers_are_refused(tmp_path: Path) -> None:
    sound = _noise(0.5)
    sound[0, 1000] = np.nan
    path = _write(tmp_path / "a.wav", sound, subtype="FLOAT")

    with pytest.raises(MediaError, match="not numbers"):
        decode_audio(path, sample_rate=RATE)


def test_a_missing_file_a_folder_and_an_empty_file_are_named(tmp_path: Path) -> None:
    (tmp_path / "empty.wav").touch()

    for name, reason in (
        ("none.wav", "no such file"),
        (".", "is a folder"),
        ("empty.wav", "empty file"),
        ("x" * 300, "File name too long"),
    ):
        with pytest.raises(MediaError, match=reason):
            decode_audio(tmp_path / name, sample_rate=RATE)
        with pytest.raises(MediaError, match=reason):
            audio_identity(tmp_path / name)


def test_a_forbidden_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)

    with pytest.raises(MediaError, match="no permission"):
        check_readable(tmp_path / "a.wav")


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.wav")

    with pytest.raises(MediaError, match="not a regular file"):
        decode_audio(tmp_path / "a.wav", sample_rate=RATE)


def test_a_name_that_is_not_utf8_is_read(tmp_path: Path) -> None:
    plain = _write(tmp_path / "a.wav", _noise(0.2))
    path = plain.rename(tmp_path / os.fsdecode(b"\xff'\n.wav"))

    assert decode_audio(path, sample_rate=RATE).duration_seconds == pytest.approx(0.2)


@pytest.mark.parametrize("suffix", ["mp3", "flac"])
def test_identity_survives_moving_and_tagging(tmp_path: Path, suffix: str) -> None:
    path = _write(tmp_path / f"a.{suffix}", _noise(1))
    before, size = audio_identity(path), path.stat().st_size
    tagged: Any = mutagen.File(path, easy=True)
    tagged["title"] = "A title" * 5000
    tagged.save()
    moved = path.rename(tmp_path / f"b.{suffix}")

    assert moved.stat().st_size > size
    assert len(before) == 32
    assert audio_identity(moved) == before


@pytest.mark.parametrize("options", [{}, {"format": "MAT5"}])
def test_identity_tells_sounds_apart(tmp_path: Path, options: dict[str, str]) -> None:
    same, again, other = (
        _write(tmp_path / f"{n}.wav", _noise(0.5, seed=seed), **options)
        for n, seed in enumerate((1, 1, 2))
    )

    assert audio_identity(same) == audio_identity(again) != audio_identity(other)


def test_identity_tells_rates_apart(tmp_path: Path) -> None:
    for rate in (22050, 44100):
        soundfile.write(tmp_path / f"{rate}.wav", _noise(0.5).T, rate)

    assert audio_identity(tmp_path / "22050.wav") != audio_identity(tmp_path / "44100.wav")


@pytest.mark.parametrize("suffix", [".flac", ".ogg", ".mp3"])
@pytest.mark.parametrize(
    ("seconds", "lengths"), [(2.9, [2.9]), (3.0, [3.0]), (7.5, [2, 2, 2, 1.5]), (9.0, [2, 2, 2, 3])]
)
def test_a_long_file_is_decoded_in_stretches_without_a_gap(
    tmp_path: Path, suffix: str, seconds: float, lengths: list[float]
) -> None:
    path = _write(tmp_path / f"a{suffix}", _noise(seconds))
    whole = decode_audio(path, sample_rate=RATE).samples

    stretches = [
        part.samples.copy()
        for part in decode_in_stretches(
            path, sample_rate=RATE, whole_seconds=3.0, stretch_seconds=2.0
        )
    ]

    assert np.array_equal(np.concatenate(stretches, axis=1), whole)
    if suffix == ".flac":
        assert [part.shape[1] / RATE for part in stretches] == lengths


@pytest.mark.parametrize("most_kept", [2 * RATE * 300, 0])
def test_one_file_after_another_is_decoded_into_the_same_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most_kept: int
) -> None:
    monkeypatch.setattr(decode, "MOST_KEPT", most_kept)
    memory = SampleMemory()
    places = []
    for seconds in (2.0, 1.0, 1.5, 7.5):
        path = _write(tmp_path / "a.flac", _noise(seconds))
        heard = []
        for part in decode_in_stretches(
            path, sample_rate=RATE, whole_seconds=3.0, stretch_seconds=2.0, memory=memory
        ):
            heard.append(part.samples.copy())
            places.append(part.samples)
        whole = decode_audio(path, sample_rate=RATE).samples
        assert np.array_equal(np.concatenate(heard, axis=1), whole)

    assert np.shares_memory(places[0], places[1]) is bool(most_kept)
    assert np.shares_memory(places[1], places[2]) is bool(most_kept)


def test_the_second_reader_goes_on_behind_the_stretches_of_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _write(tmp_path / "a.flac", _noise(8.0))
    whole = decode_audio(path, sample_rate=RATE).samples
    by_av = decode._by_av

    def failing(*args: Any) -> Any:
        for n, block in enumerate(by_av(*args)):
            if n * len(block[0]) > 5 * RATE:
                raise ValueError("damaged")
            yield block

    monkeypatch.setattr(decode, "_by_av", failing)
    stretches = [
        part.samples.copy()
        for part in decode_in_stretches(
            path, sample_rate=RATE, whole_seconds=3.0, stretch_seconds=2.0
        )
    ]

    assert np.allclose(np.concatenate(stretches, axis=1), whole, atol=1e-6)


def test_identity_by_samples_is_that_of_one_channel_after_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _write(tmp_path / "a.wav", _noise(2.0, channels=2))
    samples = np.ascontiguousarray(soundfile.read(path, dtype="float32")[0].T)

    def refuse(_path: Path) -> str:
        raise ValueError("no packets")

    monkeypatch.setattr(decode, "_packet_digest", refuse)

    digest = hashlib.blake2b(samples.tobytes(), digest_size=16).hexdigest()
    assert audio_identity(path) == digest
