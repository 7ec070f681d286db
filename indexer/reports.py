"""What runs did: the counts and names that their commands print."""

from dataclasses import dataclass, field
from pathlib import Path

from v2m.audio.decode import STRETCH_SECONDS, WHOLE_SECONDS
from v2m.types import Refused


@dataclass(slots=True)
class IndexReport:
    """What a run did.

    Attributes:
        files: music files found.
        added: tracks that are new.
        updated: tracks measured again, by a newer analysis or another profile.
        moved: files whose place or tags changed; nothing was encoded for them.
        unchanged: files that were as they are in the catalogue.
        duplicates: files whose sound the catalogue holds under another path too.
        forgotten: tracks whose last file is gone.
        failed: files that cannot be used, with the reason.
        skipped: links and folders that could not be followed, with the reason.
        away: files that went away while the run read them; the next run tries them again.
        structured: tracks whose structure alone was measured anew; their vectors stayed.
        attached: tracks without audio whose file was found (``catalogs.imports``).
        copies: rows of sources whose sound another row has already.
        unclear: files that could not be told to be a row's, with the reason.
        alike: pairs of tracks that sound like the same recording; see 'v2m tracks duplicates'.
        notices: what a person should know about the whole.
        tracks: tracks in the catalogue after the run.
    """

    files: int = 0
    added: int = 0
    updated: int = 0
    moved: int = 0
    unchanged: int = 0
    duplicates: int = 0
    forgotten: int = 0
    failed: list[tuple[Path, str]] = field(default_factory=list)
    skipped: list[tuple[Path, str]] = field(default_factory=list)
    away: list[Path] = field(default_factory=list)
    structured: int = 0
    attached: int = 0
    copies: int = 0
    unclear: list[tuple[Path, str]] = field(default_factory=list)
    alike: int = 0
    notices: list[str] = field(default_factory=list)
    tracks: int = 0

    @property
    def encoded(self) -> int:
        """Tracks for which models ran."""
        return self.added + self.updated

    def note_long(self, n_files: int) -> None:
        """Take down how many files were too long to be heard as a whole."""
        if n_files:
            self.notices.append(
                f"files longer than {WHOLE_SECONDS / 60:g} minutes: {n_files}; they were heard in"
                f" stretches of {STRETCH_SECONDS / 60:g}, and parts that are alike were looked for"
                " within a stretch"
            )


@dataclass(slots=True)
class ImportReport:
    """What became of a source's rows.

    Attributes:
        source: its name.
        rows: rows read; the sum of the next four.
        imported: rows that are new.
        updated: rows that say something else than before.
        unchanged: rows that were there as they are.
        refused: rows that cannot be used, with line and reason.
        encoded: different texts that were encoded.
        attached: rows whose audio was found.
        copies: rows whose sound another row has already.
        unclear: files that could not be told to be a row's, with the reason.
        fetched: sound files downloaded.
        failed: sound files that could not be downloaded, with the reason.
        files: what indexing its sound files did; None where none were.
        without_audio: rows of the source that have no audio yet.
        notices: what a person should know about the whole.
    """

    source: str
    rows: int = 0
    imported: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: list[Refused] = field(default_factory=list)
    encoded: int = 0
    attached: int = 0
    copies: int = 0
    unclear: list[tuple[str, str]] = field(default_factory=list)
    fetched: int = 0
    failed: list[tuple[str, str]] = field(default_factory=list)
    files: IndexReport | None = None
    without_audio: int = 0
    notices: list[str] = field(default_factory=list)
