import numpy as np
import pytest

from v2m.encoders import musicnn
from v2m.encoders.musicnn import HOP, N_TAGS, PATCH_FRAMES, RATE, Musicnn
from v2m.encoders.vocabulary import MTT_TAGS
from v2m.types import Mono


def _sound(patches: float) -> Mono:
    n = round(patches * PATCH_FRAMES * HOP)
    tones = np.sin(2 * np.pi * 220 * np.arange(n) / RATE) * np.linspace(0, 1, n)
    return (tones + np.random.default_rng(0).normal(0, 0.05, n)).astype(np.float32)


def test_filters_that_were_switched_off_are_left_out_without_a_trace(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, tags = Musicnn().tag(_sound(3), 2)
    monkeypatch.setattr(musicnn, "STILL", -1.0)
    _, by_all_filters = Musicnn().tag(_sound(3), 2)

    assert tags.shape == (2, N_TAGS)
    np.testing.assert_allclose(tags, by_all_filters, atol=2e-6)


def test_tags_depend_on_the_sound() -> None:
    _, tags = Musicnn().tag(_sound(2), 1)
    _, of_silence = Musicnn().tag(np.zeros_like(_sound(2)), 1)

    changes = np.abs(tags - of_silence)[0]
    assert min(changes[: len(MTT_TAGS)].max(), changes[len(MTT_TAGS) :].max()) > 0.01
