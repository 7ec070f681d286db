"""The credits of a plan in other forms: Markdown, JSON and a card for the end of the video.

Creative Commons asks for title, author, source, licence with link, and what was changed
(CC BY 4.0 clause 3(a)(1)); each form carries all five.
"""

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from v2m.files import replacing, text_to_path
from v2m.soundtrack.credits import changes_to, clock
from v2m.soundtrack.fonts import system_font
from v2m.soundtrack.plan import Cue, CuePlan

if TYPE_CHECKING:
    from PIL import Image

WIDTH, HEIGHT = 1920, 1080
MARGIN, TOP, GUTTER = 96, 54, 48  # 5 % of width and height: safe on any screen
HEAD_HEIGHT = 90
PAPER, INK, SOFT = (16, 16, 20), (245, 245, 242), (176, 176, 184)
LAYOUTS = ((1, 34), (1, 30), (2, 28), (2, 24), (3, 22), (3, 20), (4, 18))
"""Columns and size of the letters, largest first; 18 pixels are read on any full HD picture."""

UNKNOWN_LICENCE = "unknown: ask its owner before you publish"
ADDRESS = re.compile(r"https?://[^\s<>\"']+")


def credits_document(plan: CuePlan) -> dict[str, Any]:
    """Return the credits as values that any JSON holds, in the order of first use.

    Each track has "title", "author", "source" (the page it came from, else an address that the
    attribution names, else the attribution), "attribution", "licence", "licence_url",
    "retrieved_at" (the day they were read), "changes", "generated", and "times": pairs of
    "start_seconds" and "end_seconds" in the video. A generated piece also has "prompt", "model"
    and "seed".
    """
    return {"video": _video_name(plan), "tracks": [_entry(cues) for cues in _tracks(plan)]}


def credits_markdown(plan: CuePlan) -> str:
    """Return the credits as Markdown: a heading and one item per track."""
    items = [_markdown_item(entry) for entry in credits_document(plan)["tracks"]]
    return "\n".join([f"## Music in {_escaped(_video_name(plan))}", "", *items]).rstrip() + "\n"


def write_credits_markdown(plan: CuePlan, path: Path) -> None:
    """Write the credits as Markdown; the file appears by rename."""
    with replacing(path) as temporary:
        temporary.write_text(credits_markdown(plan), encoding="utf-8")


def write_credits_json(plan: CuePlan, path: Path) -> None:
    """Write the credits as JSON; the file appears by rename."""
    document = json.dumps(credits_document(plan), indent=2, ensure_ascii=False)
    with replacing(path) as temporary:
        temporary.write_text(document + "\n", encoding="utf-8")


def draw_end_card(plan: CuePlan, path: Path) -> int:
    """Write the credits as PNGs of 1920 x 1080 pixels; each appears by rename.

    Letters shrink and columns multiply until all tracks fit. What then still does not fit goes
    on to further cards, "card-2.png" beside "card.png".

    Returns:
        The number of cards.
    """
    entries = credits_document(plan)["tracks"]
    cards = _cards(entries)
    for number, card in enumerate(cards, 1):
        out = path if number == 1 else path.with_name(f"{path.stem}-{number}{path.suffix}")
        image = _drawn(card, _video_name(plan), number, len(cards))
        with replacing(out) as temporary:
            image.save(temporary, format="PNG", optimize=True)
    return len(cards)


# ---- what is credited --------------------------------------------------------------------------


def _tracks(plan: CuePlan) -> list[list[Cue]]:
    """Group the cues by track, in the order of first use; silence has no credits."""
    by_track: dict[str, list[Cue]] = {}
    for cue in plan.cues:
        if cue.source != "silence":
            by_track.setdefault(cue.track_id or cue.track_path, []).append(cue)
    return list(by_track.values())


def _video_name(plan: CuePlan) -> str:
    return _clean(text_to_path(plan.video.path).name)


