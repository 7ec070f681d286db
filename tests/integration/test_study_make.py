"""Studies made from finished videos."""

from pathlib import Path

import av
import numpy as np
import pytest

from tests.conftest import WriteMusic
from tests.integration.studies import PITCHES, write_film
from tests.unit.videos import RED, plain, write_video
from v2m.audio.decode import decode_audio
from v2m.audio.loudness import SILENCE_LUFS, integrated_lufs
from v2m.errors import InputError, MediaError, StateError
from v2m.soundtrack.mix import RATE
from v2m.study.design import MEDIA, Part, Study, read_study
from v2m.study.make import StudyOptions, make_study
from v2m.study.sounds import random_stretch, tones
from v2m.study.sources import Source, common_loudness
from v2m.types import Samples, VideoFacts
from v2m.video.probe import probe_video


@pytest.fixture(scope="module")
def study(made_study: Path) -> Study:
    return read_study(made_study)


def lufs_of(path: Path) -> float:
    return integrated_lufs(decode_audio(path, sample_rate=RATE).samples, RATE)


def test_every_clip_is_equally_loud(study: Study, made_study: Path) -> None:
    for clip in study.clips:
        for name in (clip.video, clip.music):
            loudness = lufs_of(made_study / MEDIA / name)
            assert loudness == pytest.approx(study.target_lufs, abs=0.3)


def test_every_clip_has_its_picture(study: Study, made_study: Path) -> None:
    for clip in study.clips:
        facts = probe_video(made_study / MEDIA / clip.video)
        assert facts.n_frames == 25
        assert facts.duration_seconds == pytest.approx(1.0)


def test_silent_clips_are_silent(study: Study, made_study: Path) -> None:
    for item in study.items:
        assert lufs_of(made_study / MEDIA / item.silent) == SILENCE_LUFS


def test_files_say_nothing_about_what_is_in_them(study: Study, made_study: Path) -> None:
    for path in (made_study / MEDIA).iterdir():
        with av.open(str(path)) as container:
            told = f"{path.name} {container.metadata}".lower()
        assert not any(name in told for name in (*PITCHES, "beach", "night"))


def test_tags_of_finished_videos_stay_behind(tmp_path: Path) -> None:
    for name in ("a", "b"):
        plain = write_film(tmp_path / name / "beach.mp4")
        tagged = tmp_path / name / "night.mp4"
        with av.open(str(plain)) as source, av.open(str(tagged), "w") as target:
            target.metadata["title"] = f"scored by {name}"
            streams = {s.index: target.add_stream_from_template(s) for s in source.streams}
            for packet in source.demux():
                if packet.dts is not None:
                    packet.stream = streams[packet.stream.index]
                    target.mux(packet)

    made = make_study(tmp_path / "study", {name: tmp_path / name for name in ("a", "b")})

    for clip in made.study.clips:
        with av.open(str(made.folder / MEDIA / clip.video)) as container:
            assert "title" not in container.metadata


def test_the_files_are_those_of_the_study(study: Study, made_study: Path) -> None:
    assert {path.name for path in (made_study / MEDIA).iterdir()} == study.files()


def test_roles_are_known(study: Study) -> None:
    roles = {c.name: c.role for c in study.configurations}

    assert roles == {"random": "floor", "simple": "system", "brief": "system", "human": "reference"}


def test_what_a_study_lacks_is_said(tmp_path: Path) -> None:
    options = StudyOptions(target_lufs=-3.0, items_per_rater=9)

    made = make_study(tmp_path / "study", two(tmp_path), options)

    told = " ".join(made.notices)
    assert "the most their peaks allow" in told
    assert "no floor" in told
    assert "no reference" in told
    assert read_study(made.folder) == made.study
    assert (made.study.items_per_rater, made.study.pairs_per_rater) == (1, 1)


def test_tones_can_be_counted() -> None:
    loud = np.abs(tones(4, -20.0)[0]) > 0.01
    starts = np.flatnonzero(np.diff(loud.astype(int)) == 1)

    assert 1 + int((np.diff(starts) > 0.1 * RATE).sum()) == 4


