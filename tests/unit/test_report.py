"""What the commands print, as text and as JSON."""

import csv
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from indexer.reports import ImportReport, IndexReport
from retriever.search import Match
from v2m.errors import InputError
from v2m.plan_report import fit_words, plan_text, render_json, render_text
from v2m.report import (
    TRACK_COLUMNS,
    clock,
    export_tracks,
    find_json,
    find_text,
    import_json,
    import_text,
    index_json,
    index_text,
    track_json,
    track_text,
    tracks_json,
    tracks_text,
)
from v2m.results import FindResult, FoundScene
from v2m.soundtrack.plan import Cue, CuePlan, PlannedVideo, Seam
from v2m.soundtrack.render import RenderReport
from v2m.types import Provenance, Refused, Scene, Span, Track

NOT_UTF8 = Path(os.fsdecode(b"/mus\xffic/a.mp3"))

TRACK = Track(
    "0123456789abcdef",
    Path("/music/calm sea.mp3"),
    "Calm Sea",
    artist="Ada",
    duration_seconds=75.2504,
    tempo_bpm=67.6,
    key="D",
    mode="minor",
    loudness_lufs=-17.12345,
    instrumental=0.98765,
    tags=("piano", "slow"),
)
MADE = Provenance("arranger", "1", "calm sea", 7, {"style": "calm"}, "0.1", "a.mp4", 2)
GENERATED = replace(TRACK, origin="generated", title="Made")
MATCH = Match(TRACK, 1.23456, 0.87654, {"audio": 0.456789}, Span(12.34567, 20), "calm; piano")
SCENE = Scene(0, Span(0, 4.00049), 0, 100)


def _found(**changes: object) -> FoundScene:
    scene = FoundScene(SCENE, "Looks like sea.", "calm music", "retrieve", "likely", (MATCH,))
    return replace(scene, **changes)  # type: ignore[arg-type]


def _result(*scenes: FoundScene, kind: str = "video", source: str = "/v/a.mp4") -> FindResult:
    return FindResult(kind, source, 4.00049 if kind == "video" else None, "lite", 12, scenes)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0:00.0"),
        (9.94, "0:09.9"),
        (59.96, "1:00.0"),
        (75.25, "1:15.2"),
        (600, "10:00.0"),
        (3725.5, "62:05.5"),
    ],
)
def test_a_clock_shows_minutes_and_tenths(seconds: float, text: str) -> None:
    assert clock(seconds) == text


# index


def _report(**counts: int) -> IndexReport:
    report = IndexReport(tracks=9)
    for name, count in counts.items():
        setattr(report, name, count)
    return report


@pytest.mark.parametrize(
    ("counts", "lines"),
    [
        ({}, ["no music files found (mp3, flac, ogg, opus, wav, m4a, aiff)"]),
        ({"files": 3, "unchanged": 3}, ["nothing to encode: 3 of 3 files unchanged"]),
        ({"files": 3, "added": 2, "updated": 1}, ["encoded 3 tracks: 2 new, 1 updated"]),
        (
            {"files": 5, "added": 1, "unchanged": 4},
            ["encoded 1 track: 1 new, 0 updated; 4 files unchanged"],
        ),
        (
            {"files": 4, "unchanged": 1, "moved": 1, "duplicates": 1, "forgotten": 1},
            [
                "nothing to encode: 1 of 4 files unchanged",
                "1 file moved or tagged anew; its track was kept",
                "1 file is a copy of music that is there already",
                "1 track forgotten: its files are gone",
            ],
        ),
        (
            {"files": 6, "added": 1, "moved": 2, "duplicates": 3, "forgotten": 4},
            [
                "encoded 1 track: 1 new, 0 updated",
                "2 files moved or tagged anew; their tracks were kept",
                "3 files are copies of music that is there already",
                "4 tracks forgotten: their files are gone",
            ],
        ),
    ],
)
def test_an_index_run_says_what_it_did(counts: dict[str, int], lines: list[str]) -> None:
    assert index_text(_report(**counts)).splitlines() == [*lines, "the library holds 9 tracks"]


def test_files_that_cannot_be_used_are_named_on_one_line_each() -> None:
    report = _report(files=2)
    report.failed.append((Path("/m/a\nb.mp3"), "holds no sound"))
    report.skipped.append((NOT_UTF8, "broken link"))

    lines = index_text(report).splitlines()
    assert lines[1] == "cannot use '/m/a\\nb.mp3': holds no sound"
    assert lines[2] == "skipped '/mus\\udcffic/a.mp3': broken link"


