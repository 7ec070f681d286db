"""Keeps what a composer made: files that appear whole, and say what they are."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

from catalogs.takes import TAG, Take, write_beside
from v2m.audio.decode import audio_identity
from v2m.errors import BackendError, InputError, printable
from v2m.files import replacing
from v2m.types import Audio, Provenance

FORMATS = {".wav": "PCM_24", ".flac": "PCM_24", ".ogg": "VORBIS"}


def save_take(audio: Audio, folder: Path, made: Provenance) -> tuple[Path, Take]:
    """Write generated music as 24-bit FLAC, with what made it in its tags and beside it.

    The name carries the first words of the prompt, the seed and a digest of the sound; the same
    take gets the same name.

    Raises:
        InputError: the folder cannot be written.
        BackendError: the disk is full or fails.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as err:
        raise InputError(f"{printable(folder)}: cannot make this folder: {err.strerror}") from err
    digest = hashlib.blake2b(audio.samples.tobytes(), digest_size=4).hexdigest()
    words = "-".join(re.findall(r"[a-z0-9]+", made.prompt.lower())[:6]) or "take"
    path = folder / f"{words[:60]}-s{made.seed}-{digest}.flac"
    return path, write_take(audio, path, made)


def write_take(audio: Audio, path: Path, made: Provenance) -> Take:
    """Write generated music to a file; the ending decides the format (wav, flac, ogg).

    What made it goes into the file's own tags and into a document beside it (``catalogs.takes``).

    Raises:
        InputError: the ending is not one of these, or the folder cannot be written.
        BackendError: the disk is full or fails.
    """
    import soundfile

    subtype = FORMATS.get(path.suffix.lower())
    if subtype is None:
        raise InputError(f"{printable(path)}: unknown ending; use {', '.join(FORMATS)}")
    with replacing(path) as temporary:
        try:
            soundfile.write(temporary, audio.samples.T, audio.sample_rate, subtype=subtype)
        except soundfile.LibsndfileError as err:
            raise BackendError("disk", f"cannot write {path.name}: {err}") from err
        take = Take(audio_identity(temporary), made)
        write_tags(temporary, take)
    write_beside(take, path)
    return take


def write_tags(path: Path, take: Take) -> None:
    """Write into a file's own tags what it is, in words for people and whole for v2m."""
    made = take.made
    words = {
        "TITLE": take.title,
        "ARTIST": take.artist,
        "DESCRIPTION": made.prompt,
        "COMMENT": f"Composed by computer ({made.model} {made.revision}, seed {made.seed})",
        "LICENSE": take.licence,
        "DATE": made.made_at[:10],
        "ENCODED-BY": f"v2m {made.code_version}",
        "DIGITALSOURCETYPE": made.digital_source_type,
        TAG: json.dumps(take.document(), ensure_ascii=False),
    }
    _write_id3(path, words) if path.suffix.lower() == ".wav" else _write_comments(path, words)


def _write_comments(path: Path, words: dict[str, str]) -> None:
    import mutagen

    file: Any = mutagen.File(path)
    file.update({name: value for name, value in words.items() if value})
    file.save()


def _write_id3(path: Path, words: dict[str, str]) -> None:
    import mutagen.id3
    import mutagen.wave

    id3: Any = mutagen.id3  # half typed
    wave: Any = mutagen.wave
    frames = {"TITLE": id3.TIT2, "ARTIST": id3.TPE1, "DATE": id3.TDRC, "LICENSE": id3.TCOP}
    file = wave.WAVE(path)
    file.add_tags()
    for name, value in words.items():
        if name in frames:
            file.tags.add(frames[name](encoding=3, text=value))
        elif name == "COMMENT":
            file.tags.add(id3.COMM(encoding=3, lang="eng", desc="", text=value))
        else:
            file.tags.add(id3.TXXX(encoding=3, desc=name, text=value))
    file.save()
