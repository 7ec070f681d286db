"""A library kept for years: repair, other models, copies, waiting for others, watching folders."""

import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import cast

import imageio_ffmpeg
import numpy as np
import pytest

from catalogs.duplicates import recordings
from catalogs.fingerprints import fingerprints_of, uncompared
from catalogs.image import current_image
from catalogs.lock import index_lock
from catalogs.repair import mend, missing_files, remove_missing
from catalogs.rows import IndexedFile
from catalogs.store import Catalogue
from indexer.columns import fill_columns
from indexer.mapper import build_mapper
from indexer.options import Options
from indexer.pace import SOUND, announce, expected_seconds, learn
from indexer.parts import SAMPLE_RATE
from indexer.recordings import find_recordings
from indexer.watch import changes
from tests.commands import Commands
from tests.conftest import WriteMusic
from tests.libraries import (
    CountedWords,
    CountingProfile,
    counting_profile,
    fill,
    record,
    track,
)
from v2m.audio import fingerprint as fingerprints
from v2m.audio.decode import decode_audio
from v2m.audio.fingerprint import SAME, SILENCE, fingerprint, fingerprint_of, likeness
from v2m.audio.sections import at_low_rate
from v2m.encoders.profiles import Profile, ProfileSpec
from v2m.errors import MediaError, StateError

PROFILE = counting_profile()
OPTIONS = Options(ProfileSpec("counting"), workers=1, shown=False)


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    return Catalogue.open(tmp_path / "cat", create=True)


def test_repair_builds_files_anew_and_drops_what_belongs_to_nothing(catalogue: Catalogue) -> None:
    fill(catalogue, [track(1, "a"), track(2, "b")], PROFILE)
    with catalogue.writing() as con:
        con.execute("DELETE FROM tracks WHERE track_id = 't00002'")
    shutil.rmtree(catalogue.folder / "vectors")
    assert catalogue.health() != []

    done = mend(catalogue)

    assert catalogue.health() == []
    assert any("rows of vectors that belong to no track" in line for line in done)
    assert current_image(catalogue.folder, [(PROFILE.music.space, "track")]) is not None


@pytest.mark.parametrize("kind", ["track", "title"])
def test_repair_keeps_the_newest_of_vectors_that_stand_there_twice(
    catalogue: Catalogue, kind: str
) -> None:
    fill(catalogue, [track(1, "a"), track(2, "b")], PROFILE)
    with catalogue.writing() as con:
        con.execute(
            "INSERT INTO vectors SELECT nextval('vector_rows'), * EXCLUDE (row_id) FROM vectors"
            " WHERE track_id = 't00001' AND kind = ?",
            [kind],
        )
        (newest,) = con.execute("SELECT max(row_id) FROM vectors").fetchall()[0]
    assert catalogue.health() != []

    assert "dropped 1 vectors that stood there twice" in mend(catalogue)

    assert catalogue.health() == []
    assert catalogue.fetch("SELECT 1 FROM vectors WHERE row_id = ?", [newest])


def test_missing_files_are_listed_and_removed_only_when_told(
    catalogue: Catalogue, tmp_path: Path, v2m: Commands
) -> None:
    there = tmp_path / "a.mp3"
    there.touch()
    tracks = [replace(track(1, "a"), path=there), replace(track(2, "b"), path=tmp_path / "no.mp3")]
    fill(catalogue, tracks, PROFILE)
    with catalogue.writing() as con:
        con.execute("UPDATE files SET root = ?", [str(tmp_path)])
    fill(catalogue, [track(3, "on a disk that is away")], PROFILE)

    listed = v2m("doctor", "--repair", "--catalog", catalogue.folder)

    assert "no.mp3 is gone; --remove-missing removes it" in listed.out
    assert "00003.mp3 lies in a folder that is not there now" in listed.out
    assert catalogue.count() == 3
    assert remove_missing(catalogue) == 1
    assert [t.track_id for t in missing_files(catalogue).unreachable] == ["t00003"]
    assert catalogue.count() == 2


def test_removing_needs_repair(v2m: Commands) -> None:
    assert v2m("doctor", "--remove-missing").code == 2


def test_another_text_model_encodes_words_alone(catalogue: Catalogue) -> None:
    fill(catalogue, [track(1, "slow piano"), track(2, "0815")], PROFILE)
    sound = catalogue.vector_table(PROFILE.music.space, ["track"])
    newer = CountingProfile()
    newer.text = CountedWords("counting/text-v2")

    fill_columns(catalogue, cast(Profile, newer), shown=False)

    assert catalogue.vector_table("counting/text-v2", ["title"]).track_ids == ["t00001"]
    again = catalogue.vector_table(PROFILE.music.space, ["track"])
    np.testing.assert_array_equal(again.ids, sound.ids)


