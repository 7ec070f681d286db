"""Bad input: one clear line, the right exit code, no traceback, nothing half-written."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import av
import duckdb
import numpy as np
import pytest
import soundfile

from tests.commands import Commands
from tests.system.conftest import bundled_track, ffmpeg
from v2m.library import Library

GOOD = "energetic/energetic_electronic_2.opus"


def _silence(path: Path) -> None:
    soundfile.write(path, np.zeros((22050, 2)), 22050)


def _flipped(path: Path) -> None:
    data = bytearray(bundled_track(GOOD).read_bytes())
    for place in np.random.default_rng(0).integers(200, len(data), 4000):
        data[place] ^= 0xFF
    path.write_bytes(bytes(data))


def _cover_only(path: Path) -> None:
    picture = b"\x00\x00image/png\x00\x03\x00" + b"\x89PNG\r\n\x1a\n" + bytes(400)
    frame = b"APIC" + len(picture).to_bytes(4, "big") + b"\x00\x00" + picture
    size = len(frame)
    synchsafe = bytes((size >> shift) & 0x7F for shift in (21, 14, 7, 0))
    path.write_bytes(b"ID3\x03\x00\x00" + synchsafe + frame)


def _picture_only(path: Path) -> None:
    ffmpeg("-f", "lavfi", "-i", "testsrc=size=64x64:duration=1", "-f", "mp4", path)


def _not_a_number(path: Path) -> None:
    soundfile.write(path, np.full((22050, 1), np.nan), 22050, subtype="FLOAT")


BAD_MUSIC: dict[str, Callable[[Path], object]] = {
    "text.mp3": lambda p: p.write_text("this is no music"),
    "empty.flac": lambda p: p.write_bytes(b""),
    "header.ogg": lambda p: p.write_bytes(bundled_track(GOOD).read_bytes()[:60]),
    "noise.wav": lambda p: p.write_bytes(np.random.default_rng(0).bytes(4000)),
    "noise.m4a": lambda p: p.write_bytes(np.random.default_rng(1).bytes(4000)),
    "flipped.opus": _flipped,
    "cover.mp3": _cover_only,
    "picture.m4a": _picture_only,
    "silent.wav": _silence,
    "frameless.wav": lambda p: soundfile.write(p, np.zeros((0, 2)), 44100),
    "nan.wav": _not_a_number,
    "quotes'\"`$(x).mp3": lambda p: p.write_text("no"),
    "new\nline.mp3": lambda p: p.write_text("no"),
}


@pytest.mark.parametrize("name", BAD_MUSIC)
def test_bad_music_is_named_and_good_music_beside_it_is_kept(
    name: str, v2m: Commands, tmp_path: Path
) -> None:
    music = tmp_path / "music"
    music.mkdir()
    BAD_MUSIC[name](music / name)

    alone = v2m("index", music, "--workers", "1", "--json")
    shutil.copy(bundled_track(GOOD), music / "good.opus")
    both = v2m("index", music, "--workers", "1", "--json")

    assert alone.code == 2
    assert len(json.loads(alone.out)["failed"]) == 1
    report = json.loads(both.out)
    assert both.code == 0
    assert report["added"] == 1
    assert report["tracks"] == 1
    assert [Path(bad["path"]).name for bad in report["failed"]] == [name]
    assert 3 < len(report["failed"][0]["reason"]) < 120


def test_names_that_are_not_utf8(v2m: Commands, tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + b"/music/\xff\xfe track.opus"
    (tmp_path / "music").mkdir()
    shutil.copy(bundled_track(GOOD), os.fsdecode(name))

    indexed = v2m("index", tmp_path / "music", "--workers", "1")
    found = v2m("find", "--text", "energetic electronic music", "--json")

    assert indexed.code == 0
    assert found.code == 0
    match = json.loads(found.out)["scenes"][0]["matches"][0]
    assert match["path"].startswith("file://")
    assert match["path"].endswith("%FF%FE%20track.opus")


def test_things_that_are_no_files(v2m: Commands, tmp_path: Path) -> None:
    music = tmp_path / "music"
    (music / "folder.mp3").mkdir(parents=True)
    os.mkfifo(music / "pipe.mp3")
    (music / "dangling.mp3").symlink_to(tmp_path / "nowhere.mp3")
    (music / "loop").symlink_to(music)
    shutil.copy(bundled_track(GOOD), music / "good.opus")

    report = json.loads(v2m("index", music, "--workers", "1", "--json").out)

    assert report["tracks"] == 1
    named = {Path(bad["path"]).name for bad in (*report["failed"], *report["skipped"])}
    assert named <= {"pipe.mp3", "dangling.mp3", "loop"}


def test_half_a_file_is_either_used_or_named(v2m: Commands, tmp_path: Path) -> None:
    music = tmp_path / "music"
    music.mkdir()
    data = bundled_track(GOOD).read_bytes()
    (music / "half.opus").write_bytes(data[: len(data) // 2])

    report = json.loads(v2m("index", music, "--workers", "1", "--json").out)

    assert report["tracks"] + len(report["failed"]) == 1


def _audio_only(path: Path) -> None:
    ffmpeg("-f", "lavfi", "-i", "sine=duration=2", path)


def _video(path: Path, seconds: float = 3) -> None:
    ffmpeg("-f", "lavfi", "-i", f"mandelbrot=size=160x90:rate=25,trim=duration={seconds}", path)


def _without_index(path: Path) -> None:
    _video(path)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])


BAD_VIDEOS: dict[str, Callable[[Path], object]] = {
    "missing.mp4": lambda p: None,
    "text.mp4": lambda p: p.write_text("no video"),
    "empty.mp4": lambda p: p.write_bytes(b""),
    "folder.mp4": lambda p: p.mkdir(),
    "sound.mp4": _audio_only,
    "cut.mp4": _without_index,
    "noise.webm": lambda p: p.write_bytes(np.random.default_rng(2).bytes(9000)),
    'it\'s "quoted".mp4': lambda p: p.write_text("no video"),
}


@pytest.mark.parametrize("command", ["score", "find", "plan"])
@pytest.mark.parametrize("name", BAD_VIDEOS)
def test_bad_video(
    name: str, command: str, v2m: Commands, music_library: Library, tmp_path: Path
) -> None:
    folder = tmp_path / "videos"
    folder.mkdir()
    BAD_VIDEOS[name](folder / name)
    before = sorted(folder.iterdir())
    target = folder / ("out.json" if command == "plan" else "out.mp4")
    out = () if command == "find" else ("-o", target)

    outcome = v2m(command, folder / name, *out, "--catalog", music_library.folder)

    assert outcome.code == 2
    assert name.split(".", maxsplit=1)[0].split("'", maxsplit=1)[0] in outcome.complaint
    assert sorted(folder.iterdir()) == before


def test_flipped_bits_in_a_video_do_not_stop_it(
    v2m: Commands, music_library: Library, tmp_path: Path
) -> None:
    video = tmp_path / "v.mp4"
    _video(video, 6)
    data = bytearray(video.read_bytes())
    for place in np.random.default_rng(3).integers(len(data) // 4, len(data) // 2, 40):
        data[place] ^= 0xFF
    video.write_bytes(bytes(data))

    outcome = v2m("score", video, "-o", tmp_path / "o.mp4", "--catalog", music_library.folder)

    assert outcome.code in (0, 2)
    assert (tmp_path / "o.mp4").exists() == (outcome.code == 0)


@pytest.fixture
def video(tmp_path: Path) -> Path:
    """Return a good video of three seconds."""
    path = tmp_path / "good.mp4"
    _video(path)
    return path


@pytest.mark.parametrize(
    ("target", "says"),
    [
        ("nowhere/out.mp4", "no such folder"),
        ("out.txt", "ending"),
        ("out.webm", "cannot hold"),
        ("good.mp4", "the input itself"),
    ],
)
def test_targets_that_cannot_be_written(
    target: str, says: str, video: Path, v2m: Commands, music_library: Library
) -> None:
    before = video.read_bytes()

    outcome = v2m("score", video, "-o", video.parent / target, "--catalog", music_library.folder)

    assert outcome.code == 2
    assert says in outcome.complaint
    assert video.read_bytes() == before


BAD_QUERIES: list[tuple[list[str], str]] = [
    ([], "exactly one query"),
    (["--text", "  "], "empty"),
    (["--text", "a", "--image", "b.png"], "exactly one query"),
    (["--text", "calm", "--by", "smell"], "smell"),
    (["--text", "calm", "--where", "nonsense ="], "--where"),
    (["--text", "calm", "--where", "1=1); DROP TABLE tracks; --"], "--where"),
    (["--text", "calm", "--where", "no_such_column > 3"], "--where"),
    (["--text", "calm", "--style", "operatic"], "style"),
    (["--text", "calm", "--min-probability", "2"], "min_probability"),
    (["--text", "calm", "--profile", "fulll"], "fulll"),
    (["--image", "missing.png"], "missing.png"),
    (["--audio", "missing.mp3"], "missing.mp3"),
]


@pytest.mark.parametrize(("arguments", "says"), BAD_QUERIES)
def test_bad_query(arguments: list[str], says: str, v2m: Commands, music_library: Library) -> None:
    outcome = v2m("find", *arguments, "--catalog", music_library.folder)

    assert outcome.code == 2
    assert says in outcome.complaint


@pytest.mark.parametrize("note", ["7=too far", "first=calm", "0="])
def test_bad_note(note: str, video: Path, v2m: Commands, music_library: Library) -> None:
    outcome = v2m("find", video, "--note", note, "--catalog", music_library.folder)

    assert outcome.code == 2
    assert "note" in outcome.complaint


def test_a_picture_that_is_none(v2m: Commands, music_library: Library, tmp_path: Path) -> None:
    (tmp_path / "p.png").write_bytes(b"\x89PNG\r\n\x1a\nnot really")

    outcome = v2m("find", "--image", tmp_path / "p.png", "--catalog", music_library.folder)

    assert outcome.code == 2
    assert "p.png" in outcome.complaint


@pytest.mark.parametrize("arguments", [["find", "--text", "calm"], ["tracks", "list"]])
def test_no_catalogue(arguments: list[str], v2m: Commands, tmp_path: Path) -> None:
    outcome = v2m(*arguments, "--catalog", tmp_path / "none")

    assert outcome.code == 3
    assert "v2m index" in outcome.complaint
    assert not (tmp_path / "none").exists()


def test_empty_library(v2m: Commands, tmp_path: Path) -> None:
    Library(tmp_path / "empty", create=True)

    outcome = v2m("find", "--text", "calm", "--catalog", tmp_path / "empty")

    assert outcome.code == 3
    assert "empty" in outcome.complaint


def test_catalogue_of_a_newer_version(v2m: Commands, music_library: Library) -> None:
    with duckdb.connect(music_library.folder / "catalog.duckdb") as con:
        con.execute("UPDATE meta SET value = '999' WHERE name = 'schema_version'")

    outcome = v2m("find", "--text", "calm", "--catalog", music_library.folder)

    assert outcome.code == 3
    assert "newer" in outcome.complaint


def test_catalogue_that_is_no_database(v2m: Commands, tmp_path: Path) -> None:
    (tmp_path / "catalog.duckdb").write_text("something else")

    outcome = v2m("find", "--text", "calm", "--catalog", tmp_path)

    assert outcome.code == 3


@pytest.mark.parametrize("seconds", ["0", "-3", "nan", "100000"])
def test_lengths_nobody_can_compose(seconds: str, v2m: Commands, tmp_path: Path) -> None:
    outcome = v2m("generate", "calm", f"--seconds={seconds}", "--catalog", tmp_path / "c")

    assert outcome.code == 2
    assert not list((tmp_path / "c").rglob("*.flac"))


def test_empty_prompt(v2m: Commands, tmp_path: Path) -> None:
    assert v2m("generate", " ", "--catalog", tmp_path / "c").code == 2


@pytest.fixture
def plan(video: Path, v2m: Commands, music_library: Library) -> Path:
    """Return a good plan."""
    path = video.with_name("plan.json")
    options = ("--generate", "never", "--catalog", music_library.folder)
    assert v2m("plan", video, "-o", path, *options).code == 0
    return path


def _edit(plan: Path, change: Callable[[dict[str, object]], object]) -> None:
    data = json.loads(plan.read_text())
    change(data)
    plan.write_text(json.dumps(data))


@pytest.mark.parametrize(
    ("change", "code", "says"),
    [
        (lambda d: d["cues"][0].update(gian_db=3), 2, "gain_db"),
        (lambda d: d.update(format="v2m-plan/9"), 3, "v2m-plan/9"),
        (lambda d: d["cues"][0].update(track_path="/nowhere/a.mp3"), 2, "a.mp3"),
        (lambda d: d["cues"][0].update(end_seconds=1.0), 2, "ends at"),
        (lambda d: d["video"].update(path="/nowhere/v.mp4"), 2, "v.mp4"),
        (lambda d: d.update(cues=[]), 2, "cues"),
    ],
)
def test_edited_plans(
    change: Callable[[dict[str, object]], object],
    code: int,
    says: str,
    plan: Path,
    v2m: Commands,
) -> None:
    _edit(plan, change)

    outcome = v2m("render", plan, "-o", plan.with_name("o.mp4"))

    assert outcome.code == code
    assert says in outcome.complaint
    assert not plan.with_name("o.mp4").exists()


def test_a_plan_for_another_video(plan: Path, v2m: Commands, tmp_path: Path) -> None:
    _video(tmp_path / "longer.mp4", 5)

    outcome = v2m("render", plan, "-o", tmp_path / "o.mp4", "--video", tmp_path / "longer.mp4")

    assert outcome.code == 2
    assert "make the plan again" in outcome.complaint


def test_a_plan_that_is_no_json(v2m: Commands, tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text("{")

    assert v2m("render", tmp_path / "p.json", "-o", tmp_path / "o.mp4").code == 2


def _as_nobody(folder: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run v2m as a user without rights to the folder's owner."""
    environment = {**os.environ, "HOME": str(folder)}
    return subprocess.run(
        [sys.executable, "-m", "cli", *map(str, arguments)],
        user=65534 if os.geteuid() == 0 else None,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_av_reads_what_the_tests_write(video: Path) -> None:
    with av.open(str(video)) as container:
        assert container.streams.video
