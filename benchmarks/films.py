"""Makes films of given length, frame rate and cuts out of real clips."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from v2m.demo import CLIPS
from v2m.ffmpeg import av
from v2m.wheels import model_file

SIZE = (160, 90)
Frames = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Film:
    """What a film is like.

    Attributes:
        name: of the file.
        seconds: length.
        fps: frames per second.
        shots_seconds: lengths of its shots, over and over.
    """

    name: str
    seconds: float
    fps: Fraction
    shots_seconds: tuple[float, ...]


FILMS = (
    Film("flash", 6, Fraction(25), (0.5,)),
    Film("teaser", 10, Fraction(30), (1.0,)),
    Film("loop", 15, Fraction(24), (2.1,)),
    Film("advert", 30, Fraction(25), (0.8, 0.8, 1.6)),
    Film("reel", 30, Fraction(30000, 1001), (4.0, 3.0)),
    Film("walk", 45, Fraction(25), (45.0,)),
    Film("trailer", 60, Fraction(24000, 1001), (1.2, 1.2, 2.4, 0.6)),
    Film("essay", 90, Fraction(25), (6.0, 9.0)),
    Film("sports", 120, Fraction(50), (0.6, 0.6, 3.3, 12.0)),
    Film("portrait", 180, Fraction(25), (12.0, 20.0)),
    Film("tour", 300, Fraction(30), (8.0, 5.0, 15.0)),
    Film("lecture", 1200, Fraction(25), (45.0, 90.0, 30.0)),
)
"""Six seconds to twenty minutes, from a cut every half second to none."""


def make_film(film: Film, folder: Path) -> Path:
    """Write a film as silent H.264 and return where it lies; one that is there is kept."""
    path = folder / f"{film.name}.mp4"
    if path.is_file():
        return path
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("libx264", rate=film.fps)
        stream.width, stream.height = SIZE
        stream.pix_fmt = "yuv420p"
        stream.options = {"preset": "ultrafast", "crf": "23"}
        for picture in _pictures(film, [_decoded(model_file(name)) for name in CLIPS]):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def _pictures(film: Film, clips: Sequence[Frames]) -> Iterator[Frames]:
    """Yield every frame; each shot is from another clip, and begins elsewhere in it."""
    total = round(film.seconds * film.fps)
    made, number, here = 0, 0, 0.0
    lengths = cycle(film.shots_seconds)
    while made < total:
        here += next(lengths)
        clip = clips[number % len(clips)]
        start = 37 * number % len(clip)
        stop = min(total, round(here * film.fps))
        for n in range(stop - made):
            yield clip[(start + n) % len(clip)]
        made, number = stop, number + 1


def _decoded(path: Path) -> Frames:
    """Return a clip's frames, uint8, shape (n, 90, 160, 3)."""
    with av.open(str(path)) as container:
        return np.stack(
            [
                frame.to_ndarray(format="rgb24", width=SIZE[0], height=SIZE[1])
                for frame in container.decode(video=0)
            ]
        )
