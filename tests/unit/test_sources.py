"""What each source of open music says, read from the formats it is published in."""

import json
from pathlib import Path

import pytest

from benchmarks.importing import write_fma, write_jamendo
from catalogs.generated_terms import terms_of
from catalogs.sources.fma import Fma
from catalogs.sources.jamendo import Jamendo
from catalogs.sources.known import SOURCES, open_source
from catalogs.sources.netlabels import Netlabels
from catalogs.sources.reading import listed, plain, seconds
from catalogs.sources.sidecar import Sidecar
from v2m.errors import ConfigError, InputError
from v2m.protocols import Source
from v2m.types import Refused, SourceRow


def _read(source: Source) -> tuple[dict[str, SourceRow], list[Refused]]:
    rows = list(source.rows())
    return (
        {row.key: row for row in rows if isinstance(row, SourceRow)},
        [row for row in rows if isinstance(row, Refused)],
    )


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    return path


# ---- FMA ---------------------------------------------------------------------------------------

FMA = """,album,artist,track,track,track,track,track,track,track
,title,name,title,license,duration,tags,genres_all,genre_top,information
track_id,,,,,,,,,
2,Way,Ada,Harbour,Attribution,168,"['calm', ""it's""]","[21]",Folk,"<p>slow &amp;
soft</p>"
3,Way,Ada,Food,Attribution,long,[],[],,
4,Way,Ada,Rain,Attribution,9,calm,[],,
"""
RAW = """track_id,license_title,license_url,track_url,track_instrumental,other
2,Attribution-ShareAlike 3.0,http://creativecommons.org/licenses/by-sa/3.0/us/,http://f/2,1,
"""


def test_fma_joins_its_two_tables(tmp_path: Path) -> None:
    _write(tmp_path / "tracks.csv", FMA)
    _write(tmp_path / "raw_tracks.csv", RAW)
    _write(tmp_path / "genres.csv", "genre_id,title\n21,Hip-Hop\n")

    rows, _ = _read(Fma(tmp_path))

    assert rows["2"] == SourceRow(
        key="2",
        line=5,
        title="Harbour",
        artist="Ada",
        album="Way",
        description="Folk; Hip-Hop; calm; it's; slow & soft",
        duration_seconds=168,
        instrumental=1.0,
        licence="Attribution-ShareAlike 3.0",
        licence_url="http://creativecommons.org/licenses/by-sa/3.0/us/",
        attribution="“Harbour” by Ada",
        source_url="http://f/2",
        audio_name="000/000002.mp3",
    )
    assert terms_of(rows["2"].licence, rows["2"].licence_url).name == "CC-BY-SA-3.0-US"


def test_fma_says_which_line_is_wrong_and_why(tmp_path: Path) -> None:
    _, refused = _read(Fma(_write(tmp_path / "tracks.csv", FMA)))

    assert refused == [
        Refused(6, "3", "duration 'long' is no length in seconds"),
        Refused(7, "4", "'calm' is no list"),
    ]


def test_fma_without_its_other_tables_says_what_that_costs(tmp_path: Path) -> None:
    source = Fma(_write(tmp_path / "tracks.csv", FMA))

    assert [notice[:17] for notice in source.notices()] == [
        "no raw_tracks.csv",
        "no genres.csv bes",
    ]
    assert _read(source)[0]["2"].licence == "Attribution"


def test_fma_refuses_a_table_with_one_header_row(tmp_path: Path) -> None:
    _write(tmp_path / "tracks.csv", "track_id,title\n2,Food\n")

    with pytest.raises(InputError, match=r"lines 1 and 2: no column track/title"):
        list(Fma(tmp_path).rows())


# ---- MTG-Jamendo -------------------------------------------------------------------------------

TAGS = (
    "TRACK_ID\tARTIST_ID\tALBUM_ID\tPATH\tDURATION\tTAGS\n"
    "track_0000948\tartist_1\talbum_1\t48/948.mp3\t212.7\tgenre---rock\tmood/theme---film\n"
    "track_0000949\tartist_1\talbum_1\t49/949.mp3\t10.0\n"
    "track_0000950\tartist_1\talbum_1\n"
)
NAMES = (
    "TRACK_ID\tARTIST_ID\tALBUM_ID\tTRACK_NAME\tARTIST_NAME\tALBUM_NAME\tRELEASEDATE\tURL\n"
    "track_0000948\ta\tb\tIntro &amp; more\tDavid\tFirst\t2005\thttp://j/948\n"
)
TERMS = (
    "48/948.mp3\nIntro by David\nAvailable under a Creative Commons Attribution-NonCommercial-"
    "ShareAlike license: http://creativecommons.org/licenses/by-nc-sa/2.0/\n\n"
)


