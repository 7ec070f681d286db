"""Encodes the words that wait in the catalogue's queue, each text once, in batches."""

from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa

from catalogs import imports
from catalogs.store import Catalogue
from indexer.mapper import track_texts
from v2m.encoders.profiles import Profile
from v2m.progress import progress
from v2m.types import Track

BATCH = 1024
"""Texts in one transaction; a kill loses the encoding of at most this many."""


def texts_of(rows: Iterable[tuple[str, str, str]]) -> pa.Table:
    """Return what is to be encoded of tracks, given as track, title and description.

    The same words as of an indexed file.
    """
    texts = [
        (track_id, kind, text)
        for track_id, title, description in rows
        for kind, text in track_texts(
            Track(track_id, Path(), title, description=description)
        ).items()
    ]
    columns = zip(*texts, strict=True) if texts else ((), (), ())
    return pa.table(
        {
            name: pa.array(list(values), pa.string())
            for name, values in zip(("track_id", "kind", "text"), columns, strict=True)
        }
    )


def encode_waiting(catalogue: Catalogue, profile: Profile, *, shown: bool = False) -> int:
    """Encode all that waits; what is encoded is written batch by batch and stays.

    Tracks without audio that another profile's encoder has read wait too.

    Returns:
        How many different texts were encoded.
    """
    space = profile.text.space
    if unread := imports.unread_words(catalogue, space):
        imports.queue_texts(catalogue, texts_of(unread), space)
    waiting = imports.waiting_texts(catalogue, space)
    done = 0
    with progress("encoding words", waiting, shown=shown) as advance:
        while texts := imports.next_texts(catalogue, space, BATCH):
            imports.put_texts(catalogue, space, texts, profile.text.encode_text(texts))
            advance(len(texts))
            done += len(texts)
    return done
