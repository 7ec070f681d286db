from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from v2m.audio.measure import FRAMES_PER_SECOND, Measured
from v2m.ffmpeg import av
from v2m.soundtrack.picture import (
    AXIS_TOP,
    CUES_HEIGHT,
    CUES_TOP,
    EDGE,
    ENERGY,
    FILL,
    HEIGHT,
    INK,
    LEFT,
    LEGEND_TOP,
    LEVEL_HEIGHT,
    LEVEL_TOP,
    LOUDNESS,
    PAPER,
    RIGHT,
    SPEECH_TOP,
    STRIP_HEIGHT,
    STRIP_TOP,
    TARGET,
    VOICE,
    WAVE_HEIGHT,
    WIDTH,
    draw_plan,
)
from v2m.soundtrack.plan import Cue, CuePlan, PlannedScene, Seam, Speech
from v2m.video.filmstrip import Filmstrip
from v2m.video.looking import look
from v2m.video.probe import probe_video

Pixels = npt.NDArray[np.uint8]
WAVE_MIDDLE = CUES_TOP + CUES_HEIGHT - WAVE_HEIGHT // 2 - 4


def _cue(start: float, end: float, source: str = "retrieved", **more: Any) -> Cue:
    path = "" if source == "silence" else "/m/a.mp3"
    facts = {"source": source, "track_path": path, "scenes": (0,)} | more
    return Cue(start_seconds=start, end_seconds=end, **facts)


def _scene(index: int, start: float, end: float, **more: Any) -> PlannedScene:
    facts = {"description": "a long walk along a wide beach under grey clouds " * 4} | more
    return PlannedScene(
        index=index,
        start_seconds=start,
        end_seconds=end,
        start_frame=0,
        end_frame=1,
        prompt="calm",
        decision="retrieve",
        probability=0.5,
        reason="likely",
        **facts,
    )


def _plan(*cues: Cue, scenes: tuple[PlannedScene, ...] = (), **video: Any) -> CuePlan:
    facts = {
        "path": "/v/film.mp4",
        "duration_seconds": cues[-1].end_seconds,
        "fps": 10,
        "width": 64,
        "height": 48,
        "has_audio": False,
    } | video
    return CuePlan.model_validate(
        {
            "video": facts,
            "profile": "light",
            "min_probability": 0.5,
            "scenes": scenes,
            "cues": cues,
        }
    )


def _drawn(plan: CuePlan, folder: Path, **more: Any) -> Pixels:
    draw_plan(plan, folder / "plan.png", **more)
    with Image.open(folder / "plan.png") as image:
        assert image.format == "PNG"
        return np.asarray(image)


