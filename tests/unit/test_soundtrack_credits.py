from pathlib import Path
from typing import Any

import pytest

from v2m.soundtrack.credits import credits_text, write_credits
from v2m.soundtrack.plan import Cue, CuePlan, Seam


def _cue(start: float, end: float, **more: Any) -> Cue:
    facts = {
        "source": "retrieved",
        "track_id": "rain",
        "track_path": "/m/rain.mp3",
        "title": "Rain",
        "scenes": (0,),
    } | more
    return Cue(start_seconds=start, end_seconds=end, **facts)


def _plan(*cues: Cue, path: str = "/v/film.mp4") -> CuePlan:
    video = {
        "path": path,
        "duration_seconds": cues[-1].end_seconds,
        "fps": 25,
        "width": 64,
        "height": 48,
        "has_audio": False,
    }
    return CuePlan.model_validate(
        {"video": video, "profile": "light", "min_probability": 0.5, "scenes": (), "cues": cues}
    )


def test_a_track_is_credited_with_all_that_its_licence_asks_for() -> None:
    cue = _cue(
        0,
        75,
        artist="Ada",
        licence="CC BY 4.0",
        licence_url="https://creativecommons.org/licenses/by/4.0/",
        attribution="Rain by Ada, https://example.org",
    )

    assert credits_text(_plan(cue)) == (
        "Music in film.mp4\n"
        "\n"
        '"Rain" by Ada\n'
        "Rain by Ada, https://example.org\n"
        "Licence: CC BY 4.0 (https://creativecommons.org/licenses/by/4.0/)\n"
        "Changes: excerpt, faded, loudness adjusted\n"
        "At 0:00-1:15\n"
    )


def test_a_track_used_twice_has_one_block_with_both_places() -> None:
    back = Seam(out_seconds=2, in_seconds=0)
    other = _cue(10, 20, track_id="sun", title="Sun")

    text = credits_text(_plan(_cue(0, 10), other, _cue(20, 3605, seams=(back,))))

    rain, sun = text.split("\n\n")[1:]
    assert rain.startswith('"Rain"\n')
    assert "Changes: excerpt, repeated, faded" in rain
    assert rain.endswith("At 0:00-0:10, 0:20-60:05")
    assert sun.startswith('"Sun"\n')
    assert "repeated" not in sun


def test_tracks_without_an_id_are_told_apart_by_their_path() -> None:
    text = credits_text(
        _plan(_cue(0, 1, track_id="", track_path="/a"), _cue(1, 2, track_id="", track_path="/b"))
    )

    assert text.count('"Rain"') == 2


@pytest.mark.parametrize(
    ("licence", "url", "line"),
    [
        ("", "", "Licence unknown: ask its owner before you publish"),
        ("CC0", "", "Licence: CC0"),
        ("", "https://l.org", "Licence: see link (https://l.org)"),
        ("CC0 https://l.org", "https://l.org", "Licence: CC0 https://l.org"),
    ],
)
def test_the_licence_says_what_is_known(licence: str, url: str, line: str) -> None:
    text = credits_text(_plan(_cue(0, 5, licence=licence, licence_url=url)))

    assert line in text.splitlines()


def test_a_generated_piece_is_called_what_it_is() -> None:
    cue = _cue(0, 5, source="generated", prompt="calm piano", model="arranger", seed=7)

    assert credits_text(_plan(cue)).splitlines()[2:] == [
        'Composed by computer: "calm piano"',
        "by arranger, seed 7 (algorithmically generated music)",
        "At 0:00-0:05",
    ]


def test_silence_needs_no_credits() -> None:
    silence = _cue(0, 5, source="silence", track_id="", track_path="", title="")

    assert credits_text(_plan(silence)) == "Music in film.mp4\n"


def test_a_name_that_is_not_utf8_can_be_written(tmp_path: Path) -> None:
    plan = _plan(_cue(0, 5), path="file:///v/%FFfilm.mp4")

    write_credits(plan, tmp_path / "credits.txt")

    assert (tmp_path / "credits.txt").read_text(encoding="utf-8").startswith("Music in ?film.mp4\n")


def test_what_was_left_out_and_a_changed_tempo_are_told() -> None:
    ahead = Seam(out_seconds=4, in_seconds=9, speed=1.01)

    text = credits_text(_plan(_cue(0, 10, seams=(ahead,))))

    assert "Changes: excerpt, shortened, tempo adjusted, faded, loudness adjusted" in text
