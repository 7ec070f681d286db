"""From what a user names to the files of a model: a card's name, a folder, or a hub id."""

import hashlib
import json
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from v2m.errors import ConfigError, InputError, StateError, printable
from v2m.models import hub
from v2m.models.cards import Expected, ModelCard, Role, card, cards, default_card, read_card

OWN_CARD = "v2m-card.toml"
"""A folder of one's own may carry a card with licence and figures under this name."""

BY_TYPE: dict[str, str] = {
    "clip": "clip",
    "siglip": "clip",
    "siglip2": "clip",
    "clap": "clap",
    "musicgen": "musicgen",
}
"""Loader by the ``model_type`` of config.json; every other type goes by its role."""

BY_ROLE: dict[Role, str] = {
    "picture-text": "clip",
    "music-text": "clap",
    "describer": "image-text-to-text",
    "prompt-writer": "causal-lm",
    "composer": "musicgen",
}

TEXT_FILES = ("config.json", "tokenizer.json")
"""What a package needs of a text tower whose weights are in the checkpoint."""

SAMPLED_BYTES = 1 << 16
SAMPLES = 64
"""A checkpoint of one's own is known by its size and this many pieces of its weights."""


@dataclass(frozen=True)
class Checkpoint:
    """The files of one model.

    Attributes:
        card: what is known of it.
        folder: where a user has it; None means the hub's cache.
    """

    card: ModelCard
    folder: Path | None = None

    @cached_property
    def identity(self) -> str:
        """Name and version; equal means the same weights, so that vectors are comparable.

        Raises:
            BackendError: the model is unpinned and not here, so its version is not known.
            StateError: the named folder is not there any more.
        """
        if self.folder is not None and not self.card.revision:
            return f"{self.card.name}@{_fingerprint(self.folder)}"
        revision = self.card.revision or hub.snapshot(self.card, fetch=False).name
        return f"{self.card.name}@{revision[:12]}"

    @property
    def commit(self) -> str:
        """The commit of the files, or "local <fingerprint>" for a folder; for the record."""
        return self.identity.partition("@")[2]

    @property
    def megabytes(self) -> int:
        """Memory its weights will take, about: what the card says, or the size of the files."""
        if self.card.megabytes or self.folder is None:
            return self.card.megabytes
        return sum(path.stat().st_size for path in hub.weights(self.folder, self.card)) // 1_000_000

    def files(self) -> Path:
        """Return a folder with the files, fetched if they are not here, safe to load.

        Raises:
            BackendError: they are not here and cannot be fetched, or hold a pickle we do not know.
            StateError: the named folder is not there any more.
        """
        path = _there(self.folder) if self.folder else hub.snapshot(self.card, fetch=True)
        hub.check_weights(path, self.card)
        return path

    def text_files(self) -> Path:
        """Return a folder with configuration and tokenizer of the text tower it builds on.

        Raises:
            BackendError: they are not here and cannot be fetched.
        """
        if self.folder and all((self.folder / name).is_file() for name in TEXT_FILES):
            return self.folder
        hub_id, _, revision = self.card.text_from.partition("@")
        parts = {"hub_id": hub_id, "revision": revision, "files": TEXT_FILES, "megabytes": 2}
        return hub.snapshot(self.card.model_copy(update=parts), fetch=True)


def find_checkpoint(role: Role, named: str = "") -> Checkpoint:
    """Return the checkpoint a user means.

    Args:
        role: what it is for.
        named: a model's name ("clap-general"), a folder, both ("clap-general=/models/clap": the
            card's licence and figures, the folder's files), or a hub id that was pulled; "" means
            the default of the role.

    Raises:
        ConfigError: there is no such model, or it is for another role.
        InputError: a folder is not there or holds no model.
        BackendError: a hub id that is not here.
    """
    if not named:
        return Checkpoint(default_card(role))
    name, equals, place = named.partition("=")
    if equals and name in cards():
        found = Checkpoint(card(name), _model_folder(Path(place).expanduser(), card(name)))
    elif named in cards():
        found = Checkpoint(card(named))
    elif Path(named).expanduser().is_dir() or named[0] in "./~":
        folder = _model_folder(Path(named).expanduser())
        found = Checkpoint(_card_of(folder, role), folder)
    elif re.fullmatch(r"[\w.-]+/[\w.-]+", named):
        found = _of_hub_id(role, named)
    else:
        names = [known.name for known in cards().values() if known.role == role]
        raise ConfigError(
            f"model for {role}",
            named,
            f"{', '.join(names)}, a folder, or a hub id (org/name)",
        )
    if found.card.role != role:
        raise ConfigError(
            f"model for {role}", named, f"a model of that role; this is a {found.card.role}"
        )
    return found


