"""Fills in what a profile's models lack for tracks that are in the catalogue already."""

import logging
import time

from catalogs.store import Catalogue
from indexer.mapper import Mapper, track_texts
from indexer.pace import WORDS, announce, expected_seconds, learn
from v2m.encoders.profiles import Profile
from v2m.errors import MediaError
from v2m.progress import progress
from v2m.types import Track

log = logging.getLogger(__name__)

TEXT_KINDS = ("title", "description")
SOUND_KINDS = ("track", "section")
BATCH = 64


def fill_columns(catalogue: Catalogue, profile: Profile, *, shown: bool) -> int:
    """Encode composed tracks that a music model has not heard, and words a text model has not read.

    Files of a music folder are encoded where they are found; a composed track lies in no folder,
    and words need no sound.

    Returns:
        composed tracks that were encoded.
    """
    mapper = Mapper(profile)
    heard = _fill_sound(catalogue, mapper, shown=shown)
    _fill_words(catalogue, mapper, shown=shown)
    return heard


def _fill_sound(catalogue: Catalogue, mapper: Mapper, *, shown: bool) -> int:
    there = catalogue.tracks_in_space(mapper.profile.music.space)
    waiting = [
        track
        for track in catalogue.tracks("origin = 'generated'")
        if track.track_id not in there and track.path.is_file()
    ]
    done = 0
    with progress("hearing composed tracks", len(waiting), shown=shown) as advance:
        for track in waiting:
            done += _encode(catalogue, mapper, track)
            advance(1)
    return done


def _encode(catalogue: Catalogue, mapper: Mapper, track: Track) -> bool:
    try:
        rows = [(track.track_id, row) for row in mapper.sound_rows(track.path)]
    except MediaError as err:
        log.warning("not encoded: %s", err)
        return False
    catalogue.put_column(rows, SOUND_KINDS)
    return True


def _fill_words(catalogue: Catalogue, mapper: Mapper, *, shown: bool) -> None:
    profile = mapper.profile
    there = catalogue.tracks_in_space(profile.text.space)
    wanted = catalogue.tracks_in_space(profile.music.space) - there
    waiting = [t for t in catalogue.tracks(ids=sorted(wanted)) if track_texts(t)]
    if not waiting:
        return
    announce(
        f"encoding the words of {len(waiting)} tracks",
        expected_seconds(catalogue, WORDS, len(waiting), 1),
        shown=shown,
    )
    began = time.monotonic()
    for first in range(0, len(waiting), BATCH):
        some = waiting[first : first + BATCH]
        rows = [(track.track_id, row) for track in some for row in mapper.text_rows(track)]
        catalogue.put_column(rows, TEXT_KINDS)
    learn(catalogue, WORDS, len(waiting), time.monotonic() - began, 1)
