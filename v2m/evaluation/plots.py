"""Plots of figures with their intervals, as SVG; needs matplotlib (extra ``eval``)."""

import io
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from v2m.errors import BackendError
from v2m.evaluation.intervals import Estimate
from v2m.evaluation.reliability import Reliability
from v2m.evaluation.selective import RiskCoverage

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = ("#2563a8", "#c2571a", "#2f7d4f", "#7a4fa3", "#8a6d1d", "#4a5568")
GREY = "#8a8f98"
SIZE_INCHES = (5.2, 3.4)


def bars(title: str, figures: Mapping[str, Estimate], *, chance: float | None = None) -> bytes:
    """Draw one bar per figure with its 95 % interval.

    Args:
        title: of the plot.
        figures: by name; what has no value (NaN) gets no bar.
        chance: drawn as a line; None leaves it out.
    """
    figure, axes = _blank(title)
    for place, estimate in enumerate(figures.values()):
        if math.isnan(estimate.value):
            continue
        axes.bar(place, estimate.value, width=0.62, color=COLOURS[place % len(COLOURS)])
        reach = [[estimate.value - estimate.low], [estimate.high - estimate.value]]
        axes.errorbar(place, estimate.value, yerr=np.maximum(reach, 0), color="#1a202c", capsize=4)
    if chance is not None:
        axes.axhline(chance, color=GREY, linestyle="--", linewidth=1)
        beside = axes.get_yaxis_transform()  # right of the frame, where no bar is
        axes.text(1.01, chance, "chance", transform=beside, va="center", color=GREY, fontsize=8)
    axes.set_xticks(range(len(figures)), list(figures))
    axes.set_xlim(-0.6, len(figures) - 0.4)
    return _svg(figure)


def risk_coverage_plot(title: str, curves: Mapping[str, RiskCoverage]) -> bytes:
    """Draw the share of wrong answers against the share of queries that are answered."""
    figure, axes = _blank(title)
    for place, (name, curve) in enumerate(curves.items()):
        label = f"{name} (area {curve.area:.3f})"
        colour = COLOURS[place % len(COLOURS)]
        axes.step(curve.coverage, curve.risk, where="post", color=colour, label=label)
    axes.set(xlabel="share of queries answered", ylabel="share of answers wrong")
    axes.set(xlim=(0, 1), ylim=(0, 1.02))
    axes.legend(frameon=False, fontsize=8)
    return _svg(figure)


def reliability_diagram(title: str, curves: Mapping[str, Reliability]) -> bytes:
    """Draw what came true against what was said, and how many queries stand behind each point."""
    figure, axes = _blank(title)
    axes.plot([0, 1], [0, 1], color=GREY, linestyle="--", linewidth=1)
    for place, (name, found) in enumerate(curves.items()):
        filled = [b for b in found.bins if b.n]
        x, y = [b.predicted for b in filled], [b.came_true for b in filled]
        colour = COLOURS[place % len(COLOURS)]
        total = sum(b.n for b in filled)
        axes.plot(x, y, color=colour, label=f"{name} (ECE {found.error.value:.3f})")
        axes.scatter(x, y, s=[12 + 220 * b.n / total for b in filled], color=colour, alpha=0.7)
    axes.set(xlabel="probability said (size: queries)", ylabel="share right")
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    axes.legend(frameon=False, fontsize=8)
    return _svg(figure)


def rank_histogram(
    title: str, ranks: Mapping[str, npt.ArrayLike], n_items: int, *, n_bars: int = 10
) -> bytes:
    """Draw how often the first true item stands at which rank.

    Args:
        title: of the plot.
        ranks: by system, at least one, shape (queries,), from 1; NaN is left out.
        n_items: size of the pool, at least 1.
        n_bars: stretches of ranks, at most; all of the same whole number of ranks.
    """
    from matplotlib.ticker import MaxNLocator

    figure, axes = _blank(title)
    share = 0.8 / len(ranks)
    stretches = list(by_stretch([], n_items, n_bars))
    for place, (name, own) in enumerate(ranks.items()):
        counts = by_stretch(own, n_items, n_bars)
        at = np.arange(len(stretches)) + (place - (len(ranks) - 1) / 2) * share
        colour = COLOURS[place % len(COLOURS)]
        axes.bar(at, list(counts.values()), width=share, label=name, color=colour)
    axes.set_xticks(range(len(stretches)), stretches, rotation=30 if n_items > 999 else 0)
    axes.tick_params(axis="x", labelsize=7)
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set(xlabel=f"rank of the first true item, of {n_items}", ylabel="queries")
    axes.legend(frameon=False, fontsize=8)
    return _svg(figure)


def by_stretch(ranks: npt.ArrayLike, n_items: int, n_bars: int) -> dict[str, int]:
    """Count ranks by stretches of equal length, at most ``n_bars`` of them.

    >>> by_stretch([1, 2, 2, 5, float("nan")], 5, 3)
    {'1–2': 3, '3–4': 0, '5': 1}
    """
    known = np.asarray(ranks, np.float64)
    length = math.ceil(n_items / n_bars)
    counts = {}
    for first in range(1, n_items + 1, length):
        last = min(first + length - 1, n_items)
        name = f"{first}" if first == last else f"{first}–{last}"
        counts[name] = int(((known >= first) & (known <= last)).sum())
    return counts


def confusion_plot(title: str, counts: npt.ArrayLike, labels: Sequence[str]) -> bytes:
    """Draw a confusion matrix, rows wanted, columns heard."""
    table = np.asarray(counts, np.int64)
    figure, axes = _blank(title)
    axes.imshow(table, cmap="Blues", vmin=0)
    for (row, column), count in np.ndenumerate(table):
        colour = "white" if count > table.max() / 2 else "#1a202c"
        axes.text(column, row, str(count), ha="center", va="center", color=colour)
    axes.set_xticks(range(len(labels)), labels)
    axes.set_yticks(range(len(labels)), labels)
    axes.set(xlabel="heard", ylabel="wanted")
    return _svg(figure)


def _blank(title: str) -> tuple["Figure", "Axes"]:
    try:
        from matplotlib.figure import Figure
    except ImportError as err:
        raise BackendError(
            "plots", "package matplotlib is missing; pip install 'v2m[eval]'"
        ) from err
    figure = Figure(figsize=SIZE_INCHES, layout="constrained")
    axes = figure.add_subplot()
    axes.set_title(title, fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8)
    return figure, axes


def _svg(figure: "Figure") -> bytes:
    """Write a figure; equal figures give equal bytes."""
    from matplotlib import rc_context

    out = io.BytesIO()
    with rc_context({"svg.hashsalt": "v2m"}):
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": "v2m"})
    return out.getvalue()