def _film(path: Path, *colours: tuple[int, int, int], seconds: float = 2.0) -> Path:
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("libx264", rate=10, options={"crf": "10"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for colour in colours:
            picture = np.full((48, 64, 3), colour, np.uint8)
            for _ in range(round(seconds * 10)):
                container.mux(stream.encode(av.VideoFrame.from_ndarray(picture)))
        container.mux(stream.encode(None))
    return path


def _x(share: float) -> int:
    return round(LEFT + share * (RIGHT - LEFT))


def test_the_picture_has_its_size_and_paper(tmp_path: Path) -> None:
    pixels = _drawn(_plan(_cue(0, 10)), tmp_path)

    assert pixels.shape == (HEIGHT, WIDTH, 3)
    assert tuple(pixels[2, 2]) == PAPER
    assert (pixels[20:50, LEFT : LEFT + 200] == INK).all(axis=2).any()


def test_every_cue_has_the_colour_of_its_source_and_its_share_of_the_width(tmp_path: Path) -> None:
    plan = _plan(_cue(0, 2), _cue(2, 8, "generated"), _cue(8, 20, "silence"))

    row = _drawn(plan, tmp_path)[CUES_TOP + CUES_HEIGHT - 20]

    for source, middle, share in (
        ("retrieved", 0.05, 0.1),
        ("generated", 0.25, 0.3),
        ("silence", 0.7, 0.6),
    ):
        assert tuple(row[_x(middle)]) == FILL[source]
        n_pixels = int((row == FILL[source]).all(axis=1).sum())
        assert n_pixels == pytest.approx(share * (RIGHT - LEFT), abs=6)


def test_the_legend_names_only_the_sources_there_are(tmp_path: Path) -> None:
    pixels = _drawn(_plan(_cue(0, 5), _cue(5, 9, "silence")), tmp_path)

    legend = pixels[LEGEND_TOP:].reshape(-1, 3)
    seen = [source for source in FILL if (legend == FILL[source]).all(axis=1).sum() > 100]
    assert seen == ["retrieved", "silence"]


def test_the_filmstrip_shows_the_video_in_its_order(tmp_path: Path) -> None:
    film = _film(tmp_path / "a.mp4", (220, 20, 20), (20, 20, 220))

    pixels = _drawn(_plan(_cue(0, 4)), tmp_path, video_path=film)

    strip = pixels[STRIP_TOP + 30 : STRIP_TOP + STRIP_HEIGHT - 30].astype(int)
    red = strip[..., 0] - strip[..., 2] > 120
    blue = strip[..., 2] - strip[..., 0] > 120
    assert red[:, : _x(0.45)].mean() > 0.8
    assert blue[:, _x(0.55) : RIGHT].mean() > 0.8
    assert not blue[:, : _x(0.45)].any()
    assert not red[:, _x(0.55) :].any()


def _never(*_: Any) -> None:
    raise AssertionError("the video is decoded once more")


@pytest.mark.parametrize("is_there", [True, False])
def test_frames_kept_while_planning_are_drawn_without_the_video(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_there: bool
) -> None:
    film = _film(tmp_path / "a.mp4", (220, 20, 20), (20, 20, 220), seconds=5)
    sought = _drawn(_plan(_cue(0, 10)), tmp_path, video_path=film)
    strip = Filmstrip()
    list(look(film, probe_video(film), filmstrip=strip))
    if not is_there:
        film.unlink()
    monkeypatch.setattr("v2m.soundtrack.picture.probe_video", _never)
    monkeypatch.setattr("v2m.soundtrack.picture.sought_strip", _never)

    kept = _drawn(_plan(_cue(0, 10)), tmp_path, video_path=film, filmstrip=strip)

    assert np.array_equal(kept, sought)


def test_where_no_frames_were_kept_they_are_sought(tmp_path: Path) -> None:
    film = _film(tmp_path / "a.mp4", (220, 20, 20))
    plan = _plan(_cue(0, 2))

    one, other = (
        _drawn(plan, tmp_path, video_path=film, filmstrip=strip) for strip in (None, Filmstrip())
    )

    assert np.array_equal(one, other)
    assert one[STRIP_TOP + 30, LEFT + 20, 0] > 150


@pytest.mark.parametrize("damage", ["none", "missing", "garbage"])
def test_without_a_video_the_filmstrip_is_dark(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "a.mp4"
    if damage == "garbage":
        path.write_bytes(b"no film " * 99)

    pixels = _drawn(_plan(_cue(0, 4)), tmp_path, video_path=None if damage == "none" else path)

    strip = pixels[STRIP_TOP : STRIP_TOP + STRIP_HEIGHT, LEFT:RIGHT]
    assert (strip == INK).all()


def _sound(*levels: float, seconds: float = 5.0) -> Measured:
    """Sound of some peak levels, each so long."""
    peaks = np.repeat(np.array(levels, np.float32), round(seconds * FRAMES_PER_SECOND))
    return Measured(np.float32(0.1) * peaks * peaks, peaks, len(peaks) * 96, 48000)


def test_the_wave_is_as_high_as_the_sound_is_loud(tmp_path: Path) -> None:
    pixels = _drawn(_plan(_cue(0, 15)), tmp_path, sound=_sound(0, 0.5, 2))

    column = {at: (pixels[:, _x(at / 15)] == EDGE["retrieved"]).all(axis=1) for at in (2, 7, 12)}
    heights = [int(column[at][WAVE_MIDDLE - 40 : WAVE_MIDDLE + 35].sum()) for at in (2, 7, 12)]
    assert heights == [
        3,
        pytest.approx(WAVE_HEIGHT / 2 + 1, abs=3),
        pytest.approx(WAVE_HEIGHT + 1, abs=2),
    ]


@pytest.mark.parametrize("sound", [None, _sound()])
def test_without_a_sound_there_is_no_wave_and_no_level(tmp_path: Path, sound: Any) -> None:
    pixels = _drawn(_plan(_cue(0, 15)), tmp_path, sound=sound)

    row = pixels[WAVE_MIDDLE, LEFT + 10 : RIGHT - 10]
    assert (row == FILL["retrieved"]).all()
    assert (pixels[LEVEL_TOP : LEVEL_TOP + LEVEL_HEIGHT] == PAPER).all()


def test_energy_and_loudness_rise_with_the_sound(tmp_path: Path) -> None:
    pixels = _drawn(_plan(_cue(0, 20)), tmp_path, sound=_sound(0.1, 0.6, seconds=10))

    band = pixels[LEVEL_TOP : LEVEL_TOP + LEVEL_HEIGHT]
    for colour in (ENERGY, LOUDNESS):
        tops = [int(np.argmax((band[:, _x(at)] == colour).all(axis=1))) for at in (0.2, 0.8)]
        rise = 20 * np.log10(6) / 40 * LEVEL_HEIGHT
        assert tops[0] - tops[1] == pytest.approx(rise, abs=3)
    target = LEVEL_TOP + round(9 / 40 * LEVEL_HEIGHT)  # -14 on a scale from -5 to -45
    assert (pixels[target - 1 : target + 2, _x(0.05)] == TARGET).all(axis=1).any()


def test_speech_and_cuts_stand_where_they_are(tmp_path: Path) -> None:
    plan = _plan(_cue(0, 20), scenes=(_scene(0, 0, 5), _scene(1, 5, 20)))
    speech = (Speech(start_seconds=8, end_seconds=12),)

    pixels = _drawn(plan.model_copy(update={"speech": speech}), tmp_path)

    spoken = (pixels[SPEECH_TOP + 8] == VOICE).all(axis=1)
    assert np.flatnonzero(spoken)[[0, -1]] == pytest.approx([_x(0.4), _x(0.6)], abs=1)
    cut = (pixels[STRIP_TOP + 50] == TARGET).all(axis=1)
    assert np.flatnonzero(cut) == pytest.approx(_x(0.25), abs=1)


def test_a_cue_that_repeats_says_so(tmp_path: Path) -> None:
    plain = _drawn(_plan(_cue(0, 9)), tmp_path)
    looped = _drawn(_plan(_cue(0, 9, seams=(Seam(out_seconds=4, in_seconds=0),))), tmp_path)

    changed = np.argwhere((plain != looped).any(axis=2))
    assert len(changed) > 20
    assert CUES_TOP + 30 < changed[:, 0].min() <= changed[:, 0].max() < CUES_TOP + 56


def test_a_note_is_drawn_in_place_of_the_description(tmp_path: Path) -> None:
    described = _drawn(_plan(_cue(0, 9), scenes=(_scene(0, 0, 9),)), tmp_path)
    noted = _drawn(_plan(_cue(0, 9), scenes=(_scene(0, 0, 9, note="Hush"),)), tmp_path)

    assert _words(noted) < 0.5 * _words(described)


def _words(pixels: Pixels) -> int:
    """Count the dark pixels in the box of the scenes, under the headline."""
    return int((pixels[280:360, LEFT + 5 : RIGHT - 5].mean(axis=2) < 200).sum())


def test_words_stay_inside_their_box(tmp_path: Path) -> None:
    title = "A title that is far too long for so short a cue " * 3
    scenes = (_scene(0, 0, 8), _scene(1, 8, 80))
    cues = (_cue(0, 8, title=title, why="since it sounds calm " * 20), _cue(8, 80, "silence"))

    pixels = _drawn(_plan(*cues, scenes=scenes), tmp_path)

    beyond = pixels[CUES_TOP + 10 : CUES_TOP + 90, _x(0.1) + 3 : _x(0.1) + 9]
    assert (beyond == FILL["silence"]).all()


def test_scenes_and_cues_too_narrow_for_words_are_drawn_without(tmp_path: Path) -> None:
    scenes = tuple(_scene(n, n * 1.0, n + 1.0, description="sea") for n in range(60))
    cues = tuple(_cue(n * 1.0, n + 1.0, title="Rain", why="calm") for n in range(60))

    pixels = _drawn(_plan(*cues, scenes=scenes), tmp_path)

    inside = pixels[CUES_TOP + 8 : CUES_TOP + 80, LEFT + 4 : LEFT + 20]
    assert (inside == FILL["retrieved"]).all()


@pytest.mark.parametrize("seconds", [0.4, 90.0, 3600.0, 99999.0])
def test_videos_of_any_length_have_an_axis_of_few_marks(tmp_path: Path, seconds: float) -> None:
    pixels = _drawn(_plan(_cue(0, seconds)), tmp_path)

    below = pixels[AXIS_TOP + 5, LEFT : RIGHT + 1]
    n_marks = int((below != PAPER).any(axis=1).sum())
    assert 1 <= n_marks <= 29


def test_the_head_tells_what_becomes_of_the_own_sound(tmp_path: Path) -> None:
    plans = [
        _plan(_cue(0, 5)),
        _plan(_cue(0, 5), has_audio=True),
        _plan(_cue(0, 5), has_audio=True),
    ]
    plans[2] = plans[2].model_copy(
        update={"mix": plans[2].mix.model_copy(update={"original_audio": "mix"})}
    )

    heads = [_drawn(plan, tmp_path)[62:84].tobytes() for plan in plans]

    assert len(set(heads)) == 3


# ---- shapes


SVG = "{http://www.w3.org/2000/svg}"


def _shapes(plan: CuePlan, folder: Path, **more: Any) -> ElementTree.Element:
    draw_plan(plan, folder / "plan.svg", **more)
    return ElementTree.parse(folder / "plan.svg").getroot()


def _texts(root: ElementTree.Element) -> list[str]:
    return [text.text or "" for text in root.iter(f"{SVG}text")]


def test_a_name_that_ends_in_svg_gives_shapes(tmp_path: Path) -> None:
    scenes = (_scene(0, 0, 10), _scene(1, 10, 20))
    plan = _plan(_cue(0, 20, title="Rain & <Wind>"), scenes=scenes)

    root = _shapes(plan, tmp_path, sound=_sound(0.1, 0.5, seconds=10))

    assert root.get("viewBox") == f"0 0 {WIDTH} {HEIGHT}"
    words = _texts(root)
    assert {"Cue plan of film.mp4", "Rain & <Wind>", "scene 1", "cut"} <= set(words)
    boxes = [box for box in root.iter(f"{SVG}rect") if box.get("y") == str(CUES_TOP)]
    (cue,) = boxes
    assert float(cue.get("width") or 0) == pytest.approx(RIGHT - LEFT, abs=3)


def test_both_kinds_of_picture_show_the_same(tmp_path: Path) -> None:
    cues = (_cue(0, 8, title="Rain", why="calm"), _cue(8, 20, "silence"))
    plan = _plan(*cues, scenes=(_scene(0, 0, 8), _scene(1, 8, 20)))

    root = _shapes(plan, tmp_path)

    pixels = _drawn(plan, tmp_path)
    for box in root.iter(f"{SVG}rect"):
        if box.get("y") == str(CUES_TOP):
            left, width = float(box.get("x") or 0), float(box.get("width") or 0)
            colour = tuple(int((box.get("fill") or "")[n : n + 2], 16) for n in (1, 3, 5))
            assert tuple(pixels[CUES_TOP + CUES_HEIGHT - 20, round(left + width / 2)]) == colour


def test_stills_lie_inside_the_file(tmp_path: Path) -> None:
    film = _film(tmp_path / "a.mp4", (220, 20, 20))

    root = _shapes(_plan(_cue(0, 2)), tmp_path, video_path=film)

    stills = list(root.iter(f"{SVG}image"))
    assert len(stills) > 3
    assert all((still.get("href") or "").startswith("data:image/jpeg;base64,") for still in stills)


def test_words_that_xml_cannot_hold_are_left_out(tmp_path: Path) -> None:
    root = _shapes(_plan(_cue(0, 9, title="Ra\x01in\udcff")), tmp_path)

    assert "Ra in " in _texts(root)
