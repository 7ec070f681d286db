import os
import signal
import threading
from collections.abc import Iterator
from functools import cache
from itertools import pairwise

import numpy as np
import pytest

from v2m.errors import MediaError
from v2m.ffmpeg import av
from v2m.soundtrack import coding
from v2m.soundtrack.coding import SEARCHED, WARM_UP, Coding, Held, Sound, borders, coded, window_of
from v2m.types import Samples

RATE = 48000
FRAME = 1024
AAC = Coding("aac", RATE, 256_000, 0)
N_FRAMES = 480
BORDER = 240
Packet = tuple[bytes, int, int]


@pytest.fixture(autouse=True)
def short_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a sound of 10 s have two pieces."""
    monkeypatch.setattr(coding, "SHORTEST", BORDER)
    assert borders(N_FRAMES) == [0, BORDER, N_FRAMES + 1]


@cache
def _music() -> Samples:
    """Return chords with attacks, for which coders change their windows."""
    rng = np.random.default_rng(0)
    seconds = np.arange(N_FRAMES * FRAME) / RATE
    sound = rng.normal(0, 1e-5, (2, len(seconds)))
    for hertz in (220.0, 277.2, 329.6, 440.0):
        decay = np.exp(-6 * (seconds % 0.37))
        sound += 0.1 * decay * np.sin(2 * np.pi * hertz * seconds + np.array([[0], [hertz]]))
    return sound.astype(np.float32)


def _packets(sound: Sound | list[Samples], how: Coding = AAC) -> list[Packet]:
    with coded(sound, how) as packets:
        return [(bytes(packet), packet.pts, packet.duration) for packet in packets]


@cache
def _by_one() -> list[Packet]:
    return _packets([_music()])


def _decoded(packets: list[Packet]) -> Samples:
    """Decode frames; frame n of the result is frame n - 1 of the sound."""
    decoder = av.CodecContext.create("aac", "r")
    decoder.extradata = AAC.opened().extradata
    frames = [f for p in packets for f in decoder.decode(av.Packet(p[0]))]
    return np.concatenate([frame.to_ndarray() for frame in frames], axis=1)


def _seam(joined: list[Packet]) -> int:
    """Return the first frame that is not of the first coder."""
    return next(n for n, p in enumerate(joined) if p[0] != _by_one()[n][0])


def _threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("v2m ")]


def test_two_coders_write_the_frames_that_one_would() -> None:
    joined = _packets(Held(_music()))

    assert [p[1:] for p in joined] == [p[1:] for p in _by_one()]
    assert BORDER <= _seam(joined) < BORDER + SEARCHED
    assert sum(len(p[0]) for p in joined) == pytest.approx(
        sum(len(p[0]) for p in _by_one()), rel=0.01
    )


def test_a_seam_is_each_coders_sound_to_the_sample_and_adds_no_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened = Coding.opened
    # noise that a coder leaves to the decoder is another one each time
    monkeypatch.setattr(Coding, "opened", lambda how: opened(how, {"aac_pns": "0"}))
    first = BORDER - WARM_UP
    one, late, joined = (
        _packets(sound) for sound in ([_music()], [_music()[:, first * FRAME :]], Held(_music()))
    )
    seam = next(n for n, packet in enumerate(joined) if packet != one[n])

    heard, by_one, by_other = _decoded(joined), _decoded(one), _decoded(late)

    at, behind = seam * FRAME, (seam + 1) * FRAME
    np.testing.assert_array_equal(heard[:, :at], by_one[:, :at])
    np.testing.assert_array_equal(heard[:, behind:], by_other[:, behind - first * FRAME :])
    meant = _music()[:, at - FRAME : at]  # a coder's delay is one frame
    off = np.linalg.norm(heard[:, at:behind] - meant)
    of_one = np.linalg.norm(by_one[:, at:behind] - meant)
    of_other = np.linalg.norm(by_other[:, at - first * FRAME : behind - first * FRAME] - meant)
    assert off <= 1.001 * (of_one + of_other)


def test_what_is_written_does_not_depend_on_how_many_coders_there_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(coding, "LONGEST", 100)
    monkeypatch.setattr(coding, "WARM_UP", 20)
    streams = []
    for n in (1, 3):
        monkeypatch.setattr(coding, "CODERS", n)
        streams.append(_packets(Held(_music())))

    assert all(stream == streams[0] for stream in streams)
    assert streams[0] != _by_one()


def test_while_the_windows_disagree_the_first_coder_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(coding, "window_of", lambda _packet: None)

    assert _packets(Held(_music())) == _by_one()


@pytest.mark.parametrize("coders", [1, 2])
def test_a_border_without_a_seam_leaves_the_next_one_its_own(
    monkeypatch: pytest.MonkeyPatch, coders: int
) -> None:
    monkeypatch.setattr(coding, "LONGEST", N_FRAMES // 4)
    monkeypatch.setattr(coding, "WARM_UP", 20)
    monkeypatch.setattr(coding, "CODERS", coders)
    third = N_FRAMES * 3 // 4
    unfit = {p[0] for p in _by_one()[: third - 9]}
    monkeypatch.setattr(
        coding,
        "window_of",
        lambda packet: None if bytes(packet) in unfit else window_of(packet),
    )

    joined = _packets(Held(_music()))

    assert borders(N_FRAMES)[3] == third
    assert third - 9 < _seam(joined) < third + SEARCHED
    assert [p[1:] for p in joined] == [p[1:] for p in _by_one()]


@pytest.mark.parametrize("codec", ["aac", "libopus"])
def test_a_short_sound_and_opus_have_one_coder(codec: str) -> None:
    n = N_FRAMES * FRAME if codec == "libopus" else (2 * BORDER - 1) * FRAME
    sound = _music()[:, :n]
    how = Coding(codec, RATE, 256_000, 0)

    assert _packets(Held(sound), how) == _packets([sound[:, :999], sound[:, 999:]], how)


def test_time_stamps_begin_where_the_picture_does() -> None:
    late = _packets(Held(_music()), Coding("aac", RATE, 256_000, 777))

    assert [p[1] for p in late] == [p[1] + 777 for p in _by_one()]


def test_windows_are_read_from_the_head_of_a_frame() -> None:
    windows = [window_of(p[0]) for p in _by_one()]

    assert windows[0] is None  # it begins with the coder's name
    order = [window and window[0] for window in windows]
    assert {kind for kind in order if kind is not None} == {0, 1, 2, 3}  # attacks change it
    pairs = {pair for pair in pairwise(order) if None not in pair}
    assert pairs <= {(0, 0), (0, 1), (1, 2), (2, 2), (2, 3), (3, 0), (3, 1)}  # as they may follow


class _Failing(Held):
    """A sound whose second half cannot be read."""

    def blocks(self, first: int = 0) -> Iterator[Samples]:
        if first:
            raise MediaError("b.opus", "went away")
        yield from super().blocks(first)


class _Interrupted(Held):
    """A sound in whose second half somebody presses Ctrl-C."""

    def blocks(self, first: int = 0) -> Iterator[Samples]:
        if first:
            os.kill(os.getpid(), signal.SIGINT)
        yield from super().blocks(first)


def test_what_goes_wrong_in_a_thread_is_raised_and_ends_the_others() -> None:
    with pytest.raises(MediaError, match=r"b\.opus: went away"):
        _packets(_Failing(_music()))

    assert _threads() == []


def test_an_interrupt_ends_all_threads() -> None:
    with pytest.raises(KeyboardInterrupt):
        _packets(_Interrupted(_music()))

    assert _threads() == []


@pytest.mark.parametrize("taken", [0, 1, BORDER + SEARCHED + 1])
def test_whoever_leaves_early_ends_all_threads(taken: int) -> None:
    with coded(Held(_music()), AAC) as packets:
        for _ in range(taken):
            next(packets)

    assert _threads() == []
