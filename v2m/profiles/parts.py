"""Which class runs which kind of model; naming one imports nothing."""

from importlib import import_module
from typing import Any

from v2m.errors import ConfigError
from v2m.models.checkpoint import Checkpoint

LOADERS: dict[str, str] = {
    "open_clip": "v2m.encoders.open_clip:OpenClip",
    "clip": "v2m.encoders.clip:Clip",
    "clap": "v2m.encoders.clap:Clap",
    "laion_clap": "v2m.encoders.laion_clap:LaionClap",
    "msclap": "v2m.encoders.msclap:MsClap",
    "causal-lm": "generator.local_writer:LocalWriter",
    "image-text-to-text": "v2m.video.vision_language:VisionLanguageDescriber",
    "musicgen": "generator.musicgen.composer:MusicGen",
}
"""By a card's ``loader``: a class that takes the checkpoint and loads it when first used."""


def make_part(checkpoint: Checkpoint, *more: Any) -> Any:
    """Return what runs a checkpoint; its weights are loaded when first used.

    Args:
        checkpoint: the model.
        more: handed on to the class, such as a prompt writer's style or a frame encoder.

    Raises:
        ConfigError: no class of ours runs such a model.
    """
    if checkpoint.card.loader not in LOADERS:
        raise ConfigError("loader of a model", checkpoint.card.loader, sorted(LOADERS))
    module, _, kind = LOADERS[checkpoint.card.loader].partition(":")
    return getattr(import_module(module), kind)(checkpoint, *more)
