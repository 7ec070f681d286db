"""Turns a handful of files into a shard: what one worker of a cluster does, whoever calls it."""

import hashlib
import socket
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from catalogs.shards import AWAY, SUFFIX, Place, Shard, ShardRow, shard_bytes
from indexer.away import is_there
from indexer.mapper import Mapper, build_mapper
from indexer.scan import FoundFile
from v2m.audio.decode import audio_identity
from v2m.audio.descriptors import ANALYSIS_VERSION
from v2m.encoders.profiles import ProfileSpec
from v2m.errors import BackendError, InputError, MediaError, printable
from v2m.files import path_to_text
from v2m.remote import is_address, joined, local_copy, write_bytes
from v2m.threads import take_one_thread
from v2m.types import TrackRecord

Known = npt.NDArray[np.bytes_]
"""Identities of sounds that need no analysis, sorted, shape (n,), 32 bytes each."""

CRASHED = "the decoder crashed on this file"


@dataclass(frozen=True, slots=True)
class Order:
    """Files to be analysed together.

    Attributes:
        files: at least one.
        shards: the folder or bucket their shard goes to.
        profile: the models.
    """

    files: tuple[FoundFile, ...]
    shards: str
    profile: ProfileSpec

    @property
    def place(self) -> str:
        """Where the shard goes: named by the work, so that work done twice is there once."""
        digest = hashlib.blake2b(f"{ANALYSIS_VERSION} {self.profile}".encode(), digest_size=12)
        for file in self.files:
            digest.update(f"{path_to_text(file.path)} {file.size_bytes} {file.mtime_ns}\n".encode())
        return joined(self.shards, f"shard-{digest.hexdigest()}{SUFFIX}")


def orders_of(
    files: Sequence[FoundFile], shards: str, profile: ProfileSpec, size: int
) -> list[Order]:
    """Cut files into orders of so many."""
    cut = [tuple(files[first : first + size]) for first in range(0, len(files), size)]
    return [Order(some, shards, profile) for some in cut]


def known_identities(track_ids: set[str]) -> Known:
    """Pack identities so that a million of them travel as one block of memory."""
    return np.sort(np.array([track_id.encode() for track_id in track_ids], "S32"))


def carry_out(order: Order, known: Known) -> str:
    """Analyse files, write their shard, and return its place.

    Raises:
        BackendError: this machine does not see the music or the shards, or models cannot be loaded.
    """
    _check_sight(order)
    mapper = _mapper(order.profile)
    write_shard(order, [_row(file, mapper, known) for file in order.files])
    return order.place


def write_shard(order: Order, rows: Sequence[ShardRow]) -> None:
    """Write what was found out; the file appears whole or not at all."""
    write_bytes(order.place, shard_bytes(Shard(order.profile.name, tuple(rows))))


def crashed(order: Order) -> list[ShardRow]:
    """Return the rows of files that end every process which reads them."""
    return [ShardRow(_place(file), reason=CRASHED) for file in order.files]


@cache
def _mapper(profile: ProfileSpec) -> Mapper:
    take_one_thread()  # a machine has as many workers as processors
    return build_mapper(profile)


def _check_sight(order: Order) -> None:
    """Refuse to take a folder this machine does not have for music that is gone."""
    places = {order.shards, *(path_to_text(file.root) for file in order.files)}
    for place in sorted(places):
        if not is_address(place) and not Path(place).exists():
            raise BackendError(
                "cluster",
                f"{socket.gethostname()} does not see {printable(place)}; name a folder that all "
                "machines mount at the same place, or a bucket",
            )


def _place(file: FoundFile) -> Place:
    paths = path_to_text(file.path), path_to_text(file.root)
    return Place(*paths, file.size_bytes, file.mtime_ns)


def _row(file: FoundFile, mapper: Mapper, known: Known) -> ShardRow:
    place = _place(file)
    try:
        with local_copy(place.path) as path:
            track_id = audio_identity(path)
            if _among(track_id, known):
                return ShardRow(place, track_id)
            record = mapper.map(path, track_id)
            row = ShardRow(place, record.track.track_id, record, fingerprint=record.fingerprint)
    except MediaError as err:
        there = is_address(place.path) or is_there(file)
        return ShardRow(place, reason=err.reason if there else AWAY)
    except InputError:  # gone from its bucket since it was listed
        return ShardRow(place, reason=AWAY)
    return replace(row, record=_without_sound(record)) if is_address(place.path) else row


def _among(track_id: str, known: Known) -> bool:
    at = int(np.searchsorted(known, track_id.encode()))
    return at < len(known) and known[at] == track_id.encode()


def _without_sound(record: TrackRecord) -> TrackRecord:
    """Return a track whose sound lies in a bucket: no path of this machine leads to it."""
    return replace(record, track=replace(record.track, path=Path(), has_audio=False))
