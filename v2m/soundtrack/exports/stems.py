"""Writes every cue as a sound file of its own, as long as the video and in its place."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from v2m.errors import BackendError, InputError, printable
from v2m.files import replacing
from v2m.soundtrack.mix import RATE, CueSound, OpenTrack
from v2m.soundtrack.plan import CuePlan

BLOCK = 1 << 16
"""Samples per write."""

BYTES_PER_SAMPLE = 6
"""Two channels of 24 bits."""

LARGEST_WAV_BYTES = (1 << 32) - (1 << 16)
"""The sizes in a WAV file have 32 bits; longer stems (4 h 8 min) are RF64, with 64."""

HIGHEST_PEAK = 1 - 2.0**-22


@dataclass(frozen=True, slots=True)
class Stems:
    """What was written.

    Attributes:
        paths: one file per cue that sounds, in the order of the cues.
        gain_db: applied to all of them alike, 0 or below; below 0 where a cue would have gone over
            full scale, which 24 bits cannot hold.
    """

    paths: tuple[Path, ...]
    gain_db: float


def write_stems(plan: CuePlan, folder: Path, open_track: OpenTrack) -> Stems:
    """Write one WAV file per cue: 48 kHz, 24 bits, stereo, as long as the video.

    Each holds its cue as the mix does, with gain, fades and crossfades, and silence elsewhere:
    their sum is what ``mix.mix_cues`` yields (times ``gain_db``), before loudness and limiter of
    the finished video. A block at a time is in memory. The files appear together, by rename.

    Args:
        plan: the cue plan.
        folder: for the files, named like ``01-Title.wav``; made where it is missing.
        open_track: opens a cue's track at 48 kHz.

    Raises:
        InputError: the folder cannot be made or written to.
        MediaError: a track cannot be read.
        BackendError: the disk is full or fails.
    """
    _make_folder(folder)
    places = [place for place, cue in enumerate(plan.cues) if cue.source != "silence"]
    paths = [
        folder / f"{number:02d}-{_name(plan.cues[place].title)}.wav"
        for number, place in enumerate(places, start=1)
    ]
    with ExitStack() as stack:
        temporary = [stack.enter_context(replacing(path)) for path in paths]
        peak = _write_all(plan, places, temporary, open_track, 1.0)
        gain = 1.0 if peak <= 1 else HIGHEST_PEAK / peak
        if gain < 1:
            _write_all(plan, places, temporary, open_track, gain)
    return Stems(tuple(paths), float(20 * np.log10(gain)))


def _write_all(
    plan: CuePlan, places: Sequence[int], paths: Sequence[Path], open_track: OpenTrack, gain: float
) -> float:
    """Write all stems; return the highest sample of the cues, before the gain."""
    n = round(plan.video.duration_seconds * RATE)
    cues = (CueSound(plan, place, open_track) for place in places)
    return max(
        (_write(path, cue, n, gain) for path, cue in zip(paths, cues, strict=True)), default=0.0
    )


def _write(path: Path, cue: CueSound, n: int, gain: float) -> float:
    """Write one stem; return its highest sample before the gain."""
    import soundfile

    kind = "WAV" if n * BYTES_PER_SAMPLE < LARGEST_WAV_BYTES else "RF64"
    peak = 0.0
    try:
        with soundfile.SoundFile(path, "w", RATE, 2, subtype="PCM_24", format=kind) as file:
            _write_silence(file, cue.first)
            for first in range(cue.first, cue.stop, BLOCK):
                sound = cue.read(first, min(BLOCK, cue.stop - first))
                peak = max(peak, float(np.abs(sound).max()))
                file.write(np.clip(sound.T * np.float32(gain), -1, 1))
            _write_silence(file, n - cue.stop)
    except soundfile.LibsndfileError as err:
        raise BackendError("disk", f"{printable(path)}: {err.error_string}") from err
    return peak


def _write_silence(file: Any, n: int) -> None:
    silence = np.zeros((min(n, BLOCK), 2), np.float32)
    for start in range(0, n, BLOCK):
        file.write(silence[: n - start])


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as err:
        raise InputError(f"{printable(folder)}: is not a folder") from err
    except OSError as err:
        raise InputError(f"{printable(folder)}: {err.strerror}") from err


def _name(title: str) -> str:
    """Make a title fit for a file's name on any system."""
    words = "".join(sign if sign.isalnum() else " " for sign in title).split()
    return " ".join(words)[:40].strip() or "cue"
