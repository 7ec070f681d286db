"""Looks for what commonly goes wrong: versions, FFmpeg, models, name clashes, the catalogue."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from pathlib import Path
from typing import Any

from v2m.errors import V2mError, printable

TOP_LEVEL = ("v2m", "catalogs", "indexer", "retriever", "generator", "cli")
"""Names our distribution installs; another one that ships any of them breaks v2m."""

PACKAGES = ("av", "duckdb", "faiss-cpu", "moviepy", "numpy", "scenedetect-headless", "torch")


@dataclass(frozen=True, slots=True)
class Finding:
    """The outcome of one check."""

    name: str
    ok: bool
    text: str

    def to_json(self) -> dict[str, Any]:
        """Return the finding as plain data."""
        return {"name": self.name, "ok": self.ok, "text": self.text}


def examine(catalog: Path) -> list[Finding]:
    """Run all checks; none of them changes anything."""
    checks: tuple[tuple[str, Callable[[], str]], ...] = (
        ("python", _python),
        ("packages", _packages),
        ("names", _names),
        ("ffmpeg", _ffmpeg),
        ("fingerprints", _fingerprints),
        ("soundfont", _soundfont),
        ("models", _models),
        ("catalogue", lambda: _catalogue(catalog)),
    )
    findings = []
    for name, check in checks:
        try:
            findings.append(Finding(name, True, check()))
        except (V2mError, _CheckError) as err:
            findings.append(Finding(name, False, str(err)))
    return findings


def repaired(catalog: Path, *, remove_missing: bool = False) -> list[Finding]:
    """Mend a catalogue and say what was done; tracks are removed only when told.

    Raises:
        StateError: there is no catalogue, or another run works on it.
    """
    from catalogs import repair
    from catalogs.lock import index_lock
    from catalogs.store import Catalogue

    catalogue = Catalogue.open(catalog, create=False)
    with index_lock(catalogue.folder, "doctor --repair"):
        done = repair.mend(catalogue)
        if remove_missing:
            done.append(f"removed {repair.remove_missing(catalogue)} tracks whose file is gone")
        missing = repair.missing_files(catalogue)
    findings = [Finding("repair", True, text) for text in done]
    told = ("is gone; --remove-missing removes it", "lies in a folder that is not there now")
    for tracks, words in zip((missing.gone, missing.unreachable), told, strict=True):
        findings += [Finding("missing", True, f"{printable(t.path)} {words}") for t in tracks]
    return findings


class _CheckError(Exception):
    """A check found something; the text says what and what to do."""


def _python() -> str:
    return f"{sys.version.split()[0]} at {printable(sys.prefix)}"


def _packages() -> str:
    try:
        return ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    except PackageNotFoundError as err:
        raise _CheckError(f"{err.name} is not installed; pip install v2m again") from err


def clashes() -> dict[str, set[str]]:
    """Return our top-level names that another distribution ships too, with its name."""
    owners = packages_distributions()
    found = {name: {owner.lower() for owner in owners.get(name, [])} for name in TOP_LEVEL}
    return {name: others - {"v2m"} for name, others in found.items() if others - {"v2m"}}


def _names() -> str:
    found = clashes()
    if found:
        listed = "; ".join(f"{name} (by {', '.join(who)})" for name, who in found.items())
        raise _CheckError(
            f"another package ships our names: {listed}; give v2m its own environment"
        )
    return f"{', '.join(TOP_LEVEL)} belong to v2m alone"


def _ffmpeg() -> str:
    from v2m.ffmpeg import av

    codecs = {name: name in av.codecs_available for name in ("aac", "libopus", "h264", "mp3")}
    missing = [name for name, there in codecs.items() if not there]
    if missing:
        raise _CheckError(f"PyAV lacks {', '.join(missing)}; pip install --force-reinstall av")
    return f"PyAV {av.__version__} with {', '.join(codecs)}"


def _fingerprints() -> str:
    from indexer.recordings import NO_CHROMAPRINT
    from v2m.audio.fingerprint import available

    return "by Chromaprint, out of FFmpeg" if available() else NO_CHROMAPRINT


def _soundfont() -> str:
    from generator.arranger.render import soundfont_path

    return printable(soundfont_path())


def _models() -> str:
    from v2m.wheels import models

    waiting = [m for m in models() if m.where == "not fetched"]
    if waiting:
        size = sum(m.size_bytes for m in waiting) / 1e6
        return (
            f"{len(waiting)} files are fetched when first needed ({size:.0f} MB); "
            "or 'v2m models pull'"
        )
    return "all files are here"


def _catalogue(folder: Path) -> str:
    from catalogs.store import Catalogue

    if not (folder / "catalog.duckdb").exists():
        return f"none at {printable(folder)} yet; 'v2m index FOLDER' makes one"
    catalogue = Catalogue.open(folder, create=False)
    problems = catalogue.health()
    if problems:
        raise _CheckError("; ".join(problems))
    return f"{catalogue.count()} tracks at {printable(folder)}"
