"""Renders a cue plan: music, original sound, loudness, and the finished file."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from v2m.audio.decode import decode_audio
from v2m.audio.loudness import SILENCE_LUFS, integrated_lufs, true_peak_dbtp
from v2m.errors import InputError, MediaError, printable
from v2m.ffmpeg import av
from v2m.files import replacing, text_to_path
from v2m.soundtrack.limiter import Mastered, master
from v2m.soundtrack.mix import RATE, mix_cues
from v2m.soundtrack.mux import check_container, mux
from v2m.soundtrack.plan import Cue, CuePlan
from v2m.types import Audio, Samples, Span, VideoFacts
from v2m.video.probe import probe_video

HEADROOM_DB = 0.5
"""Lossy coding lets peaks rise: the first try stays this much under the ceiling."""

LOUDNESS_TOLERANCE_LU = 0.3
MOST_ROUNDS = 4


@dataclass(frozen=True, slots=True)
class RenderReport:
    """What was written, measured on the written file.

    Attributes:
        path: the finished video.
        duration_seconds: of its sound.
        lufs: integrated loudness.
        true_peak_dbtp: highest true peak.
        notices: what could not be kept or reached.
    """

    path: Path
    duration_seconds: float
    lufs: float
    true_peak_dbtp: float
    notices: tuple[str, ...]


def render_plan(plan: CuePlan, video: Path, out: Path) -> RenderReport:
    """Write the finished video of a plan; it appears by rename.

    Raises:
        InputError: the video is not the one of the plan, a track is missing, or ``out`` cannot
            hold the picture.
        MediaError: the video or a track cannot be read.
        BackendError: the disk is full or the encoder fails.
    """
    facts = probe_video(video)
    check_container(video, out, facts.video_codec)
    if abs(facts.duration_seconds - plan.video.duration_seconds) > 2 / facts.fps:
        raise InputError(
            f"{printable(video)} is {facts.duration_seconds:.2f} s long but the plan is for "
            f"{plan.video.duration_seconds:.2f} s; make the plan again"
        )
    _check_tracks(plan)
    music = mix_cues(plan, load_track)
    sound, notices = _with_original(music, plan, facts)
    with replacing(out) as temporary:
        written, measured, told = _write(plan, facts, sound, temporary)
    return RenderReport(
        out,
        written.duration_seconds,
        measured[0],
        measured[1],
        (*notices, *told),
    )


def _write(
    plan: CuePlan, facts: VideoFacts, sound: Samples, temporary: Path
) -> tuple[Audio, tuple[float, float], tuple[str, ...]]:
    """Master, encode and measure what the encoder made of it, until both figures hold."""
    target, highest = plan.mix.target_lufs, plan.mix.true_peak_dbtp
    aim, ceiling = target, highest - HEADROOM_DB
    rounds = 0
    while True:
        rounds += 1
        mastered = master(sound, RATE, aim, ceiling)
        notices = mux(
            facts.path, mastered.samples, RATE, temporary, start_seconds=facts.start_seconds
        )
        written = decode_audio(temporary, sample_rate=RATE)
        lufs = integrated_lufs(written.samples, RATE)
        peak = true_peak_dbtp(written.samples, RATE)
        off = target - lufs
        reachable = abs(mastered.lufs - aim) < 2 * LOUDNESS_TOLERANCE_LU
        holds = peak <= highest and (abs(off) <= LOUDNESS_TOLERANCE_LU or not reachable)
        if holds or lufs <= SILENCE_LUFS or rounds == MOST_ROUNDS:
            told = (*notices, *_shortcomings(plan, mastered, lufs, peak))
            return written, (lufs, peak), told
        ceiling -= max(0.0, peak - highest + 0.1 if peak > highest else 0.0)
        aim += off if reachable and abs(off) > LOUDNESS_TOLERANCE_LU else 0.0


def _shortcomings(plan: CuePlan, mastered: Mastered, lufs: float, peak: float) -> tuple[str, ...]:
    if lufs <= SILENCE_LUFS:
        return ("the sound is silent",)
    told = []
    if abs(lufs - plan.mix.target_lufs) > LOUDNESS_TOLERANCE_LU:
        told.append(f"loudness is {lufs:.1f} LUFS, {plan.mix.target_lufs:.1f} was asked")
    if peak > plan.mix.true_peak_dbtp:
        told.append(f"true peak is {peak:.1f} dBTP, {plan.mix.true_peak_dbtp:.1f} was asked")
    if mastered.limited_db > 9:
        told.append(f"peaks were turned down by up to {mastered.limited_db:.0f} dB")
    return tuple(told)


def load_track(cue: Cue, span: Span) -> Audio:
    """Decode a span of a cue's track at 48 kHz; behind its end there is nothing.

    Raises:
        MediaError: the track cannot be read.
    """
    try:
        return decode_audio(text_to_path(cue.track_path), sample_rate=RATE, span=span)
    except MediaError as err:
        if err.reason == "has no sound there":
            return Audio(np.zeros((2, 0), np.float32), RATE)
        raise


def _check_tracks(plan: CuePlan) -> None:
    for number, cue in enumerate(plan.cues):
        if cue.source != "silence" and not text_to_path(cue.track_path).is_file():
            raise InputError(
                f"cue {number}: {printable(text_to_path(cue.track_path))} is not there any more; "
                "run 'v2m index' on its folder and plan again"
            )


def _with_original(
    music: Samples, plan: CuePlan, facts: VideoFacts
) -> tuple[Samples, tuple[str, ...]]:
    """Lay the video's own sound under the music, if the plan wants it."""
    if plan.mix.original_audio == "replace" or not facts.has_audio:
        return music, ()
    try:
        original = _original(facts, music.shape[1])
    except MediaError as err:
        return music, (f"the video's own sound was left out: {err.reason}",)
    own = integrated_lufs(original, RATE)
    if own <= SILENCE_LUFS:
        return music, ("the video's own sound is silent",)
    loudness = integrated_lufs(music, RATE)
    if loudness <= SILENCE_LUFS:
        return original, ()
    gain = 10 ** ((loudness - plan.mix.original_under_lu - own) / 20)
    return np.asarray(music + original * gain, np.float32), ()


def _original(facts: VideoFacts, n: int) -> Samples:
    """Return the video's own sound, as long as the picture and in step with it."""
    with facts.path.open("rb") as file, av.open(file, metadata_errors="replace") as container:
        stream = container.streams.audio[0]
        start = float((stream.start_time or 0) * (stream.time_base or 0))
    sound = decode_audio(facts.path, sample_rate=RATE).samples
    late = round((start - facts.start_seconds) * RATE)
    out = np.zeros((2, n), np.float32)
    piece = sound[:, max(0, -late) :][:, : max(0, n - max(0, late))]
    out[:, max(0, late) : max(0, late) + piece.shape[1]] = piece
    return out
