"""Tempo, key and timbre of a track as the index measures them, beside librosa's usual chain."""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from benchmarks.rows import LeftOut, Row, Setting, bundled_music, compare, here, share
from indexer.parts import SAMPLE_RATE, stretches_of
from v2m.audio.beats import find_beats
from v2m.audio.decode import SampleMemory, decode_audio
from v2m.audio.descriptors import measure
from v2m.audio.loudness import SILENCE_LUFS
from v2m.audio.structure import at_structure_rate
from v2m.audio.tempo import pick_tempo
from v2m.encoders.beatnet import FRAMES_PER_SECOND, BeatNet
from v2m.types import SoundFacts

MISSING = "librosa is missing; pip install -e '.[benchmark]' brings it"


def rows(setting: Setting) -> Iterator[Row]:
    """Measure one long track made of the bundled music.

    Raises:
        LeftOut: librosa is not installed.
    """
    if find_spec("librosa") is None:
        raise LeftOut(MISSING)
    seconds = setting.size(180, 4)
    track = joined(bundled_music(), setting.folder / "long.mp3", seconds)
    network, memory = BeatNet(), SampleMemory()
    yield compare(
        f"tempo, key and timbre of {seconds} s",
        here(lambda: heard(track, network, memory)),
        "librosa: load, beat_track, chroma_cqt, mfcc",
        here(lambda: _by_librosa(track)),
        goal=share(0.35),
        rounds=setting.rounds,
    )


def heard(track: Path, network: BeatNet, memory: SampleMemory) -> tuple[float, SoundFacts]:
    """Return tempo, beats per minute, and what is measured, from the file on, as the index does.

    All but the loudness, which librosa's chain does not measure either; it has a row of its own.
    """
    (stretch,) = stretches_of(track, memory)
    audio = stretch.audio
    beats = find_beats(network.hear(at_structure_rate(audio)), FRAMES_PER_SECOND)
    facts = measure(audio, loudness_lufs=SILENCE_LUFS)
    return pick_tempo(facts.tempo_curve, pulse_bpm=beats.tempo_bpm), facts


def joined(music: Path, target: Path, seconds: float) -> Path:
    """Write the music of a folder behind one another, over and over, as one MP3."""
    paths = sorted(path for path in music.rglob("*") if path.suffix in {".opus", ".wav"})
    pieces: list[Any] = []
    while sum(piece.shape[1] for piece in pieces) < seconds * SAMPLE_RATE:
        path = paths[len(pieces) % len(paths)]
        pieces.append(decode_audio(path, sample_rate=SAMPLE_RATE).samples)
    sound = np.concatenate(pieces, axis=1)[:, : round(seconds * SAMPLE_RATE)]
    soundfile.write(target, sound.T, SAMPLE_RATE)
    return target


def _by_librosa(track: Path) -> None:
    import librosa

    sound, rate = librosa.load(track)
    librosa.beat.beat_track(y=sound, sr=rate)
    librosa.feature.chroma_cqt(y=sound, sr=rate)
    librosa.feature.mfcc(y=sound, sr=rate)
