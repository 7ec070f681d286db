"""More like this track, less like that: moves a query towards examples and away from others.

Rocchio's way of relevance feedback (The SMART Retrieval System, 1971, chapter 14), in the music
space: wanted + mean(like) - UNLIKE * mean(unlike). What is unlike counts less, because a track is
disliked for one trait and has many.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from retriever.query import Query
from v2m.errors import InputError
from v2m.vectors.arithmetic import unit_rows

UNLIKE = 0.5

Vector = npt.NDArray[np.float32]


def with_examples(
    query: Query | None, like: Sequence[Vector], unlike: Sequence[Vector], ids: Sequence[str]
) -> Query:
    """Return a query that examples have moved.

    Args:
        query: what is asked for besides; None for nothing.
        like: vectors of tracks in the music space that are to be resembled.
        unlike: of tracks that are not.
        ids: of all these tracks; they are not looked for.

    Raises:
        InputError: there is nothing to start from, or it comes to nothing.
    """
    if query is None and not like:
        raise InputError("--unlike alone says nothing is wanted; add --like, --text or a file")
    wanted = np.zeros(len((*like, *unlike)[0])) if query is None else query.music.astype(np.float64)
    if like:
        wanted = wanted + np.mean(like, axis=0)
    if unlike:
        wanted = wanted - UNLIKE * np.mean(unlike, axis=0)
    music = unit_rows(wanted[None])[0]
    if not music.any():
        raise InputError("what is liked and what is not are the same")
    if query is None:
        return Query("like", "", None, None, music, by_example=True, without=frozenset(ids))
    by_example = bool(like) or query.by_example
    return replace(query, music=music, by_example=by_example, without=frozenset(ids))
