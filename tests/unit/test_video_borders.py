"""Scenes that are named while a film is still looked at are those of the whole film."""

from itertools import pairwise
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.videos import BLUE, RED, WHITE, plain, write_video
from v2m.types import Scene, VideoFacts
from v2m.video.borders import Borders, Cut, merge_short
from v2m.video.probe import probe_video
from v2m.video.scenes import each_scene

FILM = VideoFacts(Path("a.mp4"), 60.0, 25.0, 1500, 64, 48, "h264", has_audio=False)


def _at_the_end(cuts: list[Cut], shortest: float) -> list[tuple[float, float, tuple[float, ...]]]:
    kept = merge_short(cuts, FILM.duration_seconds, shortest)
    edges = [0.0, *(cut.seconds for cut in kept), FILM.duration_seconds]
    return [
        (start, end, tuple(c.seconds for c in cuts if start < c.seconds < end))
        for start, end in pairwise(edges)
    ]


@given(
    frames=st.lists(st.integers(1, 1499), max_size=40, unique=True),
    strengths=st.lists(st.integers(8, 12), min_size=40, max_size=40),
    shortest=st.sampled_from([0.0, 0.5, 1.0, 3.0, 7.0, 100.0]),
    step=st.integers(1, 400),
)
def test_scenes_told_early_are_those_told_at_the_end(
    frames: list[int], strengths: list[int], shortest: float, step: int
) -> None:
    pairs = zip(sorted(frames), strengths, strict=False)
    cuts = [Cut(frame / 25, frame, float(strength)) for frame, strength in pairs]
    borders, found = Borders(FILM, shortest), list[Scene]()
    for stop in range(step, 1500, step):
        new = [cut for cut in cuts if stop - step <= cut.frame < stop]
        found += borders.add(new, stop / 25)
    told = 1499 // step * step
    found += borders.finish([cut for cut in cuts if cut.frame >= told])

    spans = [(s.span.start_seconds, s.span.end_seconds, s.cuts_seconds) for s in found]
    assert spans == _at_the_end(cuts, shortest)
    assert [scene.index for scene in found] == list(range(len(found)))
    assert [(s.start_frame, s.end_frame) for s in found] == [
        (round(25 * start), round(25 * end)) for start, end, _ in spans
    ]


def test_a_scene_is_told_when_a_shot_of_full_length_follows_it() -> None:
    borders = Borders(FILM, 3.0)

    assert borders.add([Cut(5.0, 125, 50.0)], 7.9) == []
    (first,) = borders.add([], 8.0)
    assert (first.span.start_seconds, first.span.end_seconds) == (0.0, 5.0)


def test_scenes_are_told_while_the_film_runs(tmp_path: Path) -> None:
    frames = [*plain(RED, 100), *plain(BLUE, 200), *plain(WHITE, 200)]
    path = write_video(tmp_path / "a.mp4", frames)
    seen: list[float] = []
    watched = each_scene(path, probe_video(path), watching=lambda one: seen.append(one.seconds))
    told = [(scene.start_frame, len(seen)) for scene in watched]

    assert [frame for frame, _ in told] == [0, 100, 300]
    assert [shown for _, shown in told[:2]] == sorted(shown for _, shown in told[:2])
    assert told[0][1] < 300
    assert told[2][1] == len(seen) == 500
    assert seen == [n / 25 for n in range(500)]


def test_a_fade_whose_black_is_long_is_told_once_and_in_its_middle(tmp_path: Path) -> None:
    ramp = [(n / 12 * p).astype("uint8") for n, p in enumerate(plain(WHITE, 12))]
    fading = [*ramp[::-1], *plain((0, 0, 0), 200), *ramp]
    path = write_video(tmp_path / "a.mp4", [*plain(WHITE, 100), *fading, *plain(WHITE, 100)])
    found = list(each_scene(path, probe_video(path), min_scene_seconds=0))

    assert len(found) == 2
    assert abs(found[1].start_frame - (100 + 12 + 100)) <= 2
