import numpy as np
import numpy.typing as npt
import pytest

from v2m.audio.key import MAJOR, MINOR, NOTES, chroma_frames, estimate_key, mean_chroma
from v2m.types import Mono

RATE = 22050
MAJOR_CADENCE = ((0, 4, 7), (5, 9, 12), (7, 11, 14), (0, 4, 7))
MINOR_CADENCE = ((0, 3, 7), (5, 8, 12), (7, 11, 14), (0, 3, 7))


def chroma(mono: Mono, rate: int) -> npt.NDArray[np.float64]:
    return mean_chroma(chroma_frames(mono, rate))


def _chord(notes: tuple[int, ...], tonic: int, cents: float = 0.0) -> Mono:
    time = np.arange(RATE) / RATE
    out = np.zeros(RATE)
    for note in notes:
        hertz = 261.626 * 2 ** ((tonic + note + cents / 100) / 12)
        out += sum(np.sin(2 * np.pi * hertz * h * time) / h**2 for h in (1, 2, 3))
    return (0.1 * out * np.exp(-time)).astype(np.float32)


def _piece(cadence: tuple[tuple[int, ...], ...], tonic: int, cents: float = 0.0) -> Mono:
    return np.concatenate([_chord(notes, tonic, cents) for notes in cadence])


@pytest.mark.parametrize("tonic", [0, 1, 5, 9, 10])
@pytest.mark.parametrize("mode", ["major", "minor"])
def test_a_cadence_tells_its_key(tonic: int, mode: str) -> None:
    cadence = MAJOR_CADENCE if mode == "major" else MINOR_CADENCE

    found = estimate_key(chroma(_piece(cadence, tonic), RATE))

    assert (found.key, found.mode) == (NOTES[tonic], mode)
    assert (found.majorness > 0) == (mode == "major")
    assert found.clarity > 0.7


@pytest.mark.parametrize("cents", [-33, 33])
def test_a_cadence_off_concert_pitch_keeps_its_chroma(cents: float) -> None:
    in_tune = chroma(_piece(MAJOR_CADENCE, 2), RATE)

    found = chroma(_piece(MAJOR_CADENCE, 2, cents), RATE)

    np.testing.assert_allclose(found, in_tune, atol=0.05)
    assert estimate_key(found).key == "D"


@pytest.mark.parametrize("tonic", range(12))
def test_a_profile_is_its_own_best_key(tonic: int) -> None:
    for mode, profile in (("major", MAJOR), ("minor", MINOR)):
        found = estimate_key(np.roll(profile, tonic))

        assert (found.key, found.mode) == (NOTES[tonic], mode)
        assert found.clarity == pytest.approx(1)


@pytest.mark.parametrize("rate", [11025, 22050, 44100])
@pytest.mark.parametrize(("hertz", "pitch_class"), [(65.41, 0), (440.0, 9), (1975.5, 11)])
def test_a_tone_has_its_pitch_class_at_any_rate(rate: int, hertz: float, pitch_class: int) -> None:
    tone = np.sin(2 * np.pi * hertz * np.arange(2 * rate) / rate).astype(np.float32)

    found = chroma(tone, rate)

    assert int(np.argmax(found)) == pitch_class
    assert np.delete(found, pitch_class).max() < 0.5 * found[pitch_class]


def test_chroma_does_not_depend_on_loudness() -> None:
    piece = _piece(MAJOR_CADENCE, 4)

    np.testing.assert_allclose(chroma(0.01 * piece, RATE), chroma(piece, RATE), atol=1e-4)


def test_silence_has_no_key() -> None:
    found = estimate_key(chroma(np.zeros(RATE, np.float32), RATE))

    assert (found.key, found.mode, found.majorness, found.clarity) == ("", "", 0, 0)
