import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from v2m.soundtrack import credit_forms
from v2m.soundtrack.credit_forms import (
    HEAD_HEIGHT,
    HEIGHT,
    INK,
    MARGIN,
    PAPER,
    TOP,
    WIDTH,
    credits_document,
    credits_markdown,
    draw_end_card,
    write_credits_json,
    write_credits_markdown,
)
from v2m.soundtrack.credits import credits_text
from v2m.soundtrack.plan import Cue, CuePlan, Seam

BY = "https://creativecommons.org/licenses/by/4.0/"


def _cue(**more: Any) -> dict[str, Any]:
    return {
        "source": "retrieved",
        "track_id": "rain",
        "track_path": "/m/rain.mp3",
        "title": "Rain",
    } | more


def _plan(*cues: dict[str, Any], path: str = "/v/film.mp4") -> CuePlan:
    placed = [
        Cue(start_seconds=10 * n, end_seconds=10 * n + 10, scenes=(0,), **cue)
        for n, cue in enumerate(cues)
    ]
    video = {
        "path": path,
        "duration_seconds": 10 * len(cues),
        "fps": 25,
        "width": 64,
        "height": 48,
        "has_audio": False,
    }
    return CuePlan.model_validate(
        {"video": video, "profile": "light", "min_probability": 0.5, "scenes": (), "cues": placed}
    )


FULL = _cue(
    artist="Ada",
    licence="CC BY 4.0",
    licence_url=BY,
    attribution="Rain by Ada, https://ada.example.org/rain.",
    retrieved_at="2026-01-31",
)
MADE = _cue(
    source="generated",
    track_id="made",
    title="calm piano",
    prompt="calm piano",
    model="arranger",
    seed=7,
)
SILENCE = {"source": "silence"}


def test_markdown_names_title_author_source_licence_changes_and_times() -> None:
    assert credits_markdown(_plan(FULL, SILENCE, FULL)) == (
        "## Music in film.mp4\n"
        "\n"
        "- **[Rain](https://ada.example.org/rain)** by Ada\n"
        "  - Rain by Ada, https://ada.example.org/rain.\n"
        f"  - Licence: [CC BY 4.0]({BY})\n"
        "  - Changes: excerpt, faded, loudness adjusted\n"
        "  - At 0:00-0:10, 0:20-0:30\n"
    )


def test_the_document_names_the_same_as_values() -> None:
    document = credits_document(_plan(FULL, SILENCE, FULL))

    assert document == {
        "video": "film.mp4",
        "tracks": [
            {
                "title": "Rain",
                "author": "Ada",
                "source": "https://ada.example.org/rain",
                "attribution": "Rain by Ada, https://ada.example.org/rain.",
                "licence": "CC BY 4.0",
                "licence_url": BY,
                "retrieved_at": "2026-01-31",
                "changes": "excerpt, faded, loudness adjusted",
                "generated": False,
                "times": [
                    {"start_seconds": 0.0, "end_seconds": 10.0},
                    {"start_seconds": 20.0, "end_seconds": 30.0},
                ],
            }
        ],
    }


def test_a_repeated_excerpt_says_so() -> None:
    back = Seam(out_seconds=2, in_seconds=0)

    (track,) = credits_document(_plan(_cue(seams=(back,))))["tracks"]

    assert track["changes"] == "excerpt, repeated, faded, loudness adjusted"


def test_a_generated_piece_is_called_what_it_is() -> None:
    (track,) = credits_document(_plan(MADE))["tracks"]
    text = credits_markdown(_plan(MADE))

    assert track["generated"]
    assert (track["prompt"], track["model"], track["seed"]) == ("calm piano", "arranger", 7)
    assert track["changes"] == ""
    assert "- **calm piano**, composed by computer\n" in text
    assert "  - By: arranger, seed 7, from the words “calm piano”\n" in text
    assert "Licence" not in text