def test_jamendo_joins_tags_names_and_licences(tmp_path: Path) -> None:
    _write(tmp_path / "data" / "autotagging.tsv", TAGS)
    _write(tmp_path / "data" / "raw.meta.tsv", NAMES)
    _write(tmp_path / "audio_licenses.txt", TERMS)

    rows, refused = _read(Jamendo(tmp_path))

    row = rows["track_0000948"]
    assert (row.title, row.artist, row.description) == ("Intro & more", "David", "rock; film")
    assert (row.attribution, row.audio_name) == ("Intro by David", "48/948.mp3")
    assert terms_of(row.licence, row.licence_url).name == "CC-BY-NC-SA-2.0"
    assert rows["track_0000949"].description == ""
    assert refused == [Refused(4, "track_0000950", "3 cells, at least 5 columns")]


def test_jamendo_reads_licences_from_a_table_too(tmp_path: Path) -> None:
    _write(tmp_path / "autotagging.tsv", TAGS)
    _write(
        tmp_path / "audio_licenses.tsv",
        "TRACK_ID\tATTRIBUTION\tLICENSE\ntrack_0000948\tIntro by David\tAvailable under a Creative"
        " Commons Attribution license: http://creativecommons.org/licenses/by/3.0/\n",
    )

    row = _read(Jamendo(tmp_path / "autotagging.tsv"))[0]["track_0000948"]

    assert terms_of(row.licence, row.licence_url).name == "CC-BY-3.0"
    assert row.title == "track 0000948"


def test_jamendo_without_licences_says_so(tmp_path: Path) -> None:
    _write(tmp_path / "autotagging.tsv", TAGS)

    assert "licences are unknown" in Jamendo(tmp_path).notices()[1]
    with pytest.raises(InputError, match="no table of MTG-Jamendo"):
        Jamendo(tmp_path / "elsewhere")


@pytest.mark.parametrize(("write", "source"), [(write_fma, Fma), (write_jamendo, Jamendo)])
def test_every_row_of_a_generated_catalogue_is_read_or_refused(
    tmp_path: Path, write: type, source: type
) -> None:
    damages = write(tmp_path, 3000)

    rows = list(source(tmp_path).rows())

    refused = [row for row in rows if isinstance(row, Refused)]
    assert len(rows) == 3000
    # a row that comes twice is refused by the importer, which knows all of them
    assert len(refused) == damages.total() - damages["twice"]


# ---- net labels --------------------------------------------------------------------------------

RELEASES = (
    "activity,album,artist,catalog,duration,genre,id,label,licenseurl,rating,style,totaldiscs,"
    "totaltracks,url,year\n"
    "1,Sky,Various Artists,x1,99,Electronic,x1,Label,"
    "http://creativecommons.org/licenses/by-nc-nd/3.0/de/,3,ambient,1,2,https://archive.org/details/x1,2013\n"
)
TRACKS = (
    "activity,disc,duration,id,rating,title,track,trackartist,trackurl\n"
    "1,1,61,x1,3,Blue,1,Cy,https://archive.org/download/x1/01%20blue.mp3\n"
    "1,1,61,x2,3,Red,1,Cy,https://archive.org/download/x2/red.mp3\n"
    "1,1,61,x1,3,,2,Cy,\n"
)


def test_a_net_labels_track_takes_the_licence_of_its_release(tmp_path: Path) -> None:
    _write(tmp_path / "releases.csv", RELEASES)
    _write(tmp_path / "tracks.csv", TRACKS)

    rows, refused = _read(Netlabels(tmp_path))

    row = rows["x1/1/1"]
    assert (row.title, row.artist, row.album) == ("Blue", "Cy", "Sky")
    assert row.description == "Electronic; ambient; passive"
    assert terms_of(row.licence, row.licence_url).name == "CC-BY-NC-ND-3.0-DE"
    assert row.audio_name == "x1/01 blue.mp3"
    assert [(r.line, r.reason) for r in refused] == [
        (3, "no release 'x2' in releases.csv"),
        (4, "no title"),
    ]
    with pytest.raises(InputError, match="reads both"):
        Netlabels(tmp_path / "elsewhere")


