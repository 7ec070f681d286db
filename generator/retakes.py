"""Listens to what a model made; a faulty take is made again with the next seed, and said so."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from v2m.audio.faults import Fault, find_faults
from v2m.types import Audio, Take, TakeRequest

MOST_RETAKES = 2
"""How often one piece is made again."""

Make = Callable[[Sequence[TakeRequest]], list[Audio]]
"""Makes several pieces at once, in order."""


def make_sound_takes(
    requests: Sequence[TakeRequest], make: Make, most_retakes: int = MOST_RETAKES
) -> list[Take]:
    """Make pieces, and those that came out silent, stuck or broken again.

    Args:
        requests: what is asked for.
        make: the composer.
        most_retakes: how often a piece is made again; then its least faulty take is kept.

    Returns:
        One take per request, in order; its notices say what was wrong.
    """
    tried = [[_judged(r, a)] for r, a in zip(requests, make(requests), strict=True)]
    for _ in range(most_retakes):
        waiting = [tries for tries in tried if tries[-1][1]]
        if not waiting:
            break
        again = [replace(tries[-1][0], seed=tries[-1][0].seed + 1) for tries in waiting]
        for tries, request, audio in zip(waiting, again, make(again), strict=True):
            tries.append(_judged(request, audio))
    return [_kept(tries) for tries in tried]


_Try = tuple[TakeRequest, list[Fault], Audio]


def _judged(request: TakeRequest, audio: Audio) -> _Try:
    return request, find_faults(audio), audio


def _kept(tries: list[_Try]) -> Take:
    """Choose the least faulty take, the earliest of equals."""
    request, faults, audio = min(tries, key=lambda one: sum(fault.share for fault in one[1]))
    said = [f"the take of seed {r.seed} {f.text}" for r, found, _ in tries for f in found]
    if said:
        said.append(f"took seed {request.seed}" + (", which is faulty too" if faults else ""))
    return Take(audio, request.seed, ("; ".join(said),) if said else ())
