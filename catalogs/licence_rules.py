"""What licences are called in the wild, and what each allows: tables and patterns, no logic.

This is a reading of the licences' texts, not legal advice. The clauses behind the flags, by family:

ND, no derivatives: never under a picture. CC BY-ND 4.0 clause 1(a): "Adapted Material is always
    produced where the Licensed Material is synched in timed relation with a moving image", and
    2(a)(1)(B) lets adapted material be made, but not shared. The same sentence stands in 3.0
    clause 1(a) ("Adaptation") and in 2.0 to 2.5 clause 1(b) ("Derivative Work"). 1.0 is silent;
    its clause 1(b) counts a "motion picture version" as derivative, so it is read alike.
NC, non-commercial: 4.0 clauses 1 ("NonCommercial") and 2(a)(1); 3.0 clause 4(b) or 4(c), 2.x and
    1.0 the same: not "primarily intended for or directed toward commercial advantage".
SA, share-alike: 4.0 clause 3(b)(1): adapted material, here the whole video, goes out under the
    same licence. 3.0 clause 4(b), 2.x and 1.0 clause 4(b).
BY, attribution: 4.0 clause 3(a)(1): creator, licence with link, and that it was changed. 3.0 and
    2.x clause 4(b), 4(c) or 4(d). The licences of 1.0 without BY have no such clause.
Sampling: Sampling Plus 1.0 clause 3(a): only "highly transformative" partial use, and "the mere
    synchronization of the Work with a moving image shall not be considered a transformation".
    The whole work may be shared for non-commercial purposes only, or (plain Sampling) not at all.
DevNations 2.0 clause 3 grants rights, synching among them (1(b)), in developing nations only; a
    published video does not end at their borders.
CC0 1.0 clause 2 waives all; clause 3 licenses what cannot be waived, without conditions.
PDM and PDDC are no licences: somebody says that nothing is left to license.
GPL-2.0 clause 2(b) and GPL-3.0 clause 5(c): the work "as a whole" goes out under the GPL, with its
    source (3; 6). Notices stay (1; 4). Without a number, any version may be chosen (9; 14).
MIT, ISC, BSD, Apache-2.0 (clause 4), zlib-like: the notice goes with every copy.
OGA-BY: CC BY without the passages of clause 4(a) on technical measures; 3.0 clause 8(g) lets works
    go out under CC BY 3.0 too.
LAL 1.3 clauses 2.2 (every author named, the licence and where the originals are), 2.3 (modified
    works under the same or a compatible licence, and said to be modified) and 4: where the work
    cannot be had apart from the whole it is built into, the whole goes out under it. 1.2 clauses
    2.2, and 3: no building into a work that is not under the licence.
OAL 1.0.1: the same freedom for every derived work, authors named.
"""

import re
from typing import NamedTuple

READING = "1"
"""Version of the reading: raise it when a table here changes what a wording is read as, and every
catalogue is read again when it is opened."""

CC = "https://creativecommons.org"
VERSIONS = ("1.0", "2.0", "2.1", "2.5", "3.0", "4.0")

# elements of a Creative Commons licence -> its part of the address, as a set exists since 1.0
CC_PATHS = {
    "BY": "by",
    "BY-SA": "by-sa",
    "BY-NC": "by-nc",
    "BY-NC-SA": "by-nc-sa",
    "BY-ND": "by-nd",
    "BY-NC-ND": "by-nc-nd",
    "NC": "nc",
    "NC-SA": "nc-sa",
    "NC-ND": "nd-nc",
    "ND": "nd",
    "SA": "sa",
}


class Terms(NamedTuple):
    """What a licence allows and asks for."""

    sync_ok: bool
    commercial_ok: bool
    share_alike: bool
    attribution_required: bool


FREE = Terms(True, True, False, False)
CREDIT = Terms(True, True, False, True)
COPYLEFT = Terms(True, True, True, True)
CLOSED = Terms(False, False, False, True)


class Named(NamedTuple):
    """A licence outside the Creative Commons grid.

    Attributes:
        pattern: regular expression over the simplified text; a group "version" holds its number.
        id: SPDX-like.
        terms: what follows.
        urls: version -> address; where there is but one version, it stands without being named.
    """

    pattern: str
    id: str
    terms: Terms
    urls: dict[str, str]


