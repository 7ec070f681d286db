"""What data sets hold, whatever their files look like."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from v2m.types import Span


@dataclass(frozen=True, slots=True)
class MusicItem:
    """A piece of music with what is known about it.

    Attributes:
        key: unique in its set.
        audio: where its sound lies; None where the copy does not have it.
        captions: sentences about it.
        labels: moods, genres, instruments, themes.
        span: the stretch that captions and labels speak of; None for all of it.
        notes: its MIDI file; None where there is none.
    """

    key: str
    audio: Path | None = None
    captions: tuple[str, ...] = ()
    labels: frozenset[str] = frozenset()
    span: Span | None = None
    notes: Path | None = None

    @property
    def media(self) -> Path | None:
        """What has to be there for it to be used."""
        return self.audio or self.notes


@dataclass(frozen=True, slots=True)
class VideoItem:
    """A video, with the key of the music that belongs to it.

    Attributes:
        key: unique in its set.
        video: where it lies; None where the copy does not have it.
        music_key: of the ``MusicItem`` that is its own music; "" where the set names none.
        url: where it was published; "" where the set does not say.
        cut_frames: first frame of each shot but the first, rising; None where cuts are not known.
        gradual_frames: stretches of gradual transitions, first and last frame.
        n_frames: of the video; 0 where the set does not say.
    """

    key: str
    video: Path | None = None
    music_key: str = ""
    url: str = ""
    cut_frames: tuple[int, ...] | None = None
    gradual_frames: tuple[tuple[int, int], ...] = ()
    n_frames: int = 0

    @property
    def media(self) -> Path | None:
        """What has to be there for it to be used."""
        return self.video


@dataclass(frozen=True, slots=True)
class Contents:
    """What a copy of a data set holds.

    Attributes:
        music: its pieces.
        videos: its videos.
        problems: rows that cannot be used, each with file, line and reason.
    """

    music: tuple[MusicItem, ...] = ()
    videos: tuple[VideoItem, ...] = ()
    problems: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class DataSet:
    """A data set.

    Attributes:
        name: as a command takes it.
        title: its full name and where it was published.
        url: where it can be had.
        licence: of annotations, then of media.
        layout: the files of a copy, as lines of a tree.
        use: what v2m measures with it.
        read: reads a copy.
    """

    name: str
    title: str
    url: str
    licence: str
    layout: tuple[str, ...]
    use: str
    read: Callable[[Path], Contents]


def beside(folder: Path, names: Sequence[str]) -> Path | None:
    """Return the first of these files that is there."""
    return next((folder / name for name in names if (folder / name).is_file()), None)


def files_by_stem(folder: Path, suffixes: Sequence[str]) -> dict[str, Path]:
    """Return the files below a folder by name without suffix; nothing where there is no folder."""
    if not folder.is_dir():
        return {}
    found = (path for path in sorted(folder.rglob("*")) if path.suffix.lower() in suffixes)
    return {path.stem: path for path in found}
