from pathlib import Path

import pytest

from v2m.commands.shared import models_by_role, open_library
from v2m.errors import ConfigError, InputError
from v2m.patience import Patience
from v2m.settings import load_settings


def test_an_option_beats_the_environment_which_beats_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "v2m.toml").write_text('workers = 2\nbatch = 3\nstyle = "long"\n')
    monkeypatch.setenv("V2M_WORKERS", "4")
    monkeypatch.setenv("V2M_BATCH", "5")

    effective = load_settings({"workers": 6, "style": None}, tmp_path)

    assert (effective.settings.workers, effective.origins["workers"]) == (6, "option")
    assert (effective.settings.batch, effective.origins["batch"]) == (5, "V2M_BATCH")
    assert (effective.settings.style, effective.origins["style"]) == ("long", "v2m.toml")
    assert effective.origins["seed"] == "default"


def test_an_unknown_key_is_refused_with_the_nearest_one(tmp_path: Path) -> None:
    (tmp_path / "v2m.toml").write_text("min_probablity = 0.4\n")

    with pytest.raises(InputError, match="did you mean 'min_probability'"):
        load_settings({}, tmp_path)


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("generate", "sometimes", "on-miss, never, always"),
        ("min_probability", 1.5, "less than or equal to 1"),
        ("workers", "many", "integer"),
    ],
)
def test_a_wrong_value_is_refused_with_what_is_allowed(
    tmp_path: Path, key: str, value: object, words: str
) -> None:
    with pytest.raises(ConfigError, match=words):
        load_settings({key: value}, tmp_path)


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "v2m.toml").write_text("workers =")

    with pytest.raises(InputError, match="not TOML"):
        load_settings({}, tmp_path)


def test_an_endpoint_is_asked_as_long_and_as_often_as_is_set(tmp_path: Path) -> None:
    (tmp_path / "v2m.toml").write_text("endpoint_timeout_seconds = 5\nendpoint_requests = 7\n")

    patience = load_settings({"endpoint_retries": 0}, tmp_path).settings.patience()

    assert patience == Patience(5.0, retries=0, most_requests=7, most_tokens=300_000)


def test_models_are_named_by_role() -> None:
    named = ["composer=audiocraft:small", "music-text=clap-general=/models/clap"]

    assert models_by_role(named) == {
        "model_composer": "audiocraft:small",
        "model_music_text": "clap-general=/models/clap",
    }


@pytest.mark.parametrize(
    ("named", "words"), [("composer", "write ROLE=MODEL"), ("singer=me", "prompt-writer")]
)
def test_a_model_without_a_role_we_know_is_refused(named: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        models_by_role([named])


def test_models_for_a_profile_that_takes_none_are_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = load_settings({"catalog": tmp_path / "c", "model_composer": "lite"}, tmp_path)

    open_library(settings.settings, create=True)

    assert "profile lite has its own models: composer not used" in caplog.text
