"""Says in plain words why a track was found."""

from collections.abc import Mapping, Sequence

from v2m.types import Track

TELLING = 0.3
"""A text match under this cosine is noise, so it is not named."""


def explain(
    track: Track,
    scores: Mapping[str, float],
    sound_words: Sequence[str],
    telling: Mapping[str, float] | None = None,
) -> str:
    """Name what matched, strongest first.

    Args:
        track: what was found.
        scores: by branch, cosine or, for words, the share of the request that is met.
        sound_words: attributes of the sound that the query asked for, best first.
        telling: by branch, the cosine from which a text match is no noise.

    >>> from pathlib import Path
    >>> explain(Track("a", Path("a.mp3"), "Rain"), {"title": 0.61, "audio": 0.4}, ["slow", "piano"])
    'title "Rain" fits the words (0.61); sounds slow, piano (0.40)'
    """
    least = telling or {}
    reasons: list[tuple[float, str]] = []
    if (score := scores.get("description", 0.0)) >= least.get("description", TELLING):
        words = " ".join(track.description.split())
        short = words if len(words) <= 60 else words[:59].rstrip() + "…"
        reasons.append((score, f'description "{short}" fits the words ({score:.2f})'))
    if (score := scores.get("title", 0.0)) >= least.get("title", TELLING):
        reasons.append((score, f'title "{track.title}" fits the words ({score:.2f})'))
    if (score := scores.get("words", 0.0)) >= TELLING:
        reasons.append((score, f"its words hold {score:.0%} of the request"))
    if "audio" in scores:
        heard = f"sounds {', '.join(sound_words)}" if sound_words else "sound"
        reasons.append((scores["audio"], f"{heard} ({scores['audio']:.2f})"))
    reasons.sort(key=lambda reason: -reason[0])
    return "; ".join(text for _, text in reasons) or "nearest there is; nothing matches well"
