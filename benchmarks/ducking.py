"""Measures ducking with a speech synthesiser and real music: found, deep enough, back in time.

    apt-get install espeak-ng
    python benchmarks/ducking.py

Makes films in which sentences of several voices lie at known places, alone, in noise, over music,
in mono at 22 kHz and in 5.1; plans each, lays bundled music under it, and measures.
"""

import argparse
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import soundfile

from v2m.audio.decode import decode_audio
from v2m.audio.measure import Measured, measure
from v2m.dialogue import plan_sound
from v2m.results import PlanOptions
from v2m.soundtrack.ducking import Ducking
from v2m.soundtrack.fit import CUE_LUFS
from v2m.soundtrack.mix import RATE, mix_cues
from v2m.soundtrack.original import OriginalSound
from v2m.soundtrack.plan import Cue, CuePlan, PlannedVideo
from v2m.soundtrack.render import open_track
from v2m.types import Samples, Span
from v2m.video.probe import probe_video

VOICES = ("en", "en+f3", "de", "fr", "en-us+m7", "es")
SENTENCES = (
    "The old lighthouse has not been lit for more than forty years.",
    "Nobody in the village remembers who used to live there.",
    "We walked along the shore until the tide came in.",
    "Wait.",
    "It was the first time that I had seen the sea in winter, and I did not want to go home.",
    "Look at this!",
)
PAUSES_SECONDS = (4.0, 2.5, 6.0, 3.0, 5.0, 2.0, 4.0)
STEP_SECONDS = 0.01


@dataclass(frozen=True)
class Case:
    """A kind of sound under the speech, decibels against the voice, and how it is coded."""

    name: str
    under: str = ""
    under_db: float = 0.0
    rate: int = 48000
    channels: int = 2


CASES = (
    Case("voice alone"),
    Case("pink noise, 15 dB lower", "noise", -15),
    Case("music of its own, 12 dB lower", "music", -12),
    Case("mono at 22 kHz", rate=22050, channels=1),
    Case("5.1", channels=6),
)


def main() -> None:
    """Measure every case and print a row for each."""
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    if not shutil.which("espeak-ng"):
        raise SystemExit("espeak-ng is not here: apt-get install espeak-ng")
    print(f"{'case':31}  recall  precision  voice over music LU (least)  back s  dB per 10 ms")
    for case in CASES:
        with tempfile.TemporaryDirectory() as folder:
            print(f"{case.name:31}  {_measured(case, Path(folder))}", flush=True)


def _measured(case: Case, folder: Path) -> str:
    voice, spoken = _speech(folder)
    film = _film(case, voice, folder)
    facts = probe_video(film)
    sound = plan_sound(facts, PlanOptions(original_audio="mix"))
    plan = _plan(film, facts.duration_seconds).model_copy(
        update={"mix": sound.mix, "speech": sound.speech}
    )
    found = [Span(one.start_seconds, one.end_seconds) for one in sound.speech]
    truth, heard = (_ticks(spans, facts.duration_seconds) for spans in (spoken, found))
    both = (truth & heard).sum()
    music = measure(mix_cues(plan, open_track), RATE)
    own = measure(OriginalSound(facts).blocks(), RATE)
    over = _least_over(own, music, spoken, sound.mix.original_gain_db or 0.0)
    level = 20 * np.log10(_curve(plan, facts.duration_seconds))
    step = np.abs(np.diff(level)).max(initial=0)
    back = max(_back_seconds(level, span) for span in spoken)
    return (
        f"{both / truth.sum():6.3f}  {both / max(1, heard.sum()):9.3f}  {over:27.1f}  {back:6.2f}"
        f"  {step:12.2f}"
    )


def _least_over(own: Measured, music: Measured, spoken: list[Span], gain_db: float) -> float:
    """Return how far the voice lies over the music in the sentence where it is least."""
    spans = [(span.start_seconds, span.end_seconds) for span in spoken]
    return min(own.span(*span).lufs() + gain_db - music.span(*span).lufs() for span in spans)


def _back_seconds(level: np.ndarray, span: Span) -> float:
    """Return how long after a sentence the music is back to 1 dB under its own level."""
    after = level[round(span.end_seconds / STEP_SECONDS) :]
    return float(np.argmax(after > -1) * STEP_SECONDS)


