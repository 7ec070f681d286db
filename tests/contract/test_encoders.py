"""What every encoder, describer and prompt writer must do; the real models of profile lite."""

from dataclasses import replace

import numpy as np
import pytest

from generator.prompts import WORD_LIMITS, TemplateWriter
from v2m.profiles.lite import LiteProfile
from v2m.protocols import FrameEncoder, TextEncoder
from v2m.types import Audio, Description, Vectors

TEXTS = ["a calm lake in the morning", "heavy metal at full volume", "a calm lake in the morning"]


@pytest.fixture(scope="module")
def profile() -> LiteProfile:
    """The models, loaded once."""
    return LiteProfile()


def _is_unit(vectors: Vectors, n: int, dim: int) -> bool:
    lengths = np.linalg.norm(vectors, axis=1)
    return (
        vectors.shape == (n, dim)
        and vectors.dtype == np.float32
        and bool(np.allclose(lengths, 1, atol=1e-4))
    )


@pytest.mark.parametrize("part", ["text", "music"])
def test_text_encoders(part: str, profile: LiteProfile) -> None:
    encoder: TextEncoder = getattr(profile, part)

    vectors = encoder.encode_text(TEXTS)

    assert _is_unit(vectors, 3, encoder.dim)
    assert encoder.space
    np.testing.assert_allclose(vectors[0], vectors[2], atol=1e-6)
    np.testing.assert_allclose(vectors[1], encoder.encode_text(TEXTS[1:2])[0], atol=1e-5)
    assert vectors[0] @ vectors[1] < 0.9
    assert encoder.encode_text([]).shape == (0, encoder.dim)


def test_sentences_that_mean_the_same_are_near(profile: LiteProfile) -> None:
    a, b, c = profile.text.encode_text(
        ["a calm sunset by the sea", "peaceful ocean at dusk", "heavy metal concert"]
    )

    assert a @ b > 0.6
    assert a @ c < 0.3


def test_long_and_strange_texts_are_encoded(profile: LiteProfile) -> None:
    texts = ["word " * 3000, "", "🎻 ¿música? 音楽", "\x00\n"]

    assert _is_unit(profile.text.encode_text(texts), 4, profile.text.dim)


def test_frame_encoder(profile: LiteProfile) -> None:
    encoder: FrameEncoder = profile.frames
    frames = np.random.default_rng(0).integers(0, 255, (3, 90, 160, 3)).astype(np.uint8)

    vectors = encoder.encode_frames(frames)
    names = encoder.name_frames(frames, 4)

    assert _is_unit(vectors, 3, encoder.dim)
    assert encoder.space == profile.text.space
    assert len(names) == 4
    assert [w for _, w in names] == sorted((w for _, w in names), reverse=True)
    assert encoder.encode_frames(frames[:0]).shape == (0, encoder.dim)
    assert encoder.name_frames(frames[:0], 4) == []


def _piece(bpm: float, seconds: float = 12.0) -> Audio:
    rate = 44100
    time = np.arange(round(seconds * rate)) / rate
    tone = np.sin(2 * np.pi * 220 * time) + np.sin(2 * np.pi * 277.2 * time)
    sound = 0.2 * tone * np.exp(-8 * (time % (60 / bpm)))
    return Audio(np.stack([sound, sound]).astype(np.float32), rate)


def test_music_encoder_hears_tempo_and_is_repeatable(profile: LiteProfile) -> None:
    fast, slow = (profile.listen(_piece(bpm), []) for bpm in (150, 64))

    vectors = profile.music.encode_audio([*fast, *slow])
    asked = profile.music.encode_text(["fast music"])[0]

    assert _is_unit(vectors, 2, profile.music.dim)
    np.testing.assert_array_equal(
        vectors[:1], profile.music.encode_audio(profile.listen(_piece(150), []))
    )
    assert vectors[0] @ asked > vectors[1] @ asked
    assert profile.music.encode_audio([]).shape == (0, profile.music.dim)


def test_silence_and_a_click_are_encoded(profile: LiteProfile) -> None:
    silence = Audio(np.zeros((2, 44100), np.float32), 44100)
    click = Audio(np.eye(1, 2000, 100, dtype=np.float32).repeat(2, 0), 44100)

    for audio in (silence, click):
        vectors = profile.music.encode_audio(profile.listen(audio, []))
        assert np.isfinite(vectors).all()


def test_reasons_are_plain_words(profile: LiteProfile) -> None:
    asked = profile.music.encode_text(["slow calm piano"])[0]

    words = profile.music.explain(asked, asked, top=3)

    assert 1 <= len(words) <= 3
    assert all(word == word.strip().lower() and word for word in words)


SCENE = Description(
    text="Looks like seashore; bright, colourful, slow picture; slow calm peaceful, warm pleasant.",
    words=(("seashore", 0.6), ("lakeside", 0.3)),
    mood="slow calm peaceful, warm pleasant",
    arousal=-1.5,
    valence=0.5,
    looks={"motion": 0.01},
    picture_vector=np.zeros(384, np.float32),
)


@pytest.mark.parametrize("style", sorted(WORD_LIMITS))
def test_prompt_writers(style: str) -> None:
    writer = TemplateWriter(style)

    prompt = writer.write(SCENE).text

    assert prompt == writer.write(SCENE).text
    assert 0 < len(prompt) <= 256
    assert len(prompt.split()) <= WORD_LIMITS[style]
    assert "\n" not in prompt
    assert prompt != writer.write(replace(SCENE, mood="fast energetic exciting", arousal=2.0)).text
