"""The four figures of several pieces as a table, with their means below."""

from collections.abc import Mapping
from dataclasses import astuple

from v2m.evaluation.intervals import DRAWS, bootstrap
from v2m.evaluation.music import NoteMeasures
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