def test_an_index_run_says_what_went_away_and_what_one_should_know() -> None:
    report = _report(files=3)
    report.away += [Path("/m/a.mp3"), Path("/m/b.mp3")]
    report.notices.append("no Chromaprint")

    assert index_text(report).splitlines()[1:3] == [
        "2 files went away while they were read, such as /m/a.mp3; "
        "run this again when they are back",
        "note: no Chromaprint",
    ]


def test_an_index_run_as_json_counts_everything() -> None:
    report = _report(files=7, added=1, updated=2, moved=3, unchanged=4, duplicates=5, forgotten=6)
    report.failed.append((Path("/m/a.mp3"), "empty file"))
    report.skipped.append((NOT_UTF8, "broken link"))
    report.away.append(Path("/m/gone.mp3"))
    report.notices.append("no Chromaprint")

    assert json.loads(json.dumps(index_json(report))) == {
        "files": 7,
        "added": 1,
        "updated": 2,
        "moved": 3,
        "unchanged": 4,
        "duplicates": 5,
        "forgotten": 6,
        "encoded": 3,
        "structured": 0,
        "alike": 0,
        "tracks": 9,
        "attached": 0,
        "copies": 0,
        "unclear": [],
        "failed": [{"path": "/m/a.mp3", "reason": "empty file"}],
        "skipped": [{"path": "file:///mus%FFic/a.mp3", "reason": "broken link"}],
        "away": ["/m/gone.mp3"],
        "notices": ["no Chromaprint"],
    }


# import


def test_an_import_says_what_became_of_every_row() -> None:
    report = ImportReport("fma", 9, 2, 1, 1, encoded=3, attached=1, copies=1, without_audio=2)
    report.refused += [Refused(n, "", "no title") for n in (3, 5, 7, 9)]
    report.refused.append(Refused(0, "x/1", "no sound file we read"))
    report.unclear.append(("/m/a.mp3", "several rows mean this file"))
    report.failed.append(("4", "HTTP 404"))
    report.notices.append("no genres.csv")

    assert import_text(report).splitlines() == [
        "note: no genres.csv",
        "fma: read 9 rows: 2 new, 1 changed, 1 as they were, 5 refused",
        "refused 4: no title (line 3, line 5, line 7 and 1 more)",
        "refused 1: no sound file we read (x/1)",
        "1 tracks have their audio now",
        "1 rows describe a sound that another row describes too",
        "not attached: /m/a.mp3: several rows mean this file",
        "fetched 0 files, 1 failed",
        "not fetched: 4: HTTP 404",
        "2 tracks have no audio yet: 'find' shows them, no plan takes them; index their folder, or "
        "import with --audio or --fetch",
    ]
    document = json.loads(json.dumps(import_json(report)))
    assert document["refused"][0] == {"line": 3, "key": "", "reason": "no title"}
    assert document["not_fetched"] == [{"id": "4", "reason": "HTTP 404"}]


def test_reasons_that_are_many_are_cut_for_people() -> None:
    report = ImportReport("fma", rows=12, refused=[Refused(n, "", f"why {n}") for n in range(12)])

    assert import_text(report).splitlines()[-1] == "and 2 other reasons; --json lists every row"


# find


def test_a_video_as_json_has_scenes_with_times_and_matches() -> None:
    found = json.loads(json.dumps(find_json(_result(_found(), _found(matches=())))))

    assert found["query"] == {"kind": "video", "path": "/v/a.mp4", "duration_seconds": 4.0}
    assert (found["profile"], found["tracks_searched"]) == ("lite", 12)
    first, second = found["scenes"]
    assert (first["index"], first["start_seconds"], first["end_seconds"]) == (0, 0, 4.0)
    assert (first["start_frame"], first["end_frame"]) == (0, 100)
    assert (first["decision"], first["reason"], first["prompt"]) == (
        "retrieve",
        "likely",
        "calm music",
    )
    assert (first["probability"], second["probability"]) == (0.8765, 0.0)
    assert (second["index"], second["matches"]) == (1, [])


def test_a_match_as_json_has_its_place_scores_and_reason() -> None:
    (match,) = find_json(_result(_found()))["scenes"][0]["matches"]

    assert match == {
        "rank": 1,
        "track_id": "0123456789abcdef",
        "title": "Calm Sea",
        "artist": "Ada",
        "path": "/music/calm sea.mp3",
        "has_audio": True,
        "score": 1.2346,
        "probability": 0.8765,
        "branches": {"audio": 0.4568},
        "section": {"start_seconds": 12.346, "end_seconds": 20},
        "why": "calm; piano",
    }


