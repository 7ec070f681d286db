"""Listens to a video's own sound: is it kept, and where does somebody speak in it."""

from dataclasses import dataclass

import numpy as np

from v2m.audio.loudness import SILENCE_LUFS
from v2m.audio.measure import Measured, measure
from v2m.audio.voice import VoiceDetector, speech_spans
from v2m.errors import BackendError, MediaError
from v2m.results import PlanOptions
from v2m.soundtrack.fit import CUE_LUFS
from v2m.soundtrack.mix import RATE
from v2m.soundtrack.original import OriginalSound, raised_much
from v2m.soundtrack.plan import Mix, Speech
from v2m.types import Span, VideoFacts

SILENT_ORIGINAL_LUFS = -50.0
"""A video's own sound below this is room noise; "auto" replaces it."""

MOST_DEEPER_DB = 12.0
"""A voice much quieter than the others pulls the music down by at most this much more."""


@dataclass(frozen=True, slots=True)
class PlannedSound:
    """How the finished sound is made.

    Attributes:
        mix: loudness, original sound and ducking.
        speech: where somebody speaks in the original sound, in order.
        notices: what was not done, or may not be wanted, in words.
    """

    mix: Mix
    speech: tuple[Speech, ...] = ()
    notices: tuple[str, ...] = ()


def plan_sound(facts: VideoFacts, options: PlanOptions) -> PlannedSound:
    """Decide how the finished sound is made; "auto" keeps an original sound that is heard."""
    mix = Mix(
        target_lufs=options.target_lufs,
        true_peak_dbtp=options.true_peak_dbtp,
        crossfade_seconds=options.crossfade_seconds,
        original_under_lu=options.original_under_lu,
        duck_db=options.duck_db,
        duck_attack_seconds=options.duck_attack_seconds,
        duck_release_seconds=options.duck_release_seconds,
    )
    if options.original_audio == "replace" or not facts.has_audio:
        return PlannedSound(mix)
    try:
        original = OriginalSound(facts)
        own = measure(original.blocks(), RATE)
    except MediaError:  # a sound stream without sound; rendering says so where it is asked for
        kept = "mix" if options.original_audio == "mix" else "replace"
        return PlannedSound(mix.model_copy(update={"original_audio": kept}))
    if options.original_audio == "auto" and own.lufs() <= SILENT_ORIGINAL_LUFS:
        return PlannedSound(mix)
    return _kept(mix.model_copy(update={"original_audio": "mix"}), original, own)


def _kept(mix: Mix, original: OriginalSound, own: Measured) -> PlannedSound:
    """Keep the original sound: under the music, or where somebody speaks, as loud as the music."""
    loudness = own.lufs()
    if loudness <= SILENCE_LUFS:
        return PlannedSound(mix)
    gain_db = CUE_LUFS - mix.original_under_lu - loudness
    spans, notices = _spoken(original) if mix.duck_db > 0 else ([], ())
    heard = [(span, own.span(span.start_seconds, span.end_seconds).lufs()) for span in spans]
    heard = [(span, lufs) for span, lufs in heard if lufs > SILENCE_LUFS]
    if heard:
        loudness = max(loudness, _mean_lufs(heard))
        gain_db = CUE_LUFS - loudness
    gain_db = round(min(60.0, max(-120.0, gain_db)), 2)
    speech = tuple(_planned_speech(span, lufs, loudness) for span, lufs in heard)
    kept = mix.model_copy(update={"original_gain_db": gain_db})
    return PlannedSound(kept, speech, (*notices, *raised_much(gain_db)))


def _spoken(original: OriginalSound) -> tuple[list[Span], tuple[str, ...]]:
    """Return where somebody speaks, and what could not be done."""
    try:
        detector = VoiceDetector()
    except BackendError as err:
        return [], (f"speech was not looked for, and the music does not go down under it: {err}",)
    return original.in_step(speech_spans(detector.probabilities(original.for_voices()))), ()


def _planned_speech(span: Span, lufs: float, usual_lufs: float) -> Speech:
    """Return the plan's record of a span; under a quiet voice the music goes deeper."""
    return Speech(
        start_seconds=round(span.start_seconds, 3),
        end_seconds=round(span.end_seconds, 3),
        lufs=round(lufs, 1),
        deeper_db=round(min(MOST_DEEPER_DB, max(0.0, usual_lufs - lufs)), 1),
    )


def _mean_lufs(heard: list[tuple[Span, float]]) -> float:
    """Return the loudness of all spans together."""
    seconds = sum(span.duration_seconds for span, _ in heard)
    power = sum(span.duration_seconds * 10 ** (lufs / 10) for span, lufs in heard) / seconds
    return float(10 * np.log10(power))
