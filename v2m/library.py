"""The Python API: one class that knows all rooms; each command is one call of it."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from v2m.devices import usable_processors
from v2m.errors import InputError
from v2m.patience import USUAL, Patience
from v2m.results import FindResult, PlanOptions

if TYPE_CHECKING:
    from catalogs.image import Image
    from catalogs.store import Catalogue
    from catalogs.track_table import TrackTable
    from indexer.reports import ImportReport, IndexReport
    from retriever.search import Searcher
    from v2m.composing import Composed, Order, Studio
    from v2m.cueing import Compose
    from v2m.encoders.profiles import Profile, ProfileSpec
    from v2m.music import Provenance, Track
    from v2m.planner import VideoPlanner
    from v2m.protocols import Composer
    from v2m.soundtrack.plan import CuePlan
    from v2m.soundtrack.render import RenderReport

log = logging.getLogger(__name__)

DEFAULT_PROFILE = "profile"
"""Note in a catalogue: the profile that answers where none is asked for."""


class Library:
    """A catalogue of music together with the models that search it.

    Example:
        >>> from v2m.library import Library
        >>> library = Library("my-catalogue", create=True)         # doctest: +SKIP
        >>> library.index(["~/Music"]).tracks                      # doctest: +SKIP
        28
        >>> library.find(text="calm piano").scenes[0].matches[0].track.title  # doctest: +SKIP
        'calm acoustic 1'
    """

    def __init__(
        self,
        folder: Path | str,
        *,
        profile: str = "",
        models: Mapping[str, str] | None = None,
        patience: Patience | None = None,
        create: bool = False,
    ) -> None:
        """Open a catalogue folder.

        Args:
            folder: where the catalogue lies.
            profile: name of the models; "" takes the catalogue's own.
            models: models by role, in place of the profile's own; names, folders or hub ids.
            patience: with an endpoint that writes prompts.
            create: make the catalogue if it is not there.

        Raises:
            StateError: there is no catalogue, or it was made by a newer version.
            ConfigError: there is no such profile or model.
        """
        from catalogs.image_paths import has_image

        self.folder = Path(folder).expanduser().absolute()
        self._asked = profile, tuple(sorted((models or {}).items())), patience or USUAL
        self._kept_searcher: Searcher | None = None
        self._stamp = ""
        if not has_image(self.folder):  # what a search reads, and that there is a catalogue
            self.rows = self._open(create=create)
        if profile or models:
            _ = self.profile  # a name that is wrong is told at once

    @cached_property
    def spec(self) -> "ProfileSpec":
        """Which models: those asked for, else the catalogue's own."""
        from v2m.encoders.profiles import ProfileSpec

        name, models, patience = self._asked
        own = name or (self._image() or self.rows).note(DEFAULT_PROFILE) or "lite"
        return ProfileSpec(own, models, patience)

    @cached_property
    def profile(self) -> "Profile":
        """The models; each is loaded when it is first used."""
        from v2m.encoders.profiles import load_profile

        return load_profile(self.spec)

    @cached_property
    def rows(self) -> "TrackTable":
        """The catalogue as far as it can be listed, opened when it is first needed."""
        return self._open(create=False)

    @cached_property
    def catalogue(self) -> "Catalogue":
        """The catalogue, opened when it is first needed."""
        from catalogs.store import Catalogue

        return Catalogue.open(self.folder, create=False)

    def _open(self, *, create: bool) -> "TrackTable":
        from catalogs.track_table import TrackTable

        return TrackTable.open(self.folder, create=create)

    def _image(self, tables: "Iterable[tuple[str, str]]" = ()) -> "Image | None":
        """Return what a search reads; None where it has to be read from the catalogue."""
        from catalogs.image import current_image

        return current_image(self.folder, tables)

    # ---- filling -----------------------------------------------------------------------------

    def index(
        self,
        folders: Sequence[Path | str],
        *,
        workers: int = 0,
        batch: int = 8,
        retry: bool = False,
        shown: bool = False,
    ) -> "IndexReport":
        """Bring the catalogue up to date with music folders.

        Args:
            folders: folders or single music files.
            workers: processes; 0 means one per processor.
            batch: tracks per transaction; at most this many are lost to a kill.
            retry: try files again that failed before and have not changed.
            shown: show progress on standard error.

        Raises:
            InputError: a folder does not exist or cannot be read.
            StateError: another run works on this catalogue.
        """
        from catalogs.lock import index_lock
        from indexer.index import index
        from indexer.options import Options
        from indexer.runner import leave_unguarded_import
        from indexer.scan import scan

        leave_unguarded_import()
        found = scan([Path(folder).expanduser() for folder in folders])
        self.adopt(self.spec.name)
        options = Options(self.spec, workers or usable_processors(), batch, retry, shown)
        with index_lock(self.folder):
            report = index(self.catalogue, found, options)
        self.prepare(shown=shown)
        return report

    def prepare(self, *, shown: bool = False) -> None:
        """Make ahead what searches read, after tracks have come, changed or gone.

        Args:
            shown: show progress on standard error.
        """
        from retriever.preparing import prepare

        prepare(self.catalogue, self.profile, shown=shown)
        self._forget_searcher()

    def adopt(self, profile: str) -> None:
        """Make a profile the one that answers where none is asked for, if nothing is here yet."""
        if not self.catalogue.count() and self.catalogue.note(DEFAULT_PROFILE) is None:
            self.catalogue.set_note(DEFAULT_PROFILE, profile)

    def import_source(
        self,
        source: str,
        path: str,
        *,
        audio: Sequence[Path | str] = (),
        fetch: bool = False,
        limit: int = 200,
        server: str = "",
        shown: bool = False,
    ) -> "ImportReport":
        """Take over what a catalogue of open music says about its tracks.

        Tracks without a file are found by their words and marked; a file that is indexed later is
        attached by its name. Run again after a stop: what is there costs a comparison.

        Args:
            source: its name, one of ``catalogs.sources.known.SOURCES``.
            path: a folder or table; for a source that is online, a query.
            audio: folders with its sound files, to be indexed.
            fetch: download sound files into the catalogue's folder.
            limit: most rows of a search, and most downloads.
            server: address of another server of the same kind.
            shown: show progress on standard error.

        Raises:
            ConfigError: there is no such source.
            InputError: a file is missing, or is not what the source reads.
            BackendError: a server cannot be reached.
        """
        from v2m.importing import import_source

        report = import_source(
            self.catalogue,
            self.profile,
            lambda folders: self.index(folders, shown=shown),
            source,
            path,
            audio=[Path(folder) for folder in audio],
            fetch=fetch,
            limit=limit,
            server=server,
            shown=shown,
        )
        self.prepare(shown=shown)
        return report

    def generate(
        self,
        prompt: str,
        seconds: float,
        *,
        seed: int = 0,
        out: Path | None = None,
        parent_video: str = "",
        parent_scene: int = -1,
        fallback: str = "",
        shown: bool = False,
    ) -> "tuple[Track, Provenance]":
        """Compose music, add it to the catalogue with all that made it, and return its row.

        Args:
            prompt: what the music should be like.
            seconds: exact length.
            seed: the same seed gives the same samples.
            out: also write the music here.
            parent_video: name of the video it is made for.
            parent_scene: index of the scene it is made for.
            fallback: "arranger" composes where the composer fails.
            shown: show progress on standard error.

        Raises:
            InputError: the prompt is empty, the length is out of the composer's range, or ``out``
                cannot be written.
        """
        from v2m.types import TakeRequest

        request = TakeRequest(prompt, seconds, seed)
        session = self._studio.take([request], fallback=fallback, shown=shown)
        kept = self._studio.keep(
            session, 0, out=out, parent_video=parent_video, parent_scene=parent_scene
        )
        for notice in kept.notices:
            log.warning("%s", notice)
        self._forget_searcher()
        return kept.track, kept.made

    # ---- asking ------------------------------------------------------------------------------

    def find(
        self,
        *,
        text: str | None = None,
        video: Path | str | None = None,
        image: Path | str | None = None,
        audio: Path | str | None = None,
        top: int = 5,
        by: Sequence[str] = ("description", "title", "audio"),
        where: str | None = None,
        style: str = "brief",
        notes: dict[int, str] | None = None,
        min_probability: float = 0.5,
        min_scene_seconds: float = 3.0,
        usage: str = "personal",
        allow_unknown: bool = False,
        like: Sequence[str] = (),
        unlike: Sequence[str] = (),
        sort: str | None = None,
        shown: bool = False,
    ) -> FindResult:
        """Find the tracks that fit best; at most one of text, video, image and audio is given.

        Args:
            text: words.
            video: a video; every scene is a query.
            image: a picture.
            audio: a piece of music.
            top: tracks per query.
            by: branches of matching: description, title, audio, words.
            where: SQL condition on columns of tracks.
            style: how a scene's prompt is written.
            notes: own words by scene.
            min_probability: a best match less likely than this is a miss.
            min_scene_seconds: shorter scenes are merged.
            usage: what the video is for; music that may not be used so is left out.
            allow_unknown: take music whose licence cannot be read.
            like: ids of tracks to resemble, alone or beside a text, a picture or music.
            unlike: ids of tracks to keep away from.
            sort: column that orders what was found, "-" before it from high to low.
            shown: show progress.

        Raises:
            InputError: no query or several are given, or one cannot be read.
            StateError: the library is empty.
        """
        given = [query for query in (text, video, image, audio) if query is not None]
        if len(given) != 1 and not (not given and (like or unlike)):
            raise InputError(
                "give exactly one query: a video, a text, a picture, a piece of music, or --like"
            )
        options = PlanOptions(
            min_probability=min_probability,
            min_scene_seconds=min_scene_seconds,
            usage=usage,
            allow_unknown=allow_unknown,
            style=style,
            by=tuple(by),
            where=where,
            notes=notes,
            shown=shown,
        )
        from v2m.asking import Examples, find_single, find_video, single_query

        if video is not None:
            if like or unlike or sort:
                raise InputError("--like, --unlike and --sort do not go with a video")
            return find_video(self._planner, lambda: self._searcher, Path(video), top, options)
        asked = single_query(self.profile, text, image, audio, style)
        examples = Examples(tuple(like), tuple(unlike))
        return find_single(
            asked,
            examples,
            self._searcher,
            track=self.track,
            top=top,
            options=options,
            sort=sort,
        )

    # ---- planning and rendering --------------------------------------------------------------

    def plan(self, video: Path | str, options: PlanOptions | None = None) -> "CuePlan":
        """Make a cue plan: every scene gets music out of the library, or composed on a miss.

        Raises:
            MediaError: the video cannot be read.
            InputError: an option or a note does not fit.
        """
        return self._planner.plan(Path(video), options or PlanOptions())

    def render(
        self,
        plan: "CuePlan",
        out: Path | str,
        *,
        video: Path | str | None = None,
        shown: bool = False,
    ) -> "RenderReport":
        """Write the finished video of a plan; see ``render``."""
        from v2m.outputs import render

        return render(plan, Path(out), video=Path(video) if video else None, shown=shown)

    def score(
        self, video: Path | str, out: Path | str, options: PlanOptions | None = None
    ) -> tuple["CuePlan", "RenderReport"]:
        """Plan and render in one go."""
        from v2m.signing import sign_video
        from v2m.soundtrack.mux import check_container
        from v2m.video.probe import probe_video

        # a container that cannot hold the picture is said before the work, not after it
        check_container(Path(video), Path(out), probe_video(Path(video)).video_codec)
        plan = self.plan(video, options)
        shown = options.shown if options else False
        report = self.render(plan, out, video=video, shown=shown)
        return plan, sign_video(plan, report, options.signing if options else None)

    # ---- housekeeping ------------------------------------------------------------------------

    def tracks(self, where: str | None = None, *, sort: str = "title") -> "list[Track]":
        """Return the catalogue's tracks, all or those that meet an SQL condition, by a column."""
        from catalogs.ordering import in_order

        return in_order(self.rows.tracks(where=where), sort, lambda track: track)

    def track(self, track_id: str) -> "Track":
        """Return one track by its id or the beginning of it."""
        return self.rows.track(track_id)

    def remove(self, track_ids: Sequence[str]) -> int:
        """Remove tracks from the catalogue (never the files) and return how many."""
        removed = self.catalogue.remove_tracks(
            [self.catalogue.track(track_id).track_id for track_id in track_ids]
        )
        self._forget_searcher()
        return removed

    # ---- parts, made when first needed -------------------------------------------------------

    @property
    def composer(self) -> "Composer":
        """The profile's composer."""
        return self.profile.composer

    @property
    def _studio(self) -> "Studio":
        from v2m.composing import Studio

        return Studio(self.catalogue, self.profile, self.folder)

    @property
    def _searcher(self) -> "Searcher":
        """A searcher that knows what other processes have written up to now."""
        from retriever.search import Searcher, tables_of

        if self._kept_searcher is None or not self._kept_searcher.is_current():
            image = self._image(tables_of(self.profile).values())
            self._kept_searcher = Searcher(lambda: self.catalogue, self.profile, image=image)
        return self._kept_searcher

    def refresh(self) -> bool:
        """Make searches know what other programs changed; say whether there was something.

        What is searched is loaded first and put in place then: searches that run meanwhile, on
        any thread, go on undisturbed. From then on conditions are answered from memory.

        Raises:
            BackendError: the catalogue was written to for too long.
        """
        from catalogs.stamp import stamp
        from retriever.query import text_query
        from retriever.search import Searcher

        now = stamp(self.folder)
        if now and now == self._stamp:
            return False
        searcher = Searcher(self.catalogue, self.profile, lasting=True)
        if searcher.n_tracks:
            searcher.search(text_query(self.profile, "music"), 1)  # loads what all queries share
        self._kept_searcher = searcher
        self._stamp = searcher.stamp
        return True

    def _forget_searcher(self) -> None:
        self._kept_searcher = None

    @cached_property
    def _planner(self) -> "VideoPlanner":
        from v2m.planner import VideoPlanner

        return VideoPlanner(
            self.catalogue,
            self.profile,
            lambda: self._searcher,
            self._composing,
        )

    def _composing(self, video: Path, options: PlanOptions) -> "Compose":
        """Return what composes for the scenes of a video."""

        def compose(orders: "Sequence[Order]") -> "list[Composed]":
            made = self._studio.compose_for(video, orders, options)
            self._forget_searcher()
            return made

        return compose
