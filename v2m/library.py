"""The Python API: one class that knows all rooms; each command is one call of it."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from catalogs.store import Catalogue
from v2m import __version__
from v2m.encoders.profiles import Profile, load_profile
from v2m.errors import InputError, MediaError
from v2m.progress import working
from v2m.results import FindResult, FoundScene, PlanOptions
from v2m.types import Audio, Provenance, Scene, Track, TrackRecord, VideoFacts

if TYPE_CHECKING:
    from generator.arranger.composer import Arranger
    from generator.prompts import TemplateWriter
    from indexer.index import IndexReport
    from retriever.query import Query
    from retriever.search import Match, Searcher
    from v2m.planner import AskedScene, SceneChoice
    from v2m.soundtrack.plan import CuePlan, Mix
    from v2m.soundtrack.render import RenderReport
    from v2m.video.describe import LiteDescriber

SCENE_CANDIDATES = 30
MOST_CANDIDATES = 120
"""Tracks considered per scene, and for a whole video, when the sequence of tracks is chosen."""

SILENT_ORIGINAL_LUFS = -50.0
"""A video's own sound below this is room noise; "auto" replaces it."""


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

    def __init__(self, folder: Path | str, *, profile: str = "lite", create: bool = False) -> None:
        """Open a catalogue folder.

        Args:
            folder: where the catalogue lies.
            profile: name of the models.
            create: make the catalogue if it is not there.

        Raises:
            StateError: there is no catalogue, or it was made by a newer version.
            ConfigError: there is no such profile.
        """
        self.folder = Path(folder).expanduser().absolute()
        self.profile: Profile = load_profile(profile)
        self.catalogue = Catalogue.open(self.folder, create=create)

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
        from catalogs.store import index_lock
        from indexer.index import Options, index
        from indexer.runner import default_workers
        from indexer.scan import scan

        found = scan([Path(folder).expanduser() for folder in folders])
        options = Options(self.profile.name, workers or default_workers(), batch, retry, shown)
        with index_lock(self.folder):
            report = index(self.catalogue, found, options)
        self._forget_searcher()
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
    ) -> tuple[Track, Provenance]:
        """Compose music, add it to the catalogue with all that made it, and return its row.

        Args:
            prompt: what the music should be like.
            seconds: exact length.
            seed: the same seed gives the same samples.
            out: also write the music here.
            parent_video: name of the video it is made for.
            parent_scene: index of the scene it is made for.

        Raises:
            InputError: the prompt is empty, the length is out of the composer's range, or ``out``
                cannot be written.
        """
        from generator.prompts import prompt_from_note
        from generator.takes import write_sound

        words = prompt_from_note(prompt)
        if not words:
            raise InputError("the prompt is empty; say what the music should be like")
        audio = self.composer.compose(words, seconds, seed=seed)
        made = Provenance(
            model=self.composer.name,
            revision=self.composer.revision,
            prompt=words,
            seed=seed,
            parameters=self.composer.parameters(words, seconds, seed),
            code_version=__version__,
            parent_video=parent_video,
            parent_scene=parent_scene,
        )
        if out is not None:
            write_sound(audio, out)
        return self._keep(audio, made), made

    def _keep(self, audio: Audio, made: Provenance) -> Track:
        from generator.takes import save_take
        from indexer.mapper import Mapper
        from indexer.tags import FileTags
        from v2m.audio.decode import audio_identity

        path = save_take(audio, self.folder / "generated", made.prompt, made.seed)
        tags = FileTags(
            title=made.prompt if len(made.prompt) <= 60 else made.prompt[:59].rstrip() + "…",
            artist=f"v2m {made.model}",
            description=made.prompt,
        )
        record = Mapper(self.profile).map_audio(audio, audio_identity(path), path, tags)
        # the prompt is searched as description; as title too it would count twice
        vectors = tuple(row for row in record.vectors if row.kind != "title")
        licence = f"generated by v2m ({made.model} {made.revision})"
        track = replace(record.track, origin="generated", licence=licence)
        self.catalogue.add_generated(TrackRecord(track, vectors, record.analysis_version, made))
        self._forget_searcher()
        return track

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
        shown: bool = False,
    ) -> FindResult:
        """Find the tracks that fit best; exactly one of text, video, image and audio is given.

        Raises:
            InputError: none or several queries are given, or one cannot be read.
            StateError: the library is empty.
        """
        given = [query for query in (text, video, image, audio) if query is not None]
        if len(given) != 1:
            raise InputError(
                "give exactly one query: a video, a text, a picture or a piece of music"
            )
        if video is not None:
            options = PlanOptions(
                min_probability=min_probability,
                min_scene_seconds=min_scene_seconds,
                usage=usage,
                style=style,
                by=tuple(by),
                where=where,
                notes=notes,
                shown=shown,
            )
            return self._find_video(Path(video), top, options)
        from retriever.decide import decide

        query, description, seconds = self._single_query(text, image, audio, style)
        matches = self._searcher.search(query, top, by=by, where=where, among=self._usable(usage))
        decision, reason = decide(matches, generate="on-miss", min_probability=min_probability)
        scene = FoundScene(None, description, query.text, decision, reason, tuple(matches))
        return FindResult(
            query.kind, str(given[0]), seconds, self.profile.name, self._searcher.n_tracks, (scene,)
        )

    def _find_video(self, video: Path, top: int, options: PlanOptions) -> FindResult:
        facts, asked = self._ask(video, options)
        choices = self._choices(asked, options, top)
        scenes = tuple(
            FoundScene(c.scene, c.description.text, c.prompt, c.decision, c.reason, c.matches)
            for c in choices
        )
        return FindResult(
            "video",
            str(video),
            facts.duration_seconds,
            self.profile.name,
            self._searcher.n_tracks,
            scenes,
        )

    def _single_query(
        self,
        text: str | None,
        image: Path | str | None,
        audio: Path | str | None,
        style: str,
    ) -> tuple["Query", str, float | None]:
        from retriever.query import audio_query, scene_query, text_query

        if text is not None:
            words = " ".join(text.split())
            if not words:
                raise InputError("the text is empty; say what the music should be like")
            return text_query(self.profile, words), words, None
        if image is not None:
            from v2m.video.scenes import read_image

            seen = self._describer.describe_frames(read_image(Path(image)))
            prompt = self._writer(style).write(seen)
            return scene_query(self.profile, seen, prompt, kind="image"), seen.text, None
        sound = self._decode(Path(str(audio)))
        heard = self.profile.listen(sound, [])
        query = audio_query(self.profile, heard)
        return query, self.profile.describe_track(heard[0]).summary, sound.duration_seconds

    def _decode(self, path: Path) -> Audio:
        from indexer.mapper import SAMPLE_RATE
        from v2m.audio.decode import decode_audio

        return decode_audio(path, sample_rate=SAMPLE_RATE)

    # ---- planning and rendering --------------------------------------------------------------

    def plan(self, video: Path | str, options: PlanOptions | None = None) -> "CuePlan":
        """Make a cue plan: every scene gets music out of the library, or composed on a miss.

        Raises:
            MediaError: the video cannot be read.
            InputError: an option or a note does not fit.
        """
        from v2m.planner import place_cues, planned_scene, planned_video
        from v2m.sequence import settle
        from v2m.soundtrack.plan import CuePlan
        from v2m.usage import check_usage, duties

        options = options or PlanOptions()
        path = Path(video)
        facts, asked = self._ask(path, options)
        choices = settle(
            self._judged(asked, options),
            min_probability=options.min_probability,
            switch_cost=options.switch_cost,
            most_tracks=options.most_tracks,
        )

        def compose(prompt: str, seconds: float, scene: Scene) -> tuple[Track, Provenance]:
            return self.generate(
                prompt,
                min(seconds, self.composer.max_seconds),
                seed=options.seed + scene.index,
                parent_video=path.name,
                parent_scene=scene.index,
            )

        cues = place_cues(choices, crossfade_seconds=options.crossfade_seconds, compose=compose)
        plan = CuePlan(
            video=planned_video(path, facts),
            profile=self.profile.name,
            usage=check_usage(options.usage),
            min_probability=options.min_probability,
            seed=options.seed,
            versions={"v2m": __version__, **self.profile.versions()},
            mix=self._mix(path, facts, options),
            scenes=tuple(planned_scene(choice) for choice in choices),
            cues=cues,
            notices=tuple(
                f"scene {c.scene.index}: {c.reason}"
                for c in choices
                if c.decision == "generate" or c.probability < options.min_probability
            ),
        )
        bound = duties(plan) if options.usage != "personal" else []
        return plan.model_copy(update={"notices": (*plan.notices, *bound)})

    def render(
        self, plan: "CuePlan", out: Path | str, *, video: Path | str | None = None
    ) -> "RenderReport":
        """Write the finished video of a plan; see ``render``."""
        from v2m.outputs import render

        return render(plan, Path(out), video=Path(video) if video else None)

    def score(
        self, video: Path | str, out: Path | str, options: PlanOptions | None = None
    ) -> tuple["CuePlan", "RenderReport"]:
        """Plan and render in one go."""
        from v2m.soundtrack.mux import check_container
        from v2m.video.probe import probe_video

        # a container that cannot hold the picture is said before the work, not after it
        check_container(Path(video), Path(out), probe_video(Path(video)).video_codec)
        plan = self.plan(video, options)
        return plan, self.render(plan, out, video=video)

    def _ask(self, video: Path, options: PlanOptions) -> tuple[VideoFacts, list["AskedScene"]]:
        """Look at a video and say for each scene what is searched for."""
        from retriever.query import scene_query
        from v2m.planner import AskedScene
        from v2m.video.probe import probe_video
        from v2m.video.scenes import find_scenes

        facts = probe_video(video)
        with working("finding scenes", shown=options.shown):
            scenes = find_scenes(video, facts, min_scene_seconds=options.min_scene_seconds)
        notes = _checked_notes(options.notes or {}, len(scenes))
        with working("looking at scenes", shown=options.shown):
            descriptions = self._describer.describe(video, scenes)
        writer = self._writer(options.style)
        asked = []
        for scene, seen in zip(scenes, descriptions, strict=True):
            note = notes.get(scene.index, "")
            prompt = note or writer.write(seen)
            query = scene_query(
                self.profile, seen, prompt, note=note, seconds=scene.span.duration_seconds
            )
            asked.append(AskedScene(scene, seen, prompt, note, query))
        return facts, asked

    def _choices(
        self, asked: Sequence["AskedScene"], options: PlanOptions, top: int
    ) -> list["SceneChoice"]:
        """Decide scene by scene."""
        from v2m.planner import decided

        among = self._usable(options.usage)
        return [
            decided(one, self._search_or_nothing(one.query, top, options, among), options)
            for one in asked
        ]

    def _judged(self, asked: Sequence["AskedScene"], options: PlanOptions) -> list["SceneChoice"]:
        """Decide with the same tracks judged for every scene: the likeliest of any scene."""
        from v2m.planner import decided

        choices = self._choices(asked, options, SCENE_CANDIDATES)
        found = [match for choice in choices for match in choice.matches]
        found.sort(key=lambda match: -match.probability)
        tracks = list(dict.fromkeys(match.track.track_id for match in found))[:MOST_CANDIDATES]
        if not tracks:
            return choices
        return [
            decided(one, self._searcher.judge(one.query, tracks, by=options.by), options)
            for one in asked
        ]

    def _search_or_nothing(
        self, query: "Query", top: int, options: PlanOptions, among: set[str] | None
    ) -> list["Match"]:
        """An empty library still scores a video when composing is allowed."""
        if options.generate != "never" and not self.catalogue.count():
            return []
        matches = self._searcher.search(query, top, by=options.by, where=options.where, among=among)
        if not matches and options.generate == "never":
            asked = f"{options.where!r}" if options.where else f"usage {options.usage!r}"
            raise InputError(f"no track meets {asked}, and composing is off")
        return matches

    def _usable(self, usage: str) -> set[str] | None:
        """Return the tracks whose licence allows a usage; None where all do."""
        from v2m.usage import allows, check_usage, track_licence

        if check_usage(usage) == "personal":
            return None
        tracks = self.catalogue.tracks()
        return {t.track_id for t in tracks if allows(track_licence(t), usage)}

    def _mix(self, video: Path, facts: VideoFacts, options: PlanOptions) -> "Mix":
        from v2m.audio.decode import decode_audio
        from v2m.audio.loudness import integrated_lufs
        from v2m.soundtrack.plan import Mix

        chosen = options.original_audio
        if not facts.has_audio:
            chosen = "replace"
        elif chosen == "auto":
            try:
                sound = decode_audio(video, sample_rate=22050)
                loud = integrated_lufs(sound.samples, sound.sample_rate) > SILENT_ORIGINAL_LUFS
            except MediaError:  # a sound stream without sound
                loud = False
            chosen = "mix" if loud else "replace"
        return Mix(
            target_lufs=options.target_lufs,
            true_peak_dbtp=options.true_peak_dbtp,
            crossfade_seconds=options.crossfade_seconds,
            original_audio="mix" if chosen == "mix" else "replace",
            original_under_lu=options.original_under_lu,
        )

    # ---- housekeeping ------------------------------------------------------------------------

    def tracks(self, where: str | None = None) -> list[Track]:
        """Return the catalogue's tracks by title, all or those that meet an SQL condition."""
        return self.catalogue.tracks(where=where)

    def track(self, track_id: str) -> Track:
        """Return one track by its id or the beginning of it."""
        return self.catalogue.track(track_id)

    def remove(self, track_ids: Sequence[str]) -> int:
        """Remove tracks from the catalogue (never the files) and return how many."""
        removed = self.catalogue.remove_tracks(
            [self.catalogue.track(track_id).track_id for track_id in track_ids]
        )
        self._forget_searcher()
        return removed

    # ---- parts, made when first needed -------------------------------------------------------

    @cached_property
    def composer(self) -> "Arranger":
        """The profile's composer."""
        from generator.arranger.composer import Arranger

        def similarity(text: str, others: Sequence[str]) -> list[float]:
            vectors = self.profile.text.encode_text([text, *others])
            return [float(score) for score in vectors[1:] @ vectors[0]]

        return Arranger(similarity=similarity)

    @cached_property
    def _searcher(self) -> "Searcher":
        from retriever.search import Searcher

        return Searcher(self.catalogue, self.profile)

    def _forget_searcher(self) -> None:
        self.__dict__.pop("_searcher", None)

    @cached_property
    def _describer(self) -> "LiteDescriber":
        from v2m.video.describe import LiteDescriber

        return LiteDescriber(self.profile.frames)

    def _writer(self, style: str) -> "TemplateWriter":
        from generator.prompts import TemplateWriter

        return TemplateWriter(style)


def _checked_notes(notes: dict[int, str], n_scenes: int) -> dict[int, str]:
    for index, note in notes.items():
        if not 0 <= index < n_scenes:
            raise InputError(
                f"--note {index}=…: the video has {n_scenes} scenes, numbered 0 to {n_scenes - 1}"
            )
        if not note.strip():
            raise InputError(f"--note {index}=…: the note is empty")
    return notes
