"""Makes queries of what is given: a text, a picture, music, examples, the scenes of a video."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from retriever.query import Query, scene_query, text_query
from v2m.encoders.profiles import Profile
from v2m.errors import InputError
from v2m.results import FindResult, FoundScene, PlanOptions

if TYPE_CHECKING:
    from retriever.search import Searcher
    from v2m.planner import VideoPlanner
    from v2m.types import Track


@dataclass(frozen=True, slots=True)
class Asked:
    """A query and what it was made from.

    Attributes:
        query: None where only tracks are given as examples.
        description: what it asks for, in words.
        duration_seconds: of a piece of music; None for others.
        source: the text or file that was given; "" where there is none.
    """

    query: Query | None
    description: str
    duration_seconds: float | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class Examples:
    """Tracks, by their ids or the beginnings of them.

    Attributes:
        like: that the answer should resemble.
        unlike: that it should not.
    """

    like: tuple[str, ...] = ()
    unlike: tuple[str, ...] = ()


def single_query(
    profile: Profile,
    text: str | None,
    image: Path | str | None,
    audio: Path | str | None,
    style: str,
) -> Asked:
    """Make a query of what is given.

    Args:
        profile: the models.
        text: words.
        image: a picture.
        audio: a piece of music.
        style: how the prompt of a picture is written.

    Raises:
        InputError: the text is empty.
        MediaError: a file cannot be read.
    """
    if text is not None:
        words = " ".join(text.split())
        if not words:
            raise InputError("the text is empty; say what the music should be like")
        return Asked(text_query(profile, words), words, source=text)
    if image is not None:
        from v2m.video.scenes import read_image

        seen = profile.describer.describe_frames(read_image(Path(image)))
        prompt = profile.writer(style).write(seen).text
        query = scene_query(profile, seen, prompt, kind="image")
        return Asked(query, seen.text, source=str(image))
    return _by_music(profile, audio) if audio is not None else Asked(None, "")


def _by_music(profile: Profile, audio: Path | str) -> Asked:
    from indexer.mapper import Mapper
    from retriever.query import audio_query

    heard = Mapper(profile).measured(Path(audio))
    seconds = heard.encoded.place.seconds
    said = profile.describe_track(heard.whole).summary
    return Asked(audio_query(heard.encoded.vectors[0], seconds), said, seconds, str(audio))


def find_single(
    asked: Asked,
    examples: Examples,
    searcher: "Searcher",
    *,
    track: "Callable[[str], Track]",
    top: int,
    options: PlanOptions,
    sort: str | None,
) -> FindResult:
    """Find tracks for a text, a picture, music, or example tracks.

    Args:
        asked: what is asked for.
        examples: move the query.
        searcher: answers.
        track: finds a track by its id or the beginning of it.
        top: so many tracks at most.
        options: branches, conditions, and what is a miss.
        sort: column that orders what was found, "-" before it from high to low.

    Raises:
        InputError: there is no such track, several begin so, or a condition does not fit.
        StateError: the library is empty.
    """
    from catalogs.ordering import in_order
    from retriever.decide import decide
    from v2m.usage import usage_condition

    where = options.where
    also = usage_condition(options.usage, allow_unknown=options.allow_unknown)
    query = _moved(asked.query, examples, track, searcher)
    matches = searcher.search(query, top, by=options.by, where=where, also=also)
    decision, reason = decide(
        matches,
        generate="on-miss",
        min_probability=options.min_probability,
        narrowed=bool(where or also),
    )
    if sort:
        matches = in_order(matches, sort, lambda match: match.track)
    scene = FoundScene(None, asked.description, query.text, decision, reason, tuple(matches))
    return FindResult(
        query.kind,
        asked.source,
        asked.duration_seconds,
        searcher.profile_name,
        searcher.n_tracks,
        (scene,),
        calibrated=searcher.curve(query, options.by) is not None,
        caution=searcher.caution(query, options.by),
        like=examples.like,
        unlike=examples.unlike,
    )


def _moved(
    query: Query | None,
    examples: Examples,
    track: "Callable[[str], Track]",
    searcher: "Searcher",
) -> Query:
    """Move a query by example tracks; without one they are the query."""
    named = (*examples.like, *examples.unlike)
    if query is not None and not named:
        return query
    from retriever.examples import with_examples

    ids = [track(track_id).track_id for track_id in named]
    vectors = [searcher.music_vector(track_id) for track_id in ids]
    n_like = len(examples.like)
    return with_examples(query, vectors[:n_like], vectors[n_like:], ids)


def find_video(
    planner: "VideoPlanner",
    searcher: "Callable[[], Searcher]",
    video: Path,
    top: int,
    options: PlanOptions,
) -> FindResult:
    """Find tracks for every scene of a video.

    Raises:
        MediaError: the video cannot be read.
        InputError: a note or a condition does not fit.
    """
    facts, asked = planner.ask(video, options)
    choices = planner.choose(asked, options, top)
    scenes = tuple(
        FoundScene(c.scene, c.description.text, c.prompt, c.decision, c.reason, c.matches)
        for c in choices
    )
    found = searcher()
    return FindResult(
        "video",
        str(video),
        facts.duration_seconds,
        planner.profile.name,
        found.n_tracks,
        scenes,
        calibrated=any(found.curve(one.query, options.by) for one in asked),
        caution=found.caution(asked[0].query, options.by) if asked else "",
    )