def test_the_time_work_takes_is_learned_and_said_before(
    catalogue: Catalogue, capsys: pytest.CaptureFixture[str]
) -> None:
    assert expected_seconds(catalogue, SOUND, 3600, 2) == 3600 * SOUND.first_guess / 2

    learn(catalogue, SOUND, 600, 6, workers=2)
    announce("analysing", expected_seconds(catalogue, SOUND, 36000, 2))
    announce("short work", 3)

    assert expected_seconds(catalogue, SOUND, 600, 2) == pytest.approx(6)
    assert capsys.readouterr().err == "analysing: about 6 min\n"


def _encode(source: Path, target: Path, *options: str) -> Path:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", "-i", str(source)]
    subprocess.run([*command, *options, str(target)], check=True)
    return target


def _melody(path: Path, write_music: WriteMusic, seed: int) -> Path:
    """Join short chords of many pitches: a recording that differs from others throughout."""
    rng = np.random.default_rng(seed)
    import soundfile

    parts = []
    for pitch in rng.uniform(110, 880, 24):
        piece = write_music(
            path.with_suffix(".part.wav"), seconds=0.7, pitch=float(pitch), seed=seed
        )
        parts.append(soundfile.read(piece)[0])
        piece.unlink()
    soundfile.write(path, np.concatenate(parts), 22050)
    return path


def test_copies_in_other_encodings_are_proposed_and_others_are_not(
    catalogue: Catalogue, write_music: WriteMusic, tmp_path: Path
) -> None:
    one = _melody(tmp_path / "one.wav", write_music, 1)
    paths = [
        one,
        _encode(one, tmp_path / "one.mp3", "-b:a", "96k"),
        _encode(one, tmp_path / "one.ogg", "-ss", "1.3", "-af", "volume=-8dB"),
        _melody(tmp_path / "other.wav", write_music, 2),
    ]
    fill(catalogue, [replace(track(n, p.name), path=p) for n, p in enumerate(paths)], PROFILE)

    assert find_recordings(catalogue, OPTIONS) == 3
    assert find_recordings(catalogue, OPTIONS) == 0

    (recording,) = recordings(catalogue)
    assert {copy.track_id for copy in recording.copies} == {"t00000", "t00001", "t00002"}
    assert all(SAME <= copy.likeness <= 1 for copy in recording.copies)
    assert uncompared(catalogue) == []


def test_fingerprints_of_noise_share_nothing() -> None:
    rng = np.random.default_rng(0)
    one, other = rng.integers(0, 2**32, (2, 300), np.uint32)

    assert likeness(one, other) == 0
    assert likeness(one, one[40:]) == 1
    assert likeness(one, one[:0]) == 0


def test_silence_tells_nothing_of_a_recording() -> None:
    silent = fingerprint_of(np.zeros(60 * 11025, np.float32))
    one, other = np.random.default_rng(0).integers(0, 2**32, (2, 300), np.uint32)

    assert set(silent.tolist()) == {SILENCE}
    assert likeness(silent, silent) == 0
    assert likeness(np.append(silent, one), np.append(silent, other)) == 0
    assert likeness(np.append(silent, one), np.append(silent, one)) == 1
    assert likeness(np.append(silent, one), one) == 1
    assert likeness(np.append(one[:150], silent), np.append(one[:150], other)) < SAME


def test_a_failing_ffmpeg_costs_a_track_its_fingerprint_and_nothing_else(
    write_music: WriteMusic,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    path = write_music(tmp_path / "one.wav", seconds=6.0)
    monkeypatch.setattr(fingerprints, "OUTPUT", ("-f", "nothing", "pipe:1"))

    record = build_mapper(ProfileSpec()).map(path, "one")

    assert record.fingerprint is None
    assert record.track.duration_seconds == 6
    assert "no fingerprint yet: ffmpeg" in caplog.text


def test_codes_of_decoded_sound_are_those_of_the_file(
    write_music: WriteMusic, tmp_path: Path
) -> None:
    one = _melody(tmp_path / "one.wav", write_music, 3)
    options = {
        "one.mp3": ("-b:a", "96k"),
        "one.ogg": (),
        "one.opus": ("-b:a", "64k"),
        "one.m4a": (),
        "high.flac": ("-ar", "96000", "-ac", "1"),
        "round.flac": ("-ac", "6"),
    }
    for path in [one, *(_encode(one, tmp_path / name, *how) for name, how in options.items())]:
        audio = decode_audio(path, sample_rate=SAMPLE_RATE)

        heard, of_file = fingerprint_of(at_low_rate(audio)), fingerprint(path)

        assert len(heard) == len(of_file) > 64
        assert likeness(heard, of_file) > 0.99, path.name


def test_sound_shorter_than_three_seconds_has_no_codes() -> None:
    assert len(fingerprint_of(np.ones(2 * 11025, np.float32))) == 0
    assert len(fingerprint_of(np.empty(0, np.float32))) == 0


def test_only_two_minutes_are_fingerprinted() -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, 150 * 11025).astype(np.float32)

    assert fingerprint_of(noise).tolist() == fingerprint_of(noise[: 120 * 11025]).tolist()


