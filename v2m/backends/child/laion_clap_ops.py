"""CLAP as its authors' own package runs it."""

import sys
from collections.abc import Callable, Mapping
from typing import Any

PACKAGE = "laion_clap"

Arrays = dict[str, Any]
Report = Callable[[int, int], None]

_loaded: dict[tuple[str, str, bool], Any] = {}
_kept: list[Any] = []


def check() -> Any:
    """Import the package, which reads the command line."""
    define_operators()
    given, sys.argv = sys.argv, sys.argv[:1]
    try:
        import laion_clap  # pyright: ignore[reportMissingImports]
    finally:
        sys.argv = given
    return laion_clap


def define_operators() -> None:
    """Let torchvision be imported where it does not fit torch.

    PyPI's torchvision is built for CUDA; beside a CPU build of torch its compiled part does not
    load, and two operators of detection are missing that CLAP never calls.
    """
    import torch

    if torch.__version__.endswith("+cpu") and "torchvision" not in sys.modules:
        library: Any = torch.library.Library("torchvision", "DEF")  # type: ignore[no-untyped-call]
        for operator in ("nms", "qnms"):
            library.define(f"{operator}(Tensor a, Tensor b, float c) -> Tensor")
        _kept.append(library)


def load(
    params: Mapping[str, Any], _arrays: Arrays, _report: Report
) -> tuple[dict[str, Any], Arrays]:
    """Load a checkpoint and tell what it hears; "" constructs the network, untrained."""
    model = _model(params)
    size = sum(p.numel() for p in model.parameters())
    return {"sample_rate": 48000, "seconds": 10, "parameters": size}, {}


def encode_text(
    params: Mapping[str, Any], _arrays: Arrays, _report: Report
) -> tuple[dict[str, Any], Arrays]:
    """Encode texts: float32 (n, 512), unit rows."""
    import numpy as np

    texts = list(params["texts"])
    # the package treats a single text otherwise than several
    rows = _model(params).get_text_embedding([*texts, ""], use_tensor=False)[: len(texts)]
    return {}, {"vectors": np.asarray(rows, np.float32)}


def encode_audio(
    params: Mapping[str, Any], arrays: Arrays, report: Report
) -> tuple[dict[str, Any], Arrays]:
    """Encode sounds of at most ten seconds at 48 kHz, (n, samples): float32 (n, 512), unit rows."""
    import numpy as np

    model, rows = _model(params), []
    for number, sound in enumerate(arrays["sounds"], 1):
        rows.append(model.get_audio_embedding_from_data(x=[sound]))
        report(number, len(arrays["sounds"]))
    return {}, {"vectors": np.concatenate(rows).astype(np.float32)}


def _model(params: Mapping[str, Any]) -> Any:
    key = params["checkpoint"], params["amodel"], params["fusion"]
    if key not in _loaded:
        import torch

        laion_clap = check()
        torch.manual_seed(0)
        model = laion_clap.CLAP_Module(
            enable_fusion=params["fusion"], amodel=params["amodel"], device=params["device"]
        )
        if params["checkpoint"]:
            model.load_ckpt(ckpt=params["checkpoint"])
        _loaded.clear()
        _loaded[key] = model.eval()
    return _loaded[key]


OPERATIONS = {"load": load, "encode_text": encode_text, "encode_audio": encode_audio}
