"""Every setting with its default, and where its value came from.

Precedence: command-line option, then ``V2M_…`` variable, then ``v2m.toml`` in the working folder,
then the default. Objects receive values, never the settings themselves.
"""

import math
import os
from collections.abc import Mapping
from dataclasses import Field, asdict, dataclass, field, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from platformdirs import user_data_path

from v2m.errors import ConfigError, InputError, printable
from v2m.patience import Patience

FILE_NAME = "v2m.toml"

PREFIX = "V2M_"

BESIDES = ("V2M_BACKENDS", "V2M_LLM_KEY", "V2M_MODELS", "V2M_OFFLINE")
"""Variables that are no settings: places outside any catalogue, a key, and no network."""

TRIALS = (
    "V2M_BROWSER",
    "V2M_EVALUATION",
    "V2M_KILLS",
    "V2M_MINUTES",
    "V2M_RAY",
    "V2M_RAY_TRACKS",
    "V2M_REAL_BACKENDS",
    "V2M_REGOLD",
    "V2M_S3",
    "V2M_SCREENSHOTS",
    "V2M_STUDY_VIDEOS",
)
"""Variables that only the tests read; the processes they start inherit them."""

TRUE, FALSE = ("1", "true", "yes", "on"), ("0", "false", "no", "off")
"""How a switch is written in the environment."""


def _within(default: Any, least: float, most: float = math.inf, *, above: bool = False) -> Any:
    """A number between two others, themselves included; with ``above`` the first is not."""
    return field(default=default, metadata={"least": least, "most": most, "above": above})


@dataclass(frozen=True)
class Settings:
    """Settings of one run.

    Attributes:
        catalog: folder of the catalogue.
        profile: named set of models; "" takes the catalogue's own, that of its first index.
        model_picture_text: model for pictures and words in profile full: a name, a folder or a hub
            id, as all models are given; "" takes the profile's own.
        model_music_text: model for music and words.
        model_describer: model that says what scenes show; "lite" takes profile lite's part.
        model_prompt_writer: model that writes prompts; "lite" takes the template.
        model_composer: model that composes; "lite" takes the arranger.
        fallback_composer: composes where the composer fails; "" lets the run end instead.
        endpoint_timeout_seconds: longest wait for one answer of an endpoint that writes prompts.
        endpoint_retries: how often it is asked again after a failure that may pass.
        endpoint_requests: how often it is asked in one run, retries not counted.
        endpoint_tokens: most tokens of one run, as it counts them; 0 for any number.
        workers: processes that analyse music; 0 means one per processor.
        batch: tracks written in one transaction; at most this many are lost to a kill.
        min_probability: a match less likely than this is a miss.
        generate: when to compose: on a miss, never, or for every scene.
        usage: what the video is for: "personal" (never published), "noncommercial" (published,
            earns nothing) or "commercial".
        allow_unknown: use music whose licence is not known, on your word that you hold one.
        style: how prompts are written.
        min_scene_seconds: shorter scenes are merged with a neighbour.
        switch_cost: log odds that a change of track between scenes has to gain; 0 lets every scene
            take its likeliest track.
        target_lufs: integrated loudness of the finished sound.
        true_peak_dbtp: highest true peak of the finished sound.
        crossfade_seconds: crossfade between neighbouring cues.
        original_audio: keep the video's own sound under the music, drop it, or decide by its level.
        original_under_lu: how far the original sound lies under the music, loudness units.
        duck_db: how far the music goes down while somebody speaks; 0 leaves it as it is.
        duck_attack_seconds: how long before the first word it starts to go down.
        duck_release_seconds: how long after the last word it takes to come back.
        seed: seed of generated music.
        shared_theme: composed cues of a video follow one melody, where the composer can.
        sign: sign finished files with C2PA content credentials.
        sign_certificate: your certificate and those that vouch for it, PEM.
        sign_key: its private key, PEM.
        sign_algorithm: of the key, in C2PA's names.
        sign_timestamp_url: an authority that confirms the time; "" for none.
    """

    catalog: Path = field(default_factory=lambda: user_data_path("v2m"))
    profile: str = ""
    model_picture_text: str = ""
    model_music_text: str = ""
    model_describer: str = ""
    model_prompt_writer: str = ""
    model_composer: str = ""
    fallback_composer: Literal["", "arranger"] = ""
    endpoint_timeout_seconds: float = _within(60.0, 0, 3600, above=True)
    endpoint_retries: int = _within(2, 0, 10)
    endpoint_requests: int = _within(300, 0)
    endpoint_tokens: int = _within(300_000, 0)
    workers: int = _within(0, 0, 256)
    batch: int = _within(8, 1, 1000)
    min_probability: float = _within(0.5, 0, 1)
    generate: Literal["on-miss", "never", "always"] = "on-miss"
    usage: Literal["personal", "noncommercial", "commercial"] = "personal"
    allow_unknown: bool = False
    style: Literal["simple", "brief", "long", "drama"] = "brief"
    min_scene_seconds: float = _within(3.0, 0.5, 3600)
    switch_cost: float = _within(0.5, 0, 100)
    target_lufs: float = _within(-14.0, -40, -5)
    true_peak_dbtp: float = _within(-1.0, -20, 0)
    crossfade_seconds: float = _within(1.0, 0, 10)
    original_audio: Literal["auto", "mix", "replace"] = "auto"
    original_under_lu: float = _within(8.0, -20, 60)
    duck_db: float = _within(12.0, 0, 60)
    duck_attack_seconds: float = _within(0.3, 0.05, 5)
    duck_release_seconds: float = _within(0.6, 0.05, 10)
    seed: int = _within(0, 0, 2**31 - 1)
    shared_theme: bool = False
    sign: bool = False
    sign_certificate: Path | None = None
    sign_key: Path | None = None
    sign_algorithm: Literal["es256", "es384", "es512", "ps256", "ps384", "ps512", "ed25519"] = (
        "es256"
    )
    sign_timestamp_url: str = ""

    def patience(self) -> Patience:
        """Return how long and how often an endpoint is asked."""
        return Patience(
            timeout_seconds=self.endpoint_timeout_seconds,
            retries=self.endpoint_retries,
            most_requests=self.endpoint_requests,
            most_tokens=self.endpoint_tokens,
        )

    def to_json(self) -> dict[str, Any]:
        """Return the settings as plain data."""
        return {k: str(v) if isinstance(v, Path) else v for k, v in asdict(self).items()}

    def models(self) -> dict[str, str]:
        """Return the models that are chosen, by role."""
        roles = ("picture-text", "music-text", "describer", "prompt-writer", "composer")
        chosen = {role: str(getattr(self, f"model_{role.replace('-', '_')}")) for role in roles}
        return {role: model for role, model in chosen.items() if model}


