"""Tiny MusicGen models of random weights, saved as the hub would keep them."""

from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import (
    EncodecConfig,
    EncodecFeatureExtractor,
    MusicgenConfig,
    MusicgenDecoderConfig,
    MusicgenForConditionalGeneration,
    MusicgenMelodyConfig,
    MusicgenMelodyDecoderConfig,
    MusicgenMelodyForConditionalGeneration,
    PreTrainedTokenizerFast,
    T5Config,
    T5TokenizerFast,
)

RATE = 32000
"""Hz, as EnCodec of MusicGen."""

FRAMES_PER_SECOND = 10
CODES = 64
"""Entries of a codebook; the token after the last one pads."""

CARD = """\
role = "composer"
loader = "musicgen"
licence = "CC-BY-NC-4.0"
output = "read like the weights: not for commercial use"
commercial_ok = false
sample_rate = 32000
"""
"""What the folder says about its weights."""

LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789,.-'"


def build_musicgen(folder: Path, *, seed: int = 0, channels: int = 1) -> Path:
    """Write a MusicGen of 0.7 million parameters; at 2 channels its codebooks come in pairs."""
    torch.manual_seed(seed)
    decoder = MusicgenDecoderConfig(**_decoder(channels))
    config = MusicgenConfig(
        text_encoder=_text_config().to_dict(),
        audio_encoder=_codec_config().to_dict(),
        decoder=decoder.to_dict(),
    )
    return _saved(MusicgenForConditionalGeneration(config), folder)


def build_musicgen_melody(folder: Path, *, seed: int = 0) -> Path:
    """Write a MusicGen that takes a melody as chroma."""
    torch.manual_seed(seed)
    decoder = MusicgenMelodyDecoderConfig(**_decoder(1))
    config = MusicgenMelodyConfig(
        text_encoder=_text_config().to_dict(),
        audio_encoder=_codec_config().to_dict(),
        decoder=decoder.to_dict(),
    )
    return _saved(MusicgenMelodyForConditionalGeneration(config), folder)


def build_t5_tokenizer(folder: Path) -> T5TokenizerFast:
    """Write a tokenizer that knows letters, in T5's own format."""
    pieces = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", -20.0), ("▁", -2.0)]
    pieces += [(letter, -3.0) for letter in LETTERS]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=2, byte_fallback=False))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A </s>", special_tokens=[("</s>", 1)]
    )
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", eos_token="</s>", unk_token="<unk>"
    ).save_pretrained(folder)
    tokenizer_t5 = T5TokenizerFast.from_pretrained(folder)
    tokenizer_t5.save_pretrained(folder)
    return tokenizer_t5


def _text_config() -> T5Config:
    return T5Config(
        vocab_size=len(LETTERS) + 4, d_model=32, d_kv=16, d_ff=64, num_layers=2, num_heads=2
    )


def _codec_config() -> EncodecConfig:
    return EncodecConfig(
        sampling_rate=RATE,
        upsampling_ratios=[8, 8, 10, 5],  # 10 frames a second; the real one has 50
        codebook_size=CODES,
        codebook_dim=32,
        hidden_size=32,
        num_filters=4,
        target_bandwidths=[0.24],  # four codebooks of 64 entries
        normalize=False,
        use_causal_conv=False,
    )


def _decoder(channels: int) -> dict[str, Any]:
    return {
        "vocab_size": CODES,
        "num_codebooks": 4 * channels,
        "audio_channels": channels,
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "ffn_dim": 64,
        "pad_token_id": CODES,
        "bos_token_id": CODES,
        "max_position_embeddings": 2048,
    }


def _saved(model: Any, folder: Path) -> Path:
    with torch.no_grad():
        _enliven(model)
    for config in (model.generation_config, model.decoder.generation_config):
        config.decoder_start_token_id = config.pad_token_id = config.bos_token_id = CODES
        config.do_sample, config.guidance_scale = True, 3.0
        config.max_length = 1503
    model.save_pretrained(folder)
    build_t5_tokenizer(folder)
    EncodecFeatureExtractor(
        feature_size=1, sampling_rate=RATE, padding_side="left", padding_value=0.0
    ).save_pretrained(folder)
    (folder / "v2m-card.toml").write_text(CARD, encoding="utf-8")
    return folder


def _enliven(model: Any) -> None:
    """Make random weights heard: a codec of random weights whispers, a random head says nothing."""
    for name, weight in model.named_parameters():
        if "lm_heads" in name or "shared" in name:
            weight.normal_(0, 1)
        elif "proj.weight" in name and not name.startswith("audio_encoder"):
            weight.normal_(0, 0.3)
    for buffer_name, buffer in model.named_buffers():
        if buffer_name.endswith("codebook.embed"):
            buffer.normal_(0, 1)
