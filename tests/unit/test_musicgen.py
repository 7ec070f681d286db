"""MusicGen beside upstream's own calls, long pieces, short memory, melodies."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from generator.musicgen import composer as composing
from generator.musicgen.composer import MusicGen
from generator.musicgen.melody import chroma
from generator.musicgen.sampling import Sampling
from generator.musicgen.windows import join, plan_windows
from tests.checkpoints.musicgen import (
    FRAMES_PER_SECOND,
    RATE,
    build_musicgen,
    build_musicgen_melody,
)
from v2m.errors import BackendError
from v2m.models.checkpoint import Checkpoint, find_checkpoint
from v2m.models.shelf import SHELF
from v2m.pretrained import load_pretrained, quiet
from v2m.types import Audio, Samples, TakeRequest


def _checkpoint(folder: Path) -> Checkpoint:
    return find_checkpoint("composer", str(folder))


def _upstream(folder: Path, seconds: float, *, seed: int, **more: Any) -> Samples:
    """Return what the model's own documentation would have one call."""
    model = load_pretrained("AutoModelForTextToWaveform", folder)
    inputs = load_pretrained("AutoTokenizer", folder)(["calm piano"], return_tensors="pt")
    frames = round(seconds * FRAMES_PER_SECOND)
    torch.manual_seed(seed)
    with quiet():
        made = model.generate(**inputs, do_sample=True, max_new_tokens=frames + 3, **more)
    return np.asarray(made[0].numpy())


@pytest.mark.parametrize(
    ("sampling", "options"),
    [
        (Sampling(), {"guidance_scale": 3.0, "top_k": 250}),
        (Sampling(1.0, 0.7, 8), {"guidance_scale": None, "temperature": 0.7, "top_k": 8}),
    ],
)
def test_samples_are_those_of_the_upstream_call(
    tiny_musicgen: Path, sampling: Sampling, options: dict[str, Any]
) -> None:
    mine = MusicGen(_checkpoint(tiny_musicgen), sampling=sampling)

    made = mine.compose("calm piano", 1.5, seed=11)

    np.testing.assert_array_equal(made.samples, _upstream(tiny_musicgen, 1.5, seed=11, **options))


def test_a_stereo_model_plays_two_channels(tmp_path: Path) -> None:
    folder = build_musicgen(tmp_path / "stereo", channels=2)
    made = MusicGen(_checkpoint(folder)).compose("calm piano", 1.0, seed=4)

    theirs = _upstream(folder, 1.0, seed=4, guidance_scale=3.0, top_k=250)
    assert made.samples.shape == (2, RATE)
    np.testing.assert_array_equal(made.samples, theirs)


def test_windows_cover_a_piece_and_overlap() -> None:
    windows = plan_windows(1000, 300, 100)

    assert sum(window.n_new for window in windows) == 1000
    assert all(window.n_frames <= 300 for window in windows)
    assert [window.start for window in windows] == [0, 200, 400, 600, 800]
    assert plan_windows(300, 300, 100) == plan_windows(300, 400, 100)


def test_joining_pieces_of_one_sound_gives_that_sound() -> None:
    sound = np.random.default_rng(0).normal(0, 0.1, (2, 10_000)).astype(np.float32)
    windows = plan_windows(1000, 300, 100)
    parts = [sound[:, w.start * 10 : (w.start + w.n_frames) * 10] for w in windows]

    joined = join(parts, windows, 10, 1000)

    np.testing.assert_allclose(joined, sound, atol=1e-6)


