"""Microsoft's CLAP as its authors' own package runs it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

PACKAGE = "msclap"
VERSION = "2023"

Arrays = dict[str, Any]
Report = Callable[[int, int], None]

_loaded: dict[str, Any] = {}


def check() -> Any:
    """Import the package."""
    from msclap import CLAPWrapper  # pyright: ignore[reportMissingImports]

    return CLAPWrapper


def load(
    params: Mapping[str, Any], _arrays: Arrays, _report: Report
) -> tuple[dict[str, Any], Arrays]:
    """Load a checkpoint and tell what it hears: Hz and seconds at once."""
    wrapper = _wrapper(params)
    size = sum(p.numel() for p in wrapper.clap.parameters())
    heard = {"sample_rate": wrapper.args.sampling_rate, "seconds": wrapper.args.duration}
    return {**heard, "parameters": size}, {}


def encode_text(
    params: Mapping[str, Any], _arrays: Arrays, _report: Report
) -> tuple[dict[str, Any], Arrays]:
    """Encode texts: float32 (n, 1024), as they come."""
    import numpy as np
    import torch

    wrapper = _wrapper(params)
    length, tokenizer = wrapper.args.text_len, wrapper.tokenizer
    end = tokenizer(" <|endoftext|>")["input_ids"]
    ids = torch.full((len(params["texts"]), length), tokenizer.pad_token_id)
    mask = torch.zeros_like(ids)
    for row, text in enumerate(params["texts"]):
        # the package cannot take a text that is longer; here it is cut, and ends as the others do
        tokens = [*tokenizer(text)["input_ids"][: length - len(end)], *end]
        ids[row, : len(tokens)] = torch.tensor(tokens)
        mask[row, : len(tokens)] = 1
    given = {"input_ids": ids.to(_device(wrapper)), "attention_mask": mask.to(_device(wrapper))}
    rows = wrapper._get_text_embeddings(given)
    return {"tokens": mask.sum(1).tolist()}, {"vectors": rows.cpu().numpy().astype(np.float32)}


def encode_audio(
    params: Mapping[str, Any], arrays: Arrays, report: Report
) -> tuple[dict[str, Any], Arrays]:
    """Encode sounds of at most seven seconds at 44.1 kHz, (n, samples): float32 (n, 1024)."""
    import numpy as np
    import torch

    wrapper, sounds = _wrapper(params), arrays["sounds"]
    samples = wrapper.args.duration * wrapper.args.sampling_rate
    # a shorter one is repeated, as the package does with files
    filled = np.stack([np.resize(sound, samples) for sound in sounds]).astype(np.float32)
    rows = wrapper._get_audio_embeddings(torch.from_numpy(filled)[:, None].to(_device(wrapper)))
    report(len(sounds), len(sounds))
    return {}, {"vectors": rows.cpu().numpy().astype(np.float32)}


def _wrapper(params: Mapping[str, Any]) -> Any:
    key = f"{params['checkpoint']} {params['device']}"
    if key not in _loaded:
        package = check()
        with _text_tower_of(package, params["text"]):
            made = package.CLAPWrapper(
                params["checkpoint"], VERSION, use_cuda=params["device"] == "cuda"
            )
        _check_complete(made.clap, params["checkpoint"])
        _loaded.clear()
        _loaded[key] = made
    return _loaded[key]


@contextmanager
def _text_tower_of(package: Any, folder: str) -> Iterator[None]:
    """Build GPT-2 from a folder: the package would fetch it, with weights it then replaces."""
    from msclap.models import clap  # pyright: ignore[reportMissingImports]
    from transformers import AutoConfig, AutoModel, AutoTokenizer

    class Model:
        @staticmethod
        def from_pretrained(_name: str) -> Any:
            return AutoModel.from_config(AutoConfig.from_pretrained(folder))

    class Tokenizer:
        @staticmethod
        def from_pretrained(_name: str) -> Any:
            return AutoTokenizer.from_pretrained(folder)

    before = clap.AutoModel, package.AutoTokenizer
    clap.AutoModel, package.AutoTokenizer = Model, Tokenizer
    try:
        yield
    finally:
        clap.AutoModel, package.AutoTokenizer = before


def _check_complete(model: Any, checkpoint: str) -> None:
    """Refuse a checkpoint that leaves weights unset: the package takes any without a word."""
    import torch

    held = torch.load(checkpoint, map_location="cpu", weights_only=True)["model"]
    missing = [name for name, _ in model.named_parameters() if name not in held]
    if missing:
        raise ValueError(f"{checkpoint} lacks {len(missing)} weights, {missing[0]} first")


def _device(wrapper: Any) -> Any:
    return next(wrapper.clap.parameters()).device


OPERATIONS = {"load": load, "encode_text": encode_text, "encode_audio": encode_audio}
