"""Saves a checkpoint through laion-clap's own classes, and what laion-clap's own calls make of it.

Run with the Python of laion-clap's environment: ``python own_laion_clap.py FOLDER OPERATIONS``,
where OPERATIONS is the folder with our operations: they know how the package is imported.
"""

import os
import sys
from pathlib import Path

import numpy as np
import torch

from tests.real.own_words import TEXTS, folder_of, sounds, train_tokenizer, widened

TOKENIZERS = ("bert-base-uncased", "facebook/bart-base")
"""The package opens them when it is imported and does without them later."""


def main(folder: Path) -> None:
    """Write text tower, checkpoint and vectors into a folder."""
    os.chdir(folder)
    sys.path.insert(0, sys.argv[2])
    from laion_clap_ops import check, define_operators  # type: ignore[import-not-found]

    define_operators()
    for name in ("roberta-base", *TOKENIZERS):
        _text_tower(Path(name))
    torch.manual_seed(0)
    made = widened(check().CLAP_Module(enable_fusion=False, amodel="HTSAT-base", device="cpu"))
    state = made.model.state_dict()
    state["text_branch.embeddings.position_ids"] = torch.zeros(1)  # it insists on that one
    torch.save({"state_dict": {f"module.{name}": kept for name, kept in state.items()}}, "clap.pt")

    own = check().CLAP_Module(enable_fusion=False, amodel="HTSAT-base", device="cpu")
    own.load_ckpt(ckpt="clap.pt")
    heard = [*sounds(10, 48000), sounds(10, 48000)[0, : 3 * 48000 + 17]]
    np.savez(
        "own.npz",
        texts=own.get_text_embedding(TEXTS),
        sounds=np.concatenate([own.get_audio_embedding_from_data(x=[sound]) for sound in heard]),
    )


def _text_tower(folder: Path) -> None:
    """Write a small RoBERTa under a name of the hub's: the package takes no other."""
    from transformers import RobertaConfig, RobertaModel, RobertaTokenizerFast

    tokenizer = train_tokenizer(["<s>", "<pad>", "</s>", "<unk>", "<mask>"])
    RobertaTokenizerFast(tokenizer_object=tokenizer).save_pretrained(folder)
    config = RobertaConfig(vocab_size=tokenizer.get_vocab_size(), num_hidden_layers=2)
    RobertaModel(config).save_pretrained(folder)


if __name__ == "__main__":
    main(folder_of(sys.argv))
