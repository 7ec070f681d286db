"""What every command needs: settings, the library, a voice."""

import json
import logging
import math
import sys
from typing import Any


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
    """Log to standard error; details only where asked."""
    level = logging.INFO if verbose else logging.WARNING
    logging.basicConfig(level=level, stream=sys.stderr, format="%(levelname)s %(message)s")


def settings_of(**options: object) -> Any:
    """Return the effective settings, options first."""
    from v2m.settings import load_settings

    return load_settings(options).settings


def open_library(settings: Any, *, create: bool = False) -> Any:
    """Open the library the settings name."""
    from v2m.library import Library

    return Library(
        settings.catalog, profile=settings.profile, models=settings.models(), create=create
    )


def branches_of(by: str) -> tuple[str, ...]:
    """Split what ``--by`` was given.

    >>> branches_of("title, audio,")
    ('title', 'audio')
    """
    return tuple(branch.strip() for branch in by.split(",") if branch.strip())
