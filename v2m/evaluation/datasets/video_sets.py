"""Sets of videos: with their music (SymMV), as a list (VCSL), with known cuts (BBC, ClipShots)."""

import json
from itertools import pairwise
from pathlib import Path

from catalogs.sources.reading import columns_of, csv_lines, open_text, tsv_lines
from v2m.errors import InputError, printable
from v2m.evaluation.datasets.items import Contents, MusicItem, VideoItem, beside, files_by_stem
from v2m.evaluation.datasets.music_sets import AUDIO_SUFFIXES

VIDEO_SUFFIXES = (".mp4", ".mkv", ".webm", ".avi", ".mov", ".m4v")
VCSL_TABLES = ("videos_url_uuid.csv", "data/videos_url_uuid.csv")
CLIPSHOTS_SPLITS = ("train", "test", "only_gradual")


def read_symmv(folder: Path) -> Contents:
    """Read SymMV: music videos with their music as MIDI.

    Media that the user has fetched is looked for by the entry's index (video/, audio/, midi/).

    Raises:
        InputError: the table is missing or has other columns.
    """
    table = beside(folder, ("SymMV.csv", "dataset/SymMV.csv"))
    if table is None:
        raise InputError(f"{printable(folder)}: no SymMV.csv")
    lines = tsv_lines(table)
    at = columns_of(table, next(lines, (1, []))[1], ("index", "youtube_url"))
    home = table.parent
    midi = files_by_stem(home / "midi", (".mid", ".midi"))
    videos = files_by_stem(folder / "video", VIDEO_SUFFIXES)
    sounds = files_by_stem(folder / "audio", AUDIO_SUFFIXES)
    music, shown, problems = [], [], []
    for number, cells in lines:
        key = cells[at["index"]].strip() if len(cells) > max(at.values()) else ""
        if not key:
            problems.append(f"{printable(table)}: line {number}: no index or no address")
            continue
        names = (key, key.zfill(5))
        music.append(MusicItem(key, _first(sounds, names), notes=_first(midi, names)))
        url = cells[at["youtube_url"]].strip()
        shown.append(VideoItem(key, _first(videos, names), key, url))
    return Contents(tuple(music), tuple(shown), tuple(problems))


def read_vcsl(folder: Path) -> Contents:
    """Read VCSL's list of videos; those the user has fetched are looked for by their id.

    Raises:
        InputError: the list is missing or has no column of ids or addresses.
    """
    table = beside(folder, VCSL_TABLES)
    if table is None:
        raise InputError(f"{printable(folder)}: no {VCSL_TABLES[0]}")
    lines = csv_lines(table)
    header = next(lines, (1, []))[1]
    at = columns_of(table, header, ("uuid",))
    address = next((n for n, name in enumerate(header) if "url" in name.lower()), None)
    if address is None:
        raise InputError(f"{printable(table)}: line 1: no column with addresses (…url…)")
    videos = files_by_stem(folder, VIDEO_SUFFIXES)
    shown, problems = [], []
    for number, cells in lines:
        if len(cells) <= max(at["uuid"], address) or not cells[at["uuid"]]:
            problems.append(f"{printable(table)}: line {number}: no id or no address")
            continue
        key = cells[at["uuid"]]
        shown.append(VideoItem(key, videos.get(key), url=cells[address]))
    return Contents(videos=tuple(shown), problems=tuple(problems))


def read_bbc(folder: Path) -> Contents:
    """Read the shots of BBC Planet Earth: a text file per episode, first and last frame a line.

    Raises:
        InputError: there are no annotations.
    """
    place = folder / "annotations" / "shots"
    lists = sorted(place.glob("*.txt"))
    if not lists:
        raise InputError(f"{printable(place)}: no lists of shots (EPISODE.txt)")
    videos = files_by_stem(folder, VIDEO_SUFFIXES)
    shown, problems = [], []
    for path in lists:
        shots, wrong = _shots(path)
        problems += wrong
        cuts = tuple(start for _, (start, _) in pairwise(shots))
        last = shots[-1][1] + 1 if shots else 0
        video = next((v for stem, v in videos.items() if _same_episode(stem, path.stem)), None)
        shown.append(VideoItem(path.stem, video, cut_frames=cuts, n_frames=last))
    return Contents(videos=tuple(shown), problems=tuple(problems))


def _shots(path: Path) -> tuple[list[tuple[int, int]], list[str]]:
    shots: list[tuple[int, int]] = []
    wrong = []
    with open_text(path) as file:
        for number, line in enumerate(file, 1):
            cells = line.split()
            if not cells:
                continue
            try:
                start, end = (int(cell) for cell in cells)
            except ValueError:
                wrong.append(f"{printable(path)}: line {number}: not a first and a last frame")
                continue
            if end < start or (shots and start <= shots[-1][0]):
                wrong.append(f"{printable(path)}: line {number}: frames run backwards")
                continue
            shots.append((start, end))
    return shots, wrong


def _same_episode(video: str, shots: str) -> bool:
    """Episodes are named "01_From_Pole_to_Pole" or "bbc_01"; their number tells."""
    numbers = [
        next((part for part in name.replace("-", "_").split("_") if part.isdigit()), None)
        for name in (video, shots)
    ]
    return video == shots or (numbers[0] is not None and int(numbers[0]) == int(numbers[1] or -1))


def read_clipshots(folder: Path) -> Contents:
    """Read ClipShots: transitions by first and last frame; neighbours are cuts, the rest gradual.

    Raises:
        InputError: there are no annotations, or a file is not what it should be.
    """
    place = folder / "annotations"
    files = [place / f"{split}.json" for split in CLIPSHOTS_SPLITS]
    there = [path for path in files if path.is_file()]
    if not there:
        raise InputError(f"{printable(place)}: no {' or '.join(p.name for p in files)}")
    videos = files_by_stem(folder, VIDEO_SUFFIXES)
    shown, problems = [], []
    for path in there:
        try:
            entries = json.loads(path.read_text(encoding="utf-8"))
            named = sorted(entries.items())
        except (OSError, ValueError, AttributeError) as err:
            raise InputError(f"{printable(path)}: not a table of videos in JSON ({err})") from err
        for name, entry in named:
            try:
                shown.append(_clip(name, entry, videos))
            except (KeyError, TypeError, ValueError) as reason:
                problems.append(f"{printable(path)}: {name}: {reason!r}")
    return Contents(videos=tuple(shown), problems=tuple(problems))


def _clip(name: str, entry: dict[str, object], videos: dict[str, Path]) -> VideoItem:
    transitions = [(int(a), int(b)) for a, b in entry["transitions"]]  # type: ignore[attr-defined]
    cuts = tuple(sorted(end for start, end in transitions if end == start + 1))
    gradual = tuple(sorted((a, b) for a, b in transitions if b > a + 1))
    stem = Path(name).stem
    n_frames = int(float(str(entry["frame_num"])))
    return VideoItem(
        stem, videos.get(stem), cut_frames=cuts, gradual_frames=gradual, n_frames=n_frames
    )


def _first(files: dict[str, Path], names: tuple[str, ...]) -> Path | None:
    return next((files[name] for name in names if name in files), None)
