"""Rows of ``benchmarks/models.py`` for models that speak and compose, our way and upstream's."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import (
    Blip2Config,
    Blip2ForConditionalGeneration,
    Blip2Processor,
    EncodecConfig,
    MusicgenConfig,
    MusicgenDecoderConfig,
    MusicgenForConditionalGeneration,
    OPTConfig,
    T5Config,
)
from transformers.models.blip.image_processing_pil_blip import BlipImageProcessorPil

from benchmarks.models import Contest
from generator.musicgen.composer import MusicGen
from tests.checkpoints.language import build_tokenizer
from tests.checkpoints.musicgen import build_t5_tokenizer
from v2m.models.checkpoint import find_checkpoint
from v2m.pretrained import quiet
from v2m.types import Frames, TakeRequest
from v2m.video.questions import QUESTIONS
from v2m.video.seeing import ANSWER_TOKENS, CAPTION_TOKENS, BlipSeer, plain

PIECES = (
    "calm piano", "tense strings", "happy folk tune", "slow ambient pads", "a marching band",
    "deep electronic bass", "a choir far away", "fast banjo",
)  # fmt: skip
SECONDS = 1.0
FRAMES_PER_SECOND = 50
CODES = 2048

FRAMES_ASKED = 3
QUERIES, SIDE = 32, 224
VOCABULARY = 50304
OPEN = next(question for question in QUESTIONS if not question.choices)


def musicgen_small(scratch: Path) -> Contest:
    """Seconds of music by MusicGen small: four scenes in one batch, and one after the other."""
    return _musicgen_small(scratch, PIECES[:4])


def musicgen_small_of_eight(scratch: Path) -> Contest:
    """The same with eight scenes."""
    return _musicgen_small(scratch, PIECES)


def _musicgen_small(scratch: Path, pieces: Sequence[str]) -> Contest:
    made = MusicgenForConditionalGeneration(_musicgen_config())
    for facts in (made.generation_config, made.decoder.generation_config):
        facts.decoder_start_token_id = facts.pad_token_id = facts.bos_token_id = CODES
    made.save_pretrained(scratch)
    build_t5_tokenizer(scratch)
    size = sum(parameter.numel() for parameter in made.parameters())
    del made
    composer = MusicGen(
        find_checkpoint("composer", str(scratch)), batch=len(pieces), most_retakes=0
    )
    requests = [TakeRequest(words, SECONDS, seed) for seed, words in enumerate(pieces)]
    # one copy of the weights serves both, or memory would be that of two
    model, tokenizer = composer._model, composer._tokenizer

    def ours() -> Any:
        return np.concatenate([take.audio.samples for take in composer.compose_all(requests)])

    def one(seed: int, words: str) -> Any:
        torch.manual_seed(seed)
        with torch.inference_mode(), quiet():
            sound = model.generate(
                **tokenizer([words], return_tensors="pt"),
                do_sample=True,
                guidance_scale=3.0,
                top_k=250,
                max_new_tokens=round(SECONDS * FRAMES_PER_SECOND) + 3,
            )[0].numpy()
        return sound / max(1.0, float(np.abs(sound).max()))

    def loop() -> Any:
        return np.concatenate([one(seed, words) for seed, words in enumerate(pieces)])

    return Contest(len(pieces) * SECONDS, ours, loop, size)


def _musicgen_config() -> MusicgenConfig:
    """Return the sizes of facebook/musicgen-small."""
    return MusicgenConfig(
        text_encoder=T5Config(d_model=768, d_ff=3072, num_layers=12, num_heads=12).to_dict(),
        audio_encoder=EncodecConfig(
            sampling_rate=32000,
            upsampling_ratios=[8, 5, 4, 4],
            codebook_size=CODES,
            codebook_dim=128,
            target_bandwidths=[2.2],
            num_filters=64,
            use_causal_conv=False,
        ).to_dict(),
        decoder=MusicgenDecoderConfig(pad_token_id=CODES, bos_token_id=CODES).to_dict(),
    )


def blip2(scratch: Path) -> Contest:
    """Frames that BLIP-2 captions and is asked about: three at once, and one after the other."""
    return _blip2(scratch, 1)


def blip2_quarter(scratch: Path) -> Contest:
    """The same with every fourth layer: all of them take 15 GB."""
    return _blip2(scratch, 4)


def _blip2(scratch: Path, thinned: int) -> Contest:
    size = _write_blip2(scratch, thinned)
    seer = BlipSeer(find_checkpoint("describer", str(scratch)))
    model, processor = seer.model, seer.processor
    seen: dict[str, Iterator[Frames]] = {"ours": _films(), "loop": _films()}
    asked = f"Question: {OPEN.words} Answer:"

    def ours() -> Any:
        frames = next(seen["ours"])  # new ones each time: it remembers what it saw last
        return _letters([*seer.captions(frames), *seer.answer(frames, OPEN)])

    def said(frame: Any, words: dict[str, str], most: int) -> str:
        with torch.inference_mode(), quiet():
            inputs = processor(images=frame, return_tensors="pt", **words)
            made = model.generate(**inputs, max_new_tokens=most, do_sample=False)
        start = inputs["input_ids"].shape[1] if "input_ids" in inputs else 0
        return plain(processor.batch_decode(made[:, start:], skip_special_tokens=True)[0])

    def loop() -> Any:
        frames = next(seen["loop"])
        captions = [said(frame, {}, CAPTION_TOKENS) for frame in frames]
        return _letters([*captions, *(said(f, {"text": asked}, ANSWER_TOKENS) for f in frames)])

    return Contest(FRAMES_ASKED, ours, loop, size)


def _write_blip2(folder: Path, thinned: int) -> int:
    """Save a BLIP-2 of the widths of Salesforce/blip2-opt-2.7b and return its parameters."""
    tokenizer = build_tokenizer(folder, chat=None)
    tokenizer.add_tokens([f" w{n}" for n in range(VOCABULARY - len(tokenizer) - 1)])
    pictures = BlipImageProcessorPil(size={"height": SIDE, "width": SIDE})
    processor = Blip2Processor(pictures, tokenizer, num_query_tokens=QUERIES)
    processor.save_pretrained(folder)
    config = Blip2Config(
        vision_config={"num_hidden_layers": 39 // thinned, "initializer_range": 0.02},
        text_config=OPTConfig(
            vocab_size=VOCABULARY,
            hidden_size=2560,
            word_embed_proj_dim=2560,
            ffn_dim=10240,
            num_hidden_layers=32 // thinned,
            num_attention_heads=32,
            pad_token_id=0,
            bos_token_id=1,
            eos_token_id=1,
        ).to_dict(),
        num_query_tokens=QUERIES,
        image_token_index=processor.tokenizer.convert_tokens_to_ids("<image>"),
    )
    made = Blip2ForConditionalGeneration(config)
    made.save_pretrained(folder)
    return sum(parameter.numel() for parameter in made.parameters())


def _films() -> Iterator[Frames]:
    rng = np.random.default_rng(0)
    while True:
        yield rng.integers(0, 255, (FRAMES_ASKED, 360, 640, 3)).astype(np.uint8)


def _letters(texts: list[str]) -> Any:
    """Return texts as numbers, so that one letter that differs shows."""
    rows = np.zeros((len(texts), 2000), np.float32)
    for row, text in zip(rows, texts, strict=True):
        row[: len(text)] = [ord(letter) for letter in text]
    return rows
