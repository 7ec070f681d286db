"""The rows of ``benchmarks/models.py``: models of the real size, our way and upstream's."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from benchmarks.models import Contest, unit
from tests.checkpoints.encoders import OPEN_CLIP, build_tokenizer
from v2m.encoders.clap import Clap
from v2m.encoders.clip import Clip
from v2m.encoders.open_clip import OpenClip
from v2m.models.cards import Expected
from v2m.models.checkpoint import Checkpoint, guessed_card
from v2m.types import Audio, Frames

N_FRAMES = 16
N_TEXTS = 32
SECONDS = 30
CLAP_RATE = 48000
TEXTS = [f"calm piano music number {n} for a walk along the river" for n in range(N_TEXTS)]

HTSAT_BASE = {
    "patch_embeds_hidden_size": 128,
    "hidden_size": 1024,
    "depths": [2, 2, 12, 2],
    "num_attention_heads": [4, 8, 16, 32],
}
"""The audio tower of laion/larger_clap_general."""


def open_clip_frames(scratch: Path) -> Contest:
    """Frames of video through open_clip's ViT-B-32."""
    import open_clip
    from safetensors.torch import save_file

    made = open_clip.create_model("ViT-B-32")
    config = {**OPEN_CLIP, "model_cfg": open_clip.get_model_config("ViT-B-32")}
    (scratch / "open_clip_config.json").write_text(json.dumps(config), encoding="utf-8")
    state = {name: value.contiguous() for name, value in made.state_dict().items()}
    save_file(state, scratch / "open_clip_model.safetensors")
    model, _, transform = open_clip.create_model_and_transforms(f"local-dir:{scratch}")
    model.eval()
    encoder, frames = OpenClip(_checkpoint(scratch, "picture-text")), _frames()

    def loop() -> Any:
        with torch.inference_mode():
            pictures = [transform(Image.fromarray(f)).unsqueeze(0) for f in frames]
            return unit(torch.cat([model.encode_image(p) for p in pictures]))

    return Contest(N_FRAMES, lambda: encoder.encode_frames(frames), loop, _size(model))


def clip_frames(scratch: Path) -> Contest:
    """Frames of video through CLIP ViT-B/32 of transformers."""
    encoder, model, _, processor = _clip(scratch)
    frames = _frames()

    def loop() -> Any:
        with torch.inference_mode():
            inputs = [processor(images=Image.fromarray(f), return_tensors="pt") for f in frames]
            return unit(torch.cat([model.get_image_features(**i).pooler_output for i in inputs]))

    return Contest(N_FRAMES, lambda: encoder.encode_frames(frames), loop, _size(model))


def clip_texts(scratch: Path) -> Contest:
    """Short texts through CLIP ViT-B/32 of transformers."""
    encoder, model, tokenizer, _ = _clip(scratch)

    def loop() -> Any:
        with torch.inference_mode():
            inputs = [tokenizer(text, return_tensors="pt") for text in TEXTS]
            found = [
                model.get_text_features(i["input_ids"], i["attention_mask"]).pooler_output
                for i in inputs
            ]
            return unit(torch.cat(found))

    return Contest(N_TEXTS, lambda: encoder.encode_text(TEXTS), loop, _size(model))


def clap_minutes(scratch: Path) -> Contest:
    """Half a minute of music through CLAP, ten seconds at a time."""
    encoder, model, _, extractor = _clap(scratch)
    sound = np.random.default_rng(0).normal(0, 0.1, (1, SECONDS * CLAP_RATE)).astype(np.float32)
    cuts = np.split(sound[0], SECONDS // 10)

    def loop() -> Any:
        raw = []
        with torch.inference_mode():
            for cut in cuts:
                heard = extractor(cut, sampling_rate=CLAP_RATE, return_tensors="pt")
                pooled = model.audio_model(input_features=heard["input_features"]).pooler_output
                raw.append(model.audio_projection(pooled))
        return unit(torch.cat(raw).mean(0, keepdim=True))

    music = Audio(sound, CLAP_RATE)
    return Contest(SECONDS / 60, lambda: encoder.encode_spans(music, []), loop, _size(model))


def clap_texts(scratch: Path) -> Contest:
    """Short texts through CLAP's RoBERTa."""
    encoder, model, tokenizer, _ = _clap(scratch)

    def loop() -> Any:
        with torch.inference_mode():
            inputs = [tokenizer(text, return_tensors="pt") for text in TEXTS]
            found = [
                model.get_text_features(i["input_ids"], i["attention_mask"]).pooler_output
                for i in inputs
            ]
            return unit(torch.cat(found))

    return Contest(N_TEXTS, lambda: encoder.encode_text(TEXTS), loop, _size(model))


def _clip(scratch: Path) -> tuple[Clip, Any, Any, Any]:
    from transformers import (
        AutoImageProcessor,
        AutoModel,
        CLIPConfig,
        CLIPImageProcessor,
        CLIPModel,
    )

    tokenizer = build_tokenizer(scratch)
    ends = {"bos_token_id": 0, "eos_token_id": 2, "pad_token_id": 1}
    CLIPModel(CLIPConfig(text_config=ends)).save_pretrained(scratch)
    CLIPImageProcessor().save_pretrained(scratch)
    model = AutoModel.from_pretrained(scratch).eval()
    processor = AutoImageProcessor.from_pretrained(scratch, backend="pil")
    return Clip(_checkpoint(scratch, "picture-text")), model, tokenizer, processor


def _clap(scratch: Path) -> tuple[Clap, Any, Any, Any]:
    from transformers import AutoModel, ClapConfig, ClapFeatureExtractor, ClapModel

    tokenizer = build_tokenizer(scratch)
    config = ClapConfig(audio_config=HTSAT_BASE, projection_dim=512)
    ClapModel(config).save_pretrained(scratch)
    extractor = ClapFeatureExtractor(truncation="rand_trunc")
    extractor.save_pretrained(scratch)
    model = AutoModel.from_pretrained(scratch).eval()
    return Clap(_checkpoint(scratch, "music-text")), model, tokenizer, extractor


def _checkpoint(folder: Path, role: Any) -> Checkpoint:
    """Random weights know no meaning: the self-test asks for finite numbers only."""
    card = guessed_card(folder, role)
    return Checkpoint(card.model_copy(update={"expected": Expected(most_alike=1.0)}), folder)


def _frames() -> Frames:
    return np.random.default_rng(0).integers(0, 255, (N_FRAMES, 360, 640, 3)).astype(np.uint8)


def _size(model: Any) -> int:
    return sum(parameter.numel() for parameter in model.parameters())
