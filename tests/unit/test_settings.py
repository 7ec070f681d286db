from pathlib import Path

import pytest

from v2m.errors import ConfigError, InputError
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
