"""Where models run, and in which precision; and how many processors there are."""

import os
from typing import TYPE_CHECKING

from v2m.errors import ConfigError

if TYPE_CHECKING:
    import torch

DEVICES = ("auto", "cpu", "cuda", "mps")

NO_MEMORY = ("out of memory", "can't allocate memory", "not enough memory")
"""How allocators say that memory is short, where they raise nothing of their own."""


def usable_processors() -> int:
    """Return how many processors this process may use, at least one."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def choose_device(name: str = "auto") -> "torch.device":
    """Return the device of a name; "auto" takes CUDA, else Apple's MPS, else the processor.

    Raises:
        ConfigError: there is no such device here.
    """
    import torch

    cuda, mps = torch.cuda.is_available(), torch.backends.mps.is_available()
    here = {"cpu": True, "cuda": cuda, "mps": mps}
    if name == "auto":
        return torch.device("cuda" if cuda else "mps" if mps else "cpu")
    if not here.get(name.partition(":")[0], False):
        raise ConfigError(
            "device", name, ["auto", *(kind for kind, there in here.items() if there)]
        )
    return torch.device(name)


def choose_dtype(device: "torch.device") -> "torch.dtype":
    """Return the precision of weights: bfloat16 where a card has it, else half; single on CPU."""
    import torch

    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    return torch.float16 if device.type == "mps" else torch.float32


def is_out_of_memory(err: BaseException) -> bool:
    """Tell whether an error says that memory is short, on any device."""
    import torch

    if isinstance(err, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(err, RuntimeError) and any(words in str(err) for words in NO_MEMORY)


def free_memory() -> None:
    """Give unused memory of accelerators back."""
    import gc

    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    if torch.backends.mps.is_available():
        torch.mps.empty_cache()
