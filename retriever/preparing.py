"""Makes ahead what searches read, so that the first one after a run does not have to."""

import logging

from catalogs.image import current_image
from catalogs.image_building import read_image
from catalogs.image_paths import FOLDER
from catalogs.search_index import SearchIndex
from catalogs.stamp import stamp
from catalogs.store import Catalogue
from retriever.search import DEFAULT_BRANCHES, tables_of
from v2m.encoders.profiles import Profile
from v2m.errors import BackendError, StateError, printable
from v2m.progress import progress

log = logging.getLogger(__name__)


def prepare(catalogue: Catalogue, profile: Profile, *, shown: bool = False) -> None:
    """Bring the image of a catalogue up to date, and make codes of large tables where they lack.

    What cannot be made now is made by the first search, which also says why where that fails; what
    cannot be kept, by each. Both are said in the log.

    Args:
        catalogue: what will be searched.
        profile: the models.
        shown: show progress on standard error.
    """
    tables = tables_of(profile)
    steps = 1 + len(tables) + len(DEFAULT_BRANCHES)
    try:
        with progress("preparing searches", steps, shown=shown) as advance:
            image = read_image(catalogue, tables.values(), advance)
            for name in DEFAULT_BRANCHES:
                SearchIndex(image, tables[name]).prepare()
                advance(1)
    except (BackendError, StateError) as reason:
        log.warning("the first search will take longer: %s", reason)
        return
    folder = catalogue.folder
    if image.stamp and image.stamp == stamp(folder) and not current_image(folder, tables.values()):
        where = printable(folder / FOLDER)
        log.warning("each search will take longer: what it reads cannot be kept in %s", where)
