"""``v2m score FOLDER``: what is said while many videos are scored."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer

from v2m.commands.shared import print_json, say

ENDINGS = {"plan_path": ".json", "picture": ".png", "credits_path": ".txt"}
"""Of what is written beside a finished video, where its option names a folder."""


def score_folder(
    library: Any,
    folder: Path,
    out: Path,
    options: Any,
    beside: Mapping[str, Path | None],
    *,
    as_json: bool,
) -> None:
    """Score every video of a folder with the same models.

    Args:
        library: of the music.
        folder: with videos.
        out: folder of the finished ones.
        options: how plans are made.
        beside: folders for plans, pictures and credits, by the option of ``write_companions``.
        as_json: print one JSON document at the end instead of a line for each video.

    Raises:
        InputError: a note was given, which speaks of the scenes of one video.
        typer.Exit: with 4, when a video failed.
    """
    from v2m.errors import InputError, printable
    from v2m.many import find_videos, score_videos
    from v2m.outputs import write_companions

    if options.notes:
        raise InputError("--note speaks of the scenes of one video; score that video by itself")
    videos = find_videos(folder)
    outcomes = []
    for done in score_videos(library, videos, out, options):
        if done.plan is not None:
            places = {name: _place(where, done.video, name) for name, where in beside.items()}
            strip = options.filmstrip  # of this video, until the next is begun
            write_companions(done.plan, done.video, finished=done.out, filmstrip=strip, **places)
        outcomes.append(done)
        if not as_json:
            state = f"FAILED: {done.error}" if done.error else printable(done.out)
            kept = " (there already)" if done.there else ""
            say(f"{len(outcomes)}/{len(videos)} {printable(done.video.name)}: {state}{kept}")
    failed = [done for done in outcomes if done.error]
    if as_json:
        print_json({"videos": [_json(done) for done in outcomes]})
    elif failed:
        say(f"{len(failed)} of {len(videos)} videos failed; run again after mending them")
    if failed:
        raise typer.Exit(4)


def _place(where: Path | None, video: Path, name: str) -> Path | None:
    if where is None:
        return None
    where.mkdir(parents=True, exist_ok=True)
    return where / f"{video.name}{ENDINGS[name]}"


def _json(done: Any) -> dict[str, Any]:
    from v2m.plan_report import render_json

    state = "failed" if done.error else "there" if done.there else "done"
    found: dict[str, Any] = {"video": str(done.video), "path": str(done.out), "state": state}
    if done.error:
        found["error"] = done.error
    if done.plan is not None and done.report is not None:
        found["result"] = render_json(done.plan, done.report)
    return found