def test_a_match_without_audio_is_marked() -> None:
    described = replace(TRACK, path=Path(), has_audio=False, source_url="http://x/1")
    result = _result(_found(matches=(replace(MATCH, track=described),)))

    (match,) = find_json(result)["scenes"][0]["matches"]
    assert (match["path"], match["has_audio"]) == ("", False)
    assert find_text(result).splitlines()[-1].strip() == "no audio yet: http://x/1"
    assert tracks_text([described]).splitlines()[0].endswith("Calm Sea  (no audio yet)")


def test_a_text_as_json_is_no_path_and_has_no_times() -> None:
    result = find_json(_result(_found(scene=None), kind="text", source="calm"))

    assert result["query"] == {"kind": "text", "text": "calm"}
    assert "start_seconds" not in result["scenes"][0]


def test_a_video_is_told_scene_by_scene() -> None:
    assert find_text(_result(_found())).splitlines() == [
        "searched 12 tracks with profile lite",
        "",
        "scene 0  0:00.0 to 0:04.0  Looks like sea.",
        "  music asked for: calm music",
        "  1. Calm Sea  (88% likely to fit)",
        "     from 0:12.3: calm; piano",
        "     /music/calm sea.mp3",
    ]


def test_a_miss_says_that_music_would_be_composed() -> None:
    miss = _found(decision="generate", reason="nothing likely enough", matches=())

    last = find_text(_result(miss)).splitlines()[-1]
    assert last == "  nothing likely enough; 'v2m score' would compose here"


def test_a_picture_is_described_without_times() -> None:
    lines = find_text(_result(_found(scene=None), kind="image", source="a.png")).splitlines()

    assert lines[1:4] == ["", "Looks like sea.", "  music asked for: calm music"]


def test_a_text_is_not_repeated() -> None:
    text = find_text(_result(_found(scene=None), kind="text", source="calm"))

    assert "Looks like" not in text
    assert "music asked for" not in text
    assert "1. Calm Sea" in text


def test_a_scene_without_a_prompt_says_nothing_of_one() -> None:
    assert "music asked for" not in find_text(_result(_found(prompt="")))


# plan and rendering


def _plan() -> CuePlan:
    video = PlannedVideo(
        path="a.mp4", duration_seconds=9, fps=25, width=64, height=48, has_audio=False
    )
    cues = (
        Cue(
            start_seconds=0,
            end_seconds=4,
            scenes=(0,),
            source="retrieved",
            track_path="/m/a.mp3",
            title="Calm Sea",
            why="calm; piano",
        ),
        Cue(start_seconds=4, end_seconds=9, scenes=(1,), source="silence"),
    )
    return CuePlan(
        video=video, profile="lite", min_probability=0.5, scenes=(), cues=cues, notices=("short",)
    )


PLAN_LINES = [
    "0:00.0 to 0:04.0  retrieved: Calm Sea",
    "    calm; piano",
    "    from 0.0 s",
    "0:04.0 to 0:09.0  silence: silence",
    "note: short",
]
RENDERED = RenderReport(Path("out put.mp4"), 9.00049, -14.0123, -1.0456, ("quieter",))


def test_a_plan_says_which_music_goes_where() -> None:
    assert plan_text(_plan(), None).splitlines() == PLAN_LINES
    assert plan_text(_plan(), Path("p.json")).splitlines() == [*PLAN_LINES, "wrote p.json"]


def test_a_notice_that_scenes_share_is_said_once_with_all_of_them() -> None:
    notices = [
        *("scene 0: dark", "scene 1: a miss", "scene 2: dark", "cue 0: no bars", "short"),
        *("scene 3: dark", "scene 4: dark", "cue 1: no bars"),
    ]
    plan = _plan().model_copy(update={"notices": tuple(notices)})

    told = [line for line in plan_text(plan, None).splitlines() if line.startswith("note")]
    assert told == [
        "note: scenes 0 and 2-4: dark",
        "note: scene 1: a miss",
        "note: scenes 0 and 1: no bars",
        "note: short",
    ]
    assert render_json(plan, RENDERED)["plan"]["notices"] == notices


def test_a_notice_of_a_cue_that_is_not_there_is_told_as_it_is() -> None:
    plan = _plan().model_copy(update={"notices": ("cue 7: gone", "cue 0, 1 s: quiet")})

    assert plan_text(plan, None).splitlines()[-2:] == [
        "note: cue 7: gone",
        "note: cue 0, 1 s: quiet",
    ]