@pytest.fixture
def short_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make windows of 1.5 s, of which later ones are given 0.5 s."""
    monkeypatch.setattr(composing, "WINDOW_SECONDS", 1.5)
    monkeypatch.setattr(composing, "GIVEN_SECONDS", 0.5)


@pytest.mark.usefixtures("short_windows")
def test_a_long_piece_is_exact_and_begins_like_a_short_one(tiny_musicgen: Path) -> None:
    mine = MusicGen(_checkpoint(tiny_musicgen))

    long, other = mine.compose_all(
        [TakeRequest("calm piano", 4.321, 3), TakeRequest("waltz", 2.0, 3)]
    )

    assert long.audio.samples.shape == (1, round(4.321 * RATE))
    window = mine.compose("calm piano", 1.5, seed=3).samples
    np.testing.assert_array_equal(long.audio.samples[:, :RATE], window[:, :RATE])
    alone = mine.compose("waltz", 2.0, seed=3).samples
    np.testing.assert_array_equal(other.audio.samples, alone)


@pytest.mark.usefixtures("short_windows")
@torch.inference_mode()
def test_a_seam_is_no_louder_than_the_music_around_it(
    tiny_musicgen: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = MusicGen(_checkpoint(tiny_musicgen))
    tokens: list[torch.Tensor] = []
    play = mine._play

    def watched(piece: torch.Tensor) -> Samples:
        tokens.append(piece)
        return play(piece)

    monkeypatch.setattr(mine, "_play", watched)
    made = mine.compose("calm piano", 2.5, seed=3).samples

    # both windows in one go, as no codec has to split them
    given = round(0.5 * FRAMES_PER_SECOND)
    whole = play(torch.cat([tokens[0], tokens[1][:, given:]], dim=1))
    error = np.abs(made - whole[:, : made.shape[1]])
    seam = slice(round(1.1 * RATE), round(1.4 * RATE))
    assert error[:, seam].max() < 0.02 * np.abs(whole).max()


class ShortOfMemory(MusicGen):
    """Has memory for so many pieces at once."""

    room = 2
    sizes: list[int]

    def _together(self, requests: Any, meter: Any) -> list[Audio]:
        self.sizes.append(len(requests))
        if len(requests) > self.room:
            raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return super()._together(requests, meter)


def test_short_memory_halves_the_batch_and_goes_on(tiny_musicgen: Path) -> None:
    mine = ShortOfMemory(_checkpoint(tiny_musicgen), batch=6)
    mine.sizes = []
    requests = [TakeRequest("calm", 0.5, seed) for seed in range(5)]

    takes = mine.compose_all(requests)

    assert mine.sizes == [5, 2, 2, 1]
    for request, take in zip(requests, takes, strict=True):
        alone = mine.compose("calm", 0.5, seed=request.seed)
        np.testing.assert_array_equal(alone.samples, take.audio.samples)


@pytest.mark.parametrize("precision", [torch.bfloat16, torch.float16])
def test_half_precision_is_exact_in_length_and_named(
    precision: torch.dtype, tiny_musicgen: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    SHELF.clear()
    monkeypatch.setattr("generator.musicgen.composer.choose_dtype", lambda _device: precision)
    composer = MusicGen(find_checkpoint("composer", str(tiny_musicgen)), most_retakes=0)

    takes = composer.compose_all([TakeRequest("calm", 0.333, 1), TakeRequest("tense", 0.2, 2)])

    assert [take.audio.samples.shape[1] for take in takes] == [10656, 6400]
    assert all(np.isfinite(take.audio.samples).all() for take in takes)
    assert composer._model.decoder.dtype == precision
    assert composer._model.audio_encoder.dtype == torch.float32
    assert composer.parameters("calm", 1.0, 0)["precision"] == str(precision).split(".")[1]
    SHELF.clear()


def test_as_many_pieces_are_made_at_once_as_memory_holds(
    tiny_musicgen: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    composer = MusicGen(find_checkpoint("composer", str(tiny_musicgen)), most_retakes=0)
    each, together = composer._cache_megabytes(0.2), composer._together
    sizes: list[int] = []

    def counted(some: Sequence[TakeRequest], meter: Any) -> list[Audio]:
        sizes.append(len(some))
        return together(some, meter)

    monkeypatch.setattr(composing, "free_memory_megabytes", lambda: 5 * each)
    monkeypatch.setattr(composer, "_together", counted)

    takes = composer.compose_all([TakeRequest("calm", 0.2, seed) for seed in range(5)])

    assert (len(takes), sizes) == (5, [2, 2, 1])


def test_memory_too_short_for_one_piece_is_said(tiny_musicgen: Path) -> None:
    mine = ShortOfMemory(_checkpoint(tiny_musicgen), batch=4)
    mine.room, mine.sizes = 0, []

    with pytest.raises(BackendError, match=r"musicgen: cpu has too little memory for one piece"):
        mine.compose_all([TakeRequest("calm", 0.5, 0)] * 2)
    assert mine.sizes == [2, 1]


def test_other_errors_are_not_taken_for_short_memory(tiny_musicgen: Path) -> None:
    mine = MusicGen(_checkpoint(tiny_musicgen))

    def stop(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        mine.compose_all([TakeRequest("calm", 1.0, 0)], report=stop)


def test_a_damaged_model_is_named(tmp_path: Path) -> None:
    folder = build_musicgen(tmp_path / "damaged")
    (folder / "model.safetensors").write_bytes(b"damaged")

    with pytest.raises(BackendError, match=r"cannot load .*damaged"):
        MusicGen(_checkpoint(folder)).compose("calm", 1.0, seed=0)


@pytest.fixture(scope="module")
def tiny_melody(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_musicgen_melody(tmp_path_factory.mktemp("checkpoints") / "melody")


def _tone(*pitches: float, seconds: float = 1.0) -> Audio:
    time = np.arange(round(seconds * RATE)) / RATE
    tones = [0.3 * np.sin(2 * np.pi * pitch * time) for pitch in pitches]
    return Audio(np.concatenate(tones)[None].astype(np.float32), RATE)


def test_chroma_names_the_strongest_pitch_class() -> None:
    heard = chroma(_tone(440.0, 523.25, seconds=2.0), RATE, 12)[0]

    strongest = heard.argmax(dim=-1).tolist()
    assert heard.sum(dim=-1).tolist() == [1.0] * len(heard)
    assert (strongest[3], strongest[-4]) == (9, 0)  # A, then C
    later = chroma(_tone(440.0, 523.25, seconds=2.0), RATE, 12, offset_seconds=2.0)[0]
    assert later.argmax(dim=-1).tolist()[3] == 0


def test_a_melody_model_follows_its_melody_and_does_without(tiny_melody: Path) -> None:
    mine = MusicGen(_checkpoint(tiny_melody))
    with_a, with_c, without = mine.compose_all(
        [
            TakeRequest("calm piano", 1.0, 3, _tone(440.0)),
            TakeRequest("calm piano", 1.0, 3, _tone(523.25)),
            TakeRequest("calm piano", 1.0, 3),
        ]
    )

    assert mine.hears_melody
    assert not np.array_equal(with_a.audio.samples, with_c.audio.samples)
    theirs = _upstream(tiny_melody, 1.0, seed=3, guidance_scale=3.0, top_k=250)
    np.testing.assert_array_equal(without.audio.samples, theirs)


def test_prompts_of_other_lengths_do_not_disturb_a_melody(tiny_melody: Path) -> None:
    mine = MusicGen(_checkpoint(tiny_melody))
    asked = TakeRequest("sad", 1.0, 3, _tone(440.0))

    among = mine.compose_all([TakeRequest("a much longer prompt", 1.2, 1, _tone(440.0)), asked])
    (alone,) = mine.compose_all([asked])

    np.testing.assert_array_equal(among[1].audio.samples, alone.audio.samples)
