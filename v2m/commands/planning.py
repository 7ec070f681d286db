"""Turns what was asked on the command line into the options of a plan; compares plans."""

from pathlib import Path
from typing import Annotated, Any

import typer

from v2m.commands.shared import branches_of, print_json, say
from v2m.errors import InputError


def show_differences(before: Path, after: Path, *, as_json: bool = False) -> None:
    """Print in plain words what differs between two plans."""
    from v2m.soundtrack.difference import plan_differences
    from v2m.soundtrack.plan import read_plan

    found = plan_differences(read_plan(before), read_plan(after))
    print_json(found) if as_json else say("\n".join(found) or "no difference")


def _instead(plans: tuple[Path, Path] | None) -> None:
    """Compare two plans in place of making one."""
    if plans:
        show_differences(*plans)
        raise typer.Exit


ComparedPlans = Annotated[
    tuple[Path, Path] | None,
    typer.Option(
        "--diff",
        metavar="<plan plan>",
        help="Say instead what differs between two plans, as 'v2m diff' does.",
        is_eager=True,
        callback=_instead,
        show_default=False,
    ),
]


def notes_by_scene(given: list[str] | None) -> dict[int, str]:
    """Read notes like "2=solo cello".

    Raises:
        InputError: one is written otherwise.
    """
    notes = {}
    for note in given or []:
        index, equals, words = note.partition("=")
        if not equals or not index.strip().isdigit():
            raise InputError(f"--note {note!r}: write SCENE=WORDS, e.g. --note '2=solo cello'")
        notes[int(index)] = words.strip()
    return notes


def plan_options(
    settings: Any, by: str, where: str | None, note: list[str] | None, *, shown: bool
) -> Any:
    """Return the options of a plan, out of the settings and what only the command line says."""
    from v2m.results import PlanOptions
    from v2m.signing import signing_of

    return PlanOptions(
        generate=settings.generate,
        min_probability=settings.min_probability,
        style=settings.style,
        usage=settings.usage,
        allow_unknown=settings.allow_unknown,
        by=branches_of(by),
        where=where,
        notes=notes_by_scene(note),
        min_scene_seconds=settings.min_scene_seconds,
        switch_cost=settings.switch_cost,
        original_audio=settings.original_audio,
        original_under_lu=settings.original_under_lu,
        duck_db=settings.duck_db,
        duck_attack_seconds=settings.duck_attack_seconds,
        duck_release_seconds=settings.duck_release_seconds,
        target_lufs=settings.target_lufs,
        true_peak_dbtp=settings.true_peak_dbtp,
        crossfade_seconds=settings.crossfade_seconds,
        seed=settings.seed,
        shared_theme=settings.shared_theme,
        fallback_composer=settings.fallback_composer,
        signing=signing_of(settings),
        shown=shown,
    )
