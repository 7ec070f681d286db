"""Looks at models for ``v2m models``: where they are, and whether they pass their self-test."""

import re
from dataclasses import dataclass
from pathlib import Path

from v2m.encoders import selftest
from v2m.encoders.music_text import MusicText
from v2m.encoders.picture_text import PictureText
from v2m.errors import BackendError, ConfigError, InputError, StateError
from v2m.models import hub
from v2m.models.cards import ROLES, ModelCard, Role, cards
from v2m.models.checkpoint import Checkpoint, find_checkpoint, read_sizes
from v2m.profiles.parts import make_part

BY_LOADER: dict[str, Role] = {
    "open_clip": "picture-text",
    "clip": "picture-text",
    "clap": "music-text",
    "musicgen": "composer",
}
"""What a folder with such a model is for, where nobody says."""


@dataclass(frozen=True, slots=True)
class CardStatus:
    """A model and where it is.

    Attributes:
        card: what is known of it.
        where: its folder; None where it is not here.
    """

    card: ModelCard
    where: Path | None


def card_statuses() -> list[CardStatus]:
    """Return every model v2m knows and where it is; fetches and loads nothing."""
    return [CardStatus(card, _here(card)) for card in cards().values()]


def named_checkpoint(named: str, role: str = "") -> Checkpoint:
    """Return the checkpoint of a name, a folder or a hub id; its role is found where not given.

    Raises:
        InputError: there is no such model or role, or a folder does not tell its role.
    """
    if role and role not in ROLES:
        raise InputError(f"--role {role}: use {', '.join(ROLES)}")
    known: Role | None = next((one for one in ROLES if one == role), None)
    card = cards().get(named.partition("=")[0])
    folder = Path(named).expanduser()
    if known is None and card:
        known = card.role
    if known is None and folder.is_dir():
        known = BY_LOADER.get(str(read_sizes(folder).get("loader")))
    if known is None and not folder.is_dir() and "/" not in named:
        raise ConfigError("model", named, sorted(cards()))
    if known is None:
        raise InputError(f"{named}: cannot tell what this model is for; add --role")
    return find_checkpoint(known, named)


def pull(named: str, role: str = "") -> Path:
    """Fetch a model into the hub's cache and return its folder.

    Raises:
        InputError: it is a folder, or there is no such model.
        BackendError: it cannot be fetched.
    """
    if named in cards() or not re.fullmatch(r"[\w.-]+/[\w.-]+", named):
        checkpoint = named_checkpoint(named, role)
        if checkpoint.folder is not None:
            raise InputError(f"{named} is a folder; there is nothing to fetch")
        if checkpoint.card.text_from:
            checkpoint.text_files()
        return checkpoint.files()
    # a hub id without a card: what it is shows when its files are here
    bare = hub.bare_card("composer", named, "")
    folder = hub.snapshot(bare, fetch=True)
    hub.check_weights(folder, bare)
    return folder


def check_model(checkpoint: Checkpoint) -> selftest.Outcome:
    """Load a model and run its self-test; a model without one is checked for its files only.

    Raises:
        BackendError: its files are not here, incomplete, damaged or unsafe.
    """
    folder = checkpoint.files()
    if not hub.is_complete(folder, checkpoint.card):
        raise BackendError("model", f"{checkpoint.card.name}: files are missing in {folder}")
    if checkpoint.card.role not in ("picture-text", "music-text"):
        return selftest.Outcome(checkpoint.card.name)
    part: PictureText | MusicText = make_part(checkpoint)
    return selftest.examine(checkpoint.card, part.load())


def _here(card: ModelCard) -> Path | None:
    try:
        return hub.snapshot(card, fetch=False)
    except (BackendError, StateError):  # it is not here, which is the answer
        return None
