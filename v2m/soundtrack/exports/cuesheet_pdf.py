"""Writes the cue sheet of a plan as a PDF to send or to print: A4, landscape."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from v2m.files import replacing, text_to_path
from v2m.soundtrack.exports.cuesheet import cue_sheet
from v2m.soundtrack.fonts import system_font_path
from v2m.soundtrack.plan import CuePlan
from v2m.soundtrack.timecode import FrameRate, frame_rate

if TYPE_CHECKING:
    from fpdf import FPDF
    from fpdf.fonts import FontFace

COLUMNS = {
    "cue": ("Cue", 5),
    "title": ("Title", 27),
    "artist": ("Artist", 20),
    "in": ("In", 12),
    "out": ("Out", 12),
    "duration": ("Length", 8),
    "source": ("Source", 9),
    "usage": ("Usage", 11),
    "licence": ("Licence", 14),
    "attribution": ("Credit", 30),
}
"""Columns of the sheet: what stands over them, and their share of the width."""

FAMILY = "letters"
MARGIN_MM = 12
SIZE_PT, HEAD_PT, SMALL_PT = 8, 14, 7


def write_cue_sheet_pdf(plan: CuePlan, path: Path, *, rate: FrameRate | None = None) -> None:
    """Write the cue sheet as PDF; the file appears by rename.

    Letters beyond Latin-1 need a font of the system that has them; without one they come out as
    question marks, and the sheet says so.

    Args:
        plan: the cue plan.
        path: the file to write.
        rate: of the timecode; None takes the video's, 29.97 and 59.94 as drop-frame.

    Raises:
        InputError: the folder cannot be written to.
    """
    rate = rate or frame_rate(plan.video.fps)
    with _paper() as pdf:
        written = _Sheet(pdf)
        written.head(plan, rate)
        written.table(cue_sheet(plan, rate=rate))
        written.foot(plan)
        with replacing(path) as temporary:
            pdf.output(str(temporary))


@contextmanager
def _paper() -> Iterator["FPDF"]:
    """Yield an empty document, with a wide font where the system has one."""
    from fpdf import FPDF
    from fpdf.fonts import TTFFont

    pdf = FPDF(orientation="landscape", format="A4")
    pdf.set_margin(MARGIN_MM)
    pdf.set_auto_page_break(auto=True, margin=MARGIN_MM)
    font = system_font_path()
    if font:
        pdf.add_font(FAMILY, fname=font)
    try:
        yield pdf
    finally:
        for held in pdf.fonts.values():
            if isinstance(held, TTFFont):
                held.ttfont.close()  # fpdf2 leaves the file open


class _Sheet:
    """A cue sheet being written."""

    def __init__(self, pdf: "FPDF") -> None:
        self._pdf, self._wide = pdf, bool(pdf.fonts)
        self._family = FAMILY if self._wide else "helvetica"
        self._left_out = False
        pdf.add_page()

    def head(self, plan: CuePlan, rate: FrameRate) -> None:
        """Write what the sheet is of."""
        video = plan.video
        name = text_to_path(video.path).name
        self._pdf.set_title(self._text(f"Cue sheet of {name}"))
        self._pdf.set_creator("v2m")
        n_frames = rate.frame_at(video.duration_seconds)
        kind = "drop-frame " if rate.drop_frame else ""
        facts = (
            f"Length {rate.timecode(n_frames)}; {kind}timecode at {float(rate.fps):.6g} frames per "
            f"second, from the first frame of the picture; planned for {plan.usage} use."
        )
        self._line(HEAD_PT, f"Cue sheet: {name}")
        self._line(SIZE_PT, facts)
        self._pdf.ln(3)

    def table(self, rows: list[dict[str, str]]) -> None:
        """Write a row per cue; the heading is repeated on every page."""
        self._pdf.set_font(self._family, size=SIZE_PT)
        widths = tuple(share for _, share in COLUMNS.values())
        with self._pdf.table(
            col_widths=widths, text_align="LEFT", line_height=4, padding=0.8,
            borders_layout="HORIZONTAL_LINES", headings_style=_plain(),
        ) as table:  # fmt: skip
            heading = table.row()
            for words, _ in COLUMNS.values():
                heading.cell(words)
            for values in rows:
                row = table.row()
                for key in COLUMNS:
                    row.cell(self._text(values[key]))

    def foot(self, plan: CuePlan) -> None:
        """Write what has to be known about the rows."""
        self._pdf.ln(3)
        self._line(SMALL_PT, "Usage: background music, not heard by anybody on the screen.")
        if any(cue.source == "generated" for cue in plan.cues):
            self._line(SMALL_PT, '"composed": music made by computer for this video.')
        if self._left_out:
            self._line(
                SMALL_PT,
                "Letters shown as ? need a font that this computer lacks; the CSV has them.",
            )

    def _line(self, size: int, words: str) -> None:
        self._pdf.set_font(self._family, size=size)
        self._pdf.multi_cell(0, text=self._text(words), new_x="LMARGIN", new_y="NEXT")

    def _text(self, words: str) -> str:
        """Keep what the font can show."""
        plain = "".join(sign if sign.isprintable() else "?" for sign in words)
        if self._wide:
            return plain
        shown = plain.encode("latin-1", "replace").decode("latin-1")
        self._left_out |= shown != plain
        return shown


def _plain() -> "FontFace":
    from fpdf.fonts import FontFace

    return FontFace(fill_color=(235, 234, 230))