def test_what_was_done_to_a_track_is_told() -> None:
    back, ahead = Seam(out_seconds=9, in_seconds=3), Seam(out_seconds=5, in_seconds=20, speed=0.98)
    cue = (
        _plan()
        .cues[0]
        .model_copy(
            update={
                "in_seconds": 2.0,
                "seams": (back, ahead),
                "own_ending": True,
                "hit_seconds": 7.5,
                "n_cuts": 4,
                "cut_to_beat_before_seconds": 0.21,
                "cut_to_beat_seconds": 0.034,
            }
        )
    )

    assert fit_words(cue) == (
        "from 2.0 s, goes back once, leaves 1 passage out, tempo -2.0%, climax asked for at 7.5 s, "
        "comes to its own end, 4 cuts 34 ms from a beat (210 ms from the track's beginning)"
    )


def test_a_rendering_says_how_loud_it_is() -> None:
    assert render_text(_plan(), RENDERED).splitlines() == [
        *PLAN_LINES,
        "note: quieter",
        "wrote out put.mp4: 0:09.0, -14.0 LUFS, true peak -1.0 dBTP",
    ]


def test_a_rendering_as_json_holds_its_plan() -> None:
    found = json.loads(json.dumps(render_json(_plan(), RENDERED)))

    assert CuePlan.model_validate(found.pop("plan")) == _plan()
    assert found == {
        "path": "out put.mp4",
        "duration_seconds": 9.0,
        "loudness_lufs": -14.01,
        "true_peak_dbtp": -1.05,
        "notices": ["quieter"],
    }


# tracks


def test_tracks_are_a_table() -> None:
    assert tracks_text([TRACK, GENERATED]).splitlines() == [
        "01234567    1:15.3     68 bpm  D minor    Calm Sea",
        "01234567    1:15.3     68 bpm  D minor    Made  (generated)",
        "2 tracks",
    ]
    assert tracks_text([]) == "0 tracks"


def test_tracks_as_json_have_every_column() -> None:
    (row,) = json.loads(json.dumps(tracks_json([TRACK])))["tracks"]

    assert list(row) == list(TRACK_COLUMNS)
    assert (row["path"], row["tags"]) == ("/music/calm sea.mp3", ["piano", "slow"])
    assert (row["duration_seconds"], row["loudness_lufs"]) == (75.25, -17.123)
    assert row["instrumental"] == 0.988


def test_a_track_as_json_says_what_made_it() -> None:
    made = json.loads(json.dumps(track_json(GENERATED, MADE)))["provenance"]

    assert made == {
        "model": "arranger",
        "revision": "1",
        "prompt": "calm sea",
        "seed": 7,
        "parameters": {"style": "calm"},
        "code_version": "0.1",
        "parent_video": "a.mp4",
        "parent_scene": 2,
        "weights_licence": "",
        "made_at": "",
        "digital_source_type": "http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicMedia",
    }
    assert "provenance" not in track_json(TRACK, None)


def test_a_track_is_told_a_field_a_line_without_empty_ones() -> None:
    lines = track_text(TRACK, None).splitlines()

    assert "title             Calm Sea" in lines
    assert "tempo_bpm         67.6" in lines
    assert not [line for line in lines if line.startswith(("album", "licence", "made by"))]
    assert not [line for line in track_text(Track("a", Path("b"), "c"), None) if "tags" in line]


def test_a_composed_track_says_by_whom() -> None:
    assert track_text(GENERATED, MADE).splitlines()[-3:] == [
        "made by           arranger 1, seed 7",
        "prompt            calm sea",
        "source type       http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicMedia",
    ]


def test_an_exported_table_comes_back(tmp_path: Path) -> None:
    odd = replace(TRACK, title='A "B", c\nd; ö', path=NOT_UTF8)
    export_tracks([TRACK, odd], tmp_path / "out.CSV")
    with (tmp_path / "out.CSV").open(encoding="utf-8", newline="") as file:
        first, second = csv.DictReader(file)

    assert list(first) == list(TRACK_COLUMNS)
    assert (first["title"], first["tags"]) == ("Calm Sea", "piano; slow")
    assert (second["title"], second["path"]) == ('A "B", c\nd; ö', "file:///mus%FFic/a.mp3")


def test_exported_json_is_that_of_the_tracks(tmp_path: Path) -> None:
    export_tracks([TRACK], tmp_path / "out.json")

    assert json.loads((tmp_path / "out.json").read_text("utf-8")) == tracks_json([TRACK])


@pytest.mark.parametrize(
    ("name", "words"),
    [("out.xlsx", r"use \.csv or \.json"), ("out", "unknown"), ("no/out.csv", "no such folder")],
)
def test_an_export_that_cannot_be_is_refused(tmp_path: Path, name: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        export_tracks([TRACK], tmp_path / name)
    assert list(tmp_path.iterdir()) == []