def test_indexing_fingerprints_a_track_and_measuring_it_again_compares_nothing_anew(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    codes = np.arange(80, dtype=np.uint32)
    path = tmp_path / "one.wav"
    made = replace(record(replace(track(1, "One"), path=path), PROFILE), fingerprint=codes)
    file = IndexedFile(path, 1, 1, tmp_path, made)

    catalogue.write_batch([file])
    assert fingerprints_of(catalogue, ["t00001"])["t00001"].tolist() == codes.tolist()
    assert uncompared(catalogue) == ["t00001"]

    find_recordings(catalogue, OPTIONS)
    catalogue.write_batch([file])
    assert uncompared(catalogue) == []


def test_a_file_that_is_no_music_has_no_fingerprint(tmp_path: Path) -> None:
    (tmp_path / "a.mp3").write_text("hello")

    with pytest.raises(MediaError, match="no fingerprint"):
        fingerprint(tmp_path / "a.mp3")


HOLDER = """
import sys, time
from pathlib import Path
from catalogs.lock import index_lock
with index_lock(Path(sys.argv[1]), "import"):
    print("held", flush=True)
    time.sleep(float(sys.argv[2]))
"""


def _hold(folder: Path, seconds: float) -> "subprocess.Popen[str]":
    run = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder), str(seconds)], stdout=subprocess.PIPE, text=True
    )
    assert run.stdout is not None
    assert run.stdout.readline() == "held\n"
    return run


def test_who_waits_too_long_is_told_for_whom(catalogue: Catalogue) -> None:
    other = _hold(catalogue.folder, 60)

    with (
        pytest.raises(StateError, match=rf"another 'v2m import' \(process {other.pid} on .*since"),
        index_lock(catalogue.folder, wait_seconds=0.1),
    ):
        pass
    other.kill()
    other.communicate()
    with index_lock(catalogue.folder, wait_seconds=5):
        assert (catalogue.folder / "lock.json").exists()
    assert not (catalogue.folder / "lock.json").exists()


def test_a_short_run_is_waited_for(catalogue: Catalogue, caplog: pytest.LogCaptureFixture) -> None:
    other = _hold(catalogue.folder, 1.0)

    with index_lock(catalogue.folder, wait_seconds=30):
        pass

    assert "waiting up to 30 s for another 'v2m import'" in caplog.text
    other.communicate()


GREEDY = """
import sys, time
from pathlib import Path
from catalogs.lock import index_lock
for turn in range(400):
    with index_lock(Path(sys.argv[1]), "index"):
        if turn == 0:
            print("held", flush=True)
        time.sleep(0.05)
"""


def test_who_waits_is_not_overtaken_for_ever(catalogue: Catalogue) -> None:
    greedy = subprocess.Popen(
        [sys.executable, "-c", GREEDY, str(catalogue.folder)], stdout=subprocess.PIPE, text=True
    )
    assert greedy.stdout is not None
    greedy.stdout.readline()

    with index_lock(catalogue.folder, wait_seconds=8):
        assert greedy.poll() is None

    greedy.kill()
    greedy.communicate()


def test_ctrl_c_ends_watching_without_a_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def interrupted(*_: object, raise_interrupt: bool, **__: object) -> Iterator[set[str]]:
        yield {"a change"}
        assert raise_interrupt
        raise KeyboardInterrupt

    monkeypatch.setattr("watchfiles.watch", interrupted)

    assert list(changes([tmp_path])) == [1]
    assert not caplog.records


def test_watching_sees_music_come_and_ignores_the_rest(tmp_path: Path) -> None:
    def copy() -> None:
        (tmp_path / "cover.jpg").touch()
        (tmp_path / ".hidden.mp3").touch()
        (tmp_path / "song.mp3").touch()

    timer = threading.Timer(0.7, copy)
    timer.start()

    seen = next(iter(changes([tmp_path])))

    assert seen == 1
    timer.join()
