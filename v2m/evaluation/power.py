"""What a sample of paired differences could have shown: power of the paired t-test."""

import math
from typing import Any

import numpy as np
from scipy.optimize import brentq
from scipy.stats import nct
from scipy.stats import t as student

POWER = 0.8
LEVEL = 0.05
"""The usual chances: of finding a difference that is there, and of one that is not."""

MOST_UNITS = 100_000


def power_of_difference(
    difference: float, deviation: float, n: int, *, level: float = LEVEL
) -> float:
    """Return the chance that a two-sided paired t-test finds a true difference.

    J. Cohen, "Statistical Power Analysis for the Behavioral Sciences" (1988), chapter 2, with the
    noncentral t distribution in place of its tables.

    Args:
        difference: true mean of the paired differences.
        deviation: their standard deviation.
        n: pairs (people who judged both).
        level: chance of a false alarm, above 0 and below 1.

    Returns:
        ``level`` to 1; NaN below two pairs or where the deviation is 0 or NaN.
    """
    if n < 2 or not deviation > 0:
        return math.nan
    shift = abs(difference) / deviation * math.sqrt(n)
    critical = float(student.ppf(1 - level / 2, n - 1))
    tails = [nct.sf(critical, n - 1, shift), nct.cdf(-critical, n - 1, shift)]
    return float(np.clip(np.nansum(tails), 0, 1))  # SciPy gives NaN for a tail that is next to 0


def smallest_difference(
    deviation: float, n: int, *, power: float = POWER, level: float = LEVEL
) -> float:
    """Return the true difference that is found with a given power; NaN as above.

    Raises:
        ValueError: the power does not lie between level and 1.
    """
    if not level < power < 1:
        raise ValueError(f"power must lie between {level} and 1, not {power}")
    if n < 2 or not deviation > 0:
        return math.nan
    far = deviation * (10 / math.sqrt(n) + 10 * float(student.ppf(1 - level / 2, n - 1)))

    def lacking(difference: float) -> float:
        return power_of_difference(difference, deviation, n, level=level) - power

    found: Any = brentq(lacking, 0, far, xtol=1e-6 * deviation)
    return float(found)


def people_needed(
    difference: float, deviation: float, *, power: float = POWER, level: float = LEVEL
) -> int | None:
    """Return the fewest pairs that find a difference with a given power.

    Returns:
        None where the deviation is 0 or NaN, the difference is 0, or 100,000 do not suffice.
    """
    if not deviation > 0 or not difference:
        return None
    low, high = 1, 2
    while power_of_difference(difference, deviation, high, level=level) < power:
        low, high = high, high * 2
        if high > MOST_UNITS:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        enough = power_of_difference(difference, deviation, middle, level=level) >= power
        low, high = (low, middle) if enough else (middle, high)
    return high
