"""Files that appear whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import unquote_to_bytes

from v2m.errors import BackendError, InputError, printable


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; rename it there when the block ends well.

    The temporary name keeps the suffix, so that writers which look at it are content. When the
    block fails, the temporary file is removed and an older file at ``path`` stays as it was.

    Raises:
        InputError: the folder does not exist or may not be written.
        BackendError: the disk is full or fails.
    """
    import tempfile  # takes 5 ms, and most who read never write

    try:
        handle, name = tempfile.mkstemp(
            prefix=f".{path.stem[:40]}-", suffix=path.suffix, dir=path.parent
        )
        os.close(handle)
    except FileNotFoundError as err:
        raise InputError(f"{printable(path.parent)}: no such folder") from err
    except PermissionError as err:
        raise InputError(f"{printable(path.parent)}: no permission to write here") from err
    except OSError as err:
        raise BackendError("disk", f"{printable(path)}: {err.strerror}") from err
    temporary = Path(name)
    try:
        temporary.chmod(0o666 & ~_umask())
        yield temporary
        temporary.replace(path)
    except OSError as err:
        if err.errno is None:
            raise
        raise BackendError("disk", f"{printable(path)}: {os.strerror(err.errno)}") from err
    finally:
        with suppress(FileNotFoundError):
            temporary.unlink()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def path_to_text(path: Path) -> str:
    """Write a path so that any JSON holds it: names that are not UTF-8 become file addresses.

    >>> path_to_text(Path("/music/a.mp3"))
    '/music/a.mp3'
    """
    text = str(path)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return path.absolute().as_uri()
    return text


def text_to_path(text: str) -> Path:
    r"""Read what ``path_to_text`` wrote.

    >>> os.fsencode(text_to_path("file:///a/%FF.mp3"))
    b'/a/\xff.mp3'
    """
    if not text.startswith("file://"):
        return Path(text)
    return Path(os.fsdecode(unquote_to_bytes(text.removeprefix("file://"))))
