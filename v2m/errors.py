"""Every error v2m raises on purpose.

    V2mError                 exit 1
    ├── InputError           exit 2   what the user gave or asked for; the sentence says the remedy
    │   ├── MediaError       a file that cannot be read as media
    │   └── ConfigError      a setting with a value we do not take
    ├── StateError           exit 3   catalogue or model missing, stale, newer than this program
    │   └── SpaceError       vectors of two different spaces were about to be compared
    └── BackendError         exit 4   a program, a model or a disk failed

``ValueError`` and ``TypeError`` are left for programming mistakes at array level.
"""

from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path


def printable(path: Path | str) -> str:
    r"""Return a path on one line that any terminal can show.

    Newlines and bytes that are not UTF-8 come out escaped, as Python would; a name with a quote or
    with what was escaped stands in quotes, its letters as they are.

    >>> printable("a\nb.mp3")
    "'a\\nb.mp3'"
    >>> printable("d\u2019été, l'été.mp3")
    '"d\u2019été, l\'été.mp3"'
    >>> printable("plain name.mp3")
    'plain name.mp3'
    """
    text = str(path)
    return text if text.isprintable() and "'" not in text else repr(text)


class V2mError(Exception):
    """Base of all errors raised on purpose; its text is one line meant for the user."""

    exit_code = 1


class InputError(V2mError):
    """The user gave something that cannot be used."""

    exit_code = 2


class MediaError(InputError):
    """A file cannot be read as the media it should be.

    Attributes:
        path: the file.
        reason: why, without the path.
    """

    def __init__(self, path: Path | str, reason: str) -> None:
        super().__init__(f"{printable(path)}: {reason}")
        self.path = Path(path)
        self.reason = reason

    def __reduce__(self) -> tuple[type, tuple[Path, str]]:
        """Keep path and reason when the error crosses a process border."""
        return type(self), (self.path, self.reason)


class ConfigError(InputError):
    """A setting or an option has a value that is not allowed."""

    def __init__(self, key: str, value: object, allowed: Sequence[str] | str) -> None:
        options = allowed if isinstance(allowed, str) else ", ".join(allowed)
        near = [] if isinstance(allowed, str) else get_close_matches(str(value), allowed, n=1)
        hint = f" (did you mean {near[0]!r}?)" if near else ""
        super().__init__(f"{key} = {value!r} is not allowed{hint}; use {options}")
        self.key, self.value, self.allowed = key, value, allowed

    def __reduce__(self) -> tuple[type, tuple[str, object, Sequence[str] | str]]:
        """Keep the data when the error crosses a process border."""
        return type(self), (self.key, self.value, self.allowed)


class StateError(V2mError):
    """The catalogue, a model or a plan is not in the state this command needs."""

    exit_code = 3


class SpaceError(StateError):
    """Vectors of two different spaces were about to be compared."""

    def __init__(self, *, stored: str, asked: str) -> None:
        super().__init__(
            f"the catalogue holds vectors of {stored!r} but {asked!r} is configured; "
            "run 'v2m index' again with this profile"
        )


class BackendError(V2mError):
    """A program, a model or a disk that v2m relies on failed."""

    exit_code = 4

    def __init__(self, backend: str, reason: str) -> None:
        super().__init__(f"{backend}: {reason}")
        self.backend, self.reason = backend, reason

    def __reduce__(self) -> tuple[type, tuple[str, str]]:
        """Keep the data when the error crosses a process border."""
        return type(self), (self.backend, self.reason)
