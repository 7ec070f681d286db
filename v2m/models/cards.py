"""A card for every model: what it is, whose it is and what it must show before it is trusted.

A card is a TOML file in ``v2m/models/cards``; its name is the model's. Listing cards loads nothing.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from v2m.errors import ConfigError, InputError

Role = Literal["picture-text", "music-text", "describer", "prompt-writer", "composer"]

ROLES: tuple[Role, ...] = get_args(Role)
"""What a model can be in a profile."""


class Expected(BaseModel):
    """What a model must show in its self-test; a test without a figure is not run.

    Attributes:
        most_alike: highest mean cosine between a dozen unlike texts; a collapsed tower is near 1.
        pairs_right: lowest share of comparisons, 0 to 1, in which a text is nearer to its like than
            to something else, and a plain picture to its colour; half is chance. None for weights
            nobody has trained for it, such as a checkpoint of one's own.
        sounds_right: lowest share of comparisons, 0 to 1, in which a known sound is nearer to its
            own words than to another sound's; half is chance.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    most_alike: float = Field(default=0.98, gt=0, le=1)
    pairs_right: float | None = Field(default=None, ge=0, le=1)
    sounds_right: float | None = Field(default=None, ge=0, le=1)


class ModelCard(BaseModel):
    """What is known of a model without loading it.

    Attributes:
        name: how users call it.
        role: what it does in a profile.
        loader: which class of ours runs it, a key of ``v2m.profiles.parts.LOADERS``.
        hub_id: where it lies on the Hugging Face hub, "" for a model that lies nowhere else.
        revision: full commit hash of the files we mean; "" where we know none, then the model is
            "unpinned": the newest files are fetched, and the commit that came is written down.
        megabytes: to download.
        licence: of the weights, SPDX where there is one.
        licence_url: its text, or the page that declares it.
        output: what that licence means for what comes out, for people who publish it.
        commercial_ok: whether what comes out may be used commercially, as far as the weights go.
        dim: length of its vectors; 0 for models that make none.
        sample_rate: Hz it hears or plays; 0 for models without sound.
        image_size: pixels a side it sees; 0 for models without pictures.
        files: patterns of the files to fetch.
        text_from: repository and commit, "org/name@hash", of the text tower that its package builds
            on and would fetch by itself; its configuration and tokenizer belong to the model.
        pickles: SHA-256 of the pickled weights we take, by file name; any other pickle is refused.
        published: the figure it is chosen for, with its source.
        note: what a user should know before choosing it.
        default: the one of its role that profile full takes.
        expected: figures of the self-test.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    role: Role
    loader: str
    hub_id: str = ""
    revision: str = Field(default="", pattern=r"^([0-9a-f]{40})?$")
    megabytes: int = Field(default=0, ge=0)
    licence: str
    licence_url: str = ""
    output: str
    commercial_ok: bool
    dim: int = Field(default=0, ge=0)
    sample_rate: int = Field(default=0, ge=0)
    image_size: int = Field(default=0, ge=0)
    files: tuple[str, ...] = ("*.json", "*.txt", "*.model", "*.safetensors")
    text_from: str = Field(default="", pattern=r"^([\w.-]+/[\w.-]+@[0-9a-f]{40})?$")
    pickles: Mapping[str, str] = {}
    published: str = ""
    note: str = ""
    default: bool = False
    expected: Expected = Expected()


def read_card(text: str, name: str) -> ModelCard:
    """Return the card in a TOML text.

    Raises:
        InputError: it is not TOML, or a field is missing, unknown or out of range.
    """
    try:
        return ModelCard.model_validate({"name": name, **tomllib.loads(text)})
    except tomllib.TOMLDecodeError as err:
        raise InputError(f"model card {name}: not TOML: {err}") from err
    except ValidationError as err:
        problem = err.errors()[0]
        field = ".".join(str(part) for part in problem["loc"])
        raise InputError(f"model card {name}: {field}: {problem['msg']}") from err


@cache
def cards() -> dict[str, ModelCard]:
    """Return every card by name, in the order of roles."""
    found = [
        read_card(file.read_text(encoding="utf-8"), file.name.removesuffix(".toml"))
        for file in files("v2m.models").joinpath("cards").iterdir()
        if file.name.endswith(".toml")
    ]
    found.sort(key=lambda card: (ROLES.index(card.role), not card.default, card.name))
    return {card.name: card for card in found}


def card(name: str) -> ModelCard:
    """Return a card by name.

    Raises:
        ConfigError: there is no such model; names the known ones.
    """
    if name not in cards():
        raise ConfigError("model", name, sorted(cards()))
    return cards()[name]


def default_card(role: Role) -> ModelCard:
    """Return the model that profile full takes for a role.

    Raises:
        ConfigError: none is taken unless it is named.
    """
    of_role = [card for card in cards().values() if card.role == role]
    for card in of_role:
        if card.default:
            return card
    raise ConfigError(f"model for {role}", "", [card.name for card in of_role] or "a folder")
