"""Saves a checkpoint through msclap's own classes, and what msclap's own calls make of it.

Run with the Python of msclap's environment: ``python own_msclap.py FOLDER``.
"""

import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch

from tests.real.own_words import TEXTS, folder_of, sounds, train_tokenizer, widened


def main(folder: Path) -> None:
    """Write text tower, checkpoint and vectors into a folder."""
    from transformers import (
        GPT2Config,
        GPT2Model,
        GPT2TokenizerFast,  # pyright: ignore[reportAttributeAccessIssue]
    )

    tokenizer = train_tokenizer(["!", "<|endoftext|>"])
    GPT2TokenizerFast(tokenizer_object=tokenizer).save_pretrained(folder)
    torch.manual_seed(0)
    config = GPT2Config(
        vocab_size=tokenizer.get_vocab_size(), n_layer=2, n_head=4, bos_token_id=1, eos_token_id=1
    )
    GPT2Model(config).save_pretrained(folder)
    os.chdir(folder.parent)
    Path("gpt2").symlink_to(folder)  # transformers takes a folder of that name for the model
    _save(folder)


def _save(folder: Path) -> None:
    from msclap import CLAPWrapper  # pyright: ignore[reportMissingImports]
    from msclap.models.clap import CLAP  # pyright: ignore[reportMissingImports]

    text = (Path(CLAPWrapper.__file__).parent / "configs/config_2023.yml").read_text()
    facts: dict[str, Any] = CLAPWrapper.yaml.safe_load(text)
    names = (
        "audioenc_name", "window_size", "hop_size", "mel_bins", "fmin", "fmax", "out_emb",
        "text_model", "transformer_embed_dim", "d_proj",
    )  # fmt: skip
    rest = {"sample_rate": facts["sampling_rate"], "classes_num": facts["num_classes"]}
    model = widened(CLAP(**{name: facts[name] for name in names}, **rest))
    checkpoint = str(folder / "CLAP_weights_2023.pth")
    torch.save({"model": model.state_dict()}, checkpoint)

    heard = sounds(7, 44100)
    files = {str(n): torch.from_numpy(sound)[None] for n, sound in enumerate(heard)}
    files["short"] = files["0"][:, : 3 * 44100 + 17]
    CLAPWrapper.torchaudio.load = lambda name: (
        files[name],
        44100,
    )  # its reader is not part of the question
    own = CLAPWrapper.CLAPWrapper(checkpoint, "2023", use_cuda=False)
    np.savez(
        folder / "own.npz",
        texts=own.get_text_embeddings(TEXTS).numpy(),
        sounds=own.get_audio_embeddings(list(files), resample=False).numpy(),
    )
    (folder / "model.safetensors").unlink()  # we are given the checkpoint alone


if __name__ == "__main__":
    main(folder_of(sys.argv))
