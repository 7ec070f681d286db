"""Reads what people wrote into a music file: title, artist, words about it, licence."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from catalogs.takes import TAG

NAMES = {
    "title": ("title", "TIT2", "\xa9nam"),
    "artist": ("artist", "TPE1", "\xa9ART"),
    "album": ("album", "TALB", "\xa9alb"),
    "genre": ("genre", "TCON", "\xa9gen"),
    "mood": ("mood", "TMOO", "TXXX:MOOD", "----:com.apple.iTunes:MOOD"),
    "comment": ("comment", "description", "COMM", "\xa9cmt", "desc"),
    "licence": ("license", "licence", "copyright", "TCOP", "cprt", "TXXX:LICENSE"),
    "licence_url": ("license_url", "licence_url", "WCOP"),
    "provenance": (TAG, f"TXXX:{TAG}"),
    "source_url": ("contact", "website", "WOAF", "WOAS", "WOAR"),
}
"""Our field, and the keys under which Vorbis comments, ID3 and MP4 atoms keep it."""

LONGEST = 1000
"""Characters of a tag that are kept; what made a composed file is kept whole."""

URL = re.compile(r"https?://\S+")


@dataclass(frozen=True, slots=True)
class FileTags:
    """Words out of a file's tags; "" where there are none.

    Attributes:
        title: else made from the file name.
        artist: performer.
        album: release.
        description: genre, mood and comment, joined for search.
        licence: as written.
        licence_url: first address in a licence field.
        source_url: where the file says it comes from.
        provenance: what made the file, as v2m writes it into files it composed.
    """

    title: str
    artist: str = ""
    album: str = ""
    description: str = ""
    licence: str = ""
    licence_url: str = ""
    source_url: str = ""
    provenance: str = ""


def read_tags(path: Path) -> FileTags:
    """Read the tags of a file; damaged or missing tags leave the title made from the name."""
    import mutagen

    try:
        file = mutagen.File(path)
    except (mutagen.MutagenError, OSError, ValueError, KeyError, IndexError, EOFError):
        file = None  # the sound decides whether the file is of use; tags are a bonus
    tags = getattr(file, "tags", None)
    words = {field: _first(tags, keys) for field, keys in NAMES.items()}
    url = URL.search(words["licence_url"]) or URL.search(words["licence"])
    return FileTags(
        title=words["title"] or title_from_name(path),
        artist=words["artist"],
        album=words["album"],
        description=_joined(words["genre"], words["mood"], words["comment"]),
        licence=words["licence"],
        licence_url=url.group().rstrip(").,;") if url else "",
        source_url=words["source_url"],
        provenance=words["provenance"],
    )


def title_from_name(path: Path) -> str:
    """Make a title out of a file name.

    >>> title_from_name(Path("03 - calm_acoustic_s411.opus"))
    'calm acoustic s411'
    >>> title_from_name(Path("BlueMoonRising.mp3"))
    'Blue Moon Rising'
    >>> title_from_name(Path("07.mp3"))
    '07'
    """
    stem = path.stem.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    words = re.sub(r"[_\s]+|(?<=\w)-(?=\w)", " ", stem)
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", words)
    words = re.sub(r"^\d{1,3}[\s.\-]+(?=\D)", "", words)
    return words.strip() or stem


def _first(tags: Any, keys: tuple[str, ...]) -> str:
    if not tags:
        return ""
    known = {str(key).lower(): key for key in tags.keys()}  # noqa: SIM118 - not a dict
    for key in keys:
        for name, original in known.items():
            # ID3 keys carry language and description: "COMM::eng"
            if name == key.lower() or name.startswith(f"{key.lower()}:"):
                text = _text(tags[original])
                return text if TAG in keys else text[:LONGEST]
    return ""


def _text(value: Any) -> str:
    if isinstance(value, list | tuple):
        value = value[0] if value else ""
    value = getattr(value, "text", value)
    if isinstance(value, list | tuple):
        value = value[0] if value else ""
    value = getattr(value, "url", value)
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    text = str(value).encode("utf-8", "replace").decode("utf-8")
    return " ".join(text.replace("\0", " ").split())


def _joined(*parts: str) -> str:
    return "; ".join(dict.fromkeys(part for part in parts if part and not part.isdigit()))
