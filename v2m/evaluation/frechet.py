"""Fréchet audio distance: how far two collections of music lie apart in a space of embeddings.

Kilgour, Zuluaga, Roblek and Sharifi, "Fréchet Audio Distance" (2019). Any embedding will do as long
as it is named: distances of two embeddings cannot be compared. On small collections the distance is
too large; ``extrapolated`` follows it to a collection without end (Gui, Gamper, Braun and
Emmanouilidou, "Adapting Frechet Audio Distance for Generative Music Evaluation", 2024).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from v2m.evaluation.intervals import Floats
from v2m.evaluation.tables import Cell, Table

STEPS = 12
LEAST_SHARE = 0.35


@dataclass(frozen=True, slots=True)
class Frechet:
    """How far music lies from reference music.

    Attributes:
        space: of the embeddings.
        n: embeddings of the music.
        n_reference: of the reference.
        distance: from 0; NaN with fewer than two embeddings on a side.
        extrapolated: to endless music, may be a little under 0; NaN under 24 embeddings.
    """

    space: str
    n: int
    n_reference: int
    distance: float
    extrapolated: float


def frechet_distance(first: npt.ArrayLike, second: npt.ArrayLike) -> float:
    """Return the squared Fréchet distance of two normal distributions fitted to embeddings.

    |m1 - m2|^2 + tr(S1 + S2 - 2 (S1 S2)^(1/2)).

    Args:
        first: shape (n, dim), any float type.
        second: shape (m, dim).

    Returns:
        from 0; NaN where one side has fewer than two rows.

    Raises:
        ValueError: the dims differ.
    """
    a, b = np.asarray(first, np.float64), np.asarray(second, np.float64)
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1]:
        raise ValueError(f"embeddings must be (n, dim) of one dim, not {a.shape} and {b.shape}")
    if min(len(a), len(b)) < 2:
        return float("nan")
    # tr (S1 S2)^(1/2) is the sum of the singular values of A B^T: no square root of a matrix that
    # small samples leave without full rank
    left = (a - a.mean(axis=0)) / np.sqrt(len(a) - 1)
    right = (b - b.mean(axis=0)) / np.sqrt(len(b) - 1)
    shared = np.linalg.svd(left @ right.T, compute_uv=False).sum()
    gap = a.mean(axis=0) - b.mean(axis=0)
    return max(0.0, float(gap @ gap + (left**2).sum() + (right**2).sum() - 2 * shared))


def frechet(
    music: npt.ArrayLike, reference: npt.ArrayLike, space: str, *, seed: int = 0
) -> Frechet:
    """Measure music against reference music.

    Args:
        music: shape (n, dim).
        reference: shape (m, dim).
        space: name of the embedding.
        seed: of the parts that are drawn for the extrapolation.
    """
    rows, others = np.asarray(music, np.float64), np.asarray(reference, np.float64)
    distance = frechet_distance(rows, others)
    endless = _extrapolated(rows, others, seed)
    return Frechet(space, len(rows), len(others), distance, endless)


def frechet_table(title: str, found: dict[str, Frechet]) -> Table:
    """Lay distances out by music."""
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (name, f.space, f.n, f.n_reference, f.distance, f.extrapolated) for name, f in found.items()
    )
    return Table(
        title,
        ("music", "embedding", "n", "reference n", "FAD", "FAD, endless"),
        rows,
        notes=(
            "Distances of two embeddings cannot be compared, nor can those of small samples: FAD "
            "falls with their size, the extrapolated one does not.",
        ),
    )


def _extrapolated(rows: Floats, others: Floats, seed: int) -> float:
    """Return where the distance goes as 1 / n goes to 0, by a line through random parts."""
    if len(rows) < 2 * STEPS or len(others) < 2:
        return float("nan")
    rng = np.random.default_rng(seed)
    sizes = np.linspace(LEAST_SHARE * len(rows), len(rows), STEPS).astype(np.int64)
    distances = [
        frechet_distance(rows[rng.choice(len(rows), size, replace=False)], others) for size in sizes
    ]
    return float(np.polyfit(1 / sizes, distances, 1)[1])
