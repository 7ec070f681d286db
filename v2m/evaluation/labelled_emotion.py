"""How well a library's music space hears moods that people have named."""

from collections.abc import Sequence

from v2m.errors import InputError
from v2m.evaluation.datasets.items import MusicItem
from v2m.evaluation.emotion import EmotionFigures, emotion_figures
from v2m.evaluation.emotion_heads import PhraseHead
from v2m.evaluation.library_retrieval import track_vectors
from v2m.library import Library

MOODS: dict[str, frozenset[str]] = {
    "ang": frozenset({"angry", "aggressive", "tense", "action", "dark", "battle", "horror"}),
    "hap": frozenset(
        {"happy", "energetic", "cheerful", "upbeat", "fun", "funny", "party", "joyful"}
    ),
    "neu": frozenset({"calm", "neutral", "tender", "peaceful", "relaxing", "meditative", "soft"}),
    "sad": frozenset({"sad", "nostalgic", "melancholic", "melancholy", "dramatic", "mournful"}),
}
"""Labels that name a mood, by the class they are counted as; calm ones have no class of their own
among the paper's four and count as neutral."""


def class_of_labels(labels: frozenset[str]) -> str | None:
    """Return the one class that labels name; None where they name none, or several.

    >>> class_of_labels(frozenset({"acoustic", "nostalgic"}))
    'sad'
    """
    named = [name for name, moods in MOODS.items() if labels & moods]
    return named[0] if len(named) == 1 else None


def labelled_emotions(
    library: Library, items: Sequence[MusicItem], *, seed: int = 0
) -> EmotionFigures:
    """Compare what a library's vectors say with the moods people named.

    Args:
        library: that holds the music.
        items: with sound and labels.
        seed: of the resampling.

    Raises:
        InputError: no label names a mood of music that is in the library.
        StateError: a track was not indexed with this profile.
    """
    by_path = {track.path.resolve(): track.track_id for track in library.tracks()}
    held = [
        (by_path[item.audio.resolve()], wanted)
        for item in items
        if item.audio is not None and item.audio.resolve() in by_path
        if (wanted := class_of_labels(item.labels)) is not None
    ]
    if not held:
        raise InputError("no label names one of the four emotions of music in the library")
    head = PhraseHead(library.profile)
    heard = head.hear_vectors(track_vectors(library, [track_id for track_id, _ in held]))
    return emotion_figures([wanted for _, wanted in held], heard, head=head.name, seed=seed)
