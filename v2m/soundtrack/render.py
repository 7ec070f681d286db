"""Renders a cue plan: music, original sound, loudness, and the finished file."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from v2m.audio.loudness import SILENCE_LUFS
from v2m.audio.measure import Filed, Gauged, gauge, measure_into
from v2m.audio.reader import SoundReader
from v2m.errors import InputError, MediaError, printable
from v2m.files import replacing, text_to_path
from v2m.progress import Advance, progress
from v2m.soundtrack.ahead import ahead
from v2m.soundtrack.coding import short
from v2m.soundtrack.limiter import Mastering, find_mastering, mastered
from v2m.soundtrack.mix import RATE, mix_cues
from v2m.soundtrack.mux import BIT_RATE, LOUD_BIT_RATE, check_container, mux
from v2m.soundtrack.original import OriginalSound, original_gain_db, raised_much, with_original
from v2m.soundtrack.plan import Cue, CuePlan
from v2m.soundtrack.proof import Proof, proving
from v2m.soundtrack.scratch import Scratch, ScratchFloats, scratch_floats_in, scratch_in
from v2m.types import Samples, VideoFacts
from v2m.video.probe import probe_video

HEADROOM_DB = 0.5
"""Lossy coding lets peaks rise: the first try stays this much under the ceiling."""

NEAR_DB = 1.0
"""Sound whose peaks come this near to their limit is given more bits: at 256 kb/s FFmpeg's AAC
coder lets limited peaks rise by 0.2 to 1.1 dB, and the film has to be encoded again; at 320 kb/s
seldom by more than 0.3."""

MIXED_AHEAD = 1
"""Blocks that lie ready, mixed, while one is measured."""

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


def render_plan(plan: CuePlan, video: Path, out: Path, *, shown: bool = False) -> RenderReport:
    """Write the finished video of a plan; it appears by rename.

    Args:
        plan: the cue plan.
        video: the video it is for.
        out: the file to write.
        shown: show progress on standard error.

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
    with replacing(out) as temporary, _kept_in(out.parent) as kept:
        blocks, notices = mixed_sound(plan, facts)
        with ahead(blocks, MIXED_AHEAD) as mixed:
            mixing = watched(mixed, "mixing, s", facts.duration_seconds, shown=shown)
            sound = measure_into(kept.mix.keep(mixing), RATE, kept.energies, kept.peaks)
        written, told = _write(plan, facts, kept, sound, temporary, shown=shown)
    return RenderReport(
        out, written.duration_seconds, written.lufs, written.true_peak_dbtp, (*notices, *told)
    )


@dataclass(frozen=True, slots=True)
class _Kept:
    """What lies on disk while a film is rendered: the mix, its course, and the limiter's gains."""

    mix: Scratch
    energies: ScratchFloats
    peaks: ScratchFloats
    gains: ScratchFloats


@contextmanager
def _kept_in(folder: Path) -> Iterator[_Kept]:
    with (
        scratch_in(folder) as mix,
        scratch_floats_in(folder) as energies,
        scratch_floats_in(folder) as peaks,
        scratch_floats_in(folder) as gains,
    ):
        yield _Kept(mix, energies, peaks, gains)


def mixed_sound(plan: CuePlan, facts: VideoFacts) -> tuple[Iterator[Samples], tuple[str, ...]]:
    """Return the whole mix of a plan before mastering, block by block, and what was left out.

    Raises:
        MediaError: a track cannot be read; may show only on the way.
    """
    music = mix_cues(plan, open_track)
    if plan.mix.original_audio == "replace" or not facts.has_audio:
        return music, ()
    original = OriginalSound(facts)
    if plan.mix.original_gain_db is not None:
        return with_original(music, original, plan.mix.original_gain_db), ()

    def music_lufs() -> float:
        with ahead(mix_cues(plan, open_track), MIXED_AHEAD) as blocks:
            return gauge(blocks, RATE).lufs

    try:
        gain_db = original_gain_db(original, plan.mix.original_under_lu, music_lufs)
    except MediaError as err:
        return music, (f"the video's own sound was left out: {err.reason}",)
    if gain_db is None:
        return music, ("the video's own sound is silent",)
    return with_original(music, original, gain_db), raised_much(gain_db)


