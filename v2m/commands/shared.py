"""What every command needs: settings, the library, a voice."""

import json
import logging
import math
import os
import sys
from typing import Any

log = logging.getLogger(__name__)


def say(text: str = "", *, error: bool = False) -> None:
    """Print a line for people on standard output, or on standard error."""
    print(text, file=sys.stderr if error else sys.stdout, flush=True)


def print_json(document: Any) -> None:
    """Print one JSON document on standard output; what is not a number becomes null."""
    say(json.dumps(_finite(document), indent=2, ensure_ascii=True, default=str))


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: _finite(inner) for key, inner in value.items()}
    return [_finite(inner) for inner in value] if isinstance(value, list | tuple) else value


def start_logging(verbose: bool) -> None:
    """Log to standard error, details only where asked; warn of misspelt variables at once."""
    level = logging.INFO if verbose else logging.WARNING
    handler = logging.StreamHandler(sys.stderr)
    handler.setLevel(level)  # some packages log at a level of their own
    logging.basicConfig(level=level, handlers=[handler], format="%(levelname)s %(message)s")
    if any(name.upper().startswith("V2M_") for name in os.environ):
        from v2m.settings import unknown_variables

        for unknown in unknown_variables(os.environ):
            log.warning("%s", unknown)


def settings_of(*, model: list[str] | None = None, **options: object) -> Any:
    """Return the effective settings, options first; ``model`` names models as ROLE=MODEL."""
    from v2m.settings import load_settings

    return load_settings({**options, **models_by_role(model or [])}).settings


def models_by_role(given: list[str]) -> dict[str, str]:
    """Read models like "composer=musicgen-small" into settings.

    Raises:
        InputError: one is written otherwise.
        ConfigError: there is no such role.
    """
    if not given:
        return {}
    from v2m.errors import ConfigError, InputError
    from v2m.models.cards import ROLES

    chosen = {}
    for one in given:
        role, equals, named = one.partition("=")
        if not equals or not named:
            raise InputError(
                f"--model {one!r}: write ROLE=MODEL, e.g. --model composer=musicgen-small"
            )
        if role not in ROLES:
            raise ConfigError("--model: role", role, ROLES)
        chosen[f"model_{role.replace('-', '_')}"] = named
    return chosen


def open_library(settings: Any, *, create: bool = False) -> Any:
    """Open the library the settings name."""
    from v2m.library import Library

    models = settings.models()
    library = Library(
        settings.catalog,
        profile=settings.profile,
        models=models,
        patience=settings.patience(),
        create=create,
    )
    if models and library.profile.name == "lite":
        log.warning(
            "profile lite has its own models: %s not used; --profile full takes them",
            ", ".join(sorted(models)),
        )
    return library


def branches_of(by: str) -> tuple[str, ...]:
    """Split what ``--by`` was given.

    >>> branches_of("title, audio,")
    ('title', 'audio')
    """
    return tuple(branch.strip() for branch in by.split(",") if branch.strip())
