"""Reads a licence, however it is written, into one record of what it allows under a picture.

What each licence allows, and by which of its clauses, stands in ``catalogs/licence_rules.py``.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from catalogs.licence_rules import (
    ADDRESS,
    ADDRESSES,
    CC,
    CC_ADDRESS,
    CC_PATHS,
    CC_RUNS,
    CC_WHOLE,
    CLOSED,
    CODE,
    DOUBTS,
    ELEMENT_WORDS,
    EXACT,
    FILLER,
    GNU,
    GNU_NAME,
    GOES_ON,
    KINDS,
    NAMED,
    ONLY_THERE,
    PORT,
    PORTS,
    RESTRICTIONS,
    VERSIONS,
    Named,
    Terms,
)
from catalogs.licence_rules import COPYLEFT as GNU_TERMS

LONGEST = 4000
"""Characters that are read; a licence is named in its first lines."""


@dataclass(frozen=True)
class Licence:
    """What a licence says about music under a picture.

    Attributes:
        id: like SPDX, without version: "CC-BY-NC-SA", "CC0", "PDM" (also for the bare words
            "public domain"), "MIT"; GNU licences with it, "GPL-2.0-or-later"; "" for unknown.
        version: "3.0"; "" where none is named or there is none.
        port: the legal home, "de"; "" for international and unported.
        url: canonical address; "" where the version is not known, since it would be invented.
        sync_ok: may be set under a moving picture that others get to see.
        commercial_ok: may be used for commercial advantage.
        share_alike: the whole video must go out under the same licence.
        attribution_required: must be credited.
        known: False where the licence could not be read; nothing is then allowed.
    """

    id: str = ""
    version: str = ""
    port: str = ""
    url: str = ""
    sync_ok: bool = False
    commercial_ok: bool = False
    share_alike: bool = False
    attribution_required: bool = True
    known: bool = False

    @property
    def name(self) -> str:
        """Return the id with version and port, as SPDX writes it; "" for unknown.

        >>> parse_licence("http://creativecommons.org/licenses/by-nc-sa/3.0/de/").name
        'CC-BY-NC-SA-3.0-DE'
        """
        version = "" if self.id.startswith(tuple(GNU)) else self.version
        return "-".join(part for part in (self.id, version, self.port.upper()) if part)


UNKNOWN = Licence()


class _Mention(NamedTuple):
    """A licence named at a place of the text."""

    start: int
    end: int
    licence: Licence


@lru_cache(maxsize=4096)
def parse_licence(text: str) -> Licence:
    """Read a licence from an address, a title, an SPDX id, a tag of a file or free text.

    Where a text names several licences, the strictest counts; joined by "or", the freest. Where
    words beside a licence take back what it gives ("CC BY, personal use only"), where it is
    denied ("not CC BY") or where no licence is stricter than all others, nothing is known.

    Never raises. ``parse_licence(licence.name)`` and, where there is one,
    ``parse_licence(licence.url)`` give the same record again.

    >>> parse_licence("Attribution-NonCommercial-ShareAlike 3.0 International").id
    'CC-BY-NC-SA'
    >>> parse_licence("http://creativecommons.org/licenses/by-nd-nc/1.0/").sync_ok
    False
    >>> parse_licence("free for everybody!").known
    False
    """
    simple = _simplified(text)
    if exact := EXACT.get(simple.strip(" .")):
        return _named(exact)
    mentions, rest = _find_all(simple)
    if not mentions or any(_doubted(simple, mention) for mention in mentions):
        return UNKNOWN
    choose = _freest if _are_alternatives(simple, mentions) else _strictest
    licence = choose(_merged([mention.licence for mention in mentions]))
    taken_back = any(
        getattr(licence, flag) and re.search(rf"(?<!\w)(?:{words})", rest)
        for flag, words in RESTRICTIONS.items()
    )
    return UNKNOWN if taken_back else licence


# ---- making the text simple --------------------------------------------------------------------


def _simplified(text: str) -> str:
    """Lower case, plain dashes and quotes, single spaces; schemes of addresses become a mark."""
    text = unicodedata.normalize("NFKC", text[:LONGEST]).casefold()
    text = unicodedata.normalize("NFKC", text).replace("_", "-")
    text = re.sub(r"[\u2010-\u2015\u2212]", "-", text)
    text = re.sub(r"[\u2018\u2019\u02bc`]", "'", text)
    text = re.sub(r"[\x00-\x20<>\"{}\s]+", " ", text)
    text = re.sub(r"-{3,}", "--", text)
    text = re.sub(r"https?:/{1,2}(?:www\.)?", ADDRESS, text)
    text = re.sub(r"(?<!\w)\(cc\)", "cc", text).replace("creative-commons", "creative commons")
    return re.sub(
        rf"{ADDRESS}?(?:spdx\.org/licenses|gnu\.org/(?:licenses|copyleft)(?:/old-licenses)?)/"
        r"([\w.+-]+?)(?:\.(?:en\.)?html|\.txt)?(?![\w.+-])",
        r" \1 ",
        text,
    )


def _find_all(simple: str) -> tuple[list[_Mention], str]:
    """Return the mentions in order and the text with them blanked out."""
    found: list[_Mention] = []
    rest = simple
    for find in (_find_addresses, _find_named, _find_gnu, _find_creative_commons):
        more, rest = find(rest)
        found += more
    return sorted(found, key=lambda mention: mention.start), rest


def _blank(text: str, mentions: list[_Mention]) -> str:
    """Blank out what has been read, so that places stay and nothing is read twice."""
    for start, end, _ in mentions:
        text = text[:start] + " " * (end - start) + text[end:]
    return text


# ---- finding -----------------------------------------------------------------------------------


def _find_addresses(text: str) -> tuple[list[_Mention], str]:
    found: list[_Mention] = []
    for pattern, name in ADDRESSES:
        for match in re.finditer(rf"{ADDRESS}?(?:\w{{1,20}}\.)?{pattern}[^\s)\]]*", text):
            version = match.groupdict().get("v") or ""
            found.append(_Mention(*match.span(), _named(name, version)))
        text = _blank(text, found)
    for match in CC_ADDRESS.finditer(text):
        code, version, port = (match[name] or "" for name in ("code", "version", "port"))
        elements = set(code.upper().split("-"))
        found.append(_Mention(*match.span(), _creative_commons(elements, version, port)))
    text = _blank(text, found)
    return found, re.sub(rf"{ADDRESS}[^\s{ADDRESS}]*", lambda match: " " * len(match[0]), text)


def _find_named(text: str) -> tuple[list[_Mention], str]:
    found: list[_Mention] = []
    for row in NAMED:
        for match in re.finditer(rf"(?<!\w)(?:{row.pattern})(?!\w)", text):
            version = next(filter(None, match.groupdict().values()), "")
            found.append(_Mention(*match.span(), _of_row(row, version)))
        text = _blank(text, found)
    return found, text


def _find_gnu(text: str) -> tuple[list[_Mention], str]:
    found = []
    for match in GNU_NAME.finditer(text):
        family = (match["family"] or "").upper() or KINDS.get(match["kind"] or "", "GPL")
        licence = _gnu(family, match["version"] or "", bool(match["later"]))
        found.append(_Mention(*match.span(), licence))
    return found, _blank(text, found)


def _find_creative_commons(text: str) -> tuple[list[_Mention], str]:
    words = text
    for code, names in ELEMENT_WORDS.items():
        words = re.sub(rf"(?<!\w)(?:{names})(?!\w)", f"<{code}>", words)
    whole = CC_WHOLE.match(words)
    if whole and ("by" in whole["run"] or whole["version"]):
        mention = _of_run(whole, words)
        if FILLER.fullmatch(words, mention.end):
            return [mention], ""
    found: list[_Mention] = []
    for pattern in CC_RUNS:
        matches = (m for m in pattern.finditer(words) if not _names_somebody(words, m))
        found += [_of_run(match, words) for match in matches]
        words = _blank(words, found)
    return found, words


def _names_somebody(words: str, match: re.Match[str]) -> bool:
    """Whether "by" is the English word: "CC by Ada" names a composer, "CC BY 3.0" a licence."""
    if match["run"] != "by" or "-by" in match[0] or match["version"]:
        return False
    return GOES_ON.match(words, match.end("run")) is not None


def _of_run(match: re.Match[str], words: str) -> _Mention:
    elements = {code.upper() for code in re.findall(CODE, match["run"])}
    home = PORT.match(words, match.end())
    groups = {name: value for name, value in home.groupdict().items() if value} if home else {}
    port = groups.get("code") or groups.get("last") or next(iter(groups), "")
    end = home.end() if home else match.end()
    return _Mention(match.start(), end, _creative_commons(elements, match["version"] or "", port))


# ---- making records ----------------------------------------------------------------------------


def _creative_commons(elements: set[str], version: str, port: str) -> Licence:
    """Return the record of a set of elements; unknown where no such licence exists."""
    version = f"{version}.0" if version.isdecimal() else version
    if version != "1.0" and (version, port) != ("2.0", "jp"):
        elements = elements | {"BY"}  # from 2.0 on every licence asks for attribution
    key = "-".join(part for part in ("BY", "NC", "SA", "ND") if part in elements)
    path = CC_PATHS.get(key)
    if path is None or len(elements) != key.count("-") + 1 or version not in ("", *VERSIONS):
        return UNKNOWN
    port = port if port in PORTS and version not in ("", "4.0") else ""
    if (version, path) == ("1.0", "by-nc-nd"):
        path = "by-nd-nc"  # the order it was published in
    url = "/".join(part for part in (f"{CC}/licenses", path, version, port) if part) + "/"
    terms = Terms("ND" not in elements, "NC" not in elements, "SA" in elements, "BY" in elements)
    return Licence(f"CC-{key}", version, port, url if version else "", *terms, known=True)


def _named(name: str, version: str = "") -> Licence:
    """Return the record of a licence outside the Creative Commons grid, by its id or name."""
    row = next((row for row in NAMED if row.id == name), None)
    if row is None:
        name, _, version = name.rpartition("-")
        row = next(row for row in NAMED if row.id == name)
    return _of_row(row, version)


def _of_row(row: Named, version: str) -> Licence:
    """Take a number that is no version of this licence for something else, a year for instance."""
    if f"{version}.0" in row.urls:
        version = f"{version}.0"
    if version not in row.urls:
        if re.fullmatch(r"\d\.\d", version) and row.terms is not CLOSED:
            return UNKNOWN
        version = next(iter(row.urls)) if len(row.urls) == 1 else ""
    return Licence(row.id, version, "", row.urls.get(version, ""), *row.terms, known=True)


def _gnu(family: str, version: str, or_later: bool) -> Licence:
    version = f"{version}.0" if version.isdecimal() else version
    if not version:  # GPL-2.0 clause 9: without a number, any version ever published
        version, or_later = GNU[family][0], True
    if version not in GNU[family]:
        return UNKNOWN
    name = f"{family}-{version}-{'or-later' if or_later else 'only'}"
    url = f"https://spdx.org/licenses/{name}.html"
    return Licence(name, version, "", url, *GNU_TERMS, known=True)


# ---- judging several ---------------------------------------------------------------------------


def _doubted(simple: str, mention: _Mention) -> bool:
    """Whether the words around a mention make it mean something else."""
    before, after = simple[: mention.start], simple[mention.end :]
    if any(re.search(pattern, before) for pattern in DOUBTS):
        return True
    return mention.licence.id == "PDM" and re.match(ONLY_THERE, after) is not None


def _are_alternatives(simple: str, mentions: list[_Mention]) -> bool:
    """Whether the mentions are joined by "or", as in "CC BY-SA 3.0, GPL 3.0 or OGA-BY 3.0"."""
    gaps = (simple[left.end : right.start] for left, right in pairwise(mentions))
    joints = [gap.strip(" ()[],") for gap in gaps]
    return "or" in joints and all(joint in ("or", "") for joint in joints)


def _merged(licences: list[Licence]) -> list[Licence]:
    """Return one record per id: the first that names a version, with a port if one of them does."""
    by_id: dict[str, Licence] = {}
    for licence in licences:
        kept = by_id.setdefault(licence.id, licence)
        ports_it = licence.port and not kept.port and licence.version == kept.version
        if not kept.version or ports_it:
            by_id[licence.id] = licence
    return list(by_id.values())


def _freedoms(licence: Licence) -> tuple[bool, bool, bool, bool, bool]:
    return (
        licence.known,
        licence.sync_ok,
        licence.commercial_ok,
        not licence.share_alike,
        not licence.attribution_required,
    )


def _freest(licences: list[Licence]) -> Licence:
    return max(licences, key=_freedoms)


def _strictest(licences: list[Licence]) -> Licence:
    """Return the one that allows nothing another forbids; unknown where there is none."""
    least = min(licences, key=lambda licence: sum(_freedoms(licence)))
    least_freedoms = _freedoms(least)
    fits = all(
        mine <= theirs
        for licence in licences
        for mine, theirs in zip(least_freedoms, _freedoms(licence), strict=True)
    )
    return least if fits else UNKNOWN