def _write(
    plan: CuePlan,
    facts: VideoFacts,
    kept: _Kept,
    sound: Filed,
    temporary: Path,
    *,
    shown: bool,
) -> tuple[Gauged, tuple[str, ...]]:
    """Master, encode and measure what the encoder made of it, until both figures hold."""
    target, highest = plan.mix.target_lufs, plan.mix.true_peak_dbtp
    aim, ceiling = target, highest - HEADROOM_DB
    rounds = 0
    while True:
        rounds += 1
        made = find_mastering(sound, aim, ceiling, kept.gains)
        label = "writing, s" if rounds == 1 else f"writing again ({rounds}), s"
        loud = sound.true_peak_dbtp + made.gain_db > highest - NEAR_DB
        with (
            proving(RATE, facts.start_seconds) as proof,
            progress(label, round(facts.duration_seconds), shown=shown) as advance,
        ):
            notices = mux(
                facts.path, _Mastered(kept.mix, made), RATE, temporary,
                start_seconds=facts.start_seconds, bit_rate=LOUD_BIT_RATE if loud else BIT_RATE,
                heard=_told(proof, advance),
            )  # fmt: skip
            written = proof.of(temporary)
        lufs, peak = written.lufs, written.true_peak_dbtp
        off = target - lufs
        reachable = abs(made.lufs - aim) < 2 * LOUDNESS_TOLERANCE_LU
        holds = peak <= highest and (abs(off) <= LOUDNESS_TOLERANCE_LU or not reachable)
        if holds or lufs <= SILENCE_LUFS or rounds == MOST_ROUNDS:
            return written, (*notices, *_shortcomings(plan, made, lufs, peak))
        ceiling -= max(0.0, peak - highest + 0.1 if peak > highest else 0.0)
        aim += off if reachable and abs(off) > LOUDNESS_TOLERANCE_LU else 0.0


def _told(proof: Proof, advance: Advance) -> Callable[[Any], None]:
    """Return what hears the packets: the proof, and who shows how many seconds are written."""
    samples = 0

    def hear(packet: Any) -> None:
        nonlocal samples
        proof.hear(packet)
        done, samples = samples // RATE, samples + packet.duration
        if samples // RATE > done:
            advance(samples // RATE - done)

    return hear


@dataclass(frozen=True, slots=True)
class _Mastered:
    """The mix with gain and limiter, made anew wherever it is read."""

    mix: Scratch
    made: Mastering

    def __len__(self) -> int:
        return len(self.mix)

    def blocks(self, first: int = 0) -> Iterator[Samples]:
        return mastered(short(self.mix.blocks(first)), RATE, self.made, first)


def watched(
    blocks: Iterable[Samples], label: str, seconds: float, *, shown: bool
) -> Iterator[Samples]:
    """Pass a sound on and show how many of its seconds went by."""
    with progress(label, round(seconds), shown=shown) as advance:
        done = samples = 0
        for block in blocks:
            yield block
            samples += block.shape[1]
            advance(samples // RATE - done)
            done = samples // RATE


def _shortcomings(plan: CuePlan, made: Mastering, lufs: float, peak: float) -> tuple[str, ...]:
    if lufs <= SILENCE_LUFS:
        return ("the sound is silent",)
    told = []
    if abs(lufs - plan.mix.target_lufs) > LOUDNESS_TOLERANCE_LU:
        told.append(f"loudness is {lufs:.1f} LUFS, {plan.mix.target_lufs:.1f} was asked")
    if peak > plan.mix.true_peak_dbtp:
        told.append(f"true peak is {peak:.1f} dBTP, {plan.mix.true_peak_dbtp:.1f} was asked")
    if made.limited_db > 9:
        told.append(f"peaks were turned down by up to {made.limited_db:.0f} dB{_way_out(plan)}")
    return tuple(told)


def _way_out(plan: CuePlan) -> str:
    """Name the way out where peaks may be those of a quiet original that was raised by much."""
    if plan.mix.original_audio == "replace" or not raised_much(plan.mix.original_gain_db or 0.0):
        return ""
    return "; where they are of the video's own sound, --original-audio replace avoids it"


def open_track(cue: Cue) -> SoundReader:
    """Open a cue's track for reading at 48 kHz; it is looked for when it is first read."""
    return SoundReader(text_to_path(cue.track_path), RATE)


def _check_tracks(plan: CuePlan) -> None:
    for number, cue in enumerate(plan.cues):
        if cue.source != "silence" and not text_to_path(cue.track_path).is_file():
            raise InputError(
                f"cue {number}: {printable(text_to_path(cue.track_path))} is not there any more; "
                "run 'v2m index' on its folder and plan again"
            )
