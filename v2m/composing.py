"""Composes what a library lacks, all at once, and adds it to the catalogue with what made it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from v2m import __version__
from v2m.encoders.profiles import Profile, load_profile
from v2m.errors import BackendError, ConfigError, InputError, StateError
from v2m.progress import Report, reporting
from v2m.types import Audio, Provenance, Scene, Take, TakeRequest, Track

if TYPE_CHECKING:
    from catalogs.store import Catalogue
    from v2m.protocols import Composer
    from v2m.results import PlanOptions

FALLBACK = "arranger"
"""The composer that may stand in for another: it is here, and needs no weights."""


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


@dataclass(frozen=True, slots=True)
class Session:
    """Pieces that one composer made together.

    Attributes:
        composer: who made them.
        asked: what was asked for.
        takes: what was made, in order.
    """

    composer: "Composer"
    asked: Sequence[TakeRequest]
    takes: Sequence[Take]


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
        session = self.take(
            [self._request(order, options.seed) for order in orders],
            shared_theme=options.shared_theme,
            fallback=options.fallback_composer,
            shown=options.shown,
        )
        return [
            self.keep(session, number, parent_video=video.name, parent_scene=order.scene.index)
            for number, order in enumerate(orders)
        ]

    def _request(self, order: Order, seed: int) -> TakeRequest:
        seconds = min(order.seconds, self.profile.composer.max_seconds)
        climax = order.climax_seconds
        if climax is not None and climax >= seconds:  # it falls into what is added to the piece
            climax = None
        return TakeRequest(order.prompt, seconds, seed + order.scene.index, climax_seconds=climax)

    def take(
        self,
        requests: Sequence[TakeRequest],
        *,
        shared_theme: bool = False,
        fallback: str = "",
        shown: bool = False,
    ) -> Session:
        """Compose; nothing is kept yet.

        Args:
            requests: prompts of a person or a writer.
            shared_theme: the longest piece is made first, and the others follow its melody.
            fallback: "arranger" composes all of it where the composer fails, and that is said.
            shown: show progress on standard error.

        Raises:
            InputError: a prompt is empty, or a length is out of the composer's range.
            StateError: what runs the composer is not installed, and there is no fallback.
            BackendError: the composer fails, and there is no fallback.
        """
        from generator.prompts import prompt_from_note

        asked = [replace(request, prompt=prompt_from_note(request.prompt)) for request in requests]
        if not all(request.prompt for request in asked):
            raise InputError("the prompt is empty; say what the music should be like")
        composer = self.profile.composer
        with reporting("composing", shown=shown) as report:
            try:
                return Session(composer, asked, _takes(composer, asked, report, shared_theme))
            except (BackendError, StateError) as err:
                if not fallback:
                    raise
                note = f"composed by the {fallback}, for another composer failed: {err}"
        composer = fallback_composer(fallback)
        with reporting(f"composing with the {fallback}", shown=shown) as report:
            takes = _takes(composer, asked, report, shared_theme)
        said = [replace(take, notices=(note, *take.notices)) for take in takes]
        return Session(composer, asked, said)

    def keep(
        self,
        session: Session,
        number: int,
        *,
        out: Path | None = None,
        parent_video: str = "",
        parent_scene: int = -1,
    ) -> Composed:
        """Write a piece of a session into the catalogue's folder, measure it and add its row.

        Raises:
            InputError: ``out`` cannot be written.
        """
        from generator.takes import write_take

        composer, request, take = session.composer, session.asked[number], session.takes[number]
        parameters = composer.parameters(request.prompt, request.duration_seconds, take.seed)
        if request.climax_seconds is not None and _places_climax(composer):
            parameters["climax_seconds"] = request.climax_seconds
        made = Provenance(
            model=composer.name,
            revision=composer.revision,
            prompt=request.prompt,
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


def fallback_composer(name: str) -> "Composer":
    """Return a composer that needs no large model.

    Raises:
        ConfigError: there is no such one.
    """
    if name != FALLBACK:
        raise ConfigError("fallback composer", name, [FALLBACK])
    return load_profile("lite").composer


def _takes(
    composer: "Composer", asked: Sequence[TakeRequest], report: Report, shared_theme: bool
) -> list[Take]:
    if shared_theme and len(asked) > 1:
        takes = _themed(composer, asked, report)
    else:
        takes = composer.compose_all(asked, report=report)
    return [_honest(composer, request, take) for request, take in zip(asked, takes, strict=True)]


def _honest(composer: "Composer", request: TakeRequest, take: Take) -> Take:
    """Say where a climax was asked of a composer that cannot place it."""
    if request.climax_seconds is None or _places_climax(composer):
        return take
    note = f"{composer.name} cannot place a climax: it falls where it may"
    return replace(take, notices=(*take.notices, note))


def _places_climax(composer: "Composer") -> bool:
    return bool(getattr(composer, "places_climax", False))


def _themed(composer: "Composer", asked: Sequence[TakeRequest], report: Report) -> list[Take]:
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
