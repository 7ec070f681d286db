"""Cues out of choices: cuts on the beat, a climax, no passage twice."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from retriever.search import Match
from tests.unit.structures import steady
from v2m import cueing
from v2m.choices import SceneChoice
from v2m.composing import Composed, Order
from v2m.cueing import place_cues
from v2m.structure import Structure
from v2m.types import Audio, Description, Prompt, Scene, Span, Track

WriteMusic = Callable[..., Path]


def choice(
    index: int, start: float, end: float, track: Track, cuts: tuple[float, ...] = ()
) -> SceneChoice:
    scene = Scene(index, Span(start, end), round(25 * start), round(25 * end), cuts)
    seen = Description("", (), "", 0.0, 0.0, {}, np.zeros(2, np.float32))
    match = Match(track, 1.0, 0.8, {}, Span(4, 14), "")
    return SceneChoice(scene, seen, Prompt("calm", "template"), "", (match,), "retrieve", "likely")


@pytest.fixture
def tracks(write_music: WriteMusic, tmp_path: Path) -> tuple[Track, Track]:
    made = []
    for name in "ab":
        path = write_music(tmp_path / f"{name}.wav", seconds=41)
        made.append(Track(name, path, name, duration_seconds=41, tempo_bpm=120))
    return made[0], made[1]


def compose(_orders: Sequence[Order]) -> list[Composed]:
    raise AssertionError


def ordered(scenes: Sequence[SceneChoice], hit_seconds: float) -> list[Order]:
    """What is asked of the composer."""
    orders: list[Order] = []

    def note(asked: Sequence[Order]) -> list[Composed]:
        orders.extend(asked)
        raise InterruptedError

    with pytest.raises(InterruptedError):
        place_cues(
            scenes, crossfade_seconds=1.0, compose=note, structure_of=known, hit_seconds=hit_seconds
        )
    return orders


def known(_track: Track, _audio: Audio) -> Structure:
    return steady(20, tail_seconds=1.0, climax_seconds=16.0)


def test_music_too_short_for_two_scenes_begins_anew_with_the_second(
    write_music: WriteMusic, tmp_path: Path
) -> None:
    path = write_music(tmp_path / "take.wav", seconds=5)
    take = Track("take", path, "take", duration_seconds=5, tempo_bpm=120)
    scenes = [choice(0, 0, 4.5, take), choice(1, 4.5, 9, take)]

    cues, notices = place_cues(
        scenes,
        crossfade_seconds=1.0,
        compose=compose,
        structure_of=lambda _track, _audio: steady(2, tail_seconds=1.0),
    )

    assert [cue.scenes for cue in cues] == [(0,), (1,)]
    assert all(cue.in_seconds < 1 for cue in cues)
    assert not any("too short" in notice for notice in notices)


def test_cuts_inside_scenes_and_between_them_are_counted(tracks: tuple[Track, Track]) -> None:
    scenes = [choice(0, 0, 6, tracks[0], (1.0, 2.04)), choice(1, 6, 12, tracks[0])]

    (cue,), _ = place_cues(scenes, crossfade_seconds=1.0, compose=compose, structure_of=known)

    assert cue.scenes == (0, 1)
    assert cue.n_cuts == 3
    assert cue.cut_to_beat_seconds is not None
    assert cue.cut_to_beat_seconds < 0.02


def test_a_track_that_comes_back_does_not_start_where_it_was_heard(
    tracks: tuple[Track, Track],
) -> None:
    a, b = tracks
    scenes = [choice(0, 0, 8, a), choice(1, 8, 16, b), choice(2, 16, 24, a)]

    cues, _ = place_cues(scenes, crossfade_seconds=1.0, compose=compose, structure_of=known)

    first, again = cues[0], cues[2]
    heard = [(s.in_seconds, s.out_seconds) for s in first.stretches]
    assert not any(start <= again.in_seconds < end for start, end in heard)


def test_cue_changes_fall_on_the_cut(tracks: tuple[Track, Track]) -> None:
    scenes = [choice(0, 0, 7.48, tracks[0]), choice(1, 7.48, 20, tracks[1])]

    cues, _ = place_cues(scenes, crossfade_seconds=1.0, compose=compose, structure_of=known)

    assert [cue.start_seconds for cue in cues] == [0, 7.48]
    assert cues[1].in_seconds % 2 == pytest.approx(0, abs=1e-3)  # a downbeat


def test_the_climax_is_asked_of_the_cue_it_falls_into(tracks: tuple[Track, Track]) -> None:
    scenes = [choice(0, 0, 8, tracks[0]), choice(1, 8, 30, tracks[1])]

    cues, _ = place_cues(
        scenes, crossfade_seconds=1.0, compose=compose, structure_of=known, hit_seconds=18.0
    )

    assert [cue.hit_seconds for cue in cues] == [None, 18.0]
    late = 8.0
    moments = []
    for stretch in cues[1].stretches:
        if stretch.in_seconds - 0.05 <= 16.0 < stretch.out_seconds:
            moments.append(late + (16.0 - stretch.in_seconds) / stretch.speed)
        late += stretch.duration_seconds
    assert min(abs(moment - 18.0) for moment in moments) < 0.03


def test_composed_music_is_asked_to_culminate_there_too(tracks: tuple[Track, Track]) -> None:
    composed = replace(choice(1, 8, 30, tracks[1]), decision="generate")
    scenes = [choice(0, 0, 8, tracks[0]), composed]

    (order,) = ordered(scenes, 18.0)

    assert order.seconds == 22.5  # half of the crossfade comes before
    assert order.climax_seconds == 10.5
    assert ordered(scenes, 3.0)[0].climax_seconds is None


def test_of_a_long_track_only_what_lies_around_the_section_is_heard(
    tracks: tuple[Track, Track], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cueing, "WHOLE_SECONDS", 30.0)
    monkeypatch.setattr(cueing, "AROUND_SECONDS", 4.0)
    wanted = choice(0, 0, 6, tracks[0])
    later = replace(wanted.matches[0], section=Span(20, 28))
    heard: list[float] = []

    def found(_track: Track, audio: Audio) -> Structure:
        heard.append(audio.duration_seconds)
        return steady(6)

    cues, _ = place_cues(
        [replace(wanted, matches=(later,)), replace(choice(1, 6, 12, tracks[1]))],
        crossfade_seconds=1.0,
        compose=compose,
        structure_of=found,
    )

    assert heard[0] == pytest.approx(4 + 6.5 + 4)
    assert 16 <= cues[0].in_seconds < 22
    assert cues[0].in_seconds % 2 == 0


def test_at_the_end_of_a_long_track_there_is_music_enough(
    tracks: tuple[Track, Track], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cueing, "WHOLE_SECONDS", 30.0)
    monkeypatch.setattr(cueing, "AROUND_SECONDS", 4.0)
    wanted = choice(0, 0, 16, tracks[0])
    last = replace(wanted.matches[0], section=Span(36, 41))

    def found(_track: Track, audio: Audio) -> Structure:
        assert audio.duration_seconds == pytest.approx(16 + 2 * 4)
        return steady(11, tail_seconds=2.0)

    (cue,), _ = place_cues(
        [replace(wanted, matches=(last,))],
        crossfade_seconds=1.0,
        compose=compose,
        structure_of=found,
    )

    assert not cue.seams
    assert cue.in_seconds >= 17