def _clean(words: str) -> str:
    """Return words on one line that any encoding holds and any font draws."""
    held = words.encode("utf-8", "replace").decode()
    return " ".join("".join(sign if sign.isprintable() else " " for sign in held).split())


def _entry(cues: list[Cue]) -> dict[str, Any]:
    cue = cues[0]
    generated = cue.source == "generated"
    link = ADDRESS.search(cue.attribution)
    entry: dict[str, Any] = {
        "title": _clean(cue.title or text_to_path(cue.track_path).stem),
        "author": _clean(cue.artist or (cue.model if generated else "")),
        "source": _clean(cue.source_url)
        or (link.group().rstrip(").,;") if link else _clean(cue.attribution)),
        "attribution": _clean(cue.attribution),
        "licence": _clean(cue.licence),
        "licence_url": _clean(cue.licence_url),
        "retrieved_at": _clean(cue.retrieved_at),
        "changes": "" if generated else changes_to(cues),
        "generated": generated,
        "times": [
            {"start_seconds": c.start_seconds, "end_seconds": c.end_seconds} for c in cues
        ],
    }  # fmt: skip
    if generated:
        entry |= {"prompt": _clean(cue.prompt), "model": _clean(cue.model), "seed": cue.seed}
    return entry


def _times(entry: dict[str, Any]) -> str:
    spans = ((time["start_seconds"], time["end_seconds"]) for time in entry["times"])
    return ", ".join(f"{clock(start)}-{clock(end)}" for start, end in spans)


def _extra_attribution(entry: dict[str, Any]) -> str:
    """Return the words of the attribution where they say more than its address."""
    return entry["attribution"] if entry["attribution"] != entry["source"] else ""


# ---- Markdown ----------------------------------------------------------------------------------


def _escaped(words: str) -> str:
    r"""Escape what Markdown would read as a sign of its own.

    >>> _escaped("*Rain* [live]")
    '\\*Rain\\* \\[live\\]'
    """
    return re.sub(r"([\\`*_{}\[\]<>#|~!])", r"\\\1", words)


def _link(words: str, address: str) -> str:
    """Return a link, or the plain words where the address is none that a browser opens."""
    if not ADDRESS.fullmatch(address):
        return _escaped(f"{words} ({address})" if address else words)
    target = address.replace("(", "%28").replace(")", "%29").replace("\\", "%5C")
    return f"[{_escaped(words)}]({target})"


def _markdown_item(entry: dict[str, Any]) -> str:
    if entry["generated"]:
        lines = [
            f"- **{_escaped(entry['title'])}**, composed by computer",
            f"  - By: {_escaped(entry['model'])}, seed {entry['seed']}, "
            f"from the words “{_escaped(entry['prompt'])}”",
        ]
    else:
        source = entry["source"] if ADDRESS.fullmatch(entry["source"]) else ""
        title = _link(entry["title"], source)
        author = f" by {_escaped(entry['author'])}" if entry["author"] else ""
        lines = [f"- **{title}**{author}"]
        if extra := _extra_attribution(entry) or (not source and entry["source"]):
            lines.append(f"  - {_escaped(extra)}")
        lines.append(f"  - Licence: {_markdown_licence(entry)}")
        lines.append(f"  - Changes: {entry['changes']}")
    return "\n".join([*lines, f"  - At {_times(entry)}"])


def _markdown_licence(entry: dict[str, Any]) -> str:
    words, address = entry["licence"], entry["licence_url"]
    if not (words or address):
        return UNKNOWN_LICENCE
    return _link(words or address, address)


# ---- the card ----------------------------------------------------------------------------------


class _Line(NamedTuple):
    """A line of the card."""

    words: str
    colour: tuple[int, int, int]


class _Card(NamedTuple):
    """What stands on one card: columns of blocks of lines."""

    size: int
    columns: list[list[list[_Line]]]


