"""Which cues of a plan may not be used the way the video will be used.

Three usages:

``personal``: the video is made and shown in private and never published. No licence is then
    asked for a permission it could refuse: "no derivatives" of Creative Commons 4.0 lets adapted
    material be made, only not shared (BY-ND 4.0 clause 2(a)(1)(B)), "non-commercial" is kept, and
    for all others the law of most countries knows an exception for private copies. So nothing
    breaches, unknown licences included.
``noncommercial``: the video is shown to others and earns nothing: no advertisements, no sponsor,
    not for a business. Every piece needs a licence that is known and allows timed synchronisation
    with a picture; "non-commercial" licences do ("not primarily intended for or directed towards
    commercial advantage or monetary compensation", 4.0 clause 1).
``commercial``: the video is published and may earn money. Every piece needs a licence that is
    known, allows timed synchronisation with a picture, and allows commercial use.

A person who holds a licence that v2m cannot read, bought from a library for instance, says so with
``allow_unknown``: pieces whose licence is not known then pass, and the plan names each. What a
licence forbids in words we know stays forbidden.

Where this ends: share-alike does not breach, but binds the whole video: ``duties`` says so. What
the data say may be wrong, uploaders give away what is not theirs, and exceptions differ by
country. This is no legal advice.
"""

from typing import TYPE_CHECKING, Literal, get_args

from v2m.errors import ConfigError

if TYPE_CHECKING:
    from catalogs.licences import Licence
    from v2m.soundtrack.plan import Cue, CuePlan

Usage = Literal["personal", "noncommercial", "commercial"]
USAGES: tuple[Usage, ...] = get_args(Usage)

CONDITIONS = {"noncommercial": "sync_ok", "commercial": "sync_ok AND commercial_ok"}
"""What a usage asks of the catalogue's columns; "personal" asks nothing."""


WAYS_OUT = "ask its owner, exclude it, or say --allow-unknown if you hold a licence"


def check_usage(usage: str) -> Usage:
    """Return the usage.

    Raises:
        ConfigError: there is no such usage.
    """
    for known in USAGES:
        if usage == known:
            return known
    raise ConfigError("usage", usage, USAGES)


def usage_condition(usage: str, *, allow_unknown: bool = False) -> str:
    """Return the SQL condition on tracks that a usage means; "" where it means none.

    Args:
        usage: "personal", "noncommercial" or "commercial", as the module says.
        allow_unknown: licences that are not known pass.

    Raises:
        ConfigError: there is no such usage.

    >>> usage_condition("commercial", allow_unknown=True)
    '(sync_ok AND commercial_ok OR NOT licence_known)'
    """
    condition = CONDITIONS.get(check_usage(usage), "")
    if not condition:
        return ""
    return f"({condition} OR NOT licence_known)" if allow_unknown else f"({condition})"


def breaches(plan: "CuePlan", usage: str) -> list[str]:
    """Return one line for each cue that may not be used so; none where all may.

    Args:
        plan: the cue plan; it says whether unknown licences pass.
        usage: "personal", "noncommercial" or "commercial", as the module says.

    Raises:
        ConfigError: there is no such usage.
    """
    lines = []
    for number, cue in enumerate(plan.cues):
        if cue.source == "silence" or (plan.allow_unknown and not cue_licence(cue).known):
            continue
        if reason := _forbidden(cue, usage):
            lines.append(f"{_place(number, cue)}: {reason}")
    return lines


def trusted(plan: "CuePlan") -> list[str]:
    """Return one line for each cue that passes only because its maker vouches for the licence."""
    if check_usage(plan.usage) == "personal" or not plan.allow_unknown:
        return []
    return [
        f"{_place(number, cue)}: licence not known, used on your word"
        for number, cue in enumerate(plan.cues)
        if cue.source != "silence" and not cue_licence(cue).known
    ]


def duties(plan: "CuePlan") -> list[str]:
    """Return what the licences of a plan bind the published video to; one line per licence."""
    lines: dict[str, None] = {}
    for cue in plan.cues:
        licence = cue_licence(cue)
        if cue.source != "silence" and licence.share_alike:
            lines[f"the whole video must be published under {licence.name} (share-alike)"] = None
    if len(lines) > 1:
        lines["two share-alike licences in one video may exclude each other: check both"] = None
    return list(lines)


def cue_licence(cue: "Cue") -> "Licence":
    """Return the licence of a cue's music, read from its words and its address together."""
    from catalogs.generated_terms import GENERATED, composer_in, composer_terms, terms_of

    names_composer = cue.licence.startswith(GENERATED) and composer_in(cue.licence)
    if cue.source == "generated" and not names_composer:
        return composer_terms(cue.model)
    return terms_of(cue.licence, cue.licence_url)


def allows(licence: "Licence", usage: str) -> bool:
    """Whether a licence allows a usage.

    Raises:
        ConfigError: there is no such usage.
    """
    return not _objection(licence, usage)


def _composer(cue: "Cue") -> str:
    """Return the name of the composer of a composed piece; "" for one that was not composed."""
    from catalogs.generated_terms import GENERATED, composer_in

    if cue.licence.startswith(GENERATED):
        return composer_in(cue.licence) or cue.model or "unnamed"
    return (cue.model or "unnamed") if cue.source == "generated" else ""


def _forbidden(cue: "Cue", usage: str) -> str:
    """Say why a cue's music may not be used so; "" where it may."""
    licence = cue_licence(cue)
    objection = _objection(licence, usage)
    if not objection:
        return ""
    if composer := _composer(cue):
        if licence.known:
            return f"composed by {composer}, whose music is {licence.name}: {objection}"
        return f"composed by {composer}, whose terms are not known"
    written = " ".join(f"{cue.licence} {cue.licence_url}".split())
    if not written:
        return f"no licence is given: {WAYS_OUT}"
    if not licence.known:
        return f"licence {written!r} is not known: {WAYS_OUT}"
    return f"{licence.name} {objection}"


def _objection(licence: "Licence", usage: str) -> str:
    """Say what a licence has against a usage under a picture; "" for nothing."""
    if check_usage(usage) == "personal":
        return ""
    if not licence.known:
        return "is not known"
    if not licence.sync_ok:
        return _why_no_sync(licence)
    free = usage == "noncommercial" or licence.commercial_ok
    return "" if free else "forbids commercial use"


def _why_no_sync(licence: "Licence") -> str:
    if licence.id.startswith("CC-") and licence.id.endswith("-ND"):
        return "forbids derivatives, and music set to a picture is one (4.0 clause 1(a))"
    return "does not allow music under a video"


def _place(number: int, cue: "Cue") -> str:
    title = f'"{cue.title}"' if cue.title else "untitled"
    by = f" by {cue.artist}" if cue.artist else ""
    return f"cue {number}, {cue.start_seconds:.1f}-{cue.end_seconds:.1f} s, {title}{by}"
