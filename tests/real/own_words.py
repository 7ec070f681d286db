"""What both packages are asked, and the small text towers they find in place of published ones."""

from pathlib import Path
from typing import Any

import numpy as np

TEXTS = ["calm piano music", "heavy metal with guitars", "a bass drum in a hall"]


def sounds(seconds: float, rate: int) -> Any:
    """Return three sounds of a length, (3, samples)."""
    rng = np.random.default_rng(0)
    return rng.normal(0, 0.1, (3, round(seconds * rate))).astype(np.float32)


def train_tokenizer(special: list[str]) -> Any:
    """Return a byte-level tokenizer that knows the texts; special tokens come first."""
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=400, special_tokens=special, initial_alphabet=alphabet, show_progress=False
    )
    made.train_from_iterator(TEXTS, trainer)
    return made


def widened(model: Any) -> Any:
    """Return a model whose words differ more: as initialised, all texts come out nearly alike."""
    import torch

    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "wte" in name or "word_embeddings" in name:
                parameter.mul_(20)
    return model


def folder_of(argv: list[str]) -> Path:
    """Return the folder named on the command line, made."""
    folder = Path(argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    return folder
