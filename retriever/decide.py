"""Chooses between the library and the composer."""

from collections.abc import Sequence

from retriever.search import Match


def decide(
    matches: Sequence[Match], *, generate: str, min_probability: float, narrowed: bool = False
) -> tuple[str, str]:
    """Choose between the library and the composer, and say why.

    Args:
        matches: best first.
        generate: "on-miss", "never" or "always".
        min_probability: a best match less likely than this is a miss.
        narrowed: a condition or a use left tracks out, so that there may be others.
    """
    heard = [match for match in matches if match.track.has_audio]
    if generate == "always":
        return "generate", "asked to compose every scene"
    if not heard:
        audio = " whose audio is here" if matches else ""
        left = "no track meets the condition or may be used for this"
        there = left if narrowed and not matches else f"the library holds nothing to compare{audio}"
        return "generate", there
    best = heard[0].probability
    if best >= min_probability:
        return "retrieve", f"{best:.0%} likely to fit (at least {min_probability:.0%} asked)"
    if generate == "never":
        return (
            "retrieve",
            f"nothing is likely enough (best {best:.0%}, {min_probability:.0%} asked), "
            "but composing is off: the nearest there is",
        )
    return "generate", f"a miss: the best track is {best:.0%} likely, {min_probability:.0%} asked"
