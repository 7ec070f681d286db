"""Loads the parts of an encoder from a checked folder."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from v2m.devices import choose_device
from v2m.errors import BackendError, StateError, printable
from v2m.pretrained import load_pretrained


def from_folder(kind: str, folder: Path, **options: Any) -> Any:
    """Return what a class of transformers makes of a folder; models ready to answer, on a device.

    Args:
        kind: an Auto class, such as "AutoModel"; the others give empty tokenizers without a word.
        folder: the files; never a hub's name, so that what is loaded is what was checked.
        options: passed on.

    Raises:
        StateError: transformers is not installed, or torchvision does not fit torch.
        BackendError: the files are damaged, incomplete, or ask for code of their own.
    """
    if kind != "AutoModel":
        return _loaded(kind, folder, options)
    # a pickle is here only if the card knows this very file
    safe = any(folder.glob("*.safetensors"))
    model = _loaded(kind, folder, {"use_safetensors": safe, **options})
    return model.eval().to(choose_device())


def _loaded(kind: str, folder: Path, options: Mapping[str, Any]) -> Any:
    try:
        return load_pretrained(kind, folder, local_files_only=True, **options)
    except (RuntimeError, TypeError, AttributeError) as err:
        raise unusable(folder, err) from err


def unusable(folder: Path, err: BaseException) -> StateError | BackendError:
    """Return the error that says why a folder's model cannot be loaded."""
    if mismatch := torchvision_mismatch(err):
        return mismatch
    text = " ".join(str(err).split())[:300]
    return BackendError("model", f"{printable(folder)}: {text or type(err).__name__}")


def torchvision_mismatch(err: BaseException) -> StateError | None:
    """Return what to do about a torchvision that does not fit torch; None where that is not why."""
    cause: BaseException | None = err
    while cause is not None:
        if "torchvision::" in str(cause):
            return StateError(
                "the installed torchvision was built for another torch: install the pair anew "
                "(pip install --force-reinstall torch torchvision), or uninstall torchvision"
            )
        cause = cause.__cause__ or cause.__context__
    return None


def on_device(inputs: Mapping[str, Any], device: Any) -> dict[str, Any]:
    """Return a batch's tensors on a device."""
    return {name: value.to(device) for name, value in inputs.items()}
