"""Readers of data sets, each on a tiny copy made here in the published layout."""

import json
from pathlib import Path

import pytest

from tests.commands import Commands
from v2m.errors import ConfigError, InputError
from v2m.evaluation.datasets.registry import DATA_SETS, check_copy, check_text, read_data_set
from v2m.types import Span


def _write(path: Path, text: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def _tsv(*rows: str) -> str:
    return "".join(row.replace("|", "\t") + "\n" for row in rows)


def test_labels_are_what_names_say_and_not_all_share(tmp_path: Path) -> None:
    for name in ("calm/calm_acoustic_1", "calm/calm_electronic_s522", "happy/happy_acoustic_2"):
        _write(tmp_path / "music" / f"{name}.opus")

    held = read_data_set("folder", tmp_path)

    assert [sorted(item.labels) for item in held.music] == [
        ["acoustic", "calm"], ["calm", "electronic"], ["acoustic", "happy"],
    ]  # fmt: skip
    assert held.music[0].key == "music/calm/calm_acoustic_1.opus"


def test_jamendo_moods(tmp_path: Path) -> None:
    _write(
        tmp_path / "data" / "autotagging_moodtheme.tsv",
        _tsv(
            "TRACK_ID|ARTIST_ID|ALBUM_ID|PATH|DURATION|TAGS",
            "track_0000948|artist_000087|album_000149|48/948.mp3|212.7|mood/theme---background",
            "track_0000950|a|b|50/950.mp3|100|mood/theme---film|genre---jazz|mood/theme---calm",
            "track_0000951|a|b|51/951.mp3|100|genre---jazz",
        ),
    )
    sound = _write(tmp_path / "48" / "948.low.mp3")

    held = read_data_set("jamendo-moods", tmp_path)

    assert held.music[0].audio == sound
    assert held.music[1].labels == {"film", "calm"}
    assert len(held.problems) == 1
    assert "line 4" in held.problems[0]


def test_musiccaps_knows_whole_sounds_from_cut_ones(tmp_path: Path) -> None:
    head = "ytid,start_s,end_s,audioset_positive_labels,aspect_list,caption\n"
    rows = (
        '-0Gj8-vB1q4,30,40,"/m/0","[\'sad\', \'slow piano\']","A sad, slow piano."\n'
        "whole123456,5,15,/m/1,\"['fast']\",Fast.\n"
        "lost1234567,x,15,/m/1,\"['fast']\",Fast.\n"
    )
    _write(tmp_path / "musiccaps-public.csv", head + rows)
    cut = _write(tmp_path / "wav" / "-0Gj8-vB1q4-30-40.wav")
    whole = _write(tmp_path / "wav" / "whole123456.wav")

    first, second = read_data_set("musiccaps", tmp_path).music

    assert (first.audio, first.span) == (cut, None)
    assert first.labels == {"sad", "slow piano"}
    assert (second.audio, second.span) == (whole, Span(5.0, 15.0))


def test_song_describer_gathers_captions_by_track(tmp_path: Path) -> None:
    _write(
        tmp_path / "song_describer.csv",
        "caption_id,track_id,caption,is_valid_subset,familiarity,artist_id,album_id,path,duration\n"
        "1,948,Calm piano.,True,0,1,1,48/948.mp3,120\n"
        "2,948,A quiet tune.,True,0,1,1,48/948.mp3,120\n"
        "3,950,Rock.,True,0,1,1,50/950.mp3,120\n",
    )
    sound = _write(tmp_path / "audio" / "48" / "948.2min.mp3")

    first, second = read_data_set("song-describer", tmp_path).music

    assert first.captions == ("Calm piano.", "A quiet tune.")
    assert (first.audio, second.audio) == (sound, None)


def test_symmv_joins_video_sound_and_midi_by_index(tmp_path: Path) -> None:
    _write(
        tmp_path / "SymMV.csv",
        _tsv("index|youtube_url|tonality|shazam_id", "1|https://example.org/a|C|9", "2||D|8"),
    )
    midi = _write(tmp_path / "midi" / "00001.mid")
    video = _write(tmp_path / "video" / "00001.mp4")

    held = read_data_set("symmv", tmp_path)

    assert held.music[0].notes == midi
    assert (held.videos[0].video, held.videos[0].music_key) == (video, "1")
    assert held.videos[1].video is None


def test_vcsl_finds_videos_by_id(tmp_path: Path) -> None:
    _write(tmp_path / "data" / "videos_url_uuid.csv", "uuid,video_url\nabc,https://x\n,https://y\n")
    video = _write(tmp_path / "videos" / "abc.mp4")

    held = read_data_set("vcsl", tmp_path)

    assert [item.video for item in held.videos] == [video]
    assert len(held.problems) == 1


def test_bbc_gives_the_first_frame_of_every_new_shot(tmp_path: Path) -> None:
    shots = tmp_path / "annotations" / "shots"
    _write(shots / "01_From_Pole_to_Pole.txt", "0\t99\n100\t250\nx\t3\n251\t300\n260 255\n")
    video = _write(tmp_path / "bbc_01.mp4")

    held = read_data_set("bbc", tmp_path)

    assert held.videos[0].cut_frames == (100, 251)
    assert held.videos[0].n_frames == 301
    assert held.videos[0].video == video
    assert len(held.problems) == 2


def test_clipshots_tells_cuts_from_gradual_transitions(tmp_path: Path) -> None:
    entries = {
        "a.mp4": {"transitions": [[98, 99], [200, 230]], "frame_num": 400.0},
        "b.mp4": {"transitions": [[1]], "frame_num": 10},
    }
    _write(tmp_path / "annotations" / "test.json", json.dumps(entries))

    held = read_data_set("clipshots", tmp_path)

    assert held.videos[0].cut_frames == (99,)
    assert held.videos[0].gradual_frames == ((200, 230),)
    assert "b.mp4" in held.problems[0]


FMA_COLUMNS = (
    ("track", "title"), ("track", "license"), ("track", "duration"), ("track", "tags"),
    ("track", "genres_all"), ("track", "genre_top"), ("track", "information"),
    ("artist", "name"), ("album", "title"),
)  # fmt: skip


def test_fma(tmp_path: Path) -> None:
    folder = tmp_path / "fma_metadata"
    tops = ",".join(["", *(top for top, _ in FMA_COLUMNS)])
    names = ",".join(["", *(name for _, name in FMA_COLUMNS)])
    ids = "track_id" + "," * len(FMA_COLUMNS)
    row = "2,Food,Attribution,168,\"['calm']\",[21],Hip-Hop,,AWOL,AWOL - A Way Of Life"
    _write(folder / "tracks.csv", "\n".join([tops, names, ids, row, ""]))
    raw = "track_id,license_title,license_url,track_url,track_instrumental"
    _write(folder / "raw_tracks.csv", f"{raw}\n2,Attribution,http://cc/by/4.0,http://x,0\n")
    genres = "genre_id,#tracks,parent,title,top_level\n21,1,0,Hip-Hop,21\n"
    _write(folder / "genres.csv", genres)
    sound = _write(tmp_path / "fma_small" / "000" / "000002.mp3")

    (item,) = read_data_set("fma", tmp_path).music

    assert item.audio == sound
    assert "calm" in item.labels


@pytest.mark.parametrize("name", [name for name in DATA_SETS if name != "folder"])
def test_a_folder_that_is_no_copy_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"\.csv|\.tsv|\.txt|\.json"):
        read_data_set(name, tmp_path)


def test_unknown_sets_and_missing_folders_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="symmv"):
        read_data_set("symmw", tmp_path)
    with pytest.raises(InputError, match="no such folder"):
        read_data_set("symmv", tmp_path / "nowhere")


def test_a_copy_without_media_is_shown_the_layout(tmp_path: Path) -> None:
    _write(tmp_path / "SymMV.csv", _tsv("index|youtube_url", "1|https://example.org/a"))

    said = check_text(check_copy("symmv", tmp_path))

    assert "0 of 1 videos" in said
    assert "midi/00001.mid" in said


def test_commands_list_and_check(v2m: Commands, tmp_path: Path) -> None:
    _write(tmp_path / "a" / "calm_1.mp3")
    _write(tmp_path / "b" / "wild_1.mp3")

    listed = v2m("eval", "datasets", "--json")
    checked = v2m("eval", "datasets", "folder", tmp_path)

    assert {entry["name"] for entry in json.loads(listed.out)} == set(DATA_SETS)
    assert "2 of 2 pieces" in checked.out
    assert v2m("eval", "datasets", "folder").code == 2
