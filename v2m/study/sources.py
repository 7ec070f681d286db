"""Finds the finished videos a study is made of, and measures them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from v2m.audio.loudness import SILENCE_LUFS
from v2m.audio.measure import FRAMES_PER_SECOND, Measured, measure
from v2m.errors import InputError, MediaError, printable
from v2m.files import text_to_path
from v2m.outputs import render
from v2m.progress import progress
from v2m.soundtrack.mix import RATE
from v2m.soundtrack.mux import SOUND_BY_SUFFIX, fitting_suffix
from v2m.soundtrack.original import OriginalSound
from v2m.soundtrack.plan import read_plan
from v2m.types import VideoFacts
from v2m.video.probe import probe_video

PLAYABLE = ("h264", "vp8", "vp9", "av1", "libdav1d")
"""Pictures that browsers play."""

SAME_LENGTH_SECONDS = 0.1
"""Two videos of one item may differ by this much."""

SILENT_END_SECONDS = 1.0
SILENT_PEAK = 1e-4
"""A sound that stays under this peak (linear) for the last second or more is mentioned."""

CEILING_DBTP = -1.5
"""No clip is turned up so far that its true peak passes this; lossy coding adds a little."""

LOWEST_LUFS = -36.0
"""A study quieter than this would drown in the noise of a room."""


@dataclass(slots=True)
class Source:
    """A finished video and what was measured of it."""

    item: int
    configuration: int
    path: Path
    facts: VideoFacts
    lufs: float
    peak_dbtp: float
    notices: list[str] = field(default_factory=list)


def finished_videos(folder: Path, rendered: Path) -> dict[str, Path]:
    """Return a configuration's videos by name; plans are rendered where there are no videos.

    Args:
        folder: of the videos or plans.
        rendered: where plans are rendered to; made if need be.

    Raises:
        InputError: the folder does not exist, holds neither, or two videos of one name.
    """
    if not folder.is_dir():
        raise InputError(f"{printable(folder)}: no such folder")
    files = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    videos = [path for path in files if path.suffix.lower() in SOUND_BY_SUFFIX]
    if not videos:
        plans = [path for path in files if path.suffix.lower() == ".json"]
        videos = [_render(plan, rendered) for plan in plans]
    if not videos:
        raise InputError(
            f"{printable(folder)}: holds neither videos ({', '.join(sorted(SOUND_BY_SUFFIX))}) "
            "nor plans (.json)"
        )
    named: dict[str, Path] = {}
    for path in videos:
        if path.stem in named:
            raise InputError(f"{printable(folder)}: has two videos named {printable(path.stem)}")
        named[path.stem] = path
    return named


def _render(plan_path: Path, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    plan = read_plan(plan_path)
    codec = probe_video(text_to_path(plan.video.path)).video_codec
    out = folder / f"{plan_path.stem}{fitting_suffix(codec)}"
    render(plan, out)
    return out


def common_names(found: Mapping[str, Mapping[str, Path]]) -> list[str]:
    """Return the names of the videos, in order.

    Raises:
        InputError: a configuration lacks one.
    """
    everywhere = sorted(set.union(*(set(videos) for videos in found.values()), set()))
    for configuration, videos in found.items():
        missing = [name for name in everywhere if name not in videos]
        if missing:
            raise InputError(
                f"configuration {configuration!r} lacks the video {printable(missing[0])}; every "
                "configuration needs the same videos under the same names"
            )
    return everywhere


def measure_sources(
    names: Sequence[str], found: Mapping[str, Mapping[str, Path]], shown: bool
) -> list[Source]:
    """Measure every video of every configuration, configuration by configuration within a video.

    Raises:
        InputError: two videos of one name differ in length or size.
        MediaError: one cannot be read, holds no sound or silence, or is not for browsers.
    """
    sources = []
    with progress("measuring clips", len(names) * len(found), shown=shown) as advance:
        for item, name in enumerate(names):
            first: VideoFacts | None = None
            for configuration, videos in enumerate(found.values()):
                source = _measured(item, configuration, videos[name])
                _check_same(first, source.facts)
                first = first or source.facts
                sources.append(source)
                advance(1)
    return sources


def _measured(item: int, configuration: int, path: Path) -> Source:
    facts = probe_video(path)
    if facts.video_codec not in PLAYABLE:
        raise MediaError(
            path, f"browsers do not play {facts.video_codec} pictures; convert it to H.264"
        )
    if not facts.has_audio:
        raise MediaError(path, "holds no sound")
    heard = measure(OriginalSound(facts).blocks(), RATE)
    source = Source(item, configuration, path, facts, heard.lufs(), heard.true_peak_dbtp)
    if source.lufs <= SILENCE_LUFS:
        raise MediaError(path, "its sound is silent; nobody can judge it")
    quiet = _silent_end_seconds(heard)
    if quiet > SILENT_END_SECONDS:
        source.notices.append(f"{printable(path)}: its last {quiet:.1f} s are silent")
    return source


def _silent_end_seconds(heard: Measured) -> float:
    sounding = np.flatnonzero(heard.frame_peaks > SILENT_PEAK)
    return heard.duration_seconds - (int(sounding[-1]) + 1) / FRAMES_PER_SECOND


def _check_same(first: VideoFacts | None, other: VideoFacts) -> None:
    if first is None:
        return
    if abs(first.duration_seconds - other.duration_seconds) > SAME_LENGTH_SECONDS:
        raise InputError(
            f"{printable(other.path)} is {other.duration_seconds:.2f} s long but "
            f"{printable(first.path)} {first.duration_seconds:.2f} s; raters would know them by it"
        )
    if (first.width, first.height) != (other.width, other.height):
        raise InputError(
            f"{printable(other.path)} is {other.width}x{other.height} but {printable(first.path)} "
            f"{first.width}x{first.height}; raters would know them by it"
        )


def common_loudness(sources: Sequence[Source], wanted_lufs: float) -> float:
    """Return the loudness all clips can have by gain alone, their peaks under the ceiling.

    Raises:
        MediaError: the peaks of a clip allow too little; names it.
    """
    tightest = min(sources, key=lambda source: source.lufs - source.peak_dbtp)
    reachable = tightest.lufs + CEILING_DBTP - tightest.peak_dbtp
    if min(reachable, wanted_lufs) < LOWEST_LUFS:
        raise MediaError(
            tightest.path,
            f"its peaks allow {reachable:.0f} LUFS at most, too quiet here; limit them first",
        )
    return min(reachable, wanted_lufs)
