"""``find --like`` and ``--unlike`` as a user types them."""

import json
from pathlib import Path

import pytest

from tests.commands import Commands, Outcome
from tests.toys import TITLES, toy_library, toy_profile  # noqa: F401 - a fixture

pytestmark = pytest.mark.usefixtures("toy_profile")


class _Find:
    """Runs ``find`` over a toy library; tracks are named by their titles."""

    def __init__(self, v2m: Commands, folder: Path) -> None:
        library = toy_library(folder, TITLES, noise=0.2)
        self._ids = {track.title: track.track_id for track in library.tracks()}
        self._v2m, self._folder = v2m, folder

    def __call__(self, *words: str) -> Outcome:
        named = [self._ids.get(word, word) for word in words]
        return self._v2m("find", *named, "--profile", "toy", "--catalog", self._folder)

    def titles(self, *words: str) -> list[str]:
        scene = json.loads(self(*words, "--json").out)["scenes"][0]
        return [match["title"] for match in scene["matches"]]


@pytest.fixture
def find(v2m: Commands, tmp_path: Path) -> _Find:
    return _Find(v2m, tmp_path / "own")


def test_more_like_a_track_finds_its_kind_and_never_itself(find: _Find) -> None:
    titles = find.titles("--like", "calm piano 1")

    wanted = {"calm", "piano", "1"}
    assert all(len(wanted & set(title.split())) == 2 for title in titles), titles


def test_less_like_a_track_turns_an_answer_away_from_it(find: _Find) -> None:
    plain = find.titles("--text", "calm", "--by", "audio", "--top", "4")
    turned = find.titles(
        "--text", "calm", "--by", "audio", "--top", "4", "--unlike", "calm piano 1"
    )

    assert any("piano" in title for title in plain)
    assert not any("piano" in title for title in turned)


def test_both_together_and_what_a_person_reads(find: _Find) -> None:
    outcome = find("--like", "calm piano 1", "--unlike", "wild piano 2", "--top", "1")

    assert outcome.code == 0
    assert "calm" in outcome.out
    assert "piano" not in outcome.out


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--like", "nowhere"), "no track begins with id 'nowhere'"),
        (("film.mp4", "--like", "calm piano 1"), "do not go with a video"),
    ],
)
def test_a_wrong_example_is_refused(find: _Find, words: tuple[str, ...], complaint: str) -> None:
    outcome = find(*words)

    assert outcome.code == 2
    assert complaint in outcome.complaint
