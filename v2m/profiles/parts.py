"""Which class runs which kind of model; naming one imports nothing."""

from importlib import import_module
from typing import Any

from v2m.models.checkpoint import Checkpoint

LOADERS: dict[str, str] = {
    "open_clip": "v2m.encoders.open_clip:OpenClip",
    "clip": "v2m.encoders.clip:Clip",
    "clap": "v2m.encoders.clap:Clap",
}
"""By a card's ``loader``: a class that takes the checkpoint and loads it when first used."""


def make_part(checkpoint: Checkpoint) -> Any:
    """Return what runs a checkpoint; its weights are loaded when first used."""
    module, _, kind = LOADERS[checkpoint.card.loader].partition(":")
    return getattr(import_module(module), kind)(checkpoint)
