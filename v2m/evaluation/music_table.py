"""Figures of several pieces as tables: their notes, and their sound, with means below."""

from collections.abc import Mapping
from dataclasses import astuple

from v2m.evaluation.intervals import DRAWS, bootstrap
from v2m.evaluation.music import NoteMeasures
from v2m.evaluation.sound import SoundMeasures
from v2m.evaluation.tables import Cell, Table


def music_table(
    measures: Mapping[str, NoteMeasures], *, transcriber: str, draws: int = DRAWS, seed: int = 0
) -> Table:
    """Lay out pieces row by row; of two or more, the mean over pieces with its interval below.

    Args:
        measures: by the piece's name; none is allowed. NaN figures are left out of the means.
        transcriber: what made the notes, such as "written as MIDI".
        draws: resamples of the pieces, at least 1.
        seed: of the resampling.
    """
    rows: list[tuple[Cell, ...]] = [(name, *astuple(m)) for name, m in measures.items()]
    if len(rows) > 1:
        columns = zip(*(astuple(m) for m in measures.values()), strict=True)
        rows.append(("mean", *(bootstrap(column, draws=draws, seed=seed) for column in columns)))
    return Table(
        "Notes, 95 % intervals over pieces",
        ("piece", "SC", "PE", "PCE", "EBR"),
        tuple(rows),
        notes=(
            "Scale consistency, pitch entropy, pitch-class entropy (bits), empty-beat rate, as "
            "MusPy 0.5.0 defines them.",
            f"Notes: {transcriber}.",
        ),
    )


def sound_table(
    measures: Mapping[str, SoundMeasures], *, draws: int = DRAWS, seed: int = 0
) -> Table:
    """Lay out the sound of pieces row by row, means below as in ``music_table``."""
    columns = {
        "LUFS": [m.loudness_lufs for m in measures.values()],
        "LRA": [m.loudness_range_lu for m in measures.values()],
        "dBTP": [m.true_peak_dbtp for m in measures.values()],
        "tempo": [m.tempo_stability for m in measures.values()],
        "silence": [m.silence_share for m in measures.values()],
        "clipped": [m.clipped_share for m in measures.values()],
        "faulty": [m.faulty_share for m in measures.values()],
    }
    flags = [m.faults or "no" for m in measures.values()]
    rows: list[tuple[Cell, ...]] = [
        (name, *figures) for name, *figures in zip(measures, *columns.values(), flags, strict=True)
    ]
    if len(rows) > 1:
        means = (bootstrap(column, draws=draws, seed=seed) for column in columns.values())
        rows.append(
            ("mean", *means, f"{sum(m.is_degenerate for m in measures.values())} of {len(flags)}")
        )
    return Table(
        "Sound, 95 % intervals over pieces",
        ("piece", *columns, "degenerate"),
        tuple(rows),
        notes=(
            "LRA: loudness range (EBU Tech 3342), LU. tempo: share of 12 s windows with the "
            "piece's tempo. silence: share under -60 dBFS. clipped: share of samples in runs at "
            "full scale. faulty: share that is stuck in a loop, or silent where music should be.",
        ),
        digits=2,
    )