# ---- a folder with a table ---------------------------------------------------------------------


def test_a_folders_columns_are_found_by_name_in_any_order(tmp_path: Path) -> None:
    _write(
        tmp_path / "music.csv",
        "\ufeffLicense;Length;File Name;Track Title;Composer;Price;Artst\n"
        "CC BY 4.0;3:03;sub\\a.mp3;Rain;Ada;9;\n",
    )
    source = Sidecar(tmp_path)

    row = _read(source)[0]["sub/a.mp3"]

    assert (row.title, row.artist, row.licence) == ("Rain", "Ada", "CC BY 4.0")
    assert (row.duration_seconds, row.audio_name) == (183, "sub/a.mp3")
    assert source.notices() == [
        "line 1: column 'Price' is not used",
        "line 1: column 'Artst' is not used; did you mean 'artist'?",
    ]


def test_a_folders_wrong_rows_are_named_by_line(tmp_path: Path) -> None:
    path = _write(
        tmp_path / "tracks.csv",
        'file,title,duration\na.mp3,"two\nlines",1\nb.mp3,B\nc.mp3,C,soon\nd.mp3,\udcff,1\n,,\n',
    )

    rows, refused = _read(Sidecar(path))

    assert rows["a.mp3"].title == "two lines"
    assert [(r.line, r.reason[:25]) for r in refused] == [
        (4, "2 cells, 3 columns"),
        (5, "duration 'soon' is no len"),
        (6, "not UTF-8: save the file "),
        (7, "neither title nor file"),
    ]


def test_a_folders_table_may_be_json_as_we_export_it(tmp_path: Path) -> None:
    items = [
        {"title": "Rain", "tags": ["calm", "piano"], "path": str(tmp_path / "a.mp3")},
        7,
        {"title": {"en": "x"}},
    ]
    path = _write(tmp_path / "tracks.json", json.dumps({"tracks": items}, indent=1))

    rows, refused = _read(Sidecar(path))

    assert rows["a.mp3"].description == "calm; piano"
    assert [(r.line, r.reason) for r in refused] == [
        (11, "'7' is no object"),
        (12, "\"{'en': 'x'}\" is neither text, number nor list"),
    ]


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("tracks.csv", "price\n3\n", "no column for the title or the file"),
        ("tracks.json", '{"a": 1}', "neither a list nor an object with 'tracks'"),
        ("tracks.json", "[\n{,\n]", "line 2: not JSON"),
        ("tracks.txt", "x", "no table here"),
    ],
)
def test_a_table_that_is_none_is_refused(
    tmp_path: Path, name: str, text: str, complaint: str
) -> None:
    _write(tmp_path / name, text)

    with pytest.raises(InputError, match=complaint):
        list(Sidecar(tmp_path).rows())


def test_several_tables_are_not_guessed_among(tmp_path: Path) -> None:
    _write(tmp_path / "a.csv", "title\n")
    _write(tmp_path / "b.csv", "title\n")

    with pytest.raises(InputError, match="several tables here; name the table"):
        Sidecar(tmp_path)
    with pytest.raises(InputError, match="no such folder"):
        Sidecar(tmp_path / "no")


# ---- names and cells ---------------------------------------------------------------------------


def test_a_source_there_is_not_is_refused_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="did you mean 'jamendo'"):
        open_source("jamedo", str(tmp_path), lambda: pytest.fail("no client is needed"))
    assert set(SOURCES) >= {"folder", "fma", "jamendo", "netlabels", "openverse", "archive"}


@pytest.mark.parametrize("text", ["-1", "soon", "1:x", "nan", "9999999"])
def test_what_is_no_length_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no length"):
        seconds(text)


def test_html_and_lists_are_read_as_words() -> None:
    assert plain("a&nbsp;<b>b</b>") == "a b"
    assert listed("") == ()
    with pytest.raises(ValueError, match="no list"):
        listed("{'a': 1}")