def _cards(entries: list[dict[str, Any]]) -> list[_Card]:
    """Lay out with the largest letters that need one card; with the smallest, on several."""
    for n_columns, size in LAYOUTS:
        columns = _columns(entries, n_columns, size)
        if len(columns) <= n_columns:
            return [_Card(size, columns)]
    n_columns, size = LAYOUTS[-1]
    columns = _columns(entries, n_columns, size)
    return [
        _Card(size, columns[at : at + n_columns]) for at in range(0, len(columns), n_columns)
    ]  # fmt: skip


def _columns(entries: list[dict[str, Any]], n_columns: int, size: int) -> list[list[list[_Line]]]:
    """Fill columns from the top with whole blocks."""
    room = (HEIGHT - 2 * TOP - HEAD_HEIGHT) // _step(size)
    width = _column_width(n_columns)
    columns: list[list[list[_Line]]] = [[]]
    used = 0
    for entry in entries:
        block = _block(entry, width, size)[:room]
        if used and used + len(block) > room:
            columns.append([])
            used = 0
        columns[-1].append(block)
        used += len(block) + 1
    return columns


def _step(size: int) -> int:
    """Pixels from line to line."""
    return round(size * 1.25)


def _column_width(n_columns: int) -> int:
    return (WIDTH - 2 * MARGIN - (n_columns - 1) * GUTTER) // n_columns


def _block(entry: dict[str, Any], width: int, size: int) -> list[_Line]:
    by = f" by {entry['author']}" if entry["author"] and not entry["generated"] else ""
    lines = _wrapped(f"“{entry['title']}”{by}", width, size, INK)
    if entry["generated"]:
        lines += _wrapped(f"Composed by computer ({entry['model']})", width, size, SOFT)
    else:
        for words in (_extra_attribution(entry) or entry["source"], _licence_words(entry)):
            lines += _wrapped(words, width, size, SOFT)
    changes = f"{entry['changes']}; " if entry["changes"] else ""
    return lines + _wrapped(f"{changes}at {_times(entry)}", width, size, SOFT)


def _licence_words(entry: dict[str, Any]) -> str:
    """Return licence and address; nobody types the scheme of an address off a screen."""
    address = re.sub(r"^https?://", "", entry["licence_url"])
    words = [entry["licence"], address * (entry["licence_url"] not in entry["licence"])]
    return ", ".join(filter(None, words)) or f"Licence {UNKNOWN_LICENCE}"


def _wrapped(words: str, width: int, size: int, colour: tuple[int, int, int]) -> list[_Line]:
    """Break words into lines; a word that is too long, an address mostly, is broken anywhere."""
    font = system_font(size)
    lines: list[str] = []
    line = ""
    for word in words.split():
        if line and font.getlength(f"{line} {word}") <= width:
            line = f"{line} {word}"
            continue
        lines.append(line)
        line = word
        while font.getlength(line) > width:
            n = max(1, int(len(line) * width / font.getlength(line)))
            while n > 1 and font.getlength(line[:n]) > width:
                n -= 1
            lines.append(line[:n])
            line = line[n:]
    return [_Line(words, colour) for words in [*lines, line] if words]


def _drawn(card: _Card, name: str, number: int, n_cards: int) -> "Image.Image":
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    pen = ImageDraw.Draw(image)
    head = f"Music in {name}" + (f" ({number}/{n_cards})" if n_cards > 1 else "")
    first = _wrapped(head, WIDTH - 2 * MARGIN, 48, INK)[0]
    pen.text((MARGIN, TOP), first.words, INK, system_font(48))
    font = system_font(card.size)
    left = MARGIN
    for column in card.columns:
        top = TOP + HEAD_HEIGHT
        for block in column:
            for line in block:
                pen.text((left, top), line.words, line.colour, font)
                top += _step(card.size)
            top += _step(card.size)
        left += _column_width(max(len(card.columns), _n_columns(card.size))) + GUTTER
    return image


def _n_columns(size: int) -> int:
    return {letters: n for n, letters in LAYOUTS}[size]