_LICENCE = r"(?: public)?(?: licen[sc]e)?"
_V = r"[ -]*(?:version |v\.? ?)?\(?(?P<version>\d+(?:\.\d+)*)?(?:(?<=\d)\))?"
_V2 = _V.replace("version>", "version2>")  # a group's name may stand once in a pattern

# The order is the order of search: what one has matched, the next does not see.
NAMED = (
    Named(
        r"(?:cc|creative commons)[ -]*(?:nc|non-?commercial)[ -]*sampling[ -]*(?:plus|\+)" + _V
        + r"|(?:nc|non-?commercial)[ -]sampling[ -]*(?:plus|\+)" + _V2,
        "CC-NC-Sampling-Plus", CLOSED, {"1.0": f"{CC}/licenses/nc-sampling+/1.0/"},
    ),
    Named(
        r"(?:(?:cc|creative commons)[ -]*)?sampling[ -]*(?:plus|\+)" + _V,
        "CC-Sampling-Plus", CLOSED, {"1.0": f"{CC}/licenses/sampling+/1.0/"},
    ),
    Named(
        r"(?:cc|creative commons)[ -]*sampling" + _LICENCE + _V,
        "CC-Sampling", CLOSED, {"1.0": f"{CC}/licenses/sampling/1.0/"},
    ),
    Named(
        r"(?:(?:cc|creative commons)[ -]*)?(?:devnations|developing nations)" + _LICENCE + _V,
        "CC-DevNations", CLOSED, {"2.0": f"{CC}/licenses/devnations/2.0/"},
    ),
    Named(
        r"(?:cc|creative commons)[ -]*(?:\(?cc[ -])?(?:0|zero)\b(?!\.[1-9])\)?(?: \(cc[ -]?0\))?"
        + _LICENCE + _V + r"(?: universal)?(?: \(cc0[ \d.]*\))?(?: public domain dedication)?",
        "CC0", FREE, {"1.0": f"{CC}/publicdomain/zero/1.0/"},
    ),
    Named(
        r"cc-?pddc|(?:cc|creative commons)[ -]*public domain dedication and certification"
        r"|copyright-only dedication",
        "CC-PDDC", FREE, {"": f"{CC}/licenses/publicdomain/"},
    ),
    Named(
        r"(?:cc[ -]?pdm|pdm(?=[ -]*v?1))" + _V
        + r"|(?:cc|creative commons)?[ -]*(?:pd|public[ -]domain)[ -]mark" + _V2
        + r"|(?:cc|creative commons)?[ -]*public[ -]?domain|gemeinfrei|domaine public"
        r"|dominio p[uú]blico|pubblico dominio",
        "PDM", FREE, {"1.0": f"{CC}/publicdomain/mark/1.0/"},
    ),
    Named(
        r"oga[ -]by" + _V, "OGA-BY", CREDIT,
        {"3.0": "https://static.opengameart.org/OGA-BY-3.0.txt",
         "4.0": "https://static.opengameart.org/OGA-BY-4.0.txt"},
    ),
    Named(
        r"lal(?=[ -]*v?\d)" + _V + r"|(?:free art|licence art libre|art libre)" + _LICENCE
        + _V2,
        "LAL", COPYLEFT,
        {"1.3": "https://artlibre.org/licence/lal/en/",
         "1.2": "https://artlibre.org/licence/lal/licence-art-libre-12/"},
    ),
    Named(
        r"(?:eff )?open audio licen[sc]e" + _V + r"|oal(?=[ -]*v?\d)"
        + _V2,
        "OAL", COPYLEFT, {"1.0.1": "https://spdx.org/licenses/OAL-1.0.1.html"},
    ),
    Named(
        r"mit licen[sc]e|licen[sc]ed? ?(?:under|:|=) ?(?:the )?mit\b|expat licen[sc]e",
        "MIT", CREDIT, {"": "https://opensource.org/license/mit"},
    ),
    Named(
        r"apache(?:(?: public| software)? licen[sc]e|(?=[ -]*v?2)),?" + _V, "Apache", CREDIT,
        {"2.0": "https://www.apache.org/licenses/LICENSE-2.0"},
    ),
    Named(
        r"bsd[ -](?:3-clause|new)|(?:3-clause|new|modified) bsd", "BSD-3-Clause", CREDIT,
        {"": "https://opensource.org/license/bsd-3-clause"},
    ),
    Named(
        r"bsd[ -](?:2-clause|simplified)|(?:2-clause|simplified) bsd", "BSD-2-Clause", CREDIT,
        {"": "https://opensource.org/license/bsd-2-clause"},
    ),
    Named(r"isc licen[sc]e", "ISC", CREDIT, {"": "https://opensource.org/license/isc-license-txt"}),
    Named(r"(?:the )?unlicense", "Unlicense", FREE, {"": "https://unlicense.org/"}),
    Named(r"wtfpl", "WTFPL", FREE, {"": "http://www.wtfpl.net/about/"}),
    Named(
        r"fma[ -]limited(?:: download only)?", "FMA-Limited", CLOSED,
        {"": "https://freemusicarchive.org/FMA_License"},
    ),
    Named(
        r"fma[ -]music[ -]sharing", "FMA-Music-Sharing", CLOSED,
        {"": "https://freemusicarchive.org/music-sharing"},
    ),
    Named(
        r"jamendo[ -]licen[sc](?:e|ing)|licensing\.jamendo\.com", "Jamendo-Licensing", CLOSED,
        {"": "https://licensing.jamendo.com/"},
    ),
    Named(
        r"all[ -]rights?[ -]reserved|alle rechte vorbehalten|tous droits r[eé]serv[eé]s"
        r"|todos los derechos reservados|tutti i diritti riservati|todos os direitos reservados"
        r"|alle rechten voorbehouden",
        "All-Rights-Reserved", CLOSED, {"": ""},
    ),
)  # fmt: skip

