"""Every data set v2m can read, with its layout and licence, and a check of a user's own copy."""

from dataclasses import dataclass
from pathlib import Path

from v2m.errors import ConfigError, InputError, printable
from v2m.evaluation.datasets.items import Contents, DataSet
from v2m.evaluation.datasets.music_sets import (
    read_fma,
    read_jamendo_moods,
    read_labelled_folder,
    read_musiccaps,
    read_song_describer,
)
from v2m.evaluation.datasets.video_sets import read_bbc, read_clipshots, read_symmv, read_vcsl
from v2m.evaluation.tables import Table

DATA_SETS: dict[str, DataSet] = {
    one.name: one
    for one in (
        DataSet(
            "folder",
            "A folder of music whose folder or file names carry labels",
            "",
            "as yours",
            ("calm/calm_acoustic_1.opus", "…"),
            "text to music with graded relevance",
            read_labelled_folder,
        ),
        DataSet(
            "symmv",
            "SymMV (Zhuo and others, ICCV 2023): music videos with MIDI and chords",
            "https://github.com/zhuole1025/SymMV",
            "annotations CC BY-NC-SA 4.0; videos stay their owners'",
            (
                "SymMV.csv            tab-separated: index, youtube_url, tonality, shazam_id",
                "midi/00001.mid       by index",
                "video/00001.mp4      fetched by you",
                "audio/00001.wav      fetched by you",
            ),
            "video to music and back; SC, PE, PCE and EBR of real music",
            read_symmv,
        ),
        DataSet(
            "vcsl",
            "VCSL (He and others, CVPR 2022): the list of videos the paper drew from",
            "https://github.com/alipay/VCSL",
            "list for research; videos stay their owners'",
            (
                "data/videos_url_uuid.csv   uuid and the video's address",
                "….mp4                      fetched by you, named by uuid",
            ),
            "videos for P_desc",
            read_vcsl,
        ),
        DataSet(
            "jamendo-moods",
            "MTG-Jamendo, moods and themes (Bogdanov and others, 2019): 18,486 tracks, 59 tags",
            "https://github.com/MTG/mtg-jamendo-dataset",
            "annotations CC BY-NC-SA 4.0; each track has its own licence",
            (
                "data/autotagging_moodtheme.tsv",
                "48/948.mp3 or 48/948.low.mp3, also below audio/",
            ),
            "text to music by mood with graded relevance",
            read_jamendo_moods,
        ),
        DataSet(
            "musiccaps",
            "MusicCaps (Agostinelli and others, 2023): 5,521 captions of ten seconds",
            "https://www.kaggle.com/datasets/googleai/musiccaps",
            "captions CC BY-SA 4.0; sound stays its owners'",
            (
                "musiccaps-public.csv   ytid, start_s, end_s, aspect_list, caption, …",
                "YTID.wav               whole sound, or YTID-START-END.wav, fetched by you",
            ),
            "text to music and back, one true clip a caption",
            read_musiccaps,
        ),
        DataSet(
            "song-describer",
            "The Song Describer Dataset (Manco and others, 2023): 1,100 captions of 706 tracks",
            "https://zenodo.org/records/10072001",
            "captions CC BY-SA 4.0; each track a Creative Commons licence",
            (
                "song_describer.csv         caption_id, track_id, caption, …, path",
                "audio/48/948.2min.mp3      by path",
            ),
            "text to music and back, several captions a track",
            read_song_describer,
        ),
        DataSet(
            "fma",
            "FMA (Defferrard and others, ISMIR 2017): 106,574 tracks",
            "https://github.com/mdeff/fma",
            "metadata CC BY 4.0; each track has its own licence",
            (
                "fma_metadata/tracks.csv, raw_tracks.csv, genres.csv",
                "fma_small/000/000002.mp3   or medium, large, full",
            ),
            "text to music by genre and tag",
            read_fma,
        ),
        DataSet(
            "bbc",
            "BBC Planet Earth (Baraldi, Grana and Cucchiara, 2015): cuts of eleven episodes",
            "https://aimagelab.ing.unimore.it/imagelab/researchActivity.asp?idActivity=19",
            "annotations for research; episodes stay the BBC's",
            (
                "annotations/shots/01_From_Pole_to_Pole.txt   first and last frame a line",
                "….mp4                                        episodes of your own",
            ),
            "cuts",
            read_bbc,
        ),
        DataSet(
            "clipshots",
            "ClipShots (Tang and others, ACCV 2018): cuts and gradual transitions",
            "https://github.com/Tangshitao/ClipShots",
            "annotations for research; videos stay their owners'",
            (
                "annotations/train.json, test.json, only_gradual.json",
                "videos/train/….mp4, videos/test/….mp4",
            ),
            "cuts",
            read_clipshots,
        ),
    )
}
"""By name."""


@dataclass(frozen=True, slots=True)
class CopyCheck:
    """What a user's copy of a data set is good for.

    Attributes:
        name: of the set.
        n_music: pieces named.
        n_music_there: of them with media.
        n_videos: videos named.
        n_videos_there: of them with media.
        problems: rows that cannot be used.
    """

    name: str
    n_music: int
    n_music_there: int
    n_videos: int
    n_videos_there: int
    problems: tuple[str, ...]

    @property
    def is_usable(self) -> bool:
        """Whether anything can be measured with it."""
        return bool(self.n_music_there or self.n_videos_there)


def data_set(name: str) -> DataSet:
    """Return a data set by name.

    Raises:
        ConfigError: there is no such set.
    """
    if name not in DATA_SETS:
        raise ConfigError("data set", name, list(DATA_SETS))
    return DATA_SETS[name]


def read_data_set(name: str, folder: Path) -> Contents:
    """Read a user's copy.

    Raises:
        ConfigError: there is no such set.
        InputError: the folder is missing or holds no copy; says what is expected where.
    """
    wanted = data_set(name)
    if not folder.is_dir():
        raise InputError(f"{printable(folder)}: no such folder")
    return wanted.read(folder)


def check_copy(name: str, folder: Path) -> CopyCheck:
    """Read a copy and count what is there.

    Raises:
        As ``read_data_set``.
    """
    held = read_data_set(name, folder)
    return CopyCheck(
        name,
        len(held.music),
        sum(item.media is not None for item in held.music),
        len(held.videos),
        sum(item.media is not None for item in held.videos),
        held.problems,
    )


def describe(one: DataSet) -> dict[str, object]:
    """Return what is known of a data set as plain data."""
    return {
        "name": one.name,
        "title": one.title,
        "url": one.url,
        "licence": one.licence,
        "layout": list(one.layout),
        "use": one.use,
    }


def data_set_table() -> Table:
    """List the data sets."""
    return Table(
        "Data sets; v2m reads your own copy and fetches nothing",
        ("name", "what", "for", "licence", "where"),
        tuple((d.name, d.title, d.use, d.licence, d.url) for d in DATA_SETS.values()),
    )


def check_text(found: CopyCheck) -> str:
    """Say what a copy is good for, and what is expected where media is missing."""
    lines = [f"{found.name}:"]
    if found.n_music:
        lines.append(f"  {found.n_music_there} of {found.n_music} pieces of music are there")
    if found.n_videos:
        lines.append(f"  {found.n_videos_there} of {found.n_videos} videos are there")
    lines += [f"  {problem}" for problem in found.problems[:20]]
    if len(found.problems) > 20:
        lines.append(f"  and {len(found.problems) - 20} more rows that cannot be used")
    if not found.is_usable:
        lines.append("  no media found; a copy looks like this:")
        lines += [f"    {line}" for line in data_set(found.name).layout]
    return "\n".join(lines)
