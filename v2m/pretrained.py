"""Loads what transformers saved, from a folder or by hub name, without running code out of it."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from v2m.errors import BackendError, StateError, printable


def load_pretrained(
    kind: str, source: str | Path, revision: str | None = None, **options: Any
) -> Any:
    """Load a model, tokenizer or processor.

    Code out of a model's repository is never run, and weights come from safetensors.

    Args:
        kind: an Auto class of transformers, such as "AutoTokenizer".
        source: a folder, or a name on the hub.
        revision: the commit on the hub; None for the newest, and for a folder.
        options: handed on.

    Raises:
        StateError: transformers is not installed.
        BackendError: it is not there or cannot be loaded.
    """
    try:
        import transformers
        from safetensors import SafetensorError
    except ImportError as err:
        raise StateError(
            "this model needs transformers: pip install 'v2m[full]' ('.[full]' in a checkout)"
        ) from err
    if kind.startswith("AutoModel"):
        options = {"use_safetensors": True, **options}
    try:
        with quiet():
            return getattr(transformers, kind).from_pretrained(
                source, revision=revision or "main", trust_remote_code=False, **options
            )
    except (OSError, ValueError, KeyError, ImportError, SafetensorError) as err:
        reason = " ".join(str(err).split())[:300]
        raise BackendError("model", f"cannot load {printable(source)}: {reason}") from err


@contextmanager
def quiet() -> Iterator[None]:
    """Keep transformers' bars and remarks away from the user's terminal."""
    from transformers.utils import logging as speech

    verbosity, bars = speech.get_verbosity(), speech.is_progress_bar_enabled()
    speech.set_verbosity(logging.ERROR)
    speech.disable_progress_bar()
    try:
        yield
    finally:
        speech.set_verbosity(verbosity)
        if bars:
            speech.enable_progress_bar()