# GNU licences: family -> versions; each goes on as "-only" or "-or-later"
GNU = {"GPL": ("1.0", "2.0", "3.0"), "LGPL": ("2.0", "2.1", "3.0"), "AGPL": ("1.0", "3.0")}

# a whole text that is one of these is that licence; inside other words it is not
EXACT = {row.id.casefold(): row.id for row in NAMED} | {
    "x11": "MIT",
    "expat": "MIT",
    "pd": "PDM",
    "zero": "CC0",
    "zero 1.0": "CC0",
    "mark 1.0": "PDM",
    "sampling": "CC-Sampling",
    "sampling 1.0": "CC-Sampling",
    "arr": "All-Rights-Reserved",
}

# addresses, without scheme and with "-" for "_" -> the name they stand for
ADDRESSES = (
    (r"creativecommons\.org/(?:publicdomain/zero|licenses/zero|licenses/cc0|cc0|l/zero)"
     r"(?:/(?P<v>[\d.]*\d))?", "CC0"),
    (r"creativecommons\.org/(?:publicdomain/mark|l/mark)(?:/(?P<v>[\d.]*\d))?", "PDM"),
    (r"creativecommons\.org/licenses/publicdomain", "CC-PDDC"),
    (r"creativecommons\.org/licenses/nc-sampling(?:\+|%2b)(?:/(?P<v>[\d.]*\d))?",
     "CC-NC-Sampling-Plus"),
    (r"creativecommons\.org/licenses/sampling(?:\+|%2b)(?:/(?P<v>[\d.]*\d))?", "CC-Sampling-Plus"),
    (r"creativecommons\.org/licenses/sampling(?:/(?P<v>[\d.]*\d))?", "CC-Sampling"),
    (r"creativecommons\.org/licenses/devnations(?:/(?P<v>[\d.]*\d))?", "CC-DevNations"),
    (r"opengameart\.org/oga-by-(?P<v>[34]\.0)", "OGA-BY"),
    (r"artlibre\.org/licence/lal/licence-art-libre-12", "LAL-1.2"),
    (r"artlibre\.org(?:/licen[sc]e[\w./-]*)?", "LAL-1.3"),
    (r"(?:opensource\.org/licen[sc]es?/mit|mit-license\.org)\b", "MIT"),
    (r"opensource\.org/licen[sc]es?/bsd-3-clause", "BSD-3-Clause"),
    (r"opensource\.org/licen[sc]es?/bsd-2-clause", "BSD-2-Clause"),
    (r"opensource\.org/licen[sc]es?/isc\w*", "ISC"),
    (r"apache\.org/licenses/license-(?P<v>2\.0)", "Apache"),
    (r"unlicense\.org", "Unlicense"),
    (r"wtfpl\.net", "WTFPL"),
    (r"freemusicarchive\.org/fma-license", "FMA-Limited"),
    (r"freemusicarchive\.org/music-sharing", "FMA-Music-Sharing"),
    (r"licensing\.jamendo\.com", "Jamendo-Licensing"),
    (r"(?:pan\.zipcon\.net/eff|eff\.org/ip/open-licenses)/[\w.]*oal[\w.]*", "OAL"),
)  # fmt: skip

