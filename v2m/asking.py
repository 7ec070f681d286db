"""Makes queries of what is given: a text, a picture, music, examples, the scenes of a video."""

from collections.abc import Callable, Sequence
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
    """

    query: Query | None
    description: str
    duration_seconds: float | None = None


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
        return Asked(text_query(profile, words), words)
    if image is not None:
        from v2m.video.scenes import read_image

        seen = profile.describer.describe_frames(read_image(Path(image)))
        prompt = profile.writer(style).write(seen).text
        return Asked(scene_query(profile, seen, prompt, kind="image"), seen.text)
    return _by_music(profile, Path(audio)) if audio is not None else Asked(None, "")


def _by_music(profile: Profile, path: Path) -> Asked:
    from indexer.mapper import Mapper
    from retriever.query import audio_query

    heard = Mapper(profile).measured(path)
    seconds = heard.encoded.place.seconds
    said = profile.describe_track(heard.whole).summary
    return Asked(audio_query(heard.encoded.vectors[0], seconds), said, seconds)


def moved(
    query: Query | None,
    like: Sequence[str],
    unlike: Sequence[str],
    track: "Callable[[str], Track]",
    searcher: "Searcher",
) -> Query:
    """Move a query by example tracks, named by their ids or the beginnings of them.

    Args:
        query: what is asked for besides; None for nothing.
        like: tracks that the answer should resemble.
        unlike: tracks that it should not.
        track: finds a track by its id or the beginning of it.
        searcher: knows the vectors of tracks.

    Raises:
        InputError: there is no such track, or several begin so.
    """
    if query is not None and not (like or unlike):
        return query
    from retriever.examples import with_examples

    ids = [track(track_id).track_id for track_id in (*like, *unlike)]
    vectors = [searcher.music_vector(track_id) for track_id in ids]
    return with_examples(query, vectors[: len(like)], vectors[len(like) :], ids)


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
