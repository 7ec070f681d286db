"""Composes what a library lacks, all at once, and adds it to the catalogue with what made it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from v2m import __version__
from v2m.encoders.profiles import Profile
from v2m.errors import InputError
from v2m.progress import Report, reporting
from v2m.types import Audio, Provenance, Scene, Take, TakeRequest, Track

if TYPE_CHECKING:
    from catalogs.store import Catalogue
    from v2m.results import PlanOptions


@dataclass(frozen=True, slots=True)
class Order:
    """Music that a scene is to get.

    Attributes:
        prompt: what it should be like.
        seconds: how long.
        scene: what it is for.
        climax_seconds: where it should culminate, from its start; None anywhere.
    """

    prompt: str
    seconds: float
    scene: Scene
    climax_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Composed:
    """A piece that was composed and kept.

    Attributes:
        track: its row.
        made: what made it.
        notices: what the user should know about how it came about.
    """

    track: Track
    made: Provenance
    notices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Studio:
    """Composes with a profile's composer and keeps what it makes.

    Attributes:
        catalogue: gets a row for each piece.
        profile: the composer, and the models that measure what it made.
        folder: gets the files.
    """

    catalogue: "Catalogue"
    profile: Profile
    folder: Path

    def compose_for(
        self, video: Path, orders: Sequence[Order], options: "PlanOptions"
    ) -> list[Composed]:
        """Compose for the scenes of a video, in one batch; scene n gets the seed of the plan + n.

        Raises:
            BackendError: the composer fails; nothing of the batch is kept.
        """
        requests = [self._request(order, options.seed) for order in orders]
        takes = self.take(requests, shared_theme=options.shared_theme, shown=options.shown)
        return [
            self.keep(
                request,
                self._honest(request, take),
                parent_video=video.name,
                parent_scene=order.scene.index,
            )
            for order, request, take in zip(orders, requests, takes, strict=True)
        ]

    def _request(self, order: Order, seed: int) -> TakeRequest:
        seconds = min(order.seconds, self.profile.composer.max_seconds)
        climax = order.climax_seconds
        if climax is not None and climax >= seconds:  # it falls into what is added to the piece
            climax = None
        return TakeRequest(order.prompt, seconds, seed + order.scene.index, climax_seconds=climax)

    def _honest(self, request: TakeRequest, take: Take) -> Take:
        """Say where a climax was asked of a composer that cannot place it."""
        if request.climax_seconds is None or self._places_climax:
            return take
        note = f"{self.profile.composer.name} cannot place a climax: it falls where it may"
        return replace(take, notices=(*take.notices, note))

    @property
    def _places_climax(self) -> bool:
        return bool(getattr(self.profile.composer, "places_climax", False))

    def take(
        self, requests: Sequence[TakeRequest], *, shared_theme: bool = False, shown: bool = False
    ) -> list[Take]:
        """Compose; nothing is kept yet.

        Args:
            requests: prompts of a person or a writer.
            shared_theme: the longest piece is made first, and the others follow its melody.
            shown: show progress on standard error.

        Raises:
            InputError: a prompt is empty, or a length is out of the composer's range.
        """
        from generator.prompts import prompt_from_note

        asked = [replace(request, prompt=prompt_from_note(request.prompt)) for request in requests]
        if not all(request.prompt for request in asked):
            raise InputError("the prompt is empty; say what the music should be like")
        with reporting("composing", shown=shown) as report:
            if shared_theme and len(asked) > 1:
                return self._themed(asked, report)
            return self.profile.composer.compose_all(asked, report=report)

    def _themed(self, asked: Sequence[TakeRequest], report: Report) -> list[Take]:
        composer = self.profile.composer
        first = max(range(len(asked)), key=lambda n: asked[n].duration_seconds)
        (theme,) = composer.compose_all([asked[first]], report=report)
        if not getattr(composer, "hears_melody", False):
            note = f"{composer.name} follows no melody: the cues share no theme"
            theme = replace(theme, notices=(*theme.notices, note))
        others = [
            replace(request, melody=theme.audio)
            for number, request in enumerate(asked)
            if number != first
        ]
        takes = composer.compose_all(others, report=report)
        takes.insert(first, theme)
        return takes

    def keep(
        self,
        request: TakeRequest,
        take: Take,
        *,
        out: Path | None = None,
        parent_video: str = "",
        parent_scene: int = -1,
    ) -> Composed:
        """Write a take into the catalogue's folder, measure it and add its row.

        Raises:
            InputError: ``out`` cannot be written.
        """
        from generator.prompts import prompt_from_note
        from generator.takes import write_take

        composer, words = self.profile.composer, prompt_from_note(request.prompt)
        parameters = composer.parameters(words, request.duration_seconds, take.seed)
        if request.climax_seconds is not None and self._places_climax:
            parameters["climax_seconds"] = request.climax_seconds
        made = Provenance(
            model=composer.name,
            revision=composer.revision,
            prompt=words,
            seed=take.seed,
            parameters=parameters,
            code_version=__version__,
            parent_video=parent_video,
            parent_scene=parent_scene,
            weights_licence=composer.weights_licence,
            made_at=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        )
        if out is not None:
            write_take(take.audio, out, made)
        return Composed(self._kept(take.audio, made), made, take.notices)

    def _kept(self, audio: Audio, made: Provenance) -> Track:
        from generator.takes import save_take
        from indexer.mapper import Mapper

        path, saved = save_take(audio, self.folder / "generated", made)
        # measured as the file is, so that indexing the folder again gives the same row
        record = Mapper(self.profile).map(path, saved.track_id)
        self.catalogue.add_generated(record)
        return record.track