# words for the elements, as the deeds of Creative Commons say them
ELEMENT_WORDS = {
    "by": r"attribution|namensnennung|paternit[eé]|reconocimiento|atribuci[oó]n|atribui[cç][aã]o"
    r"|atribui[cç][oõ]es|attribuzione|naamsvermelding|erkännande|uznanie autorstwa|nimeä",
    "nc": r"non[- ]?commercial(?: use)?|nicht[- ]?kommerziell|keine kommerzielle nutzung"
    r"|pas d[e' ]*utilisation commerciale|no[- ]?comercial|uso n[aã]o[- ]?comercial"
    r"|n[aã]o[- ]?comercial|non[- ]?commerciale|niet[- ]?commercieel|u[zż]ycie niekomercyjne",
    "sa": r"share[- ]?alike|weitergabe unter gleichen bedingungen"
    r"|partage (?:dans les m[eê]mes conditions|[aà] l'identique(?: des conditions initiales)?)"
    r"|compartir[- ]?(?:bajo la misma licencia|igual)|compartilha(?:mento|r) pela mesma licen[cç]a"
    r"|compartilhaigual|condividi allo stesso modo|gelijk[- ]?delen|na tych samych warunkach",
    "nd": r"no[- ]?deriv(?:ative|ate|)s?(?: works?)?|no[- ]?derivs\.?|keine[- ]?bearbeitung(?:en)?"
    r"|pas de modifications?|sin ?obras? ?derivadas?|sinderivad[ao]s?"
    r"|(?:vedada a cria[cç][aã]o de |sem )obras derivadas|sem derivados|sem derivações"
    r"|non opere derivate|geen ?afgeleide ?werken|bez utworów zależnych",
}

# legal homes of ported licences: code -> names, from the list of ports of Creative Commons
PORTS = {
    "ar": "argentina", "at": "austria|österreich", "au": "australia",
    "be": "belgium|belgië|belgique",
    "bg": "bulgaria", "br": "brazil|brasil", "ca": "canada", "ch": "switzerland|schweiz",
    "cl": "chile", "cn": "china mainland|china", "co": "colombia", "cr": "costa rica",
    "cz": "czech republic", "de": "germany|deutschland", "dk": "denmark|danmark", "ec": "ecuador",
    "ee": "estonia", "eg": "egypt", "es": "spain|españa", "fi": "finland|suomi", "fr": "france",
    "gr": "greece", "gt": "guatemala", "hk": "hong kong", "hr": "croatia", "hu": "hungary",
    "ie": "ireland", "igo": "igo|intergovernmental organi[sz]ations?", "il": "israel",
    "in": "india", "it": "italy|italia", "jp": "japan", "kr": "korea|south korea",
    "lu": "luxembourg", "mk": "macedonia", "mt": "malta", "mx": "mexico|méxico", "my": "malaysia",
    "nl": "netherlands|nederland", "no": "norway|norge", "nz": "new zealand", "pe": "peru|perú",
    "ph": "philippines", "pl": "poland|polska", "pr": "puerto rico", "pt": "portugal",
    "ro": "romania", "rs": "serbia", "scotland": "uk: scotland|scotland", "se": "sweden|sverige",
    "sg": "singapore", "si": "slovenia", "th": "thailand", "tw": "taiwan", "ug": "uganda",
    "uk": r"uk: england (?:&|and) wales|england (?:&|and) wales|united kingdom",
    "us": "united states(?: of america)?|usa", "ve": "venezuela", "vn": "vietnam",
    "za": "south africa",
}  # fmt: skip

