"""Scores every video of a folder with the same models; one that fails does not stop the others."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from v2m.errors import InputError, V2mError, printable
from v2m.library import Library
from v2m.patience import Budget
from v2m.results import PlanOptions
from v2m.soundtrack.mux import SOUND_BY_SUFFIX
from v2m.soundtrack.plan import CuePlan
from v2m.soundtrack.render import RenderReport

log = logging.getLogger(__name__)

READ_ONLY = frozenset({".avi", ".flv", ".m2ts", ".mpeg", ".mpg", ".mts", ".ts", ".wmv"})
"""Endings of videos we read and never write; what comes of them is Matroska."""


@dataclass(frozen=True, slots=True)
class ScoredVideo:
    """The outcome for one video.

    Attributes:
        video: the file.
        out: the finished one.
        plan: None where it failed.
        report: what was written; None where it failed or was there already.
        error: why it failed, else "".
        there: it was finished by an earlier run.
    """

    video: Path
    out: Path
    plan: CuePlan | None = None
    report: RenderReport | None = None
    error: str = ""
    there: bool = False


def find_videos(folder: Path) -> list[Path]:
    """Return the videos of a folder, without those of folders in it, by name.

    Raises:
        InputError: it cannot be read or holds no video.
    """
    try:
        files = sorted(path for path in folder.iterdir() if path.is_file())
    except OSError as err:
        raise InputError(f"{printable(folder)}: {err.strerror}") from err
    kinds = {*SOUND_BY_SUFFIX, *READ_ONLY}
    videos = [path for path in files if path.suffix.lower() in kinds]
    if not videos:
        raise InputError(f"{printable(folder)}: no video here ({', '.join(sorted(kinds))})")
    return videos


def score_videos(
    library: Library, videos: list[Path], out: Path, options: PlanOptions
) -> Iterator[ScoredVideo]:
    """Score videos one after another and yield each outcome as it comes.

    Finished files carry the names of their videos. A file that is newer than its video is left as
    it is, so that a run that was stopped goes on where it was. All videos share one budget for
    prompts, and an endpoint that does not work is not asked again for the next.

    Raises:
        InputError: the finished files would take the place of the videos.
        KeyboardInterrupt: what is finished is there.
    """
    if any(video.parent.resolve() == out.resolve() for video in videos):
        raise InputError(f"{printable(out)}: the finished videos need a folder of their own")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as err:
        raise InputError(f"{printable(out)}: cannot make this folder: {err.strerror}") from err
    options = replace(options, budget=options.budget or Budget())
    for video in videos:
        foreign = video.suffix.lower() not in SOUND_BY_SUFFIX
        yield _scored(library, video, out / f"{video.name}{'.mkv' * foreign}", options)


def _scored(library: Library, video: Path, out: Path, options: PlanOptions) -> ScoredVideo:
    if out.is_file() and out.stat().st_mtime >= video.stat().st_mtime:
        return ScoredVideo(video, out, there=True)
    try:
        plan, report = library.score(video, out, options)
    except V2mError as err:
        log.info("%s failed", video, exc_info=True)
        return ScoredVideo(video, out, error=" ".join(str(err).split()))
    return ScoredVideo(video, out, plan, report)
