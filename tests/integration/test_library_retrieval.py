"""Retrieval over a library with labels, over pairs with videos, and of places in tracks."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.commands import Commands
from tests.toys import MOODS, PLAYERS, TITLES, toy_library, toy_profile  # noqa: F401 - a fixture
from tests.unit.videos import RED, plain, write_video
from v2m.errors import InputError, StateError
from v2m.evaluation.datasets.items import MusicItem
from v2m.evaluation.labelled_emotion import labelled_emotions
from v2m.evaluation.library_retrieval import direction, excerpts, known_texts, text_and_music
from v2m.evaluation.pairs import read_pairs
from v2m.library import Library

pytestmark = pytest.mark.usefixtures("toy_profile")

TOY = ("--profile", "toy", "--catalog")


@pytest.fixture
def library(toy_profile: str, tmp_path: Path) -> Library:  # noqa: F811
    return toy_library(tmp_path / "own", TITLES, noise=0.4)


def _items(library: Library) -> list[MusicItem]:
    return [
        MusicItem(t.track_id, t.path, labels=frozenset(t.title.split()[:2]))
        for t in library.tracks()
    ]


def test_texts_are_the_labels_that_occur_and_grades_count_what_is_shared(library: Library) -> None:
    known = known_texts(library, _items(library))

    assert len(known.texts) == len(MOODS) * len(PLAYERS)
    assert known.strict.sum(axis=1).tolist() == [2] * len(known.texts)
    assert set(np.unique(known.grades)) == {0, 1, 2}
    assert (known.strict == (known.grades == 2)).all()


def test_captions_are_true_for_their_own_track_alone(library: Library) -> None:
    items = [
        MusicItem(t.track_id, t.path, captions=(f"{t.title} a", f"{t.title} b"))
        for t in library.tracks()
    ]

    known = known_texts(library, items)

    assert len(known.texts) == 2 * len(TITLES)
    assert known.strict.sum(axis=1).tolist() == [1] * len(known.texts)


def test_both_ways_are_found_in_a_library_that_sounds_like_its_names(library: Library) -> None:
    forward, backward = text_and_music(library, known_texts(library, _items(library)))

    for found in (forward, backward):
        for figures in found.systems.values():
            assert figures.measures["R@1"].value > 0.9
            assert figures.measures["nDCG@10"].value > 0.8
        assert found.chance["R@1"] < 0.1
        assert found.table.rows[-1][0] == "chance"


def test_ndcg_is_graded_and_the_rest_is_not() -> None:
    found = direction("t", {"x": [[3.0, 2.0, 1.0]]}, [[0, 1, 0]], [[1.0, 2.0, 0.0]])

    measures = found.systems["x"].measures
    assert measures["R@1"].value == 0
    ideal = 2 + 1 / math.log2(3)
    assert measures["nDCG@10"].value == pytest.approx((1 + 2 / math.log2(3)) / ideal)
    assert found.ranks["x"].tolist() == [2]


def test_music_that_is_not_indexed_is_refused(library: Library, tmp_path: Path) -> None:
    with pytest.raises(StateError, match="none of the 1 pieces"):
        known_texts(library, [MusicItem("x", tmp_path / "x.mp3")])
    with pytest.raises(InputError, match="no captions"):
        known_texts(library, [MusicItem("x", library.tracks()[0].path)])


def test_command_measures_a_labelled_folder(
    v2m: Commands, library: Library, tmp_path: Path
) -> None:
    for track in library.tracks()[:3]:
        track.path.write_bytes(b"")
    outcome = v2m("eval", "retrieval", *TOY, library.folder)
    assert outcome.code == 2
    assert "--copy" in outcome.complaint

    # names are numbers here, and say nothing
    assert v2m("eval", "retrieval", "--copy", library.folder, *TOY, library.folder).code == 2


def _pairs(folder: Path, *rows: str) -> Path:
    table = folder / "pairs.csv"
    table.write_text("video,music,grade\n" + "".join(f"{row}\n" for row in rows))
    return table


def test_pairs_give_grades_by_video_and_track(library: Library, tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"x")
    held = read_pairs(library, _pairs(tmp_path, "a.mp4,own/0.flac,2", "a.mp4,own/3.flac,1"))

    assert len(held.videos) == 1
    assert held.grades.shape == (1, len(TITLES))
    assert sorted(held.grades[held.grades > 0]) == [1, 2]


@pytest.mark.parametrize(
    ("row", "error", "message"),
    [
        ("b.mp4,own/0.flac,1", InputError, "line 2: .*no such video"),
        ("a.mp4,own/none.flac,1", StateError, "index it first"),
        ("a.mp4,own/0.flac,good", InputError, "not a number"),
        ("a.mp4,own/0.flac", InputError, "2 cells"),
    ],
)
def test_bad_pairs_are_named(
    library: Library, tmp_path: Path, row: str, error: type[Exception], message: str
) -> None:
    (tmp_path / "a.mp4").write_bytes(b"x")

    with pytest.raises(error, match=message):
        read_pairs(library, _pairs(tmp_path, row))


def test_a_table_without_pairs_is_refused(library: Library, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no pairs"):
        read_pairs(library, _pairs(tmp_path))


def test_every_row_of_json_has_its_pool(v2m: Commands, library: Library, tmp_path: Path) -> None:
    write_video(tmp_path / "a.mp4", plain(RED, 75))
    table = _pairs(tmp_path, "a.mp4,own/0.flac,1")

    said = json.loads(
        v2m("eval", "retrieval", "--pairs", table, "--json", *TOY, library.folder).out
    )

    assert {name: row["pool"] for name, row in said.items()} == {
        "Video to music": len(TITLES),
        "Music to video": 1,
    }


def test_excerpts_find_their_track(toy_profile: str, tmp_path: Path) -> None:  # noqa: F811
    tones = (220, 330, 440, 550)
    library = toy_library(tmp_path / "tones", [f"tone{tone}" for tone in tones], noise=0)
    for track, tone in zip(library.tracks(), tones, strict=True):
        wave = 0.2 * np.sin(2 * np.pi * tone * np.arange(30 * 8000) / 8000)
        soundfile.write(track.path, wave, 8000)

    found = excerpts(library, n_queries=3)

    assert found.n_queries == 3
    assert found.track_recall[1].value == 1
    assert found.mean_iou.value == pytest.approx(1 / 3)  # the toy knows no sections


def test_excerpts_need_tracks_long_enough(library: Library) -> None:
    with pytest.raises(InputError, match="long enough"):
        excerpts(library, n_queries=2, seconds=60.0)


def test_moods_that_people_named_are_compared_with_what_is_heard(
    toy_profile: str,  # noqa: F811
    tmp_path: Path,
) -> None:
    titles = ["angry aggressive music", "happy cheerful music", "sad melancholic music"]
    library = toy_library(tmp_path / "felt", titles, noise=0)
    items = [
        MusicItem(t.track_id, t.path, labels=frozenset(t.title.split())) for t in library.tracks()
    ]

    found = labelled_emotions(library, items)

    assert np.diag(found.confusion).tolist() == [1, 1, 0, 1]
    assert found.p_emo.value == 1


def test_labels_without_moods_are_refused(library: Library) -> None:
    items = [MusicItem("x", library.tracks()[0].path, labels=frozenset({"piano"}))]

    with pytest.raises(InputError, match="four emotions"):
        labelled_emotions(library, items)
