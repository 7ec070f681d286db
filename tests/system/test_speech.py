"""Speech in the video's own sound: found where it is, and the music kept under it.

The voice is made, not recorded (tests/unit/voices.py); the detector is the real one.
``benchmarks/ducking.py`` does the same with a speech synthesiser and real music.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.system.conftest import bundled_track, ffmpeg
from tests.unit.voices import speak
from v2m import dialogue
from v2m.audio.decode import decode_audio
from v2m.audio.loudness import integrated_lufs
from v2m.audio.measure import measure
from v2m.audio.voice import RATE, VoiceDetector, speech_spans
from v2m.dialogue import PlannedSound, plan_sound
from v2m.errors import BackendError
from v2m.results import PlanOptions
from v2m.soundtrack.mix import mix_cues
from v2m.soundtrack.original import OriginalSound
from v2m.soundtrack.plan import Cue, CuePlan
from v2m.soundtrack.render import open_track
from v2m.types import Samples, Span
from v2m.video.probe import probe_video

SPOKEN = (Span(3.0, 6.5), Span(10.0, 14.0))
SECONDS = 18.0


@pytest.fixture(scope="module")
def detector() -> VoiceDetector:
    return VoiceDetector()


def _voice(rate: int = RATE, gain: float = 1.0) -> Samples:
    sound = np.zeros((2, round(SECONDS * rate)), np.float32)
    for seed, span in enumerate(SPOKEN):
        first = round(span.start_seconds * rate)
        spoken = speak(span.duration_seconds, rate, seed)
        sound[:, first : first + spoken.shape[1]] = gain * spoken
    return sound


def _film(folder: Path, sound: Samples, rate: int, *channels: str) -> Path:
    soundfile.write(folder / "sound.wav", sound.T, rate)
    picture = ("-f", "lavfi", "-t", f"{SECONDS}", "-i", "testsrc2=size=64x48:rate=10")
    codecs = ("-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", *channels)
    ffmpeg(*picture, "-i", folder / "sound.wav", *codecs, folder / "film.mp4")
    return folder / "film.mp4"


def _shared(found: list[Span], wanted: tuple[Span, ...]) -> float:
    return sum(a.overlap_seconds(b) for a in found for b in wanted)


def _planned(film: Path, **options: object) -> PlannedSound:
    return plan_sound(probe_video(film), PlanOptions(**options))  # type: ignore[arg-type]


def _with_music(film: Path, sound: PlannedSound) -> CuePlan:
    video = {"path": str(film), "duration_seconds": SECONDS, "fps": 10, "width": 64, "height": 48,
             "has_audio": True}  # fmt: skip
    track = bundled_track("energetic/energetic_electronic_2.opus")
    music = decode_audio(track, sample_rate=48000, span=Span(0, SECONDS))
    gain = -18 - integrated_lufs(music.samples, 48000)
    cue = Cue(start_seconds=0, end_seconds=SECONDS, scenes=(), source="retrieved",
              track_path=str(track), gain_db=gain)  # fmt: skip
    return CuePlan.model_validate({"video": video, "profile": "lite", "min_probability": 0.5,
        "scenes": (), "cues": (cue,), "mix": sound.mix, "speech": sound.speech})  # fmt: skip


def test_speech_is_found_where_it_is(detector: VoiceDetector) -> None:
    found = speech_spans(detector.probabilities([_voice()]))

    shared = _shared(found, SPOKEN)
    assert shared / sum(span.duration_seconds for span in SPOKEN) > 0.95  # recall
    assert shared / sum(span.duration_seconds for span in found) > 0.95  # precision


def test_blocks_of_any_length_give_the_same_answer(detector: VoiceDetector) -> None:
    sound = _voice()
    whole = detector.probabilities([sound])

    parts = [sound[:, n : n + 3001] for n in range(0, sound.shape[1], 3001)]

    np.testing.assert_allclose(detector.probabilities(parts), whole, atol=1e-4)
    assert len(whole) == -(-sound.shape[1] // 512)


def test_music_and_silence_are_not_speech(detector: VoiceDetector) -> None:
    music = decode_audio(bundled_track("happy/happy_acoustic_1.opus"), sample_rate=RATE).samples

    assert speech_spans(detector.probabilities([music])) == []
    assert speech_spans(detector.probabilities([np.zeros((2, 99_999), np.float32)])) == []
    assert speech_spans(detector.probabilities(iter([]))) == []


@pytest.mark.parametrize(
    ("rate", "channels"), [(48000, ()), (22050, ("-ac", "1")), (48000, ("-ac", "6"))],
    ids=["stereo", "mono at 22 kHz", "5.1"],
)  # fmt: skip
def test_the_music_lies_under_the_voice_and_comes_back(
    tmp_path: Path, rate: int, channels: tuple[str, ...]
) -> None:
    film = _film(tmp_path, _voice(rate), rate, *channels)

    plan = _with_music(film, _planned(film))

    gain_db = plan.mix.original_gain_db
    assert gain_db is not None
    music = measure(mix_cues(plan, open_track), 48000)
    voice = measure(OriginalSound(probe_video(film)).blocks(), 48000)
    plain = measure(mix_cues(plan.model_copy(update={"speech": ()}), open_track), 48000)
    for span in SPOKEN:
        here = (span.start_seconds + 0.2, span.end_seconds - 0.2)
        assert voice.span(*here).lufs() + gain_db - music.span(*here).lufs() >= 9
        after = (span.end_seconds + 1, span.end_seconds + 2)
        assert music.span(*after).lufs() == pytest.approx(plain.span(*after).lufs(), abs=0.1)


def test_under_a_quiet_voice_the_music_goes_deeper(tmp_path: Path) -> None:
    sound = _voice(48000)
    sound[:, : 8 * 48000] *= 10 ** (-8 / 20)

    planned = _planned(_film(tmp_path, sound, 48000))

    quiet, loud = planned.speech
    gain_db = planned.mix.original_gain_db or 0.0
    for spoken in (quiet, loud):
        music_lufs = -18 - planned.mix.duck_db - spoken.deeper_db
        assert spoken.lufs + gain_db - music_lufs >= planned.mix.duck_db - 0.2
    assert quiet.deeper_db > loud.deeper_db + 5


def test_without_ducking_speech_is_not_looked_for(tmp_path: Path) -> None:
    sound = _planned(_film(tmp_path, _voice(48000), 48000), duck_db=0.0)

    assert sound.speech == ()
    assert sound.mix.original_audio == "mix"


def test_a_detector_that_is_not_there_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent() -> Iterator[object]:
        raise BackendError("model", "silero-vad is not here")

    monkeypatch.setattr(dialogue, "VoiceDetector", absent)

    sound = _planned(_film(tmp_path, _voice(48000), 48000))

    (notice,) = sound.notices
    assert notice.startswith("speech was not looked for")
    assert sound.mix.original_audio == "mix"


@pytest.mark.parametrize(("level", "told"), [(0.1, ()), (0.006, ("--original-audio replace",))])
def test_what_is_raised_by_much_is_told_with_the_way_out(
    tmp_path: Path, level: float, told: tuple[str, ...]
) -> None:
    noise = np.random.default_rng(0).standard_normal((2, round(SECONDS * 48000))) * level

    sound = _planned(_film(tmp_path, noise.astype(np.float32), 48000), original_audio="mix")

    assert len(sound.notices) == len(told)
    assert all(part in notice for part, notice in zip(told, sound.notices, strict=True))


@pytest.mark.parametrize(("asked", "kept"), [("auto", "replace"), ("mix", "mix")])
def test_a_silent_sound_needs_no_ducking(tmp_path: Path, asked: str, kept: str) -> None:
    silence = np.zeros((2, round(SECONDS * 48000)), np.float32)

    sound = _planned(_film(tmp_path, silence, 48000), original_audio=asked)

    assert (sound.mix.original_audio, sound.speech) == (kept, ())
    assert sound.mix.original_gain_db is None
