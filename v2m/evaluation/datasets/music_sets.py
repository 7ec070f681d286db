"""Sets of music with words: MTG-Jamendo, MusicCaps, Song Describer, FMA, labelled folders."""

import re
from collections.abc import Iterator
from pathlib import Path

from catalogs.sources.fma import Fma
from catalogs.sources.jamendo import HEADER
from catalogs.sources.reading import columns_of, csv_lines, listed, tsv_lines
from v2m.errors import InputError, printable
from v2m.evaluation.datasets.items import Contents, MusicItem, beside, files_by_stem
from v2m.types import Refused, Span

AUDIO_SUFFIXES = (".mp3", ".wav", ".flac", ".ogg", ".opus", ".m4a", ".aac", ".webm", ".mp4")
MOOD_TABLES = ("autotagging_moodtheme.tsv", "data/autotagging_moodtheme.tsv")
CAPS_TABLES = ("musiccaps-public.csv", "MusicCaps.csv", "musiccaps.csv")
LONGEST_LABEL = 30
"""Characters; FMA's longest genre has 25."""

DESCRIBER_TABLES = ("song_describer.csv", "song_describer-nosinging.csv")

_WORD = re.compile(r"[^\W\d_]{3,}")


def read_jamendo_moods(folder: Path) -> Contents:
    """Read MTG-Jamendo's subset of moods and themes; labels lose their "mood/theme---".

    Raises:
        InputError: the table is missing or has other columns.
    """
    table = _needed(folder, MOOD_TABLES)
    lines = tsv_lines(table)
    header = next(lines, (1, []))[1]
    if tuple(header) != HEADER:
        raise InputError(f"{printable(table)}: line 1: the columns are not {', '.join(HEADER)}")
    items, problems = [], []
    for number, cells in lines:
        tags = [tag.partition("---")[2] for tag in cells[5:] if tag.startswith("mood/theme---")]
        if not tags:
            problems.append(f"{printable(table)}: line {number}: no mood or theme")
            continue
        items.append(MusicItem(cells[0], _jamendo_audio(folder, cells[3]), labels=frozenset(tags)))
    return Contents(music=tuple(items), problems=tuple(problems))


def _jamendo_audio(folder: Path, path: str) -> Path | None:
    # whole files, and the "low" set of 30 s excerpts
    names = (path, path.replace(".mp3", ".low.mp3"))
    return beside(folder, [f"{place}{name}" for place in ("", "audio/", "mp3/") for name in names])


def read_musiccaps(folder: Path) -> Contents:
    """Read MusicCaps: a caption and aspects for ten seconds of a published video's sound.

    Sound is looked for by the video's id, alone (whole sound) or followed by the times (the cut).

    Raises:
        InputError: the table is missing or has other columns.
    """
    table = _needed(folder, CAPS_TABLES)
    lines = csv_lines(table)
    header = next(lines, (1, []))[1]
    at = columns_of(table, header, ("ytid", "start_s", "end_s", "aspect_list", "caption"))
    sounds = files_by_stem(folder, AUDIO_SUFFIXES)
    items, problems = [], []
    for number, cells in lines:
        try:
            key, start = cells[at["ytid"]], float(cells[at["start_s"]])
            audio, is_cut = _caps_sound(sounds, key)
            span = None if is_cut else Span(start, float(cells[at["end_s"]]))
            aspects = frozenset(listed(cells[at["aspect_list"]]))
            items.append(MusicItem(key, audio, (cells[at["caption"]],), aspects, span))
        except (ValueError, IndexError) as reason:
            problems.append(f"{printable(table)}: line {number}: {reason}")
    return Contents(music=tuple(items), problems=tuple(problems))


def _caps_sound(sounds: dict[str, Path], key: str) -> tuple[Path | None, bool]:
    """Return the sound of a video, and whether it is the ten seconds alone."""
    if key in sounds:
        return sounds[key], False
    cut = next((path for stem, path in sounds.items() if stem.strip("[]").startswith(key)), None)
    return cut, cut is not None


def read_song_describer(folder: Path) -> Contents:
    """Read the Song Describer Dataset: several captions a track, tracks of MTG-Jamendo.

    Raises:
        InputError: the table is missing or has other columns.
    """
    table = _needed(folder, DESCRIBER_TABLES)
    lines = csv_lines(table)
    at = columns_of(table, next(lines, (1, []))[1], ("track_id", "caption", "path"))
    captions: dict[str, list[str]] = {}
    paths: dict[str, str] = {}
    problems = []
    for number, cells in lines:
        if len(cells) <= max(at.values()):
            problems.append(f"{printable(table)}: line {number}: {len(cells)} cells")
            continue
        key = cells[at["track_id"]]
        captions.setdefault(key, []).append(cells[at["caption"]])
        paths[key] = cells[at["path"]]
    items = (
        MusicItem(key, _describer_audio(folder, paths[key]), tuple(own))
        for key, own in captions.items()
    )
    return Contents(music=tuple(items), problems=tuple(problems))


def _describer_audio(folder: Path, path: str) -> Path | None:
    # the published excerpts carry "2min" in their names
    names = (path, path.replace(".mp3", ".2min.mp3"))
    return beside(folder, [f"{place}{name}" for place in ("", "audio/") for name in names])


def read_fma(folder: Path) -> Contents:
    """Read FMA's metadata; the description that a catalogue would keep gives the labels.

    Raises:
        InputError: a table is missing or has other columns.
    """
    inside = folder / "fma_metadata"
    items: list[MusicItem] = []
    problems: list[str] = []
    for row in Fma(inside if inside.is_dir() else folder).rows():
        if isinstance(row, Refused):
            problems.append(f"line {row.line}: track {row.key}: {row.reason}")
            continue
        places = ("", "fma_full/", "fma_large/", "fma_medium/", "fma_small/")
        audio = beside(folder, [f"{place}{row.audio_name}" for place in places])
        said = (part.strip().lower() for part in re.split("[;,]", row.description))
        # sentences about a track are no labels
        labels = frozenset(part for part in said if 0 < len(part) <= LONGEST_LABEL)
        items.append(MusicItem(row.key, audio, labels=labels))
    return Contents(music=tuple(items), problems=tuple(problems))


def read_labelled_folder(folder: Path) -> Contents:
    """Read a folder whose names tell: labels are the words of a file's folders and of its name.

    "calm/calm_acoustic_1.opus" is calm and acoustic; numbers and what all files share say nothing.

    Raises:
        InputError: the folder is not there or holds no music.
    """
    paths = list(_music_below(folder))
    if not paths:
        raise InputError(f"{printable(folder)}: no music in it")
    words = {path: _words_of(path.relative_to(folder)) for path in paths}
    shared = frozenset.intersection(*words.values())
    items = (
        MusicItem(str(path.relative_to(folder)), path, labels=own - shared)
        for path, own in words.items()
    )
    return Contents(music=tuple(items))


def _music_below(folder: Path) -> Iterator[Path]:
    if not folder.is_dir():
        raise InputError(f"{printable(folder)}: no such folder")
    yield from (p for p in sorted(folder.rglob("*")) if p.suffix.lower() in AUDIO_SUFFIXES)


def _words_of(path: Path) -> frozenset[str]:
    return frozenset(_WORD.findall(str(path.with_suffix("")).lower().replace("_", " ")))


def _needed(folder: Path, names: tuple[str, ...]) -> Path:
    table = beside(folder, names)
    if table is None:
        raise InputError(f"{printable(folder)}: no {' or '.join(names)}")
    return table
