"""Plans the music of a video: look at it, search for every scene, settle on tracks, place cues."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from v2m import __version__
from v2m.choices import AskedScene, SceneChoice, decided, filling
from v2m.cueing import Compose, place_cues, planned_scene, planned_video
from v2m.dialogue import plan_sound
from v2m.encoders.profiles import Profile
from v2m.errors import InputError
from v2m.progress import working
from v2m.results import PlanOptions
from v2m.sequence import settle
from v2m.soundtrack.plan import CuePlan
from v2m.structure import Structure
from v2m.types import Audio, Prompt, Track, VideoFacts
from v2m.usage import check_usage, duties, trusted, usage_condition
from v2m.video.looking import look
from v2m.video.probe import probe_video

if TYPE_CHECKING:
    from catalogs.store import Catalogue
    from retriever.query import Query
    from retriever.search import Match, Searcher

SCENE_CANDIDATES = 30
MOST_CANDIDATES = 120
"""Tracks considered per scene, and for a whole video, when the sequence of tracks is chosen."""


@dataclass(frozen=True)
class VideoPlanner:
    """Plans videos with the parts of one library.

    Attributes:
        catalogue: the tracks.
        profile: the models.
        searcher: returns what searches the catalogue; called only when there is something in it.
        compose: makes a track on a miss and adds it to the catalogue.
    """

    catalogue: "Catalogue"
    profile: Profile
    searcher: Callable[[], "Searcher"]
    compose: Callable[[Path, PlanOptions], Compose]

    def plan(self, video: Path, options: PlanOptions) -> CuePlan:
        """Make a cue plan: every scene gets music out of the library, or composed on a miss.

        Raises:
            MediaError: the video cannot be read.
            InputError: an option or a note does not fit.
        """
        facts, asked = self.ask(video, options)
        if options.hit_seconds is not None and options.hit_seconds >= facts.duration_seconds:
            raise InputError(
                f"--hit {options.hit_seconds:g}: the video is {facts.duration_seconds:.2f} s long"
            )
        choices = settle(
            self._judged(asked, options),
            min_probability=options.least_kept,
            switch_cost=options.switch_cost,
            most_tracks=options.most_tracks,
        )
        cues, told = place_cues(
            choices,
            crossfade_seconds=options.crossfade_seconds,
            compose=self.compose(video, options),
            structure_of=partial(self._structure_of, self._structures(choices)),
            hit_seconds=options.hit_seconds,
        )
        with working("listening to the video", shown=options.shown):
            sound = plan_sound(facts, options)
        plan = CuePlan(
            video=planned_video(video, facts),
            profile=self.profile.name,
            usage=check_usage(options.usage),
            allow_unknown=options.allow_unknown,
            min_probability=options.min_probability,
            seed=options.seed,
            versions={"v2m": __version__, **self.profile.versions()},
            mix=sound.mix,
            speech=sound.speech,
            scenes=tuple(planned_scene(choice) for choice in choices),
            cues=cues,
            notices=(
                *_remarks(choices, options),
                *self._cautions(asked, choices, options),
                *sound.notices,
                *told,
            ),
        )
        bound = duties(plan) if options.usage != "personal" else []
        return plan.model_copy(update={"notices": (*plan.notices, *trusted(plan), *bound)})

    def _structures(self, choices: Sequence[SceneChoice]) -> dict[str, Structure]:
        """Return how the tracks that were chosen are built, where the catalogue knows it."""
        best = {match.track.track_id for choice in choices for match in choice.matches[:1]}
        return self.catalogue.structures(sorted(best))

    def _structure_of(
        self, known: Mapping[str, Structure], track: Track, audio: Audio
    ) -> Structure:
        """Return how a track is built; found now where the catalogue does not know it.

        Of a stretch of a track it is always found now.
        """
        from indexer.mapper import Mapper

        if audio.duration_seconds > track.duration_seconds - 1:
            if track.track_id not in known:  # composed since they were read
                known = self.catalogue.structures([track.track_id])
            if track.track_id in known:
                return known[track.track_id]
        return Mapper(self.profile).structure_of(audio)

    def ask(self, video: Path, options: PlanOptions) -> tuple[VideoFacts, list[AskedScene]]:
        """Look at a video and say for each scene what is searched for."""
        from retriever.query import scene_query

        facts = probe_video(video)
        describer = self.profile.describer
        with working("looking at the video", shown=options.shown):
            looking = look(
                video,
                facts,
                min_scene_seconds=options.min_scene_seconds,
                filmstrip=options.filmstrip,
            )
            seen_scenes = [
                (scene, describer.describe_scene(scene, frames)) for scene, frames in looking
            ]
        notes = _checked_notes(options.notes or {}, len(seen_scenes))
        writer = self.profile.writer(options.style, options.budget)
        asked = []
        for scene, seen in seen_scenes:
            note = notes.get(scene.index, "")
            written = Prompt(note, "a person") if note else writer.write(seen)
            query = scene_query(
                self.profile, seen, written.text, note=note, seconds=scene.span.duration_seconds
            )
            asked.append(AskedScene(scene, seen, written, note, query))
        return facts, asked

    def choose(
        self, asked: Sequence[AskedScene], options: PlanOptions, top: int, *, heard: bool = False
    ) -> list[SceneChoice]:
        """Search and decide scene by scene; ``heard`` leaves out tracks without a file.

        An empty library still scores a video when composing is allowed.
        """
        if options.generate != "never" and not self.catalogue.count():
            return [decided(one, [], options) for one in asked]
        also = usage_condition(options.usage, allow_unknown=options.allow_unknown)
        if heard and self.catalogue.lacks_audio():
            also = f"{also} AND has_audio" if also else "has_audio"
        return [decided(one, self._search(one.query, top, options, also), options) for one in asked]

    def _judged(self, asked: Sequence[AskedScene], options: PlanOptions) -> list[SceneChoice]:
        """Decide with the same tracks judged for every scene: the likeliest of any scene."""
        choices = self.choose(asked, options, SCENE_CANDIDATES, heard=True)
        found = [match for choice in choices for match in choice.matches]
        found.sort(key=lambda match: -match.probability)
        tracks = list(dict.fromkeys(match.track.track_id for match in found))[:MOST_CANDIDATES]
        if not tracks:
            return choices
        judge = self.searcher().judge
        return [
            decided(
                one,
                filling(judge(one.query, tracks, by=options.by), one.scene.span.duration_seconds),
                options,
            )
            for one in asked
        ]

    def _cautions(
        self, asked: Sequence[AskedScene], choices: Sequence[SceneChoice], options: PlanOptions
    ) -> list[str]:
        if not any(choice.matches for choice in choices):
            return []
        caution = self.searcher().caution(asked[0].query, options.by)
        return [caution] if caution else []

    def _search(self, query: "Query", top: int, options: PlanOptions, also: str) -> list["Match"]:
        """Return what fits; nothing only where something may be composed instead."""
        matches = self.searcher().search(query, top, by=options.by, where=options.where, also=also)
        if not matches and options.generate == "never":
            asked = f"{options.where!r}" if options.where else f"usage {options.usage!r}"
            raise InputError(f"no track meets {asked}, and composing is off")
        return matches


def _remarks(choices: Sequence[SceneChoice], options: PlanOptions) -> list[str]:
    """Say once what holds for several prompts, and which scenes found nothing likely."""
    written = dict.fromkeys(c.written.notice for c in choices if c.written.notice)
    return [*written, *_misses(choices, options)]


def _misses(choices: Sequence[SceneChoice], options: PlanOptions) -> list[str]:
    return [
        f"scene {choice.scene.index}: {choice.reason}"
        for choice in choices
        if choice.decision == "generate" or choice.probability < options.min_probability
    ]


def _checked_notes(notes: dict[int, str], n_scenes: int) -> dict[int, str]:
    """Return notes by the number of their scene, those counted from the end too."""
    for index, note in notes.items():
        if not -n_scenes <= index < n_scenes:
            raise InputError(
                f"--note {index}=…: the video has {n_scenes} scenes, numbered 0 to {n_scenes - 1}"
            )
        if not note.strip():
            raise InputError(f"--note {index}=…: the note is empty")
    return {index % n_scenes: note for index, note in notes.items()}