def _stretch_of_all(path: Path, n: int, rng: np.random.Generator) -> Samples:
    """Return what a random stretch is, from the whole file in memory."""
    sound = decode_audio(path, sample_rate=RATE).samples
    first = int(rng.integers(max(1, sound.shape[1] - n)))
    piece = np.resize(sound[:, first:].T, (n, 2)).T.copy()
    fade = min(n // 2, RATE)
    piece[:, :fade] *= np.linspace(0, 1, fade, dtype=np.float32)
    piece[:, n - fade :] *= np.linspace(1, 0, fade, dtype=np.float32)
    return piece


@pytest.mark.parametrize("ending", ["flac", "mp3"])
@pytest.mark.parametrize("seconds", [0.5, 3.1, 14.0], ids=["shorter", "between", "longer"])
def test_a_random_stretch_is_that_of_the_whole_file_block_by_block(
    seconds: float, ending: str, write_music: WriteMusic, tmp_path: Path
) -> None:
    path = write_music(tmp_path / f"music.{ending}", seconds=5.0)
    n = round(seconds * RATE)

    blocks = list(random_stretch(path, n, np.random.default_rng(3)))

    wanted = _stretch_of_all(path, n, np.random.default_rng(3))
    np.testing.assert_array_equal(np.concatenate(blocks, axis=1), wanted)
    assert max(block.shape[1] for block in blocks) < 2 * RATE


def test_a_floor_is_made_of_random_music(tmp_path: Path, write_music: WriteMusic) -> None:
    for number in range(2):
        write_music(tmp_path / "music" / f"{number}.wav", seconds=0.6, seed=number)
    for name in ("a", "b"):
        write_film(tmp_path / name / "beach.mp4")
    options = StudyOptions(floor_music=tmp_path / "music", reference="b", parts=(Part.PAIRS,))

    made = make_study(tmp_path / "s", {n: tmp_path / n for n in ("a", "b")}, options)

    assert [c.role for c in made.study.configurations] == ["system", "reference", "floor"]
    assert made.notices == ()
    assert made.study.parts == (Part.PAIRS,)
    assert len(made.study.clips) == 3


def a_source(name: str, lufs: float, peak_dbtp: float) -> Source:
    facts = VideoFacts(Path(f"{name}.mp4"), 1.0, 25.0, 25, 64, 48, "h264", True, 0.0)
    return Source(0, 0, facts.path, facts, lufs, peak_dbtp)


def two(root: Path, **other: object) -> dict[str, Path]:
    """Write one film under configuration a, and another as described under b."""
    write_film(root / "a" / "beach.mp4")
    write_film(root / "b" / "beach.mp4", **other)  # type: ignore[arg-type]
    return {name: root / name for name in ("a", "b")}


@pytest.mark.parametrize(
    ("other", "complaint"),
    [
        ({"n_frames": 30}, "1.20 s long but"),
        ({"size": (32, 64)}, "64x32 but"),
        ({"level": 0.0}, "its sound is silent"),
        ({"codec": "mpeg4"}, "browsers do not play mpeg4"),
    ],
)
def test_what_would_spoil_a_study_is_refused(
    other: dict[str, object], complaint: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=complaint):
        make_study(tmp_path / "study", two(tmp_path, **other))

    assert not list(tmp_path.glob("*study*"))
    assert not list(tmp_path.glob(".*"))


def test_videos_without_sound_are_refused(tmp_path: Path) -> None:
    folders = two(tmp_path)
    write_video(folders["b"] / "beach.mp4", plain(RED, 25))

    with pytest.raises(MediaError, match="holds no sound"):
        make_study(tmp_path / "study", folders)


def test_a_video_that_one_configuration_lacks_is_named(tmp_path: Path) -> None:
    folders = two(tmp_path)
    write_film(folders["a"] / "night.mp4")

    with pytest.raises(InputError, match="'b' lacks the video night"):
        make_study(tmp_path / "study", folders)


def test_the_clip_with_the_highest_peaks_decides() -> None:
    sources = [a_source("calm", -20, -9), a_source("clicks", -30, -2), a_source("loud", -8, -1)]

    assert common_loudness(sources, wanted_lufs=-20) == pytest.approx(-29.5)
    assert common_loudness(sources, wanted_lufs=-33) == -33


def test_a_clip_whose_peaks_allow_too_little_is_named() -> None:
    with pytest.raises(MediaError, match=r"clicks\.mp4: its peaks allow -42 LUFS at most"):
        common_loudness([a_source("calm", -20, -9), a_source("clicks", -41, -0.5)], -20)


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (StudyOptions(floor="x"), "--floor 'x'"),
        (StudyOptions(reference="x"), "--reference 'x'"),
        (StudyOptions(floor="human", reference="human"), "not the same"),
    ],
)
def test_roles_that_do_not_fit_are_refused(
    options: StudyOptions, complaint: str, finished_videos: dict[str, Path], tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=complaint):
        make_study(tmp_path / "study", finished_videos, options)


def test_one_configuration_is_nothing_to_compare(
    finished_videos: dict[str, Path], tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="at least two"):
        make_study(tmp_path / "study", {"human": finished_videos["human"]})


def test_a_folder_that_is_there_stays_as_it_is(
    finished_videos: dict[str, Path], tmp_path: Path
) -> None:
    (tmp_path / "notes.txt").write_text("mine")

    with pytest.raises(InputError, match="is there already"):
        make_study(tmp_path, finished_videos)

    assert (tmp_path / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize("files", [(), ("notes.txt",)])
def test_folders_without_videos_or_plans_are_refused(
    files: tuple[str, ...], tmp_path: Path
) -> None:
    folders = two(tmp_path)
    (tmp_path / "c").mkdir()
    for name in files:
        (tmp_path / "c" / name).write_text("nothing")

    with pytest.raises(InputError, match="holds neither videos"):
        make_study(tmp_path / "study", {**folders, "c": tmp_path / "c"})


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (None, "no study in"),
        ("{", "Invalid JSON"),
        ('{"format": "v2m-study/9"}', "format"),
    ],
)
def test_what_is_no_study_is_not_opened(
    content: str | None, complaint: str, tmp_path: Path
) -> None:
    if content is not None:
        (tmp_path / "study.json").write_text(content)

    with pytest.raises(StateError, match=complaint):
        read_study(tmp_path)
