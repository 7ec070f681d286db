"""What the encoders of profile full promise, and that they say what the upstream packages say."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from tests.checkpoints.encoders import build_clap, build_clip
from tests.checkpoints.fixtures import checkpoints
from v2m.encoders import picture_text, selftest
from v2m.encoders.clap import Clap
from v2m.encoders.music_text import MusicText
from v2m.encoders.picture_text import PictureText
from v2m.encoders.sounds import SOUNDS, sounds_at
from v2m.errors import BackendError
from v2m.models.cards import Expected, Role, card
from v2m.models.checkpoint import Checkpoint, find_checkpoint
from v2m.models.shelf import SHELF
from v2m.profiles.parts import make_part
from v2m.types import Audio, Frames, Span, Vectors

__all__ = ["checkpoints"]

TEXTS = ["a calm lake in the morning", "heavy metal at full volume", "a calm lake in the morning"]
PICTURES: tuple[tuple[str, Role], ...] = (
    ("clip", "picture-text"),
    ("siglip", "picture-text"),
    ("open_clip", "picture-text"),
)
ALL: tuple[tuple[str, Role], ...] = (*PICTURES, ("clap", "music-text"))


def _part(folder: Path, role: Role) -> Any:
    return make_part(find_checkpoint(role, str(folder)))


def _frames(n: int = 3) -> Frames:
    return np.random.default_rng(0).integers(0, 255, (n, 45, 80, 3)).astype(np.uint8)


def _sound(seconds: float, rate: int = 44100) -> Audio:
    rng = np.random.default_rng(1)
    return Audio(rng.normal(0, 0.1, (2, round(seconds * rate))).astype(np.float32), rate)


def _is_unit(vectors: Vectors, n: int, dim: int) -> bool:
    lengths = np.linalg.norm(vectors, axis=1)
    return vectors.shape == (n, dim) and bool(np.allclose(lengths, 1, atol=1e-4))


@pytest.mark.parametrize(("name", "role"), ALL)
def test_text_is_encoded_alike_alone_and_in_a_batch(
    name: str, role: Role, checkpoints: dict[str, Path]
) -> None:
    encoder = _part(checkpoints[name], role)

    vectors = encoder.encode_text(TEXTS)

    assert _is_unit(vectors, 3, encoder.dim)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(vectors[0], vectors[2], atol=1e-6)
    np.testing.assert_allclose(vectors[1], encoder.encode_text(TEXTS[1:2])[0], atol=1e-5)
    assert encoder.encode_text([]).shape == (0, encoder.dim)


@pytest.mark.parametrize(("name", "role"), ALL)
def test_long_and_strange_texts_are_encoded(
    name: str, role: Role, checkpoints: dict[str, Path]
) -> None:
    encoder = _part(checkpoints[name], role)

    vectors = encoder.encode_text(["word " * 3000, "", "🎻 ¿música? 音楽", "\x00\n"])

    assert _is_unit(vectors, 4, encoder.dim)


@pytest.mark.parametrize(("name", "role"), ALL)
def test_identity_and_length_are_known_without_weights(
    name: str, role: Role, checkpoints: dict[str, Path]
) -> None:
    SHELF.clear()

    encoder = _part(checkpoints[name], role)

    assert encoder.space.startswith(f"{name}@")
    assert encoder.dim == 32
    assert not any(name in key for key in SHELF.loaded())


@pytest.mark.parametrize(("name", "role"), PICTURES)
def test_frames_are_encoded_in_batches_and_named(
    name: str, role: Role, checkpoints: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picture_text, "class_names", lambda: list("abcdefgh"))
    encoder: PictureText = _part(checkpoints[name], role)
    frames = _frames(20)

    vectors = encoder.encode_frames(frames)
    names = encoder.name_frames(frames[:2], 4)

    assert _is_unit(vectors, 20, encoder.dim)
    np.testing.assert_allclose(vectors[19], encoder.encode_frames(frames[19:])[0], atol=1e-5)
    assert [w for _, w in names] == sorted((w for _, w in names), reverse=True)
    assert encoder.encode_frames(frames[:0]).shape == (0, encoder.dim)
    assert encoder.name_frames(frames[:0], 4) == []


@pytest.mark.parametrize("name", ["clip", "siglip"])
def test_vectors_equal_those_of_transformers(name: str, checkpoints: dict[str, Path]) -> None:
    from transformers import AutoImageProcessor, AutoModel, AutoTokenizer

    folder, frames = checkpoints[name], _frames()
    model = AutoModel.from_pretrained(folder).eval()
    longest = 77 if name == "clip" else 64
    tokens = AutoTokenizer.from_pretrained(folder)(
        TEXTS,
        return_tensors="pt",
        max_length=longest,
        truncation=True,
        padding=True if name == "clip" else "max_length",
    )
    pixels = AutoImageProcessor.from_pretrained(folder, backend="pil")(
        [Image.fromarray(frame) for frame in frames], return_tensors="pt"
    )
    mask = {"attention_mask": tokens["attention_mask"]} if name == "clip" else {}
    with torch.no_grad():
        texts = model.get_text_features(input_ids=tokens["input_ids"], **mask).pooler_output
        pictures = model.get_image_features(**pixels).pooler_output

    encoder = _part(folder, "picture-text")

    np.testing.assert_allclose(encoder.encode_text(TEXTS), _unit(texts), atol=1e-5)
    np.testing.assert_allclose(encoder.encode_frames(frames), _unit(pictures), atol=1e-5)


def test_vectors_equal_those_of_open_clip(checkpoints: dict[str, Path]) -> None:
    import open_clip

    name, frames = f"local-dir:{checkpoints['open_clip']}", _frames()
    model, _, transform = open_clip.create_model_and_transforms(name)
    with torch.no_grad():
        texts = model.eval().encode_text(open_clip.get_tokenizer(name)(TEXTS))
        pictures = model.encode_image(torch.stack([transform(Image.fromarray(f)) for f in frames]))

    encoder = _part(checkpoints["open_clip"], "picture-text")

    np.testing.assert_allclose(encoder.encode_text(TEXTS), _unit(texts), atol=1e-5)
    np.testing.assert_allclose(encoder.encode_frames(frames), _unit(pictures), atol=1e-5)


def test_one_window_equals_claps_own_call(checkpoints: dict[str, Path]) -> None:
    from transformers import AutoFeatureExtractor, AutoModel, AutoTokenizer

    folder, sound = checkpoints["clap"], _sound(10.0, 48000)
    model = AutoModel.from_pretrained(folder).eval()
    tokens = AutoTokenizer.from_pretrained(folder)(TEXTS, return_tensors="pt", padding=True)
    heard = AutoFeatureExtractor.from_pretrained(folder)(
        sound.mono(), sampling_rate=48000, return_tensors="pt"
    )
    with torch.no_grad():
        music = model.get_audio_features(input_features=heard["input_features"]).pooler_output
        texts = model.get_text_features(
            input_ids=tokens["input_ids"], attention_mask=tokens["attention_mask"]
        ).pooler_output

    encoder: MusicText = _part(folder, "music-text")

    np.testing.assert_allclose(encoder.encode_spans(sound, []), _unit(music), atol=1e-5)
    np.testing.assert_allclose(encoder.encode_text(TEXTS), _unit(texts), atol=1e-5)


def test_a_long_track_is_the_scaled_mean_of_its_windows(checkpoints: dict[str, Path]) -> None:
    encoder: MusicText = _part(checkpoints["clap"], "music-text")
    sound = _sound(25.0, 48000)
    mono, rate = sound.mono(), 48000
    raw = encoder.load().windows(
        [mono[: 10 * rate], mono[10 * rate : 20 * rate], mono[15 * rate :]]
    )

    whole, first, last = encoder.encode_spans(sound, [Span(0, 10), Span(21, 25)])

    np.testing.assert_allclose(whole, _unit(raw.mean(axis=0)[None])[0], atol=1e-5)
    np.testing.assert_allclose(first, _unit(raw[:1])[0], atol=1e-5)
    np.testing.assert_allclose(last, _unit(raw[2:])[0], atol=1e-5)


def test_the_same_music_gives_the_same_vector_twice(checkpoints: dict[str, Path]) -> None:
    encoder: MusicText = _part(checkpoints["clap"], "music-text")
    sound = _sound(13.0)

    np.testing.assert_array_equal(encoder.encode_spans(sound, []), encoder.encode_spans(sound, []))


def test_music_at_another_rate_is_resampled(checkpoints: dict[str, Path]) -> None:
    encoder: MusicText = _part(checkpoints["clap"], "music-text")
    time = np.arange(10 * 48000) / 48000
    tone = np.sin(2 * np.pi * 440 * time)[None].astype(np.float32) * 0.3

    at_48, at_24 = (encoder.encode_spans(Audio(s, r), []) for s, r in
                    ((tone, 48000), (tone[:, ::2], 24000)))  # fmt: skip

    assert float(at_48[0] @ at_24[0]) > 0.999


# ---- the self-test at first load ---------------------------------------------------------------


def _refusal(folder: Path, role: Role, named: str = "") -> str:
    encoder = make_part(find_checkpoint(role, f"{named}{folder}"))
    with pytest.raises(BackendError) as refused:
        encoder.encode_text(["anything"])
    return str(refused.value)


def test_a_collapsed_text_tower_is_refused_and_another_model_named(tmp_path: Path) -> None:
    from transformers import ClapModel

    folder = build_clap(tmp_path / "collapsed")
    model = ClapModel.from_pretrained(folder)
    with torch.no_grad():
        model.text_projection.linear2.weight.zero_()
        model.text_projection.linear2.bias.fill_(1.0)
    model.save_pretrained(folder)

    said = _refusal(folder, "music-text")

    assert "text tower is collapsed" in said
    assert "mean cosine of 1.0000" in said
    assert "Take clap-general in its place" in said


def test_an_empty_tokenizer_is_refused(tmp_path: Path) -> None:
    from tokenizers import Tokenizer
    from tokenizers.models import BPE
    from tokenizers.processors import TemplateProcessing
    from transformers import PreTrainedTokenizerFast

    folder = build_clip(tmp_path / "empty")
    empty = Tokenizer(BPE({"<s>": 0, "<pad>": 1, "</s>": 2}, []))
    empty.post_processor = TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    PreTrainedTokenizerFast(
        tokenizer_object=empty, bos_token="<s>", eos_token="</s>", pad_token="<pad>"
    ).save_pretrained(folder)

    assert "its tokenizer is empty" in _refusal(folder, "picture-text")


def test_a_wrong_sample_rate_is_refused(tmp_path: Path) -> None:
    folder = build_clap(tmp_path / "slow", rate=44100)

    said = _refusal(folder, "music-text", named="clap-general=")

    assert "it hears 44100 Hz where its card says 48000 Hz" in said


def test_vectors_of_another_length_are_refused(checkpoints: dict[str, Path]) -> None:
    said = _refusal(checkpoints["clip"], "picture-text", named="clip-b-32=")

    assert "32 long, its card says 512" in said


def test_vectors_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    from transformers import CLIPModel

    folder = build_clip(tmp_path / "nan")
    model = CLIPModel.from_pretrained(folder)
    with torch.no_grad():
        model.text_projection.weight.fill_(float("nan"))
    model.save_pretrained(folder)

    assert "not finite" in _refusal(folder, "picture-text")


def test_pairs_are_asked_only_where_the_card_expects_them(checkpoints: dict[str, Path]) -> None:
    strict = find_checkpoint("music-text", str(checkpoints["clap"])).card
    expected = card("clap-general").expected.model_copy(update={"most_alike": 1.0})
    chance = strict.model_copy(
        update={"expected": expected.model_copy(update={"pairs_right": 1.0})}
    )

    SHELF.clear()

    with pytest.raises(BackendError, match="of known pairs right"):
        Clap(Checkpoint(chance, checkpoints["clap"])).encode_text(["anything"])


def _taught(folder: Path, order: list[int]) -> Clap:
    """Return a tiny CLAP that hears in each known sound the words at that place of an order."""
    from transformers import AutoFeatureExtractor, ClapModel

    encoder = Clap(find_checkpoint("music-text", str(build_clap(folder))))
    words = encoder.load().texts([list(SOUNDS)[place] for place in order])
    extractor = AutoFeatureExtractor.from_pretrained(folder)
    inputs = extractor(sounds_at(48000), sampling_rate=48000, return_tensors="pt")
    model = ClapModel.from_pretrained(folder).eval()
    projection = model.audio_projection
    with torch.no_grad():
        pooled = model.audio_model(input_features=inputs["input_features"]).pooler_output
        hidden = projection.activation(projection.linear1(pooled)).double().numpy()
        middle = hidden.mean(axis=0)
        weight = (np.linalg.pinv(hidden - middle) @ (words - words.mean(axis=0))).T
        projection.linear2.weight.copy_(torch.from_numpy(weight))
        projection.linear2.bias.copy_(torch.from_numpy(words.mean(axis=0) - weight @ middle))
    model.save_pretrained(folder)
    asked = Expected(most_alike=1.0, sounds_right=0.65)
    card = encoder.checkpoint.card.model_copy(update={"expected": asked})
    return Clap(Checkpoint(card, folder))


def test_a_model_that_names_known_sounds_right_is_taken(tmp_path: Path) -> None:
    encoder = _taught(tmp_path / "right", [0, 1, 2, 3])

    found = selftest.examine(encoder.checkpoint.card, encoder.load())

    assert found.figures["sounds_right"] == 1.0
    assert encoder.encode_text(["anything"]).shape == (1, 32)


def test_a_model_that_takes_one_sound_for_another_is_refused(tmp_path: Path) -> None:
    encoder = _taught(tmp_path / "crossed", [1, 0, 3, 2])

    with pytest.raises(BackendError, match="of known sounds right"):
        encoder.encode_text(["anything"])


def test_code_out_of_a_repository_is_never_run(tmp_path: Path) -> None:
    folder = tmp_path / "remote"
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(b"")
    (folder / "code.py").write_text("raise SystemExit('ran')", encoding="utf-8")
    own = {"AutoModel": "code.Model", "AutoConfig": "code.Config"}
    config = json.dumps({"model_type": "unheard_of", "auto_map": own})
    (folder / "config.json").write_text(config, encoding="utf-8")

    assert "cannot load" in _refusal(folder, "music-text")


def test_damaged_weights_are_one_line(tmp_path: Path) -> None:
    folder = build_clap(tmp_path / "cut")
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])

    assert "\n" not in _refusal(folder, "music-text")


def _unit(rows: Any) -> Vectors:
    array = np.asarray(rows, np.float64)
    return np.asarray(array / np.linalg.norm(array, axis=1, keepdims=True), np.float32)