def test_words_of_a_track_cannot_become_markdown() -> None:
    hostile = _cue(title="*a* [b](http://x)\n# c", artist="<img>", licence="see `l`")

    text = credits_markdown(_plan(hostile))

    assert "- **\\*a\\* \\[b\\](http://x) \\# c** by \\<img\\>\n" in text
    assert "Licence: see \\`l\\`\n" in text


@pytest.mark.parametrize(
    ("licence", "url", "line"),
    [
        ("", "", "Licence: unknown: ask its owner before you publish"),
        ("CC0", "", "Licence: CC0"),
        ("", BY, f"Licence: [{BY}]({BY})"),
        ("own", "javascript:alert(1)", "Licence: own (javascript:alert(1))"),
        ("own", "https://l.org/a(b)", "Licence: [own](https://l.org/a%28b%29)"),
    ],
)
def test_the_licence_says_what_is_known(licence: str, url: str, line: str) -> None:
    text = credits_markdown(_plan(_cue(licence=licence, licence_url=url)))

    assert f"  - {line}" in text.splitlines()


def test_an_attribution_without_address_is_kept_as_it_is() -> None:
    assert "  - music by Ada\n" in credits_markdown(_plan(_cue(attribution="music by Ada")))


def test_a_track_without_a_title_goes_by_its_file() -> None:
    (track,) = credits_document(_plan(_cue(title="")))["tracks"]

    assert track["title"] == "rain"


def test_silence_needs_no_credits() -> None:
    assert credits_document(_plan(SILENCE))["tracks"] == []
    assert credits_markdown(_plan(SILENCE)) == "## Music in film.mp4\n"


def test_names_that_are_not_utf8_can_be_written(tmp_path: Path) -> None:
    plan = _plan(FULL, path="file:///v/%FFfilm.mp4")

    write_credits_markdown(plan, tmp_path / "c.md")
    write_credits_json(plan, tmp_path / "c.json")

    assert (tmp_path / "c.md").read_text(encoding="utf-8").startswith("## Music in ?film.mp4\n")
    document = json.loads((tmp_path / "c.json").read_text(encoding="utf-8"))
    assert document == credits_document(plan)
    assert draw_end_card(plan, tmp_path / "c.png") == 1


Pixels = npt.NDArray[np.uint8]


def _pixels(path: Path) -> Pixels:
    with Image.open(path) as image:
        assert image.format == "PNG"
        return np.asarray(image.convert("RGB"))


def _tracks(n: int) -> list[dict[str, Any]]:
    return [FULL | {"track_id": f"t{number}", "title": f"Rain {number}"} for number in range(n)]


def _drawn(plan: CuePlan, folder: Path) -> Pixels:
    assert draw_end_card(plan, folder / "card.png") == 1
    return _pixels(folder / "card.png")


def _used_columns(pixels: Pixels) -> list[bool]:
    """Return for the quarters of the width whether words stand there, under the headline."""
    words = (pixels[TOP + HEAD_HEIGHT :] != PAPER).any(axis=2)
    return [bool(part.any()) for part in np.array_split(words, 4, axis=1)]


def test_the_card_is_full_hd_with_a_clear_margin(tmp_path: Path) -> None:
    pixels = _drawn(_plan(FULL, MADE, SILENCE), tmp_path)

    words = (pixels != PAPER).any(axis=2)
    rows, columns = np.flatnonzero(words.any(axis=1)), np.flatnonzero(words.any(axis=0))
    assert pixels.shape == (HEIGHT, WIDTH, 3)
    assert (pixels == INK).all(axis=2).any()
    assert rows[0] >= TOP
    assert rows[-1] < HEIGHT - TOP
    assert columns[0] >= MARGIN - 4
    assert columns[-1] < WIDTH - MARGIN + 8


def test_a_long_list_flows_into_columns(tmp_path: Path) -> None:
    few = _used_columns(_drawn(_plan(*_tracks(2)), tmp_path))
    many = _used_columns(_drawn(_plan(*_tracks(16)), tmp_path))

    assert few[3] is False
    assert many == [True, True, True, True]