FIELDS: dict[str, Field[Any]] = {one.name: one for one in fields(Settings)}


@dataclass(frozen=True, slots=True)
class Effective:
    """Settings together with the place each value came from.

    Attributes:
        settings: the checked values.
        origins: by name: "option", the variable's name, the file's name or "default".
    """

    settings: Settings
    origins: dict[str, str]


def load_settings(options: dict[str, object], folder: Path | None = None) -> Effective:
    """Merge options, environment and file, and check the result.

    Args:
        options: values given on the command line; None means not given.
        folder: where ``v2m.toml`` is looked for, by default the working folder.

    Raises:
        InputError: the file is not TOML.
        ConfigError: a key is unknown or a value is not allowed; names it and the nearest key.
    """
    values: dict[str, object] = {}
    origins = dict.fromkeys(FIELDS, "default")
    path = (folder or Path.cwd()) / FILE_NAME
    for source, found in (
        (FILE_NAME, _from_file(path)),
        ("environment", _from_environment()),
        ("option", {k: v for k, v in options.items() if v is not None}),
    ):
        for key, value in found.items():
            _check_key(key, source)
            values[key] = value
            origins[key] = _variable(key) if source == "environment" else source
    checked = {key: _checked(FIELDS[key], value) for key, value in values.items()}
    return Effective(Settings(**checked), origins)


def _from_file(path: Path) -> dict[str, object]:
    if not path.is_file():
        return {}
    import tomllib

    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as err:
        raise InputError(f"{printable(path)}: not TOML: {err}") from err
    except OSError as err:
        raise InputError(f"{printable(path)}: {err.strerror}") from err


def _from_environment() -> dict[str, object]:
    return {key: os.environ[name] for key in FIELDS if os.environ.get(name := _variable(key))}


def _variable(key: str) -> str:
    return PREFIX + key.upper()


def unknown_variables(environment: Mapping[str, str]) -> list[str]:
    """Say of each variable that looks like one of v2m's and is none which one may be meant.

    >>> unknown_variables({"V2M_WORKER": "4", "HOME": "/root"})
    ['V2M_WORKER: no such variable, it changes nothing; did you mean V2M_WORKERS?']
    """
    known = [*map(_variable, FIELDS), *BESIDES]
    ours = (
        name
        for name, value in environment.items()
        if value and name.upper()[: len(PREFIX)] == PREFIX
    )
    return [_unknown(name, known) for name in sorted(ours) if name not in {*known, *TRIALS}]


def _unknown(name: str, known: list[str]) -> str:
    # without the beginning, which makes any two of them alike
    near = get_close_matches(
        name.upper().removeprefix(PREFIX), [one.removeprefix(PREFIX) for one in known], n=1
    )
    hint = f"did you mean {PREFIX}{near[0]}?" if near else "'v2m config' lists the settings"
    return f"{name}: no such variable, it changes nothing; {hint}"


def _check_key(key: str, source: str) -> None:
    if key in FIELDS:
        return
    near = get_close_matches(key, FIELDS, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    raise InputError(f"{source}: unknown setting {key!r}{hint}")


def _checked(setting: Field[Any], value: Any) -> Any:
    """Return a value as its setting's type; numbers and switches may be written as text.

    Raises:
        ConfigError: the setting does not take it.
    """
    kind = setting.type
    if get_origin(kind) is Literal:
        if value not in get_args(kind):
            raise ConfigError(setting.name, value, [str(choice) for choice in get_args(kind)])
        return value
    if kind is bool:
        return _switch(setting.name, value)
    if kind in (int, float):
        return _number(setting, value)
    if (isinstance(value, Path) and kind is str) or not isinstance(value, str | Path):
        raise ConfigError(setting.name, value, "a text")
    return value if kind is str else Path(value)


def _switch(name: str, value: Any) -> bool:
    word = str(value).lower()
    if word not in TRUE + FALSE:
        raise ConfigError(name, value, "true or false")
    return word in TRUE


def _number(setting: Field[Any], value: Any) -> float:
    name, bounds = setting.name, setting.metadata
    kind: type[float] = float if setting.type is float else int
    article = "a number" if kind is float else "an integer"
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ConfigError(name, value, article)
    try:
        number = kind(value)
    except (ValueError, OverflowError) as err:
        raise ConfigError(name, value, article) from err
    if kind is int and not isinstance(value, str) and number != value:
        raise ConfigError(name, value, article)
    least, most = bounds["least"], bounds["most"]
    if not (number > least if bounds["above"] else number >= least):
        at = "" if bounds["above"] else " or equal to"
        raise ConfigError(name, value, f"a number greater than{at} {least:g}")
    if not number <= most:
        raise ConfigError(name, value, f"a number less than or equal to {most:g}")
    return number
