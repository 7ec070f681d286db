from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from v2m.audio import reader as reader_module
from v2m.audio.decode import audio_blocks, decode_audio
from v2m.audio.reader import SoundReader
from v2m.errors import MediaError
from v2m.types import Samples

RATE = 48000


def _write(path: Path, seconds: float = 6.0, rate: int = 44100) -> Path:
    noise = np.random.default_rng(0).normal(0, 0.1, (round(seconds * rate), 2))
    soundfile.write(path, noise, rate)
    return path


def _stretch(whole: Samples, first: int, n: int) -> Samples:
    out = np.zeros((2, n), np.float32)
    known = whole[:, max(0, first) : max(0, first + n)]
    begin = max(0, -first)
    out[:, begin : begin + known.shape[1]] = known
    return out


@pytest.mark.parametrize("suffix", ["wav", "flac", "mp3", "ogg"])
def test_blocks_together_are_the_whole_sound(tmp_path: Path, suffix: str) -> None:
    path = _write(tmp_path / f"a.{suffix}")

    blocks = list(audio_blocks(path, sample_rate=RATE))

    whole = decode_audio(path, sample_rate=RATE).samples
    np.testing.assert_array_equal(np.concatenate(blocks, axis=1), whole)
    assert len(blocks) > 3


@pytest.mark.parametrize("rate", [44100, 22050, 48000])
def test_a_sound_entered_anywhere_is_the_same_sound(tmp_path: Path, rate: int) -> None:
    path = _write(tmp_path / "a.flac", rate=rate)
    whole = decode_audio(path, sample_rate=RATE).samples

    for first in (1, 70_001, 150_000, 200_123):
        entered = SoundReader(path, RATE).read(first, 20_000)
        np.testing.assert_allclose(entered, whole[:, first : first + 20_000], atol=1e-5)


@settings(
    deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@example(reads=[(288_001, 2)])  # wholly behind the end, by one sample
@given(reads=st.lists(st.tuples(st.integers(-9000, 300_000), st.integers(0, 90_000)), max_size=5))
def test_any_order_of_reading_gives_the_same(tmp_path: Path, reads: list[tuple[int, int]]) -> None:
    path = tmp_path / "a.wav"
    whole = decode_audio(path if path.exists() else _write(path), sample_rate=RATE).samples
    sound = SoundReader(path, RATE)

    for first, n in reads:
        np.testing.assert_allclose(sound.read(first, n), _stretch(whole, first, n), atol=1e-5)


def test_reading_on_decodes_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[float] = []

    def counted(path: Path, *, sample_rate: int, start_seconds: float) -> object:
        opened.append(start_seconds)
        return audio_blocks(path, sample_rate=sample_rate, start_seconds=start_seconds)

    monkeypatch.setattr(reader_module, "audio_blocks", counted)
    sound = SoundReader(_write(tmp_path / "a.wav"), RATE)

    for first in (0, 40_000, 60_000, 150_000):
        sound.read(first, 20_000)
    assert opened == [0]
    sound.read(0, 10)
    assert opened == [0, 0]


def test_behind_the_end_there_is_silence(tmp_path: Path) -> None:
    sound = SoundReader(_write(tmp_path / "a.mp3", 2), RATE)

    assert not sound.read(3 * RATE, 1000).any()
    assert not sound.read(300 * RATE, 1000).any()
    assert not sound.read(-1000, 1000).any()


def test_a_file_that_is_not_there_is_named_when_it_is_read(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="no such file"):
        SoundReader(tmp_path / "a.mp3", RATE).read(0, 10)
