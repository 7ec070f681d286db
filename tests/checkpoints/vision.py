"""Tiny models that look and speak, of random weights, saved as the hub would keep them."""

from pathlib import Path
from typing import Any

import torch
from transformers import (
    Blip2Config,
    Blip2ForConditionalGeneration,
    Blip2Processor,
    Blip2QFormerConfig,
    Blip2VisionConfig,
    CLIPVisionConfig,
    LlamaConfig,
    LlavaConfig,
    LlavaForConditionalGeneration,
    LlavaProcessor,
    OPTConfig,
)
from transformers.models.blip.image_processing_pil_blip import BlipImageProcessorPil
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

from tests.checkpoints.language import build_tokenizer

SIDE, PATCH = 32, 8
QUERIES = 4

CHAT = (
    "{% for m in messages %}{{ m.role }}: {% for c in m.content %}"
    "{% if c.type == 'image' %}<image>{% else %}{{ c.text }}{% endif %}{% endfor %}\n{% endfor %}"
    "{% if add_generation_prompt %}assistant:{% endif %}"
)


def build_blip2(folder: Path, *, seed: int = 0) -> Path:
    """Write a BLIP-2 over OPT, 0.1 million parameters."""
    torch.manual_seed(seed)
    tokenizer = build_tokenizer(folder, chat=None)
    pictures = BlipImageProcessorPil(size={"height": SIDE, "width": SIDE})
    processor = Blip2Processor(pictures, tokenizer, num_query_tokens=QUERIES)
    processor.save_pretrained(folder)
    small = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2}
    config = Blip2Config(
        vision_config=Blip2VisionConfig(
            **small, num_attention_heads=2, image_size=SIDE, patch_size=PATCH
        ).to_dict(),
        qformer_config=Blip2QFormerConfig(
            **small, num_attention_heads=2, encoder_hidden_size=32, vocab_size=64
        ).to_dict(),
        text_config=OPTConfig(
            vocab_size=len(processor.tokenizer),
            hidden_size=32,
            word_embed_proj_dim=32,
            ffn_dim=64,
            num_hidden_layers=2,
            num_attention_heads=2,
            max_position_embeddings=512,
            pad_token_id=0,
            bos_token_id=1,
            eos_token_id=1,
        ).to_dict(),
        num_query_tokens=QUERIES,
        image_token_index=processor.tokenizer.convert_tokens_to_ids("<image>"),
    )
    model = Blip2ForConditionalGeneration(config)
    _enliven(model)
    model.save_pretrained(folder)
    return folder


def build_chat_model(folder: Path, *, seed: int = 0, chat: str | None = CHAT) -> Path:
    """Write a LLaVA that takes any number of pictures."""
    torch.manual_seed(seed)
    tokenizer = build_tokenizer(folder, chat=None)
    tokenizer.add_special_tokens({"additional_special_tokens": ["<image>"]})
    image = tokenizer.convert_tokens_to_ids("<image>")
    pictures = CLIPImageProcessorPil(
        size={"shortest_edge": SIDE}, crop_size={"height": SIDE, "width": SIDE}
    )
    LlavaProcessor(
        pictures,
        tokenizer,
        patch_size=PATCH,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
        chat_template=chat,
    ).save_pretrained(folder)
    config = LlavaConfig(
        vision_config=CLIPVisionConfig(
            hidden_size=32,
            intermediate_size=64,
            num_hidden_layers=2,
            num_attention_heads=2,
            image_size=SIDE,
            patch_size=PATCH,
        ).to_dict(),
        text_config=LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=32,
            intermediate_size=64,
            num_hidden_layers=2,
            num_attention_heads=2,
            max_position_embeddings=1024,
            pad_token_id=0,
            bos_token_id=1,
            eos_token_id=1,
        ).to_dict(),
        image_token_index=image,
        vision_feature_layer=-1,
    )
    model = LlavaForConditionalGeneration(config)
    _enliven(model)
    model.save_pretrained(folder)
    return folder


def build_smolvlm(folder: Path, *, seed: int = 0) -> Path:
    """Write a SmolVLM, a family that sees films; its processor needs torchvision and num2words."""
    from transformers import SmolVLMConfig, SmolVLMForConditionalGeneration, SmolVLMProcessor
    from transformers.models.smolvlm.image_processing_smolvlm import SmolVLMImageProcessor
    from transformers.models.smolvlm.processing_smolvlm import DEFAULT_CHAT_TEMPLATE
    from transformers.models.smolvlm.video_processing_smolvlm import SmolVLMVideoProcessor

    torch.manual_seed(seed)
    tokenizer = build_tokenizer(folder, chat=None)
    marks = ["<image>", "<fake_token_around_image>", "<global-img>", "<end_of_utterance>"]
    tokenizer.add_special_tokens({"additional_special_tokens": [*marks, "<|im_start|>"]})
    pictures = SmolVLMImageProcessor(
        size={"longest_edge": 2 * SIDE},
        max_image_size={"longest_edge": SIDE},
        do_image_splitting=False,
    )
    films = SmolVLMVideoProcessor(size={"longest_edge": SIDE})
    SmolVLMProcessor(
        pictures, tokenizer, films, image_seq_len=1, chat_template=DEFAULT_CHAT_TEMPLATE
    ).save_pretrained(folder)
    tower: dict[str, Any] = {
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
    }
    speech: dict[str, Any] = {"vocab_size": len(tokenizer), "bos_token_id": 1, "eos_token_id": 1}
    facts: dict[str, Any] = {
        "vision_config": {**tower, "image_size": SIDE, "patch_size": SIDE // 2},
        "text_config": LlamaConfig(**tower, **speech, pad_token_id=0).to_dict(),
        "scale_factor": 2,
        "image_token_id": tokenizer.convert_tokens_to_ids("<image>"),
        "pad_token_id": 0,
    }
    config = SmolVLMConfig(**facts)
    model = SmolVLMForConditionalGeneration(config)
    _enliven(model)
    model.save_pretrained(folder)
    return folder


@torch.no_grad()
def _enliven(model: Any) -> None:
    """Make random weights care about what they see."""
    for name, weight in model.named_parameters():
        if weight.dim() > 1 and "embed_positions" not in name:
            weight.normal_(0, 0.2)
