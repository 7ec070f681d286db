"""MusicGen as AudioCraft runs it."""

from collections.abc import Callable, Mapping
from math import ceil
from typing import Any

PACKAGE = "audiocraft"

Arrays = dict[str, Any]
Report = Callable[[int, int], None]

_loaded: dict[tuple[str, str], Any] = {}


def check() -> Any:
    """Import the package."""
    import audiocraft  # pyright: ignore[reportMissingImports]

    return audiocraft


def load(
    params: Mapping[str, Any], _arrays: Arrays, _report: Report
) -> tuple[dict[str, Any], Arrays]:
    """Load a model by name or folder and say what it is."""
    model = _model(params)
    facts = {
        "sample_rate": int(model.sample_rate),
        "channels": int(model.audio_channels),
        "frame_rate": float(model.frame_rate),
        "hears_melody": "self_wav" in model.lm.condition_provider.conditioners,
    }
    return facts, {}


def compose(
    params: Mapping[str, Any], arrays: Arrays, report: Report
) -> tuple[dict[str, Any], Arrays]:
    """Make one piece; a seed gives the same samples whatever was made before."""
    import numpy as np
    import torch

    model = _model(params)
    n_samples = round(params["seconds"] * model.sample_rate)
    frames = ceil(n_samples * model.frame_rate / model.sample_rate)
    seconds = (frames + 0.5) / model.frame_rate  # AudioCraft rounds down to whole frames
    model.set_generation_params(
        use_sampling=True,
        top_k=params["top_k"],
        temperature=params["temperature"],
        cfg_coef=params["guidance"],
        duration=seconds,
        extend_stride=params["stride_seconds"],
    )
    model.set_custom_progress_callback(report)
    torch.manual_seed(params["seed"])
    if "melody" in arrays:
        melody = torch.from_numpy(np.ascontiguousarray(arrays["melody"]))[None]
        made = model.generate_with_chroma(
            [params["prompt"]], melody, params["melody_rate"], progress=True
        )
    else:
        made = model.generate([params["prompt"]], progress=True)
    samples = made[0].float().cpu().numpy()[:, :n_samples]
    return {"sample_rate": int(model.sample_rate)}, {"audio": samples.astype(np.float32)}


def _model(params: Mapping[str, Any]) -> Any:
    key = params["model"], params["device"]
    if key not in _loaded:
        import torch
        from audiocraft.models import MusicGen  # pyright: ignore[reportMissingImports]

        _loaded.clear()
        torch.manual_seed(0)  # the model "debug" draws its weights
        _loaded[key] = MusicGen.get_pretrained(params["model"], device=params["device"])
    return _loaded[key]


OPERATIONS = {"load": load, "compose": compose}
