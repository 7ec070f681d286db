"""Emotions: classes out of moods, confusion, and models of speech read from folders."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
import transformers

from v2m.errors import InputError
from v2m.evaluation.emotion import (
    CLASSES,
    class_of_mood,
    confusion_table,
    emotion_figures,
    emotion_table,
)
from v2m.evaluation.labelled_emotion import class_of_labels


def test_classes_lie_round_the_circle() -> None:
    angles = np.radians([45, 135, 225, 315])

    moods = [class_of_mood(2 * math.sin(a), 2 * math.cos(a)) for a in angles]

    assert moods == ["hap", "ang", "sad", "neu"]


def test_p_emo_is_the_diagonal_of_the_confusion() -> None:
    rng = np.random.default_rng(0)
    wanted, heard = (list(rng.choice(CLASSES, 50)) for _ in range(2))

    found = emotion_figures(wanted, heard, head="x")

    assert found.p_emo.value == np.trace(found.confusion) / 50
    assert found.confusion.sum() == 50
    assert found.by_chance == pytest.approx(
        sum(wanted.count(c) * heard.count(c) for c in CLASSES) / 2500
    )


def test_p_emo_face_counts_clips_with_a_face_only() -> None:
    found = emotion_figures(
        ["hap", "sad", "hap"], ["hap", "hap", "sad"], head="x", has_face=[True, False, True]
    )

    assert found.p_emo_face.value == 0.5
    assert found.p_emo_face.n == 2


def test_no_clips_give_no_figures() -> None:
    found = emotion_figures([], [], head="x", has_face=[])

    assert math.isnan(found.p_emo.value)
    assert math.isnan(found.by_chance)


def test_unknown_classes_and_unequal_lists_are_refused() -> None:
    with pytest.raises(ValueError, match="joy"):
        emotion_figures(["joy"], ["hap"], head="x")
    with pytest.raises(ValueError, match="one per clip"):
        emotion_figures(["hap"], [], head="x")


def test_tables_name_the_listener_and_chance() -> None:
    found = emotion_figures(["hap", "sad"], ["hap", "hap"], head="a toy")

    table = emotion_table("t", [("ours", found)])

    assert table.rows[0][1] == "a toy"
    assert table.rows[-1][3] == 0.25
    assert confusion_table("t", found).rows[3][2] == 1  # sad heard as happy


@pytest.mark.parametrize(
    ("labels", "expected"),
    [({"calm", "piano"}, "neu"), ({"happy", "sad"}, None), ({"piano"}, None), (set(), None)],
)
def test_labels_name_one_class_or_none(labels: set[str], expected: str | None) -> None:
    assert class_of_labels(frozenset(labels)) == expected


TINY = {
    "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16,
    "conv_dim": [8, 8], "conv_kernel": [10, 3], "conv_stride": [5, 2], "num_feat_extract_layers": 2,
    "num_conv_pos_embeddings": 4, "num_conv_pos_embedding_groups": 2, "mask_time_prob": 0.0,
}  # fmt: skip


def _sound() -> "object":
    from v2m.types import Audio

    wave = np.random.default_rng(0).normal(0, 0.1, (2, 24000)).astype(np.float32)
    return Audio(wave, 48000)


def _write_speechbrain(folder: Path, labels: str) -> None:
    import torch

    torch.manual_seed(0)
    config = transformers.Wav2Vec2Config(**TINY)
    body = transformers.Wav2Vec2Model(config)
    # as the published checkpoint, written by an older torch, names the parts of its weight norm
    modern = "parametrizations.weight.original"
    state = {
        f"model.{key}".replace(f"{modern}0", "weight_g").replace(f"{modern}1", "weight_v"): value
        for key, value in body.state_dict().items()
    }
    torch.save(state, folder / "wav2vec2.ckpt")
    torch.save({"0.w.weight": torch.randn(4, 16)}, folder / "model.ckpt")
    (folder / "config.json").write_text(json.dumps(TINY))
    (folder / "label_encoder.txt").write_text(labels)


LABELS = "'neu' => 0\n'ang' => 1\n'hap' => 2\n'sad' => 3\n================\n'starting_index' => 0\n"


def test_speechbrains_layout_is_read_and_follows_its_label_file(tmp_path: Path) -> None:
    from v2m.evaluation.emotion_heads import Wav2Vec2Head

    _write_speechbrain(tmp_path, LABELS)
    one = Wav2Vec2Head(tmp_path).probabilities(_sound())  # type: ignore[arg-type]
    swapped = LABELS.replace("'neu' => 0", "'sad' => 0").replace("'sad' => 3", "'neu' => 3")
    (tmp_path / "label_encoder.txt").write_text(swapped)
    other = Wav2Vec2Head(tmp_path).probabilities(_sound())  # type: ignore[arg-type]

    assert one.sum() == pytest.approx(1)
    assert other.tolist() == pytest.approx([one[0], one[1], one[3], one[2]])


def test_transformers_layout_is_read(tmp_path: Path) -> None:
    from v2m.evaluation.emotion_heads import Wav2Vec2Head

    names = dict(enumerate(["angry", "happy", "neutral", "sad"]))
    config = transformers.Wav2Vec2Config(**TINY, num_labels=4, id2label=names)
    model = transformers.Wav2Vec2ForSequenceClassification(config)
    model.save_pretrained(tmp_path)

    (heard,) = Wav2Vec2Head(tmp_path).hear([_sound()])  # type: ignore[list-item]

    assert heard in CLASSES


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("label_encoder.txt", b"'joy' => 0\n", "not one 'ang'"),
        ("wav2vec2.ckpt", b"no checkpoint", "no checkpoint of tensors"),
        ("config.json", json.dumps({**TINY, "hidden_size": 32}).encode(), "does not fit: size"),
    ],
)
def test_a_damaged_model_is_named(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    from v2m.evaluation.emotion_heads import Wav2Vec2Head

    _write_speechbrain(tmp_path, LABELS)
    (tmp_path / name).write_bytes(content)

    with pytest.raises(InputError, match=message):
        Wav2Vec2Head(tmp_path).probabilities(_sound())  # type: ignore[arg-type]


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    from v2m.evaluation.emotion_heads import Wav2Vec2Head

    with pytest.raises(InputError, match="neither"):
        Wav2Vec2Head(tmp_path)
