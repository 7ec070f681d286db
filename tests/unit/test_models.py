"""Cards of models and what a user's words for one mean."""

import hashlib
import json
from pathlib import Path

import pytest

from v2m.errors import BackendError, ConfigError, InputError
from v2m.models.cards import cards, default_card, read_card
from v2m.models.checkpoint import find_checkpoint
from v2m.models.hub import check_weights
from v2m.profiles.parts import LOADERS

CARD = """
role = "music-text"
loader = "clap"
licence = "CC0-1.0"
output = "all"
commercial_ok = true
"""


def _folder(path: Path, config: dict[str, object], weights: str = "model.safetensors") -> Path:
    path.mkdir()
    (path / "config.json").write_text(json.dumps(config), encoding="utf-8")
    (path / weights).write_bytes(b"weights")
    return path


@pytest.mark.parametrize("name", cards())
def test_every_card_says_what_a_user_must_know(name: str) -> None:
    card = cards()[name]

    assert card.loader in LOADERS
    assert card.licence
    assert card.output
    assert card.megabytes
    assert card.role not in ("picture-text", "music-text") or card.dim
    assert card.role != "music-text" or card.sample_rate


def test_one_model_of_a_role_is_the_default() -> None:
    for role in ("picture-text", "music-text", "describer", "composer"):
        assert sum(c.default for c in cards().values() if c.role == role) == 1


def test_a_role_without_a_default_has_to_be_named() -> None:
    with pytest.raises(ConfigError, match="model for prompt-writer"):
        find_checkpoint("prompt-writer")


def test_the_collapsed_model_is_no_choice() -> None:
    assert all(card.hub_id != "laion/larger_clap_music" for card in cards().values())


def test_a_card_with_an_unknown_field_is_refused() -> None:
    text = f"{CARD}\nhz = 3"

    with pytest.raises(InputError, match="hz"):
        read_card(text, "mine")


def test_a_short_revision_is_no_pin() -> None:
    text = f'{CARD}\nrevision = "main"'

    with pytest.raises(InputError, match="revision"):
        read_card(text, "mine")


def test_without_a_name_the_default_is_meant() -> None:
    found = find_checkpoint("music-text")

    assert found.card == default_card("music-text")
    assert found.identity == "clap-general@ada0c23a36c4"


def test_a_folder_is_read_without_loading_it(tmp_path: Path) -> None:
    folder = _folder(tmp_path / "mine", {"model_type": "clap", "projection_dim": 16})
    (folder / "preprocessor_config.json").write_text('{"sampling_rate": 16000}', encoding="utf-8")

    found = find_checkpoint("music-text", str(folder))

    assert (found.card.loader, found.card.dim, found.card.sample_rate) == ("clap", 16, 16000)
    assert found.card.licence == "unknown"
    assert found.files() == folder


def test_other_weights_in_the_same_folder_are_another_model(tmp_path: Path) -> None:
    folder = _folder(tmp_path / "mine", {"model_type": "clap"})
    before = find_checkpoint("music-text", str(folder)).identity

    (folder / "model.safetensors").write_bytes(b"WEIGHTS")

    assert find_checkpoint("music-text", str(folder)).identity != before


def test_a_folder_can_lend_its_files_to_a_card(tmp_path: Path) -> None:
    folder = _folder(tmp_path / "mine", {"model_type": "clap"})

    found = find_checkpoint("music-text", f"clap-general={folder}")

    assert found.card.licence == "Apache-2.0"
    assert found.files() == folder


def test_a_folder_may_carry_a_card_of_its_own(tmp_path: Path) -> None:
    folder = _folder(tmp_path / "mine", {"model_type": "clap"})
    (folder / "v2m-card.toml").write_text(CARD, encoding="utf-8")

    assert find_checkpoint("music-text", str(folder)).card.licence == "CC0-1.0"


@pytest.mark.parametrize(
    ("named", "words"),
    [
        ("clap-generel", "clap-general"),
        ("clip-b-32", "picture-text"),
        ("/nowhere/at/all", "no such folder"),
        ("clap-general=/nowhere", "no such folder"),
    ],
)
def test_what_is_no_model_for_the_role_is_said(named: str, words: str) -> None:
    with pytest.raises((ConfigError, InputError), match=words):
        find_checkpoint("music-text", named)


def test_a_hub_id_that_was_never_pulled_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))

    with pytest.raises(BackendError, match="v2m models pull org/name"):
        find_checkpoint("music-text", "org/name")


def test_a_pickle_nobody_knows_is_refused(tmp_path: Path) -> None:
    folder = _folder(tmp_path / "mine", {"model_type": "clap"}, weights="pytorch_model.bin")

    with pytest.raises(BackendError, match="safetensors"):
        find_checkpoint("music-text", str(folder)).files()


def test_a_pickle_the_card_knows_is_taken(tmp_path: Path) -> None:
    folder = _folder(tmp_path / "mine", {"model_type": "clap"}, weights="pytorch_model.bin")
    known = {"pytorch_model.bin": hashlib.sha256(b"weights").hexdigest()}

    check_weights(folder, default_card("music-text").model_copy(update={"pickles": known}))


@pytest.mark.parametrize(("loader", "refused"), [("clip", False), ("open_clip", True)])
def test_a_pickle_beside_safetensors_counts_where_the_loader_takes_it(
    tmp_path: Path, loader: str, refused: bool
) -> None:
    folder = _folder(tmp_path / "mine", {"model_type": "clip"}, weights="model.safetensors")
    (folder / "open_clip_pytorch_model.bin").write_bytes(b"weights")
    card = default_card("picture-text").model_copy(update={"loader": loader})

    if refused:
        with pytest.raises(BackendError, match="is a pickle"):
            check_weights(folder, card)
    else:
        check_weights(folder, card)
