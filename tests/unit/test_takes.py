"""The files in which composed music is kept."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from generator.takes import save_take, write_sound
from v2m.errors import BackendError, InputError
from v2m.types import Audio


@pytest.fixture
def audio() -> Audio:
    samples = np.random.default_rng(0).uniform(-0.8, 0.8, (2, 4410)).astype(np.float32)
    return Audio(samples, 44100)


def test_a_take_comes_back_as_it_was(audio: Audio, tmp_path: Path) -> None:
    path = save_take(audio, tmp_path / "new" / "folder", "calm piano", 3)
    samples, rate = soundfile.read(path, dtype="float32")

    assert rate == 44100
    assert soundfile.info(path).subtype == "PCM_24"
    np.testing.assert_allclose(samples.T, audio.samples, atol=2**-23)


@pytest.mark.parametrize(
    ("prompt", "start"),
    [
        ("Calm, warm piano; for a quiet evening", "calm-warm-piano-for-a-quiet-s3-"),
        ("../../etc/passwd", "etc-passwd-s3-"),
        ("", "take-s3-"),
        ("音楽", "take-s3-"),
        ("w" * 300, f"{'w' * 60}-s3-"),
    ],
)
def test_a_take_is_named_after_its_prompt_and_seed(
    audio: Audio, tmp_path: Path, prompt: str, start: str
) -> None:
    path = save_take(audio, tmp_path, prompt, 3)

    assert path.parent == tmp_path
    assert path.name.startswith(start)
    assert path.suffix == ".flac"


def test_the_same_take_gets_the_same_name_and_another_does_not(
    audio: Audio, tmp_path: Path
) -> None:
    first = save_take(audio, tmp_path, "calm", 3)
    again = save_take(audio, tmp_path, "calm", 3)
    other = save_take(Audio(audio.samples * np.float32(0.5), 44100), tmp_path, "calm", 3)

    assert first == again != other
    assert sorted(tmp_path.iterdir()) == sorted([first, other])


def test_a_take_that_cannot_be_written_leaves_nothing(
    audio: Audio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise soundfile.LibsndfileError(2, "no space")

    monkeypatch.setattr(soundfile, "write", fail)

    with pytest.raises(BackendError, match="cannot write calm"):
        save_take(audio, tmp_path, "calm", 3)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_a_file_is_refused(audio: Audio, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(InputError, match="file"):
        save_take(audio, tmp_path / "file", "calm", 3)


@pytest.mark.parametrize(
    ("name", "subtype"), [("a.wav", "PCM_24"), ("a.FLAC", "PCM_24"), ("a.ogg", "VORBIS")]
)
def test_the_ending_decides_the_format(
    audio: Audio, tmp_path: Path, name: str, subtype: str
) -> None:
    write_sound(audio, tmp_path / name)

    info = soundfile.info(tmp_path / name)
    assert (info.subtype, info.samplerate, info.channels) == (subtype, 44100, 2)
    assert info.frames == 4410


@pytest.mark.parametrize("name", ["a.mp3", "a", "wav"])
def test_an_unknown_ending_is_refused(audio: Audio, tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match=r"use \.wav, \.flac, \.ogg"):
        write_sound(audio, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_refused(audio: Audio, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        write_sound(audio, tmp_path / "missing" / "a.wav")
