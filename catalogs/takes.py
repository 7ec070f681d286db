"""What is kept beside a composed file, and in its own tags: enough to make its row again.

A lost database loses no provenance: indexing the folder of composed music gives the same rows.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from catalogs.generated_terms import generated_licence, music_licence
from v2m.errors import MediaError
from v2m.files import replacing
from v2m.types import Provenance

FORMAT = "v2m-take/1"
TAG = "V2M_PROVENANCE"
"""The tag that holds the same document as the file beside."""

LONGEST_TITLE = 60


@dataclass(frozen=True, slots=True)
class Take:
    """A composed piece of music: its sound, its words, and what made it.

    Attributes:
        track_id: identity of its sound.
        made: what made it.
    """

    track_id: str
    made: Provenance

    @property
    def title(self) -> str:
        """Its prompt, cut to a line."""
        prompt = self.made.prompt
        cut = prompt[: LONGEST_TITLE - 1].rstrip() + "…"
        return prompt if len(prompt) <= LONGEST_TITLE else cut

    @property
    def artist(self) -> str:
        """Who composed it."""
        return f"v2m {self.made.model}"

    @property
    def licence(self) -> str:
        """How its music may be used, as its track says it."""
        made = self.made
        return generated_licence(made.model, made.revision, music_licence(made.weights_licence))

    def document(self) -> dict[str, Any]:
        """Return all of it as values that any JSON holds."""
        return {
            "format": FORMAT,
            "track_id": self.track_id,
            "title": self.title,
            "artist": self.artist,
            "licence": self.licence,
            "ai_generated": True,
            "provenance": asdict(self.made),
        }


def beside(path: Path) -> Path:
    """Return the path of the document that lies beside a composed file.

    >>> beside(Path("calm-s1.flac")).name
    'calm-s1.flac.json'
    """
    return path.with_name(f"{path.name}.json")


def write_beside(take: Take, path: Path) -> None:
    """Write the document beside a composed file; it appears by rename."""
    with replacing(beside(path)) as temporary:
        text = json.dumps(take.document(), indent=2, ensure_ascii=False)
        temporary.write_text(text + "\n", encoding="utf-8")


def read_take(path: Path, track_id: str, tag: str = "") -> Take | None:
    """Return what made a file; None for music that was not composed here.

    Args:
        path: the sound file; the document is looked for beside it.
        track_id: identity of its sound; a document about another sound is not of this file.
        tag: the document in the file's own tags, read where none lies beside it.

    Raises:
        MediaError: the document is one of ours and cannot be read.
    """
    try:
        text = beside(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        text = ""
    for written in (text, tag):
        if FORMAT in written:
            take = _parsed(written, path)
            return take if take.track_id == track_id else None
    return None


def _parsed(text: str, path: Path) -> Take:
    try:
        document = json.loads(text)
        return Take(str(document["track_id"]), _provenance(document["provenance"]))
    except (ValueError, KeyError, TypeError) as err:
        raise MediaError(path, f"{beside(path).name} is damaged: {err}") from err


def _provenance(values: Mapping[str, Any]) -> Provenance:
    known = {field.name for field in fields(Provenance)}
    return Provenance(**{name: value for name, value in values.items() if name in known})
