"""Tiny picture-text and music-text models of random weights, saved as the hub would keep them."""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import (
    ClapConfig,
    ClapFeatureExtractor,
    ClapModel,
    CLIPConfig,
    CLIPImageProcessor,
    CLIPModel,
    PreTrainedTokenizerFast,
    SiglipConfig,
    SiglipImageProcessor,
    SiglipModel,
)

from v2m.encoders.selftest import NEARER, TEXTS

DIM = 32
SIDE = 32
CLAP_RATE = 48000

OPEN_CLIP = {
    "model_cfg": {
        "embed_dim": DIM,
        "vision_cfg": {
            "image_size": SIDE,
            "layers": 2,
            "width": 32,
            "head_width": 16,
            "patch_size": 16,
        },
        "text_cfg": {
            "context_length": 77,
            "vocab_size": 49408,
            "width": 16,
            "heads": 2,
            "layers": 2,
        },
    },
    "preprocess_cfg": {
        "mean": [0.48145466, 0.4578275, 0.40821073],
        "std": [0.26862954, 0.26130258, 0.27577711],
    },
}


def build_clip(folder: Path, *, seed: int = 0) -> Path:
    """Write a CLIP of transformers."""
    torch.manual_seed(seed)
    tokenizer = build_tokenizer(folder)
    ends = {"bos_token_id": 0, "eos_token_id": 2, "pad_token_id": 1}
    text = {**_tower(), **ends, "vocab_size": len(tokenizer), "max_position_embeddings": 77}
    vision = {**_tower(), "image_size": SIDE, "patch_size": 16}
    model = CLIPModel(CLIPConfig(text_config=text, vision_config=vision, projection_dim=DIM))
    _spread(model)
    model.save_pretrained(folder)
    CLIPImageProcessor(size={"shortest_edge": SIDE}, crop_size=SIDE).save_pretrained(folder)
    return folder


def build_siglip(folder: Path, *, seed: int = 0) -> Path:
    """Write a SigLIP of transformers."""
    torch.manual_seed(seed)
    tokenizer = build_tokenizer(folder)
    text = {**_tower(), "vocab_size": len(tokenizer), "max_position_embeddings": 64}
    vision = {**_tower(), "image_size": SIDE, "patch_size": 16}
    model = SiglipModel(SiglipConfig(text_config=text, vision_config=vision))
    _spread(model)
    model.save_pretrained(folder)
    SiglipImageProcessor(size={"height": SIDE, "width": SIDE}).save_pretrained(folder)
    return folder


def build_open_clip(folder: Path, *, seed: int = 0) -> Path:
    """Write a model of open_clip; its tokenizer ships with the package."""
    import open_clip

    torch.manual_seed(seed)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "open_clip_config.json").write_text(json.dumps(OPEN_CLIP), encoding="utf-8")
    open_clip.add_model_config(_named_config(folder))
    model = open_clip.create_model("v2m-tiny")
    _spread(model)
    state = {name: value.contiguous() for name, value in model.state_dict().items()}
    save_file(state, folder / "open_clip_model.safetensors")
    return folder


def build_clap(folder: Path, *, seed: int = 0, rate: int = CLAP_RATE) -> Path:
    """Write a CLAP of transformers, 130 thousand parameters."""
    torch.manual_seed(seed)
    tokenizer = build_tokenizer(folder)
    text = {**_tower(), "vocab_size": len(tokenizer), "max_position_embeddings": 130}
    audio = {
        "patch_embeds_hidden_size": 8,
        "hidden_size": 64,
        "depths": [1, 1, 1, 1],
        "num_attention_heads": [1, 1, 2, 2],
        "projection_dim": DIM,
    }
    text_config = {**text, "projection_dim": DIM}
    config = ClapConfig(text_config=text_config, audio_config=audio, projection_dim=DIM)
    model = ClapModel(config)
    _spread(model)
    model.save_pretrained(folder)
    ClapFeatureExtractor(sampling_rate=rate, truncation="rand_trunc").save_pretrained(folder)
    return folder


def build_tokenizer(folder: Path) -> PreTrainedTokenizerFast:
    """Write a word-piece tokenizer that was trained on a few dozen sentences."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    trainer = trainers.BpeTrainer(
        vocab_size=600,
        special_tokens=special,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([*TEXTS, *(text for row in NEARER for text in row)], trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<s>",
        eos_token="</s>",
        pad_token="<pad>",
        unk_token="<unk>",
        model_max_length=77,
    )
    fast.save_pretrained(folder)
    return fast


def _named_config(folder: Path) -> Path:
    path = folder.parent / "v2m-tiny.json"
    path.write_text(json.dumps(OPEN_CLIP["model_cfg"]), encoding="utf-8")
    return path


def _tower() -> dict[str, Any]:
    return {
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
    }


def _spread(model: torch.nn.Module) -> None:
    """Widen the weights of the text side: as initialised, all texts come out nearly alike."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "embedding" in name and parameter.ndim == 2:
                parameter.mul_(20)
            elif "text" in name and parameter.ndim == 2 and "projection" not in name:
                parameter.mul_(4)
