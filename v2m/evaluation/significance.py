"""Paired tests without assumptions about the shape of the distribution, and Holm's correction."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

EXACT_UNITS = 14
"""Up to so many pairs all 2^n signs are tried."""

DRAWS = 20_000


def sign_flip_p(differences: npt.ArrayLike, *, seed: int = 0) -> float:
    """Return the two-sided p of the hypothesis that paired differences are symmetric about 0.

    Fisher's randomisation test on the mean ("The Design of Experiments", 1935, section 21): the
    share of sign patterns whose mean is at least as far from 0; exact up to 14 pairs, else over
    20,000 random patterns, the observed one counted among them.

    Args:
        differences: any float type, shape (n,), one per independent unit; NaN is left out.
        seed: of the random patterns.

    Returns:
        above 0, at most 1; NaN without differences.

    Raises:
        ValueError: ``differences`` is not one-dimensional.
    """
    data = np.asarray(differences, np.float64)
    if data.ndim != 1:
        raise ValueError(f"differences must have shape (n,), not {data.shape}")
    data = data[~np.isnan(data)]
    n = len(data)
    if not n:
        return float("nan")
    if n <= EXACT_UNITS:
        signs = 1 - 2.0 * ((np.arange(2**n)[:, None] >> np.arange(n)) & 1)
        sums = np.abs(signs @ data)
        return float(np.mean(sums >= abs(data.sum()) - 1e-9))
    signs = np.random.default_rng(seed).choice([-1.0, 1.0], size=(DRAWS - 1, n))
    sums = np.abs(signs @ data)
    return float((1 + np.sum(sums >= abs(data.sum()) - 1e-9)) / DRAWS)


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p values adjusted for being several, by Holm's step-down method (1979).

    NaN stays NaN and does not count as a test.

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    p = np.asarray(p_values, np.float64)
    tested = np.flatnonzero(~np.isnan(p))
    order = tested[np.argsort(p[tested], kind="stable")]
    factors = np.arange(len(order), 0, -1)
    p[order] = np.minimum(1, np.maximum.accumulate(p[order] * factors))
    return [float(value) for value in p]