def _of_hub_id(role: Role, hub_id: str) -> Checkpoint:
    """A model without a card of ours: what came is read, nothing is claimed."""
    for known in cards().values():
        if (known.role, known.hub_id) == (role, hub_id):
            return Checkpoint(known)
    path = hub.snapshot(hub.bare_card(role, hub_id, BY_ROLE[role]), fetch=False)
    read = _card_of(path, role)
    return Checkpoint(
        read.model_copy(
            update={
                "name": hub_id.replace("/", "--"),
                "hub_id": hub_id,
                "licence_url": f"https://huggingface.co/{hub_id}",
            }
        )
    )


def _card_of(folder: Path, role: Role) -> ModelCard:
    own = folder / OWN_CARD
    if own.is_file():
        return read_card(own.read_text(encoding="utf-8"), folder.name)
    return guessed_card(folder, role)


def guessed_card(folder: Path, role: Role) -> ModelCard:
    """Return what a folder's configuration says about its model; nothing is loaded."""
    sizes = read_sizes(folder)
    return ModelCard(
        name=folder.name,
        role=role,
        loader=str(sizes.pop("loader", "") or BY_ROLE[role]),
        licence="unknown",
        output="unknown: these are weights of your own, whose licence you know",
        commercial_ok=False,
        expected=Expected(most_alike=0.995),
        **sizes,
    )


def read_sizes(folder: Path) -> dict[str, Any]:
    """Return loader, dim, image_size and sample_rate as far as the configuration tells them."""
    open_clip = _json(folder / "open_clip_config.json")
    if open_clip:
        model = open_clip.get("model_cfg", {})
        vision = model.get("vision_cfg", {})
        return {
            "loader": "open_clip",
            "dim": int(model.get("embed_dim", 0)),
            "image_size": _side(vision.get("image_size", 0)),
        }
    config = _json(folder / "config.json")
    kind = str(config.get("model_type", ""))
    found: dict[str, Any] = {"loader": BY_TYPE.get(kind, "")}
    vision, text = config.get("vision_config", {}), config.get("text_config", {})
    if kind in ("clip", "clap"):
        found["dim"] = int(config.get("projection_dim", 512))
    elif kind in ("siglip", "siglip2"):
        found["dim"] = int(text.get("projection_size") or text.get("hidden_size", 768))
    if vision.get("image_size"):
        found["image_size"] = _side(vision["image_size"])
    heard = _json(folder / "preprocessor_config.json") or _json(folder / "processor_config.json")
    heard = heard.get("feature_extractor", heard)
    codec = config.get("audio_encoder", {})
    if rate := heard.get("sampling_rate") or codec.get("sampling_rate"):
        found["sample_rate"] = int(rate)
    return found


def _side(size: Any) -> int:
    return int(max(size) if isinstance(size, list) else size)


def _json(path: Path) -> dict[str, Any]:
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as err:
        raise InputError(f"{printable(path)}: cannot be read as JSON: {err}") from err
    return read if isinstance(read, dict) else {}


def _model_folder(folder: Path, known: ModelCard | None = None) -> Path:
    if not folder.is_dir():
        raise InputError(f"{printable(folder)}: no such folder; name a model or a folder with one")
    if known and hub.is_complete(folder, known):
        return folder.absolute()
    if not any((folder / name).is_file() for name in (*hub.CONFIGS, OWN_CARD)):
        raise InputError(
            f"{printable(folder)}: holds no model (none of {', '.join(hub.CONFIGS)} is there)"
        )
    return folder.absolute()


def _there(folder: Path) -> Path:
    if not folder.is_dir():
        raise StateError(f"{printable(folder)}: the model's folder is gone")
    return folder


def _fingerprint(folder: Path) -> str:
    """Tell weights from other weights: configuration whole, weights by pieces spread over them."""
    digest = hashlib.sha256()
    for path in sorted(_there(folder).iterdir()):
        if path.suffix in (".json", ".txt"):
            digest.update(path.name.encode() + path.read_bytes())
        elif path.suffix in hub.WEIGHTS:
            size = path.stat().st_size
            digest.update(f"{path.name} {size}".encode())
            with path.open("rb") as file:
                for piece in range(SAMPLES):
                    file.seek(max(0, size - SAMPLED_BYTES) * piece // max(1, SAMPLES - 1))
                    digest.update(file.read(SAMPLED_BYTES))
    return digest.hexdigest()[:12]
