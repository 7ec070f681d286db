"""``v2m models``: list, pull, check and path, against an imitated hub and tiny checkpoints."""

import json
from pathlib import Path

import pytest

from tests.checkpoints.fixtures import checkpoints
from tests.commands import Commands
from tests.hub_server import COMMIT, serving
from v2m.models import cards as cards_module
from v2m.models.cards import ModelCard, cards

__all__ = ["checkpoints"]

HUB_ID = "org/tiny-clap"


@pytest.fixture
def tiny_card(checkpoints: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> ModelCard:
    """A card for a tiny model that lies on the imitated hub."""
    tiny = cards()["clap-general"].model_copy(
        update={
            "name": "tiny-clap",
            "hub_id": HUB_ID,
            "revision": COMMIT,
            "dim": 32,
            "default": False,
            "expected": cards_module.Expected(most_alike=0.999),
        }
    )
    monkeypatch.setitem(cards(), "tiny-clap", tiny)
    return tiny


def _files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(autouse=True)
def _own_hub_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))


def test_list_says_licence_and_what_it_means(v2m: Commands) -> None:
    said = v2m("models", "list").out

    assert "* clap-general" in said
    assert "CC-BY-NC-4.0; 2400 MB, not fetched" in said
    assert "may not be published commercially" in said
    assert "unpinned" in said
    assert "Needs 'v2m backends install msclap'" in said
    assert "\n\n    " not in said


def test_list_as_json_has_every_card(v2m: Commands) -> None:
    said = json.loads(v2m("models", "list", "--json").out)

    found = {card["name"]: card for card in said["cards"]}
    assert set(found) == set(cards())
    assert found["clap-general"]["pinned"] is True
    assert found["open-clip-siglip2-b-16"]["pinned"] is False


@pytest.mark.enable_socket
def test_pull_fetches_once_and_check_loads_what_came(
    v2m: Commands,
    checkpoints: dict[str, Path],
    tiny_card: ModelCard,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with serving(HUB_ID, _files(checkpoints["clap"]), str(tmp_path / "hub"), monkeypatch):
        pulled = v2m("models", "pull", "tiny-clap")
    assert pulled.code == 0, pulled.err
    assert "fetching tiny-clap (778 MB) from org/tiny-clap, once" in pulled.err

    again = v2m("models", "pull", "tiny-clap")  # the hub is gone, and not asked
    where = v2m("models", "path", "tiny-clap").out.strip()
    checked = v2m("models", "check", "tiny-clap")

    assert (again.code, again.err) == (0, "")
    assert Path(where).name == COMMIT
    assert checked.code == 0, checked.err
    assert f"ok  tiny-clap@{COMMIT[:12]}: mean tokens" in checked.out


@pytest.mark.enable_socket
def test_a_broken_download_goes_on_where_it_stopped(
    v2m: Commands,
    checkpoints: dict[str, Path],
    tiny_card: ModelCard,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    files = {"config.json": b"{}", "model.safetensors": bytes(200_000)}
    monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 10_000)
    monkeypatch.setattr("huggingface_hub.file_download.time.sleep", lambda _seconds: None)

    with serving(HUB_ID, files, str(tmp_path / "hub"), monkeypatch) as hub:
        hub.files = {"model.safetensors": files["model.safetensors"]}
        hub.breaks_after = 150_000
        v2m("models", "pull", "tiny-clap")  # holds no configuration yet: refused or broken off
        hub.files = files
        ranges = list(hub.ranges)

    assert ranges
    assert int(ranges[0].removeprefix("bytes=").partition("-")[0]) > 0


@pytest.mark.enable_socket
def test_a_model_the_hub_does_not_have_is_one_line(
    v2m: Commands, tiny_card: ModelCard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving("org/another", {}, str(tmp_path / "hub"), monkeypatch):
        said = v2m("models", "pull", "tiny-clap")

    assert said.code == 4
    assert "cannot fetch tiny-clap from org/tiny-clap" in said.err.splitlines()[-1]


def test_offline_says_what_to_run(
    v2m: Commands, tiny_card: ModelCard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("V2M_OFFLINE", "1")

    said = v2m("models", "check", "tiny-clap")

    assert said.code == 4
    assert "v2m models pull tiny-clap" in said.complaint


def test_check_takes_a_folder_and_refuses_a_bad_one(
    v2m: Commands, checkpoints: dict[str, Path]
) -> None:
    good = v2m("models", "check", checkpoints["clap"], "--json")
    bad = v2m("models", "check", f"clap-general={checkpoints['clap']}")

    assert json.loads(good.out)[0]["ok"] is True
    assert bad.code == 4
    assert "BAD clap-general@ada0c23a36c4" in bad.out
    assert "its vectors are 32 long, its card says 512" in bad.out


@pytest.mark.parametrize(
    ("named", "words"),
    [("clap-generel", "did you mean 'clap-general'"), ("org/unknown", "add --role")],
)
def test_names_nobody_knows_are_one_line(v2m: Commands, named: str, words: str) -> None:
    said = v2m("models", "path", named)

    assert said.code == 2
    assert words in said.complaint
