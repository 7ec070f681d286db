"""Keeps what a composer made: a FLAC file that appears whole, under a name that says what it is."""

import hashlib
import re
from pathlib import Path

from v2m.errors import BackendError, InputError, printable
from v2m.files import replacing
from v2m.types import Audio


def save_take(audio: Audio, folder: Path, prompt: str, seed: int) -> Path:
    """Write generated music as 24-bit FLAC and return its path.

    The name carries the first words of the prompt, the seed and a digest of the sound; the same
    take gets the same name.

    Raises:
        InputError: the folder cannot be written.
        BackendError: the disk is full or fails.
    """
    import soundfile

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as err:
        raise InputError(f"{printable(folder)}: cannot make this folder: {err.strerror}") from err
    digest = hashlib.blake2b(audio.samples.tobytes(), digest_size=4).hexdigest()
    words = "-".join(re.findall(r"[a-z0-9]+", prompt.lower())[:6]) or "take"
    path = folder / f"{words[:60]}-s{seed}-{digest}.flac"
    with replacing(path) as temporary:
        try:
            soundfile.write(temporary, audio.samples.T, audio.sample_rate, subtype="PCM_24")
        except soundfile.LibsndfileError as err:
            raise BackendError("disk", f"cannot write {path.name}: {err}") from err
    return path


def write_sound(audio: Audio, path: Path) -> None:
    """Write music to a file the user named; the ending decides the format (wav, flac, ogg).

    Raises:
        InputError: the ending is not one of these, or the folder cannot be written.
    """
    import soundfile

    formats = {".wav": "PCM_24", ".flac": "PCM_24", ".ogg": "VORBIS"}
    subtype = formats.get(path.suffix.lower())
    if subtype is None:
        raise InputError(f"{printable(path)}: unknown ending; use {', '.join(formats)}")
    with replacing(path) as temporary:
        soundfile.write(temporary, audio.samples.T, audio.sample_rate, subtype=subtype)