def _curve(plan: CuePlan, seconds: float) -> np.ndarray:
    n = round(seconds / STEP_SECONDS)
    return np.broadcast_to(Ducking(plan, round(1 / STEP_SECONDS)).gain(0, n), (n,))


def _ticks(spans: list[Span], seconds: float) -> np.ndarray:
    at = np.arange(round(seconds / STEP_SECONDS)) * STEP_SECONDS
    ticks = np.zeros(len(at), bool)
    for span in spans:
        ticks |= (at >= span.start_seconds) & (at < span.end_seconds)
    return ticks


def _speech(folder: Path) -> tuple[Samples, list[Span]]:
    """Return sentences at known places, and the places, to the first and last sound of each."""
    pieces, spans, here = [], [], 0.0
    for number, pause in enumerate(PAUSES_SECONDS):
        pieces.append(np.zeros((2, round(pause * RATE)), np.float32))
        here += pause
        if number == len(SENTENCES):
            break
        path = folder / f"{number}.wav"
        voice = ["-v", VOICES[number], "-w", str(path), SENTENCES[number]]
        subprocess.run(["espeak-ng", *voice], check=True)
        said = decode_audio(path, sample_rate=RATE).samples
        loud = np.flatnonzero(np.abs(said[0]) > 0.02 * np.abs(said).max())
        said = said[:, loud[0] : loud[-1]]
        pieces.append(0.5 * said / np.abs(said).max())
        spans.append(Span(here, here + said.shape[1] / RATE))
        here = spans[-1].end_seconds
    return np.concatenate(pieces, axis=1), spans


def _film(case: Case, voice: Samples, folder: Path) -> Path:
    n = voice.shape[1]
    if case.under:
        bed = _noise(n) if case.under == "noise" else _music(n)
        gain_db = measure([voice], RATE).lufs() + case.under_db - measure([bed], RATE).lufs()
        voice = voice + bed * np.float32(10 ** (gain_db / 20))
    soundfile.write(folder / "sound.wav", voice.T, RATE, subtype="FLOAT")
    out = folder / "film.mp4"
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", "-nostdin", "-y"]
    picture = ["-f", "lavfi", "-t", f"{n / RATE}", "-i", "testsrc2=size=96x64:rate=25"]
    sound = ["-c:a", "aac", "-ar", str(case.rate), "-ac", str(case.channels)]
    codecs = ["-c:v", "libx264", "-preset", "ultrafast", *sound]
    wave = ["-i", str(folder / "sound.wav")]
    subprocess.run([*command, *picture, *wave, *codecs, str(out)], check=True)
    return out


def _noise(n: int) -> Samples:
    spectrum = np.fft.rfft(np.random.default_rng(0).normal(0, 1, n))
    pink = np.fft.irfft(spectrum / np.sqrt(np.maximum(1, np.arange(len(spectrum)))), n)
    return np.tile((pink / np.abs(pink).max()).astype(np.float32), (2, 1))


def _music(n: int) -> Samples:
    sound = decode_audio(_track("calm/calm_acoustic_1.opus"), sample_rate=RATE).samples
    return np.tile(sound, (1, -(-n // sound.shape[1])))[:, :n]


def _track(name: str) -> Path:
    spec = find_spec("immich_memories_music")
    if spec is None or spec.origin is None:
        raise SystemExit("package immich-memories-music is not installed")
    return Path(spec.origin).parent / "tracks" / name


def _plan(film: Path, seconds: float) -> CuePlan:
    """Return a plan with the same energetic track twice, at the loudness of every cue."""
    track = _track("energetic/energetic_electronic_2.opus")
    half = seconds / 2
    music = decode_audio(track, sample_rate=RATE, span=Span(0, half)).samples
    gain = CUE_LUFS - measure([music], RATE).lufs()
    cues = tuple(
        Cue(start_seconds=start, end_seconds=start + half, scenes=(), source="retrieved",
            track_path=str(track), gain_db=gain)
        for start in (0.0, half)
    )  # fmt: skip
    video = PlannedVideo(path=str(film), duration_seconds=seconds, fps=25, width=96, height=64,
                         has_audio=True)  # fmt: skip
    return CuePlan(video=video, profile="lite", min_probability=0.5, scenes=(), cues=cues)


if __name__ == "__main__":
    main()