@pytest.mark.parametrize("n", [1, 3, 8, 16])
def test_no_word_leaves_the_card(n: int, tmp_path: Path) -> None:
    words = (_drawn(_plan(*_tracks(n)), tmp_path) != PAPER).any(axis=2)

    assert not words[:, : MARGIN - 4].any()
    assert not words[:, WIDTH - MARGIN + 8 :].any()
    assert not words[HEIGHT - TOP + 12 :].any()


def test_what_does_not_fit_one_card_goes_on_to_the_next(tmp_path: Path) -> None:
    n_cards = draw_end_card(_plan(*_tracks(90)), tmp_path / "card.png")

    assert n_cards > 1
    names = {"card.png", *(f"card-{number}.png" for number in range(2, n_cards + 1))}
    assert {path.name for path in tmp_path.iterdir()} == names
    assert all(_used_columns(_pixels(tmp_path / name))[0] for name in names)


def test_a_title_without_end_and_an_address_without_spaces_stay_inside(tmp_path: Path) -> None:
    long = FULL | {"title": "Rain " * 400, "licence_url": "https://l.org/" + "x" * 2000}

    words = (_drawn(_plan(long, MADE), tmp_path) != PAPER).any(axis=2)

    assert not words[:, WIDTH - MARGIN + 8 :].any()
    assert not words[HEIGHT - TOP + 12 :].any()


def test_a_film_without_music_has_a_card_with_its_name_alone(tmp_path: Path) -> None:
    pixels = _drawn(_plan(SILENCE), tmp_path)

    assert _used_columns(pixels) == [False] * 4
    assert (pixels[: TOP + HEAD_HEIGHT] != PAPER).any()


CC = "https://creativecommons.org"
FIVE = [
    _cue(
        track_id=title,
        track_path=f"/m/{title}.mp3",
        title=title,
        artist=artist,
        licence=licence,
        licence_url=url,
        source_url=f"https://music.example.org/{number}",
        retrieved_at="2026-01-31",
    )
    for number, (title, artist, licence, url) in enumerate(
        [
            ("Harbour", "Ada", "CC BY 4.0", f"{CC}/licenses/by/4.0/"),
            ("Kiefern", "Bo", "CC BY-SA 3.0 DE", f"{CC}/licenses/by-sa/3.0/de/"),
            ("Open Sky", "Cy", "CC0 1.0", f"{CC}/publicdomain/zero/1.0/"),
            ("Pixel Run", "Di", "OGA-BY 3.0", "https://static.opengameart.org/OGA-BY-3.0.txt"),
            ("La Mer", "Eli", "Free Art License 1.3", "https://artlibre.org/licence/lal/en/"),
        ]
    )
]


def test_five_licences_are_all_in_every_form_of_words() -> None:
    plan = _plan(*FIVE)
    forms = (
        credits_text(plan),
        credits_markdown(plan).replace("\\", ""),
        json.dumps(credits_document(plan)),
    )

    for cue in FIVE:
        for form in forms:
            for word in ("title", "artist", "licence", "licence_url", "source_url"):
                assert cue[word] in form
    for form in forms:
        assert form.count("excerpt, faded, loudness adjusted") == 5


def test_five_licences_fit_one_card_in_large_letters(tmp_path: Path) -> None:
    assert draw_end_card(_plan(*FIVE), tmp_path / "card.png") == 1
    lines = [line.words for e in credits_document(_plan(*FIVE))["tracks"] for line in _block(e)]

    for cue in FIVE:
        assert any(cue["licence"] in line for line in lines)
        assert any(cue["licence_url"].removeprefix("https://") in line for line in lines)


def _block(entry: dict[str, Any]) -> list[Any]:
    return credit_forms._block(entry, WIDTH - 2 * MARGIN, 30)
