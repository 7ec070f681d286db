"""Finds letters: a font of the system that knows more than Latin ones."""

from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL import ImageFont

FONTS = ("NotoSans-Regular.ttf", "DejaVuSans.ttf", "Arial Unicode.ttf", "arial.ttf")


@cache
def system_font(size: int) -> "ImageFont.ImageFont | ImageFont.FreeTypeFont":
    """Return a font of the system that knows more than Latin letters, else Pillow's own."""
    from PIL import ImageFont

    for name in FONTS:
        with suppress(OSError):
            return ImageFont.truetype(name, size)
    return ImageFont.load_default(size)


def system_font_path() -> Path | None:
    """Return the file of a font of the system that knows more than Latin letters, if there is one.

    Pillow looks where the system keeps its fonts.
    """
    path = getattr(system_font(12), "path", None)
    return Path(path) if isinstance(path, str) and path else None
