"""Keeps prompts that a language model wrote, by what it was asked, so that nobody pays twice."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from v2m.errors import V2mError
from v2m.files import replacing


class PromptCache:
    """A folder with one small file per question.

    Args:
        folder: made when first needed.
        source: who answers, such as an address; part of what tells questions apart.
    """

    def __init__(self, folder: Path, source: str) -> None:
        self._folder, self._source = folder, source

    def find(self, asked: Mapping[str, Any]) -> str:
        """Return the answer kept for a question, "" where there is none or it is damaged."""
        try:
            kept = json.loads(self._path(asked).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return ""
        prompt = kept.get("prompt") if isinstance(kept, dict) else None
        return prompt if isinstance(prompt, str) else ""

    def keep(self, asked: Mapping[str, Any], prompt: str) -> None:
        """Keep an answer; a folder that cannot be written costs a question later, no more."""
        path = self._path(asked)
        text = json.dumps({"source": self._source, "model": asked.get("model"), "prompt": prompt})
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with replacing(path) as temporary:
                temporary.write_text(text + "\n", encoding="utf-8")
        except (OSError, V2mError):
            return

    def _path(self, asked: Mapping[str, Any]) -> Path:
        words = json.dumps([self._source, asked], sort_keys=True)
        digest = hashlib.blake2b(words.encode(), digest_size=16).hexdigest()
        return self._folder / digest[:2] / f"{digest}.json"
