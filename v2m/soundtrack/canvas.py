"""Two sheets of paper to draw a plan on: pixels (PNG) and shapes (SVG), with the same pens."""

import base64
import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from xml.etree import ElementTree

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from PIL import ImageFont

Colour = tuple[int, int, int]
Box = tuple[float, float, float, float]
"""Left, top, right, bottom, in pixels from the upper left corner."""

Point = tuple[float, float]


class Canvas(Protocol):
    """What a plan is drawn on; positions in pixels, right and down from the upper left corner."""

    def box(self, box: Box, fill: Colour, outline: Colour | None = None, radius: int = 0) -> None:
        """Draw a filled box, its corners rounded."""
        ...

    def line(self, points: Sequence[Point], colour: Colour, width: int = 1) -> None:
        """Draw straight lines from point to point."""
        ...

    def bars(self, bars: Sequence[Box], colour: Colour) -> None:
        """Draw many upright strokes of one pixel: x, top, x, bottom."""
        ...

    def words(self, at: Point, text: str, size: int, ink: Colour, *, middle: bool = False) -> None:
        """Write words from a place rightwards and downwards, or with their middle there."""
        ...

    def picture(self, at: tuple[int, int], pixels: npt.NDArray[np.uint8]) -> None:
        """Put a picture: uint8, shape (height, width, 3), RGB."""
        ...

    def save(self, path: Path) -> None:
        """Write the sheet."""
        ...


class Ruler:
    """Says how much room words take, in the letters of both sheets."""

    def __init__(self) -> None:
        self._fonts: dict[int, ImageFont.ImageFont | ImageFont.FreeTypeFont] = {}

    def font(self, size: int) -> "ImageFont.ImageFont | ImageFont.FreeTypeFont":
        """Return the letters of a size in pixels."""
        from PIL import ImageFont

        if size not in self._fonts:
            self._fonts[size] = ImageFont.load_default(size)
        return self._fonts[size]

    def width(self, words: str, size: int) -> float:
        """Return the width of words in pixels."""
        return float(self.font(size).getlength(words))


class PixelCanvas:
    """A sheet of pixels, saved as PNG."""

    def __init__(self, width: int, height: int, paper: Colour, ruler: Ruler) -> None:
        from PIL import Image, ImageDraw

        self._image = Image.new("RGB", (width, height), paper)
        self._pen = ImageDraw.Draw(self._image)
        self._ruler = ruler

    def box(self, box: Box, fill: Colour, outline: Colour | None = None, radius: int = 0) -> None:
        """Draw a filled box, as ``Canvas`` says."""
        self._pen.rounded_rectangle(box, radius, fill=fill, outline=outline)

    def line(self, points: Sequence[Point], colour: Colour, width: int = 1) -> None:
        """Draw straight lines, as ``Canvas`` says."""
        self._pen.line(list(points), fill=colour, width=width)

    def bars(self, bars: Sequence[Box], colour: Colour) -> None:
        """Draw upright strokes, as ``Canvas`` says."""
        for bar in bars:
            self._pen.line(bar, fill=colour)

    def words(self, at: Point, text: str, size: int, ink: Colour, *, middle: bool = False) -> None:
        """Write words, as ``Canvas`` says."""
        anchor = "ma" if middle else "la"
        self._pen.text(at, text, ink, self._ruler.font(size), anchor=anchor)

    def picture(self, at: tuple[int, int], pixels: npt.NDArray[np.uint8]) -> None:
        """Put a picture, as ``Canvas`` says."""
        from PIL import Image

        self._image.paste(Image.fromarray(pixels), at)

    def save(self, path: Path) -> None:
        """Write the sheet as PNG."""
        self._image.save(path, format="PNG", optimize=True)


class ShapeCanvas:
    """A sheet of shapes, saved as SVG; words can be searched and read aloud."""

    def __init__(self, width: int, height: int, paper: Colour, ruler: Ruler) -> None:
        self._ruler = ruler
        self._root = ElementTree.Element(
            "svg",
            {
                "xmlns": "http://www.w3.org/2000/svg",
                "viewBox": f"0 0 {width} {height}",
                "width": str(width),
                "height": str(height),
                "font-family": "sans-serif",
            },
        )
        self.box((0, 0, width, height), paper)

    def box(self, box: Box, fill: Colour, outline: Colour | None = None, radius: int = 0) -> None:
        """Draw a filled box, as ``Canvas`` says."""
        left, top, right, bottom = box
        kind = {"fill": _hex(fill), "stroke": _hex(outline)} if outline else {"fill": _hex(fill)}
        place = {"x": left, "y": top, "width": max(0, right - left), "height": bottom - top}
        self._add("rect", kind, **place, rx=radius)

    def line(self, points: Sequence[Point], colour: Colour, width: int = 1) -> None:
        """Draw straight lines, as ``Canvas`` says."""
        path = " ".join(f"{x:g},{y:g}" for x, y in points)
        kind = {"points": path, "fill": "none", "stroke": _hex(colour), "stroke-width": str(width)}
        self._add("polyline", kind)

    def bars(self, bars: Sequence[Box], colour: Colour) -> None:
        """Draw upright strokes, as ``Canvas`` says: one path for all of them."""
        path = "".join(f"M{x:g} {top:g}V{bottom:g}" for x, top, _, bottom in bars)
        self._add("path", {"d": path, "stroke": _hex(colour)})

    def words(self, at: Point, text: str, size: int, ink: Colour, *, middle: bool = False) -> None:
        """Write words, as ``Canvas`` says; other letters than ours are squeezed into their room."""
        kind = {"fill": _hex(ink), "font-size": str(size), "lengthAdjust": "spacingAndGlyphs"}
        if middle:
            kind["text-anchor"] = "middle"
        room = self._ruler.width(text, size)
        made = self._add("text", kind, x=at[0], y=at[1] + size, textLength=room)
        made.text = "".join(sign if sign.isprintable() else " " for sign in text)

    def picture(self, at: tuple[int, int], pixels: npt.NDArray[np.uint8]) -> None:
        """Put a picture, as ``Canvas`` says, inside the file."""
        from PIL import Image

        held = io.BytesIO()
        Image.fromarray(pixels).save(held, format="JPEG", quality=80)
        height, width = pixels.shape[:2]
        data = base64.b64encode(held.getvalue()).decode("ascii")
        place = {"x": at[0], "y": at[1], "width": width, "height": height}
        self._add("image", {"href": f"data:image/jpeg;base64,{data}"}, **place)

    def save(self, path: Path) -> None:
        """Write the sheet as SVG."""
        ElementTree.ElementTree(self._root).write(path, encoding="utf-8", xml_declaration=True)

    def _add(self, tag: str, kind: dict[str, str], **numbers: float) -> ElementTree.Element:
        placed = {name: f"{value:g}" for name, value in numbers.items()}
        return ElementTree.SubElement(self._root, tag, kind | placed)


def _hex(colour: Colour) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)
