"""Files of models from the Hugging Face hub: fetched into its own cache, checked before loading."""

import hashlib
import json
import os
import sys
from importlib.util import find_spec
from pathlib import Path

from v2m.errors import BackendError, StateError, printable
from v2m.files import replacing
from v2m.models.cards import ModelCard, Role
from v2m.wheels import cache_folder

CONFIGS = ("config.json", "open_clip_config.json", "model_index.json")
"""A folder with a model holds one of these."""

PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl")
WEIGHTS = (".safetensors", *PICKLES)

PREFER_PICKLES = frozenset({"open_clip"})
"""Loaders that take a pickle even where a safetensors file lies beside it."""

ONE_FILE = frozenset({"laion_clap", "msclap"})
"""Loaders that are handed the file their card names; a repository may hold several checkpoints."""


def bare_card(role: Role, hub_id: str, loader: str) -> ModelCard:
    """Return a card that claims nothing but where the model lies."""
    return ModelCard(
        name=hub_id,
        role=role,
        loader=loader,
        hub_id=hub_id,
        licence="unknown",
        licence_url=f"https://huggingface.co/{hub_id}",
        output="unknown: read the licence on the model's page",
        commercial_ok=False,
    )


def is_offline() -> bool:
    """Tell whether nothing may be fetched: ``V2M_OFFLINE`` or ``HF_HUB_OFFLINE`` is set."""
    return any(
        os.environ.get(name, "0") not in ("", "0") for name in ("V2M_OFFLINE", "HF_HUB_OFFLINE")
    )


def snapshot(card: ModelCard, *, fetch: bool, shown: bool = True) -> Path:
    """Return the folder of a model's files in the hub's cache.

    What was fetched before is not fetched again; a broken download goes on where it stopped.

    Args:
        card: the model.
        fetch: fetch what is not here; otherwise, and offline, only look.
        shown: show progress on standard error.

    Raises:
        BackendError: the files are not here, and may not or cannot be fetched.
    """
    _check_installed()
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    revision = card.revision or None
    try:
        here = Path(
            snapshot_download(
                card.hub_id,
                revision=revision,
                allow_patterns=list(card.files),
                local_files_only=True,
            )
        )
        if is_complete(here, card):
            return here
    except LocalEntryNotFoundError:
        pass  # it is fetched below, or refused with the command that fetches it
    if not fetch or is_offline():
        raise BackendError(
            "model",
            f"{card.name} is not here; connect and run 'v2m models pull {card.name}', "
            "or give a folder that holds it",
        )
    return _fetched(card, revision, shown)


def is_complete(folder: Path, card: ModelCard) -> bool:
    """Tell whether a configuration and all weights it speaks of are in a folder.

    A card that names its files one by one needs just those.
    """
    if not any("*" in name for name in card.files):
        return all((folder / name).is_file() for name in card.files)
    for index in folder.glob("*.index.json"):
        shards = set(json.loads(index.read_text(encoding="utf-8")).get("weight_map", {}).values())
        if not all((folder / shard).is_file() for shard in shards):
            return False
    return any((folder / name).is_file() for name in CONFIGS) and any(weights(folder, card))


def check_weights(folder: Path, card: ModelCard) -> None:
    """Refuse weights that could run code: pickles, unless the card knows this very file.

    Raises:
        BackendError: no weights are there, or a pickle that the loader would take is not the one
            the card knows.
    """
    found = weights(folder, card)
    if not found:
        raise BackendError("model", f"{card.name}: no weights in {printable(folder)}")
    pickles = [path for path in found if path.suffix != ".safetensors"]
    if len(pickles) < len(found) and card.loader not in PREFER_PICKLES:
        return
    for path in pickles:
        if _digest(path) != card.pickles.get(path.name):
            raise BackendError(
                "model",
                f"{card.name}: {printable(path)} is a pickle, which can run code when it is "
                "loaded, and not one v2m knows; convert it to safetensors (save_pretrained does)",
            )


def weights(folder: Path, card: ModelCard) -> list[Path]:
    """Return the files with weights that a card's loader may take out of a folder."""
    found = sorted(p for p in folder.iterdir() if p.suffix in WEIGHTS and p.is_file())
    if card.loader not in ONE_FILE:
        return found
    return [path for path in found if path.name in card.files] or found


def one_file(folder: Path, card: ModelCard) -> Path:
    """Return the file with the weights, for a package that is handed a file.

    Raises:
        BackendError: there are several.
    """
    found = weights(folder, card)
    if len(found) != 1:
        raise BackendError("model", f"{printable(folder)}: holds {len(found)} checkpoints, not one")
    return found[0]


def _fetched(card: ModelCard, revision: str | None, shown: bool) -> Path:
    """Fetch through the hub's own client: it keeps what it has and goes on after a break."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError
    from huggingface_hub.utils.tqdm import disable_progress_bars, enable_progress_bars

    if shown:
        size = f" ({card.megabytes} MB)" if card.megabytes else ""
        print(f"fetching {card.name}{size} from {card.hub_id}, once", file=sys.stderr)  # noqa: T201
    (enable_progress_bars if shown and sys.stderr.isatty() else disable_progress_bars)()
    try:
        path = Path(
            snapshot_download(card.hub_id, revision=revision, allow_patterns=list(card.files))
        )
    except (HfHubHTTPError, OSError, ValueError) as err:
        first = str(err).strip().splitlines()[0] if str(err).strip() else type(err).__name__
        raise BackendError(
            "model",
            f"cannot fetch {card.name} from {card.hub_id} ({first}); "
            f"run 'v2m models pull {card.name}' again, it goes on where it stopped",
        ) from err
    if not is_complete(path, card):
        raise BackendError("model", f"{card.hub_id} holds no weights v2m can load")
    return path


def _digest(path: Path) -> str:
    """Return a file's SHA-256; it is remembered as long as the file stays as it is."""
    state = path.stat()
    key = f"{path.resolve()} {state.st_size} {state.st_mtime_ns}"
    kept = cache_folder() / f"sha256-{hashlib.sha256(key.encode()).hexdigest()[:20]}.txt"
    if kept.is_file():
        return kept.read_text(encoding="ascii")
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if cache_folder().is_dir():
        with replacing(kept) as temporary:
            temporary.write_text(digest, encoding="ascii")
    return digest


def _check_installed() -> None:
    if find_spec("huggingface_hub") is None:
        raise StateError("profile full needs more packages; pip install 'v2m[full]'")
