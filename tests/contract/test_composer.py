"""What every composer promises, whoever wrote it."""

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from catalogs.licences import parse_licence
from generator.arranger.composer import Arranger
from generator.audiocraft import AudioCraft
from generator.musicgen.composer import MusicGen
from tests.unit.test_backend_channel import SERVE
from v2m.backends.channel import ChildProcess
from v2m.errors import InputError
from v2m.models.checkpoint import find_checkpoint
from v2m.protocols import Composer
from v2m.types import TakeRequest


def _alike(text: str, others: Sequence[str]) -> Sequence[float]:
    """Compare texts by the letters they share, which needs no model."""
    return [len(set(text) & set(other)) / 26 for other in others]


def _pretended(folder: Path) -> ChildProcess:
    """Return the process that runs AudioCraft, with noise in the place of its music."""
    command = [sys.executable, "-c", SERVE]
    return ChildProcess("audiocraft", command, log_path=folder.parent / "stderr.log")


COMPOSERS: dict[str, Callable[[Path], Composer]] = {
    "arranger": lambda _: Arranger(),
    "arranger with similarity": lambda _: Arranger(_alike),
    "musicgen": lambda folder: MusicGen(find_checkpoint("composer", str(folder))),
    "audiocraft": lambda folder: AudioCraft(
        "facebook/musicgen-small", device="cpu", backend=lambda: _pretended(folder)
    ),
}
"""How to make each, given the folder of a tiny MusicGen."""

if os.environ.get("V2M_REAL_BACKENDS"):  # what ``v2m backends install`` filled, see tests/real
    COMPOSERS["audiocraft itself"] = lambda _: AudioCraft("debug", device="cpu")

Make = Callable[[], Composer]


@pytest.fixture(params=COMPOSERS, scope="module")
def make(request: pytest.FixtureRequest, tiny_musicgen: Path) -> Make:
    return lambda: COMPOSERS[request.param](tiny_musicgen)


@pytest.fixture(scope="module")
def composer(make: Make) -> Composer:
    return make()


def test_a_composer_says_who_it_is(composer: Composer) -> None:
    assert composer.name
    assert composer.revision
    assert composer.parameters("calm", 2.0, 0)["duration_seconds"] == 2.0


def test_a_composer_says_a_licence_we_can_read_or_has_no_weights(composer: Composer) -> None:
    assert composer.weights_licence == "" or parse_licence(composer.weights_licence).known


def test_music_is_exactly_as_long_as_asked(composer: Composer) -> None:
    for seconds in (0.7, 1.0, 2.00001, 3.333):
        audio = composer.compose("calm piano", seconds, seed=0)

        assert audio.samples.shape[1] == round(seconds * audio.sample_rate)


def test_music_is_sound_within_full_scale(composer: Composer) -> None:
    audio = composer.compose("happy folk tune", 2.0, seed=3)

    assert audio.samples.dtype == np.float32
    assert audio.samples.ndim == 2
    assert np.isfinite(audio.samples).all()
    assert 0.01 < np.abs(audio.samples).max() <= 1


def test_equal_arguments_give_equal_samples(composer: Composer) -> None:
    first = composer.compose("tender violin", 2.5, seed=7)
    composer.compose("something else in between", 1.0, seed=1)
    second = composer.compose("tender violin", 2.5, seed=7)

    np.testing.assert_array_equal(first.samples, second.samples)


def test_two_composers_of_a_kind_play_the_same(make: Make) -> None:
    first = make().compose("sad cello", 1.5, seed=2)
    second = make().compose("sad cello", 1.5, seed=2)

    np.testing.assert_array_equal(first.samples, second.samples)


def test_a_piece_sounds_the_same_alone_and_among_others(composer: Composer) -> None:
    requests = [
        TakeRequest("sad cello", 1.5, 2),
        TakeRequest("a long prompt about drums", 2.5, 3),
        TakeRequest("flute", 0.6, 2),
    ]

    takes = composer.compose_all(requests)

    for request, take in zip(requests, takes, strict=True):
        alone = composer.compose(request.prompt, request.duration_seconds, seed=request.seed)
        np.testing.assert_array_equal(take.audio.samples, alone.samples)
        assert take.seed == request.seed


def test_nothing_asked_gives_nothing(composer: Composer) -> None:
    assert composer.compose_all([]) == []


def test_progress_comes_to_its_end(composer: Composer) -> None:
    told: list[tuple[int, int]] = []
    composer.compose_all(
        [TakeRequest("calm", 1.0, 0)], report=lambda done, total: told.append((done, total))
    )

    assert told[-1][0] == told[-1][1]
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_another_seed_or_prompt_gives_other_music(composer: Composer) -> None:
    first = composer.compose("tender violin", 2.5, seed=7)

    assert not np.array_equal(first.samples, composer.compose("tender violin", 2.5, seed=8).samples)
    if composer.name == "audiocraft debug":
        return  # its random weights hear no prompt, in AudioCraft's own call either
    assert not np.array_equal(
        first.samples, composer.compose("energetic rock", 2.5, seed=7).samples
    )


@pytest.mark.parametrize("prompt", ["", "\n", "日本の音楽", "x" * 5000])
def test_any_words_give_music(composer: Composer, prompt: str) -> None:
    audio = composer.compose(prompt, 1.0, seed=0)

    assert np.abs(audio.samples).max() > 0.01


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("nan"), float("inf"), 1e9])
def test_a_length_nobody_can_play_is_refused(composer: Composer, seconds: float) -> None:
    with pytest.raises(InputError, match="music"):
        composer.compose("calm", seconds, seed=0)