# words that take back what a licence beside them gives: flag -> pattern
RESTRICTIONS = {
    "commercial_ok": r"<nc>|non-?commercial"
    r"|not? (?:be used )?(?:for |allow |allowed )?(?:any )?commercial"
    r"|(?:personal|private|educational) use only|only for (?:personal|private)"
    r"|commercial us(?:e|age) (?:requires|needs|on request|is not|not|prohibited|forbidden)"
    r"|except\w* (?:for )?(?:any )?commercial|no monetiz\w+",
    "sync_ok": r"<nd>|no[- ]?deriv\w*|no remix\w*|not? (?:for |be used in |in |under )(?:any )?"
    r"(?:videos?|films?|moving|picture)|no sync\w*|sync\w* rights? (?:are )?(?:reserved|not)"
    r"|streaming only|listening only",
}

# words before or around a licence that make it mean something else: nothing is then known
DOUBTS = (
    r"\b(?:not|no longer|never|isn't|aren't|neither|except|excluding|formerly|previously|unless)\b"
    r"[^.;\n]{0,40}$",
    r"\b(?:composition|melody|score|sheet music|lyrics|artwork|cover)\b[^.;\n]{0,30}$",
)
ONLY_THERE = r"\s*(?:only )?(?:in|within) (?:the )?(?:usa?|united states|eu|uk|canada|australia)\b"

ADDRESS = "\x01"
"""Stands where an address begins, in place of its scheme."""

CC_ADDRESS = re.compile(
    rf"{ADDRESS}?(?:i\.)?creativecommons\.[a-z]+/(?:licen[sc]es|l)/(?P<code>[a-z+-]+)"
    r"(?:/(?P<version>[\d.]*\d))?(?:/(?P<port>[a-z]+)(?![\w.]))?[^\s)\]]*"
)

GNU_NAME = re.compile(
    r"(?<!\w)(?:(?P<family>[al]?gpl)|gnu (?:(?P<kind>lesser|library|affero) )?general public "
    r"licen[sc]e)(?:[ ,-]*(?:version |v\.?)?(?P<version>\d(?:\.\d)?)(?!\d))?"
    r"(?P<later>\+|,?[ -](?:or|and)[ -](?:\(at your option\) )?(?:any )?(?:later|newer)"
    r"(?: versions?)?)?(?:[ -]only)?(?!\w)"
)
KINDS = {"lesser": "LGPL", "library": "LGPL", "affero": "AGPL"}

_WORD, CODE, _GAP = r"<(?:by|nc|sa|nd)>", r"(?:by|nc|sa|nd)", r"[ \-/,+&()]{0,3}"
_RUN = rf"(?:{_WORD}|{CODE})(?:{_GAP}(?:{_WORD}|{CODE}))*(?!\w)"
_LICENSED = r"(?:public )?(?:licen[sc]ed?|lizenz|licencia|licenza|licença|licentie)"
_VERSION = (
    rf"(?:[ \-,(:]*{_LICENSED})?(?: ?\(aka music sharing\))?"
    r"(?:[ \-,(:]*(?:(?:version|ver\.?|v\.?) ?)?(?P<version>\d(?:\.\d+)?)(?![\d]))?"
)
CC_RUNS = tuple(
    re.compile(pattern + _VERSION)
    for pattern in (
        rf"(?<!\w)(?:cc|creative commons)[ \-:,(]*(?:{_LICENSED}[ :,(-]*)?(?P<run>{_RUN})",
        rf"(?P<run><by>(?: ?[ \-/] ?{_WORD})+)",
        r"(?<![\w-])(?P<run>by(?:-(?:nc|sa|nd))+)(?![\w-]*[a-z])",
    )
)
CC_WHOLE = re.compile(rf"[^\w<]*(?P<run>{_RUN}){_VERSION}")
FILLER = re.compile(rf"[\W]*(?:(?:{_LICENSED}|creative commons|deed)[\W]*)*")
# what follows "CC by" where that is no licence
GOES_ON = re.compile(r"\s+(?!licen[sc]|unported|international|generic|or\b|and\b|v?\d)\w")
_PORT_CODES = "|".join(PORTS)
_HOMES = "|".join(f"(?P<{code}>{names})" for code, names in PORTS.items())
PORT = re.compile(
    r"(?:[ \-,(]*(?:unported|international|internacional|generic|nicht portiert|no portada))?"
    rf"(?:-(?P<code>{_PORT_CODES})(?!\w)|[ ,(]+(?P<last>{_PORT_CODES})(?=\s*(?:$|[.,;)\]]))"
    rf"|[ \-,(]+(?:{_HOMES})(?!\w))?"
)
